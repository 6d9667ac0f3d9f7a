/// Takes the artifact tags out of a text that comes in pieces, wherever it is cut (run spec §16.4).
///
/// Only what may be the beginning of a tag is held back. Each byte is looked at once, so a text that is made to be hard
/// costs no more than another. A tag that breaks off with the text is no text either: half of one is of no use to
/// anybody. What has the name of a tag and something else than attributes behind it, or is longer than `tagBytesMax`,
/// is text.
struct ArtifactTagReader: Sendable {
    /// What a text consists of.
    enum Piece: Sendable, Hashable {
        /// Never empty.
        case text(String)
        case tag(ArtifactTag)
    }

    /// The longest tag, bytes of UTF-8.
    static let tagBytesMax = 16_384

    private enum State {
        /// Outside of all tags.
        case text
        /// `held` begins like a tag.
        case opening
        /// In a tag, behind its name.
        case inside
    }

    private var state = State.text
    private var attributes = ArtifactTagAttributes()
    private var kind = ArtifactTag.Kind.create
    private var isClosing = false
    /// The tag so far, from its `<`.
    private var held: [UInt8] = []
    /// Text that is not given out yet.
    private var plain: [UInt8] = []

    /// The pieces that are complete with this text.
    mutating func add(_ text: some Sequence<UInt8>) -> [Piece] {
        var pieces: [Piece] = []
        for byte in text { take(byte, &pieces) }
        giveText(&pieces, isEnd: false)
        return pieces
    }

    /// The rest, now that the text is over.
    mutating func finish() -> [Piece] {
        var pieces: [Piece] = []
        if case .opening = state { plain += held }
        giveText(&pieces, isEnd: true)
        self = ArtifactTagReader()
        return pieces
    }

    private mutating func take(_ byte: UInt8, _ pieces: inout [Piece]) {
        switch state {
        case .text: takeText(byte)
        case .opening: takeOpening(byte, &pieces)
        case .inside: takeInside(byte, &pieces)
        }
    }

    private mutating func takeText(_ byte: UInt8) {
        guard byte == UInt8(ascii: "<") else { return plain.append(byte) }
        held = [byte]
        state = .opening
    }

    private mutating func takeOpening(_ byte: UInt8, _ pieces: inout [Piece]) {
        if let name = Self.names.first(where: { $0.bytes == held }) {
            if ArtifactTagAttributes.endsName(byte) {
                kind = name.kind
                isClosing = name.isClosing
                attributes = ArtifactTagAttributes()
                state = .inside
                return takeInside(byte, &pieces)
            }
        } else if Self.names.contains(where: {
            $0.bytes.count > held.count && $0.bytes[held.count] == byte
                && $0.bytes.starts(with: held)
        }) {
            return held.append(byte)
        }
        giveUp()
        takeText(byte)
    }

    private mutating func takeInside(_ byte: UInt8, _ pieces: inout [Piece]) {
        switch attributes.take(byte) {
        case .more:
            held.append(byte)
            if held.count > Self.tagBytesMax { giveUp() }
        case .complete: close(&pieces)
        case .broken:
            giveUp()
            takeText(byte)
        }
    }

    /// What was held is text after all.
    private mutating func giveUp() {
        plain += held
        held = []
        state = .text
    }

    /// Ends a tag. One that closes another says nothing.
    private mutating func close(_ pieces: inout [Piece]) {
        giveText(&pieces, isEnd: false)
        held = []
        state = .text
        if !isClosing { pieces.append(.tag(ArtifactTag(kind: kind, attributes: attributes.attributes))) }
    }

    /// Gives out the text so far, without a character at its end of which bytes are missing.
    private mutating func giveText(_ pieces: inout [Piece], isEnd: Bool) {
        // Before a tag, or where a tag may begin, no bytes of a character can be missing: `<` ends it.
        let isWhole = isEnd || !held.isEmpty
        let count = isWhole ? plain.count : plain.count - TextTail.missing(plain)
        guard count > 0 else { return }
        let text = String(decoding: plain.prefix(count), as: UTF8.self)
        plain.removeFirst(count)
        if case .text(let before)? = pieces.last {
            pieces[pieces.count - 1] = .text(before + text)
        } else {
            pieces.append(.text(text))
        }
    }

    private static let names: [(bytes: [UInt8], kind: ArtifactTag.Kind, isClosing: Bool)] =
        ArtifactTag.Kind.allCases.flatMap { kind in
            [false, true].map { isClosing in
                (Array("<\(isClosing ? "/" : "")artifact:\(kind.rawValue)".utf8), kind, isClosing)
            }
        }
}
