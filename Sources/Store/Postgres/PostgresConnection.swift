import CPostgres

/// One PostgreSQL connection with its prepared statements.
///
/// It wraps a C handle that is not thread-safe; each is made, used and closed by one thread of `PostgresDatabase`.
final class PostgresConnection: Connection {
    let dialect = Dialect.postgres
    private var handle: OpaquePointer?
    private let url: String
    /// By statement number: whether the server knows it.
    private var isPrepared: [Bool] = []
    /// SQLSTATE of the last error; nil when there was none since `begin`.
    private(set) var lastState: String?
    private(set) var rowsChanged: Int64 = 0

    /// What a server that hangs, a lock that is never let go, and a transaction that was left open may cost.
    private static let options =
        "-c statement_timeout=30000 -c lock_timeout=10000 -c idle_in_transaction_session_timeout=60000"
    private static let connectSeconds = "5"

    init(url: String) { self.url = url }

    deinit { disconnect() }

    // MARK: Connecting

    /// Whether the connection is up, as far as the last use showed.
    var isConnected: Bool { handle.map { PQstatus($0) == CONNECTION_OK } ?? false }

    /// The connection's socket; nil when it is down.
    var socket: Int32? { isConnected ? handle.map { PQsocket($0) } : nil }

    func disconnect() {
        if let handle { PQfinish(handle) }
        handle = nil
        isPrepared = []
    }

    /// Connects anew. Throws `StoreError.unavailable` when the server cannot be reached or will not have us.
    func connect() throws(StoreError) {
        disconnect()
        // What the URL says comes last and so wins.
        let settings: KeyValuePairs = [
            "application_name": "covey", "connect_timeout": Self.connectSeconds, "keepalives_idle": "30",
            "keepalives_interval": "10", "keepalives_count": "3", "client_encoding": "UTF8",
            "options": Self.options, "dbname": url,
        ]
        handle = Self.withCStrings(settings.map(\.key)) { names in
            Self.withCStrings(settings.map(\.value)) { values in PQconnectdbParams(names, values, 1) }
        }
        guard isConnected, let handle else {
            disconnect()
            throw .unavailable(retryable: true)
        }
        // Notices would go to the standard error output.
        PQsetNoticeProcessor(handle, { _, _ in }, nil)
    }

    /// Hands over the strings as a C array of C strings that ends with a null pointer.
    private static func withCStrings<T>(
        _ strings: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> T
    ) -> T {
        var bytes: [CChar] = []
        var starts: [Int] = []
        for string in strings {
            starts.append(bytes.count)
            bytes.append(contentsOf: string.utf8CString)
        }
        return bytes.withUnsafeBufferPointer { bytes in
            let pointers: [UnsafePointer<CChar>?] =
                starts.map { start in bytes.baseAddress.map { $0 + start } } + [nil]
            return pointers.withUnsafeBufferPointer { pointers in
                guard let start = pointers.baseAddress else {
                    preconditionFailure("an array with a nil in it has a start")
                }
                return body(start)
            }
        }
    }

    // MARK: Statements

    func query(_ statement: Statement, _ values: [SQLValue], _ row: (Row) throws -> Void) throws {
        let result = try run(statement, values)
        defer { PQclear(result) }
        for number in 0..<PQntuples(result) { try row(Row(source: .postgres(result, number))) }
    }

    @discardableResult func execute(_ statement: Statement, _ values: [SQLValue]) throws -> Int {
        let result = try run(statement, values)
        defer { PQclear(result) }
        let count = PQcmdTuples(result).flatMap { Int(String(cString: $0)) } ?? 0
        rowsChanged += Int64(count)
        return count
    }

    func script(_ sql: String) throws(StoreError) {
        guard let handle else { throw .unavailable(retryable: true) }
        PQclear(try checked(PQexec(handle, dialect.render(sql))))
    }

