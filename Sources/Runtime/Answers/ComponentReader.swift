import Catalog

/// Reads the answer of a sub-agent that answers in components, `{"dataComponents":[{id,name,props}, …]}` (run spec
/// §16.1, §16.2), while it is written and wherever it is cut: the text of `Text` components as it grows, every other
/// component when it is complete.
///
/// What stands before and behind such a document is text as it is: a model may speak before it gives its answer, or
/// answer in prose. Bounded by the bytes of an answer; each byte is looked at once.
struct ComponentReader: Sendable {
    /// What an answer consists of.
    enum Piece: Sendable, Hashable {
        /// Never empty.
        case text(String)
        /// Any component but `Text`.
        case component(Component)
    }

    /// One component as the model filled it in.
    struct Component: Sendable, Hashable {
        /// As the model chose it; empty when it chose none.
        var id: String
        /// Which component it is.
        var name: String
        /// What the model filled in, an object. Members that are null are among them: so it says that it has nothing to
        /// say.
        var props: JSONObject
    }

    /// The component whose text is the answer's text.
    static let textName = "Text"
    /// What stands between two texts.
    static let separator = "\n\n"

    private enum State {
        /// Before the first byte that is no white space.
        case start
        /// In prose.
        case prose
        /// `held` may be the beginning of a document.
        case opening
        /// In a document.
        case document(ComponentDocument)
        /// Behind a document, where white space and the end of a code block say nothing.
        case behind
    }

    private var state = State.start
    private var held: [UInt8] = []
    /// White space at the beginning, which belongs to prose and not to a document.
    private var leading: [UInt8] = []
    private var prose: [UInt8] = []
    private var saidText = false

    /// Whether a document came.
    private(set) var isStructured = false

    /// The pieces that are complete with this text.
    mutating func add(_ text: String) -> [Piece] {
        var pieces: [Piece] = []
        for byte in text.utf8 { take(byte, &pieces) }
        giveProse(&pieces)
        if case .document(var document) = state {
            state = .behind
            give(document.takeText(), &pieces)
            state = .document(document)
        }
        return pieces
    }

    /// The rest, now that the answer is over. A component that breaks off is left out.
    mutating func finish() -> [Piece] {
        var pieces: [Piece] = []
        if case .opening = state { say(held) }
        giveProse(&pieces)
        if case .document(var document) = state { give(document.takeText(), &pieces) }
        self = ComponentReader()
        return pieces
    }

    private mutating func take(_ byte: UInt8, _ pieces: inout [Piece]) {
        switch state {
        case .start, .prose, .behind: takeOutside(byte)
        case .opening: takeOpening(byte, &pieces)
        case .document(var document):
            // Not held twice while it changes, so that its buffers are not copied for every byte.
            state = .behind
            switch document.take(byte) {
            case .more: break
            case .text: give(document.takeText(), &pieces)
            case .component(let json): give(json, &pieces)
            case .complete: return
            }
            state = .document(document)
        }
    }

    private mutating func takeOutside(_ byte: UInt8) {
        if byte == UInt8(ascii: "{") || (byte == UInt8(ascii: "`") && !isBehind) {
            held = [byte]
            state = .opening
        } else if isBehind, Self.isSpace(byte) || byte == UInt8(ascii: "`") {
            return
        } else if !isInProse, Self.isSpace(byte) {
            leading.append(byte)
        } else {
            say([byte])
        }
    }

    /// What follows is prose.
    private mutating func say(_ bytes: [UInt8]) {
        prose += leading + bytes
        leading = []
        held = []
        state = .prose
    }

    private var isInProse: Bool {
        if case .prose = state { return true }
        return false
    }

    private var isBehind: Bool {
        if case .behind = state { return true }
        return false
    }

    private mutating func takeOpening(_ byte: UInt8, _ pieces: inout [Piece]) {
        held.append(byte)
        switch Self.match(held) {
        case .partly: return
        case .wholly:
            held = []
            leading = []
            giveProse(&pieces)
            isStructured = true
            state = .document(ComponentDocument())
        case .never:
            // The byte itself may begin a document.
            say(held.dropLast())
            takeOutside(byte)
        }
    }

    private enum Match { case partly, wholly, never }

    /// The longest beginning of a document, bytes.
    private static let beginningBytesMax = 128

    /// How far this is the beginning of a document: perhaps the first line of a code block, and then
    /// `{"dataComponents":[` with white space wherever JSON may have it.
    private static func match(_ bytes: [UInt8]) -> Match {
        guard bytes.count <= beginningBytesMax else { return .never }
        var rest = bytes[...]
        let marks = rest.prefix { $0 == UInt8(ascii: "`") }.count
        if marks > 0 {
            rest = rest.dropFirst(marks)
            guard marks == 3 || (marks < 3 && rest.isEmpty) else { return .never }
            rest = rest.drop { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }
        }
        var isWhole = true
        for token in tokens {
            rest = rest.drop(while: isSpace)
            let part = rest.prefix(token.count)
            guard token.starts(with: part) else { return .never }
            if part.count < token.count { isWhole = false }
            rest = rest.dropFirst(part.count)
        }
        return isWhole ? .wholly : .partly
    }

    private static let tokens = ["{", "\"dataComponents\"", ":", "["].map { Array($0.utf8) }

    private static func isSpace(_ byte: UInt8) -> Bool { [0x20, 0x09, 0x0A, 0x0D].contains(byte) }

    private mutating func giveProse(_ pieces: inout [Piece]) {
        guard !prose.isEmpty else { return }
        let text = String(decoding: prose, as: UTF8.self)
        prose = []
        append(text, &pieces)
        saidText = true
    }

    private mutating func give(_ text: ComponentDocument.Text?, _ pieces: inout [Piece]) {
        guard let text else { return }
        if text.isNew, saidText { append(Self.separator, &pieces) }
        append(text.text, &pieces)
        saidText = true
    }

    private mutating func give(_ json: JSONValue, _ pieces: inout [Piece]) {
        guard let name = json["name"]?.string, !name.isEmpty else { return }
        let props = json["props"]?.object ?? [:]
        if name == Self.textName {
            guard let text = props["text"]?.string, !text.isEmpty else { return }
            return give(ComponentDocument.Text(text: text, isNew: true), &pieces)
        }
        pieces.append(.component(Component(id: json["id"]?.string ?? "", name: name, props: props)))
    }

    private func append(_ text: String, _ pieces: inout [Piece]) {
        if case .text(let before)? = pieces.last {
            pieces[pieces.count - 1] = .text(before + text)
        } else if !text.isEmpty {
            pieces.append(.text(text))
        }
    }
}

extension JSONValue {
    /// The value without the members of its objects, however deep, that are null: those by which a model says that it
    /// has nothing to say (run spec §16.1).
    var withoutNulls: JSONValue {
        switch self {
        case .object(let object):
            .object(JSONObject(object.lazy.filter { !$0.value.isNull }.map { ($0.key, $0.value.withoutNulls) }))
        case .array(let elements): .array(elements.map(\.withoutNulls))
        default: self
        }
    }
}
