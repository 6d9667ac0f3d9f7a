import Catalog
import Cryptography

/// Challenges that cost a client work and the server next to none, in the two forms that ALTCHA's widgets solve. A
/// value: what is issued carries all that its check needs, signed.
///
/// - Version 1: a number up to `maxnumber` is sought whose SHA-256 behind the salt is the challenge.
/// - Version 2: a counter is sought whose PBKDF2 key begins with the prefix.
struct ProofOfWork: Sendable {
    /// Why a solution is not taken.
    enum Refusal: Error, Equatable {
        /// Its time is over.
        case expired
        /// It solves nothing, or nothing that was asked here.
        case invalid
    }

    /// A solution that is right. It still has to be spent.
    struct Solved: Equatable {
        /// What names the challenge: its signature.
        let name: String
        /// When the challenge ends, milliseconds since 1970.
        let expiresAt: Int64
        /// The app that it was issued for; nil for any.
        let app: String?
    }

    /// How long a challenge may be solved.
    static let lifetimeMs: Int64 = 10 * 60 * 1000
    /// Numbers of version 1 that count as one iteration of PBKDF2 for each key of version 2.
    private static let numbersPerIteration = 10
    private static let iterationsRange = 1...20_000
    private static let keyLength = 32
    /// One key of 256 begins so.
    private static let keyPrefix = "00"

    private let secret: [UInt8]

    init(secret: String) { self.secret = Array(secret.utf8) }

    private func sign(_ bytes: [UInt8]) -> String { Hexadecimal.text(HMAC.sha256(bytes, key: secret)) }

    private func isSigned(_ bytes: [UInt8], _ signature: String) -> Bool {
        ConstantTime.areEqual(Array(sign(bytes).utf8), Array(signature.utf8))
    }

    // MARK: Version 1

    /// A challenge as older widgets read it (run spec §2.3).
    func challenge(difficulty: Int, at now: Int64) -> JSONObject {
        let expiry = (now + Self.lifetimeMs) / 1000
        // The mark at the end keeps the digits of the number out of the expiry.
        let salt = "\(Hexadecimal.text(Random.bytes(12)))?expires=\(expiry)&"
        let number = Int.random(in: 0...difficulty)
        let challenge = SHA256.hexadecimal(salt + String(number))
        return [
            "algorithm": "SHA-256", "challenge": .string(challenge), "maxnumber": .integer(Int64(difficulty)),
            "salt": .string(salt), "signature": .string(sign(Array(challenge.utf8))),
            "expiresAt": .integer(expiry * 1000),
        ]
    }