    private func run(_ statement: Statement, _ values: [SQLValue]) throws(StoreError) -> OpaquePointer {
        guard let handle else { throw .unavailable(retryable: true) }
        let name = "s\(statement.number)"
        while isPrepared.count <= statement.number { isPrepared.append(false) }
        if !isPrepared[statement.number] {
            PQclear(try checked(PQprepare(handle, name, dialect.render(statement.text), 0, nil)))
            isPrepared[statement.number] = true
        }
        let result = try Self.withParameters(values) { parameters in
            PQexecPrepared(handle, name, Int32(values.count), parameters, nil, nil, 0)
        }
        return try checked(result)
    }

    /// Hands over the values in the text format: each ends with a NUL and so may hold none.
    private static func withParameters<T>(
        _ values: [SQLValue], _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> T
    ) throws(StoreError) -> T {
        var bytes: [UInt8] = []
        var starts: [Int?] = []
        for value in values {
            if case .null = value {
                starts.append(nil)
                continue
            }
            let start = bytes.count
            starts.append(start)
            switch value {
            case .null: break
            case .text(let text): bytes.append(contentsOf: text.utf8)
            case .utf8(let utf8): bytes.append(contentsOf: utf8)
            case .integer(let integer): bytes.append(contentsOf: "\(integer)".utf8)
            case .double(let double): bytes.append(contentsOf: "\(double)".utf8)
            case .bool(let flag): bytes.append(UInt8(ascii: flag ? "t" : "f"))
            }
            guard !bytes[start...].contains(0) else { throw .conflict("Text must not hold the character U+0000.") }
            bytes.append(0)
        }
        return bytes.withUnsafeBytes { bytes in
            let text = bytes.bindMemory(to: CChar.self).baseAddress
            let pointers = starts.map { start in start.flatMap { offset in text.map { $0 + offset } } }
            return pointers.withUnsafeBufferPointer { body($0.baseAddress) }
        }
    }

    // MARK: Transactions

    func begin(_ durability: Durability) throws(StoreError) {
        lastState = nil
        try script(durability == .full ? "BEGIN" : "BEGIN; SET LOCAL synchronous_commit = off")
    }

    func commit() throws(StoreError) { try script("COMMIT") }

    /// Ends the transaction if one is open and the connection is up.
    func rollback() {
        guard let handle, isConnected, PQtransactionStatus(handle) != PQTRANS_IDLE else { return }
        try? script("ROLLBACK")
    }

    // MARK: Errors

    private func checked(_ result: OpaquePointer?) throws(StoreError) -> OpaquePointer {
        guard let result else { throw .unavailable(retryable: false) }
        switch PQresultStatus(result) {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK: return result
        default: break
        }
        defer { PQclear(result) }
        // 67 is 'C', PG_DIAG_SQLSTATE: a macro that the importer cannot read.
        let state = PQresultErrorField(result, 67).map { String(cString: $0) } ?? ""
        let message = PQresultErrorMessage(result).map { String(cString: $0) } ?? ""
        lastState = state
        guard isConnected else { throw .unavailable(retryable: true) }
        throw Self.error(state: state, message: message)
    }

    private static func error(state: String, message: String) -> StoreError {
        switch state {
        case "23505": .uniqueViolation(message)
        case "23503": .foreignKeyViolation(message)
        case "53100": .full
        case "53300", "57P01", "57P02", "57P03": .unavailable(retryable: true)
        case "57014", "55P03", "53200", "40001", "40P01": .tooBusy
        case "XX001", "XX002": .corrupt(message)
        default: .other(EngineFailure(code: state, message: message))
        }
    }

    // MARK: Notifications

    /// What has arrived, as channel and payload. Throws `StoreError.unavailable` when the connection is down.
    func notifications() throws(StoreError) -> [(channel: String, payload: String)] {
        guard let handle, PQconsumeInput(handle) == 1 else { throw .unavailable(retryable: true) }
        var arrived: [(channel: String, payload: String)] = []
        while let notification = PQnotifies(handle) {
            arrived.append(
                (String(cString: notification.pointee.relname), String(cString: notification.pointee.extra)))
            PQfreemem(notification)
        }
        return arrived
    }

    /// `name` as an identifier in quotes.
    static func quoted(_ name: String) -> String { "\"" + name.replacing("\"", with: "\"\"") + "\"" }
}
