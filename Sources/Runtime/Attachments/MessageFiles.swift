import Catalog
import Cryptography
import Events
public import Files
import Models
import Store

/// The files of users' messages (run spec §20): they are looked at, kept where the operator says, named by the stored
/// message, and given to models again on later turns and after a restart.
///
/// Bytes are kept before the message that names them. What ends between the two leaves bytes that no message names, in
/// the folder of a message that is not there.
public struct MessageFiles: Sendable {
    /// Where the bytes are.
    public let blobs: BlobStore
    private let remote: RemoteFiles
    private let report: @Sendable (String) -> Void

    /// Files that are kept or read at the same time.
    private static let atOnce = 3

    /// Files over a store.
    ///
    /// - Parameters:
    ///   - remote: fetches what is given by an address.
    ///   - report: told what failed of keeping and reading, for the log.
    public init(
        _ blobs: BlobStore, remote: RemoteFiles = .none, report: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.blobs = blobs
        self.remote = remote
        self.report = report
    }

    /// A message as it is given to models and as it is stored.
    struct Taken: Sendable {
        let said: [Part]
        let content: JSONValue
    }

    // MARK: Taking

    /// Looks at the files of a turn and keeps them.
    ///
    /// A file whose bytes cannot be kept is given to the model all the same, and the stored message says that it is
    /// missing: the turn does not fail for it.
    ///
    /// - Throws: 400 for a file that is not taken, and for too many.
    func take(_ turn: Turn, in conversation: ConversationKey, message: String, limits: RuntimeLimits) async throws
        -> Taken
    {
        let files = turn.parts.compactMap(Self.attachment)
        guard !files.isEmpty else { return Taken(said: turn.parts, content: StoredContent.json(turn.text)) }
        guard files.count <= limits.messageFiles else {
            throw Problem.badRequest("A message may have at most \(limits.messageFiles) files")
        }
        let text = turn.text
        var said: [Part] = text.isEmpty ? [] : [.text(text)]
        var stored: [JSONValue] = text.isEmpty ? [] : [StoredContent.text(text)]
        let contents = try await Self.inOrder(files) { try await content(of: $0) }
        let kept = try await Self.inOrder(contents) { content in
            let key = BlobKey(
                tenant: conversation.tenant, project: conversation.project, conversation: conversation.id,
                message: message, content: content)
            return await keep(content, under: key)
        }
        for (index, file) in files.enumerated() {
            let record = StoredFile(
                kept[index].map(StoredFile.Source.blob) ?? .missing, type: contents[index].type,
                filename: file.attachment.filename, detail: file.detail, sourceURL: file.address)
            if let block = record.textBlock(contents[index]) {
                said.append(.text(block))
                stored.append(StoredContent.fileText(block))
            } else {
                said.append(record.part(Base64.standard.text(contents[index].bytes)))
            }
            stored.append(record.json)
        }
        return Taken(said: said, content: ["text": .string(text), "parts": .array(stored)])
    }

    /// A file of a message as it came.
    private struct Given: Sendable {
        let attachment: Attachment
        let detail: String?

        /// The address at which it is; nil when its bytes came along.
        var address: String? { if case .url(let address) = attachment.content { address } else { nil } }
    }

    private static func attachment(_ part: Part) -> Given? {
        switch part {
        case .text: nil
        case .image(let attachment, let detail): Given(attachment: attachment, detail: detail)
        case .file(let attachment): Given(attachment: attachment, detail: nil)
        }
    }

    private func content(of file: Given) async throws(Problem) -> FileContent {
        do throws(FileRefusal) {
            switch file.attachment.content {
            case .url(let address):
                return try await remote.fetch(address, file.attachment.mediaType == "application/pdf" ? .pdf : .image)
            case .base64(let text):
                guard let type = FileType(file.attachment.mediaType, filename: file.attachment.filename),
                    let bytes = Base64.standard.bytes(text)
                else { throw FileRefusal("Files of type \(file.attachment.mediaType) are not taken") }
                return try FileContent(bytes, as: type)
            }
        } catch {
            throw Problem.badRequest((file.attachment.filename.map { "\($0): " } ?? "") + error.description)
        }
    }

    /// The key under which bytes are kept; nil when they are not.
    private func keep(_ content: FileContent, under key: BlobKey) async -> BlobKey? {
        do throws(BlobFailure) {
            try await blobs.put(key, content)
            return key
        } catch {
            report("a file could not be kept under \(key): \(error)")
            return nil
        }
    }