    /// Checks a solution of version 1.
    func check(_ solution: JSONObject, at now: Int64) throws(Refusal) -> Solved {
        guard solution["algorithm"] == "SHA-256", let challenge = solution["challenge"]?.string,
            case .integer(let number)? = solution["number"], number >= 0, let salt = solution["salt"]?.string,
            let signature = solution["signature"]?.string, salt.utf8.count <= 200,
            let match = salt.wholeMatch(of: #/[0-9a-f]{24}\?expires=([0-9]{1,12})&/#), let expiry = Int64(match.1)
        else { throw .invalid }
        let expected = SHA256.hexadecimal(salt + String(number))
        guard ConstantTime.areEqual(Array(expected.utf8), Array(challenge.utf8)),
            isSigned(Array(expected.utf8), signature)
        else { throw .invalid }
        guard now < expiry * 1000 else { throw .expired }
        return Solved(name: signature, expiresAt: expiry * 1000, app: nil)
    }

    // MARK: Version 2

    /// A challenge of the key derivation kind for an app.
    func challenge(for app: String, difficulty: Int, at now: Int64) -> JSONObject {
        let iterations = (difficulty / Self.numbersPerIteration).clamped(to: Self.iterationsRange)
        let parameters: JSONObject = [
            "algorithm": "PBKDF2/SHA-256", "cost": .integer(Int64(iterations)), "data": ["appId": .string(app)],
            "expiresAt": .integer((now + Self.lifetimeMs) / 1000), "keyLength": .integer(Int64(Self.keyLength)),
            "keyPrefix": .string(Self.keyPrefix), "nonce": .string(Hexadecimal.text(Random.bytes(16))),
            "salt": .string(Hexadecimal.text(Random.bytes(16))),
        ]
        return [
            "parameters": .object(parameters), "signature": .string(sign(Self.canonical(.object(parameters)))),
        ]
    }

    /// Members in the order of their names, as what is signed is written.
    private static func canonical(_ value: JSONValue) -> [UInt8] { sorted(value).jsonBytes }

    private static func sorted(_ value: JSONValue) -> JSONValue {
        guard let object = value.object else { return value }
        let members = zip(object.keys, object.values).sorted { $0.0 < $1.0 }
        return .object(JSONObject(members.map { (key: $0.0, value: sorted($0.1)) }))
    }

    /// Checks a solution of version 2: the challenge as it was issued, and the counter.
    func checkDerived(_ solution: JSONObject, at now: Int64) throws(Refusal) -> Solved {
        guard let challenge = solution["challenge"], let parameters = challenge["parameters"],
            let signature = challenge["signature"]?.string, isSigned(Self.canonical(parameters), signature),
            case .integer(let expiry)? = parameters["expiresAt"], let app = parameters["data"]?["appId"]?.string,
            case .integer(let cost)? = parameters["cost"],
            let nonce = parameters["nonce"]?.string.flatMap({ Hexadecimal.bytes($0) }),
            let salt = parameters["salt"]?.string.flatMap({ Hexadecimal.bytes($0) })
        else { throw .invalid }
        guard now < expiry * 1000 else { throw .expired }
        guard case .integer(let number)? = solution["solution"]?["counter"], let counter = UInt32(exactly: number),
            let claimed = solution["solution"]?["derivedKey"]?.string, let iterations = Int(exactly: cost),
            Self.iterationsRange.contains(iterations)
        else { throw .invalid }
        let password = nonce + withUnsafeBytes(of: counter.bigEndian) { Array($0) }
        let key = Hexadecimal.text(
            PasswordDerivation.pbkdf2(password, salt: salt, iterations: iterations, length: Self.keyLength))
        guard key.hasPrefix(Self.keyPrefix), ConstantTime.areEqual(Array(key.utf8), Array(claimed.utf8)) else {
            throw .invalid
        }
        return Solved(name: signature, expiresAt: expiry * 1000, app: app)
    }

    // MARK: Receipts

    /// What a client is given for a solution, to be handed in later in its place: once, for the same app.
    func receipt(for app: String, at now: Int64) -> JSONObject {
        let expiry = (now + Self.lifetimeMs) / 1000
        let data =
            "appId=\(app)&expire=\(expiry)&id=\(Hexadecimal.text(Random.bytes(16)))"
            + "&time=\(now / 1000)&verified=true"
        return [
            "algorithm": "SHA-256", "signature": .string(sign(SHA256.digest(Array(data.utf8)))),
            "verificationData": .string(data), "verified": true,
        ]
    }

    /// Checks a receipt.
    func checkReceipt(_ receipt: JSONObject, at now: Int64) throws(Refusal) -> Solved {
        guard receipt["algorithm"] == "SHA-256", receipt["verified"] == true,
            let data = receipt["verificationData"]?.string, let signature = receipt["signature"]?.string,
            isSigned(SHA256.digest(Array(data.utf8)), signature),
            let match = data.wholeMatch(
                of: #/appId=([^&=]+)&expire=([0-9]{1,12})&id=[0-9a-f]{32}&time=[0-9]+&verified=true/#),
            let expiry = Int64(match.2)
        else { throw .invalid }
        guard now < expiry * 1000 else { throw .expired }
        return Solved(name: signature, expiresAt: expiry * 1000, app: String(match.1))
    }
}

extension Comparable {
    fileprivate func clamped(to range: ClosedRange<Self>) -> Self {
        min(max(self, range.lowerBound), range.upperBound)
    }
}
