import Catalog
import Models

/// Reads the members of a request's object one by one and notes every one that is not as declared. A member that is
/// null counts as absent, because clients send their unset options so.
struct BodyReader {
    let object: JSONObject

    /// The members of `json`.
    ///
    /// - Throws: 400 when it is no object.
    init(_ json: JSONValue) throws(Problem) {
        guard let object = json.object else {
            throw Problem.invalid([Problem.Broken([], "must be an object, not \(json.typeName)")])
        }
        self.object = object
    }

    func value(_ name: String) -> JSONValue? { object.present(name) }

    func text(_ name: String, _ decoding: inout Decoding) -> String? {
        read(name, "a string", &decoding) { $0.string }
    }

    func flag(_ name: String, _ decoding: inout Decoding) -> Bool? {
        read(name, "true or false", &decoding) { $0.bool }
    }

    func object(_ name: String, _ decoding: inout Decoding) -> JSONObject? {
        read(name, "an object", &decoding) { $0.object }
    }

    func array(_ name: String, _ decoding: inout Decoding) -> [JSONValue]? {
        read(name, "an array", &decoding) { $0.array }
    }

    /// Checks a member that is accepted and has no effect.
    func number(_ name: String, _ decoding: inout Decoding) {
        _ = read(name, "a number", &decoding) { $0.double }
    }

    /// Checks a member that is accepted and has no effect.
    @discardableResult func choice(_ name: String, _ words: [String], _ decoding: inout Decoding) -> String? {
        guard let word = text(name, &decoding) else { return nil }
        if words.contains(word) { return word }
        decoding.fail("must be one of \(words.joined(separator: ", "))", at: name)
        return nil
    }

    /// Notes that `name` is missing when it is.
    func require(_ name: String, _ decoding: inout Decoding) {
        if value(name) == nil { decoding.fail("is required", at: name) }
    }

    private func read<Value>(
        _ name: String, _ expected: String, _ decoding: inout Decoding, _ pick: (JSONValue) -> Value?
    ) -> Value? {
        guard let value = value(name) else { return nil }
        guard let picked = pick(value) else {
            decoding.fail("must be \(expected), not \(value.typeName)", at: name)
            return nil
        }
        return picked
    }
}

extension JSONObject {
    /// The member `name`, nil when it is absent or null.
    func present(_ name: String) -> JSONValue? {
        guard let value = self[name], !value.isNull else { return nil }
        return value
    }
}

/// The last user message of a request and where it stands.
struct LastUserMessage {
    private static let roles = ["system", "user", "assistant", "function", "tool", "developer"]

    let index: Int
    let message: JSONObject

    /// Looks through `messages`; nil when there is no user message, which is noted as broken, as are messages that are
    /// none.
    init?(in body: BodyReader, _ decoding: inout Decoding) {
        body.require("messages", &decoding)
        guard let messages = body.array("messages", &decoding) else { return nil }
        let brokenBefore = decoding.broken.count
        var found: (Int, JSONObject)?
        for (index, value) in messages.enumerated() {
            guard let role = Self.role(of: value, at: index, &decoding), role == "user", let object = value.object
            else {
                continue
            }
            found = (index, object)
        }
        guard let found else {
            if decoding.broken.count == brokenBefore {
                decoding.fail("must hold a message whose role is user", at: "messages")
            }
            return nil
        }
        (index, message) = found
    }

    private static func role(of value: JSONValue, at index: Int, _ decoding: inout Decoding) -> String? {
        decoding.within("messages") { decoding in
            decoding.within("\(index)") { decoding in
                guard let message = value.object else {
                    decoding.fail("must be an object, not \(value.typeName)")
                    return nil
                }
                guard let role = message["role"]?.string, roles.contains(role) else {
                    decoding.fail("must be one of \(roles.joined(separator: ", "))", at: "role")
                    return nil
                }
                return role
            }
        }
    }

    /// Runs `body` with the decoding at this message.
    func decode<Result>(_ decoding: inout Decoding, _ body: (inout Decoding) -> Result) -> Result {
        decoding.within("messages") { $0.within("\(index)", body) }
    }

    /// The content that `build` gathers with the decoding at this message. Noted as broken when it is empty and nothing
    /// else is wrong with it.
    func content(
        _ decoding: inout Decoding, _ build: (inout ContentBuilder, inout Decoding) -> Void
    ) -> [Part] {
        decode(&decoding) { decoding in
            let brokenBefore = decoding.broken.count
            var content = ContentBuilder()
            build(&content, &decoding)
            let parts = content.parts
            if parts.isEmpty, decoding.broken.count == brokenBefore { decoding.fail("has no text and no file") }
            return parts
        }
    }
}

/// Gathers the content of a user message: texts, joined by one space, then files.
struct ContentBuilder {
    private(set) var texts: [String] = []
    private var files: [Part] = []

    mutating func add(text: String) { texts.append(text) }

    /// Puts `text` in front unless it is among the texts already (run spec §4.1).
    mutating func lead(with text: String) {
        if !texts.contains(text) { texts.insert(text, at: 0) }
    }

    mutating func add(file: Part) { files.append(file) }

    /// The parts, none when there is nothing to read in them.
    var parts: [Part] {
        let text = texts.joined(separator: " ")
        return (text.allSatisfy(\.isWhitespace) ? [] : [.text(text)]) + files
    }
}