    /// Keeps what a tool returned beside its output; nil where there is nothing of it, or nothing could be kept.
    ///
    /// - Parameter message: the id that the message of the call will have.
    func keep(_ files: [FileContent], in conversation: ConversationKey, message: String) async -> RunOutcomeFiles? {
        guard !files.isEmpty else { return nil }
        let kept = try? await Self.inOrder(files) { content -> JSONValue? in
            let key = BlobKey(
                tenant: conversation.tenant, project: conversation.project, conversation: conversation.id,
                message: message, content: content)
            guard let key = await keep(content, under: key) else { return nil }
            return StoredFile(.blob(key), type: content.type, filename: nil, detail: nil, sourceURL: nil).json
        }
        let parts = (kept ?? []).compactMap(\.self)
        return parts.isEmpty ? nil : RunOutcomeFiles(message: message, parts: parts)
    }

    // MARK: Reading

    /// Messages with the bytes of what tools returned: the newest, so many and so many bytes, and a note in place of
    /// the others.
    func loaded(_ messages: [Message], _ limits: RuntimeLimits) async -> [Message] {
        var messages = messages
        var count = 0
        var bytes = 0
        for index in messages.indices.reversed() {
            guard case .toolResults(var results) = messages[index], results.contains(where: { !$0.files.isEmpty })
            else { continue }
            for position in results.indices.reversed() {
                for place in results[position].files.indices.reversed() {
                    let part = results[position].files[place]
                    let found = count < limits.historyFiles ? await loaded(part) : nil
                    bytes += found.flatMap(Self.attachment)?.attachment.url.utf8.count ?? 0
                    count += 1
                    let isShown = found != nil && bytes <= limits.historyFileBytes
                    results[position].files[place] = isShown ? found ?? part : .text(Self.note(part))
                }
            }
            messages[index] = .toolResults(results)
        }
        return messages
    }

    private func loaded(_ part: Part) async -> Part? {
        guard let attachment = Self.attachment(part)?.attachment, case .url(let address) = attachment.content,
            let key = BlobKey(address: address)
        else { return part }
        return await bytes(of: key).map { base64 in
            let loaded = Attachment(.base64(base64), mediaType: attachment.mediaType, filename: attachment.filename)
            return if case .image(_, let detail) = part { .image(loaded, detail: detail) } else { .file(loaded) }
        }
    }

    private static func note(_ part: Part) -> String {
        let type = attachment(part)?.attachment.mediaType ?? "file"
        return "[a file of type \(type) was returned here and is not shown again]"
    }

    /// What a stored message says, as it is given to models: with the bytes of its files, and a note in place of those
    /// that are not there any more.
    func parts(of content: JSONValue) async -> [Part] {
        let pieces = StoredContent.pieces(content)
        let loaded = try? await Self.inOrder(pieces) { await part(of: $0) }
        return (loaded ?? []).compactMap(\.self)
    }

    private func part(of piece: StoredPiece) async -> Part? {
        switch piece {
        case .text(let text), .fileText(let text): return .text(text)
        case .file(let file):
            // Models have read its text already.
            if file.kind == .text { return nil }
            return await part(of: file) ?? .text("[\(file.label) is not there any more]")
        }
    }

    /// A file with its bytes; nil when they are not there.
    private func part(of file: StoredFile) async -> Part? {
        guard case .blob(let key) = file.source else { return file.part }
        return await bytes(of: key).map { file.part($0) }
    }

    /// Bytes in base64; nil when they are not there.
    private func bytes(of key: BlobKey) async -> String? {
        do throws(BlobFailure) {
            return try await blobs.get(key).map { Base64.standard.text($0) }
        } catch {
            report("a file could not be read from \(key): \(error)")
            return nil
        }
    }

    /// The pictures and documents of earlier messages of the user, as models get them again: the newest, so many and so
    /// many bytes, in the order in which they came.
    func earlier(_ messages: [MessageRow], _ limits: RuntimeLimits) async -> [Part] {
        var found: [Part] = []
        var bytes = 0
        for message in messages.reversed() where message.role == "user" {
            for case .file(let file) in StoredContent.pieces(message.content).reversed() where file.kind != .text {
                guard found.count < limits.historyFiles else { return found }
                guard let part = await part(of: file) else { continue }
                bytes += Self.attachment(part)?.attachment.url.utf8.count ?? 0
                guard bytes <= limits.historyFileBytes else { return found }
                found.insert(part, at: 0)
            }
        }
        return found
    }

    /// What `body` makes of each element, some at the same time, in their order.
    private static func inOrder<Element: Sendable, Made: Sendable>(
        _ elements: [Element], _ body: @escaping @Sendable (Element) async throws -> Made
    ) async throws -> [Made] {
        try await withThrowingTaskGroup(of: (Int, Made).self) { group in
            var made: [Int: Made] = [:]
            for (index, element) in elements.enumerated() {
                if index >= atOnce, let (done, value) = try await group.next() { made[done] = value }
                group.addTask { (index, try await body(element)) }
            }
            while let (done, value) = try await group.next() { made[done] = value }
            return elements.indices.compactMap { made[$0] }
        }
    }
}
