import Catalog

/// Puts in place of references what they stand for (run spec §14): those of `_refs`, and those that stand where a value
/// belongs. What was put in is data and is not looked through again.
struct ToolReferences: Sendable {
    /// What an earlier call came to.
    struct Outcome: Sendable, Hashable {
        var output: JSONValue
        var isError = false
    }

    /// How many references one input may have.
    static let countMax = 50
    /// How deeply an input is looked through.
    static let depthMax = 32

    /// The outcome of a call of this run; nil when there is none, or not yet.
    let outcome: @Sendable (_ call: String) -> Outcome?
    /// The data of an artifact that a call made; nil when there is none.
    let artifact: @Sendable (_ artifact: String, _ call: String) async throws -> JSONValue?
    /// The ids of the calls that can be referred to, the newest last; for error messages.
    let known: @Sendable () -> [String]

    init(
        outcome: @escaping @Sendable (String) -> Outcome?,
        artifact: @escaping @Sendable (String, String) async throws -> JSONValue? = { _, _ in nil },
        known: @escaping @Sendable () -> [String] = { [] }
    ) {
        self.outcome = outcome
        self.artifact = artifact
        self.known = known
    }

    /// `input` with every reference resolved and without `_refs`.
    ///
    /// - Parameters:
    ///   - ownsRefs: Whether the tool has a property `_refs` of its own, which is then left alone.
    ///   - bytesMax: How large the input may become.
    /// - Throws: `ReferenceFailure` with a sentence for the model; what `artifact` throws.
    func resolved(_ input: JSONValue, ownsRefs: Bool = false, bytesMax: Int) async throws -> JSONValue {
        var count = 0
        var input = input
        var given: JSONObject = [:]
        if !ownsRefs, var object = input.object, let refs = object[ReferenceSchema.member] {
            object[ReferenceSchema.member] = nil
            input = .object(object)
            given = try references(refs)
        }
        var bytes = 0
        var resolved = try await replacing(input, 0, &count, &bytes, bytesMax)
        guard !given.isEmpty, var object = resolved.object else { return resolved }
        for (property, value) in given {
            guard let reference = Reference(value) else {
                throw ReferenceFailure("'_refs.\(property)' must be an object with the text '_tool'.")
            }
            object[property] = try await self.value(reference, &count, &bytes, bytesMax)
        }
        resolved = .object(object)
        return resolved
    }

    private func references(_ refs: JSONValue) throws(ReferenceFailure) -> JSONObject {
        if refs.isNull { return [:] }
        // Models also write objects as JSON text.
        let parsed = refs.string.flatMap { try? JSONValue(parsing: $0) } ?? refs
        guard let object = parsed.object else {
            throw ReferenceFailure("'_refs' must be an object of references by the names of properties.")
        }
        return object
    }

    private func replacing(
        _ value: JSONValue, _ depth: Int, _ count: inout Int, _ bytes: inout Int, _ bytesMax: Int
    ) async throws -> JSONValue {
        guard depth <= Self.depthMax else { return value }
        if let reference = Reference(value) { return try await self.value(reference, &count, &bytes, bytesMax) }
        switch value {
        case .array(let elements):
            var replaced: [JSONValue] = []
            for element in elements {
                replaced.append(try await replacing(element, depth + 1, &count, &bytes, bytesMax))
            }
            return .array(replaced)
        case .object(var object):
            for (name, member) in object {
                switch member {
                case .array, .object: object[name] = try await replacing(member, depth + 1, &count, &bytes, bytesMax)
                default: continue
                }
            }
            return .object(object)
        default: return value
        }
    }

    private func value(
        _ reference: Reference, _ count: inout Int, _ bytes: inout Int, _ bytesMax: Int
    ) async throws -> JSONValue {
        count += 1
        guard count <= Self.countMax else {
            throw ReferenceFailure("One call may have at most \(Self.countMax) references.")
        }
        let found = try await value(reference)
        bytes += found.jsonBytes.count
        guard bytes <= bytesMax else {
            throw ReferenceFailure(
                "What is referred to has more than \(bytesMax) bytes. Choose less of it with '_select'.")
        }
        return found
    }

    private func value(_ reference: Reference) async throws -> JSONValue {
        // An artifact may be of an earlier turn, whose calls are not known here.
        if let id = reference.artifact {
            guard let data = try await artifact(id, reference.call) else {
                throw ReferenceFailure("The call '\(reference.call)' made no artifact '\(id)'.")
            }
            guard let select = reference.select else { return data }
            return try Selector(select).value(in: [data], of: reference.call)
        }
        guard let outcome = outcome(reference.call) else { throw unknown(reference.call) }
        guard !outcome.isError else {
            throw ReferenceFailure("The call '\(reference.call)' failed, so there is no result to refer to.")
        }
        let result = ToolResultView(outcome.output)
        guard let select = reference.select else { return result.unwrapped }
        return try Selector(select).value(in: result.searched, of: reference.call)
    }

    private func unknown(_ call: String) -> ReferenceFailure {
        let known = self.known().suffix(10)
        let calls = known.isEmpty ? "There is no result yet." : "There are: \(known.joined(separator: ", "))."
        return ReferenceFailure("There is no result of a call '\(call)' in this turn. \(calls)")
    }

    /// An object that refers to something.
    private struct Reference {
        let call: String
        let artifact: String?
        let select: String?

        /// Nil where `value` is anything else than a reference and nothing beside it.
        init?(_ value: JSONValue) {
            guard let object = value.object, let call = object["_tool"]?.string, !call.isEmpty,
                object.keys.allSatisfy({ ["_tool", "_artifact", "_select"].contains($0) })
            else { return nil }
            self.call = call
            artifact = object["_artifact"]?.string
            select = object["_select"]?.string.flatMap { $0.isEmpty ? nil : $0 }
        }
    }
}

/// Why a reference leads nowhere, in a sentence for the model.
struct ReferenceFailure: Error, Equatable {
    let message: String

    init(_ message: String) { self.message = message }
}
