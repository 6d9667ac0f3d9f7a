import Catalog

/// The pieces of a server-sent event stream (WHATWG HTML §9.2) that do not depend on what is sent.
public enum ServerSentEvents {
    /// A comment that clients pass over, sent on an idle stream so that nothing on the way closes it.
    public static let keepAlive: [UInt8] = Array(": ping\n\n".utf8)
}

/// The place of one server-sent event: the `part`th one made from the entry `sequence` of the log of `run`. Its text,
/// `<run>-<sequence>-<part>`, is the event's `id`, which a client hands back to go on after it.
public struct EventID: Sendable, Hashable {
    /// The longest text that is read, characters.
    public static let textMax = 400

    /// The run's id.
    public let run: String
    /// The number of the log's entry, from 1.
    public let sequence: Int64
    /// The number of the event among those of the entry, from 1.
    public let part: Int64

    /// A place from its parts.
    public init(run: String, sequence: Int64, part: Int64) {
        self.run = run
        self.sequence = sequence
        self.part = part
    }

    /// Reads an id that a client handed back; nil when it has not the form of one.
    public init?(_ text: String) {
        guard text.utf8.count <= Self.textMax else { return nil }
        let pieces = text.split(separator: "-", omittingEmptySubsequences: false)
        guard pieces.count >= 3 else { return nil }
        let run = pieces.dropLast(2).joined(separator: "-")
        guard !run.isEmpty, let sequence = Self.number(pieces[pieces.count - 2]),
            let part = Self.number(pieces[pieces.count - 1])
        else { return nil }
        self.init(run: run, sequence: sequence, part: part)
    }

    /// The id as it stands in the stream.
    public var text: String { "\(run)-\(sequence)-\(part)" }

    /// A number as the encoder writes it: digits, no sign, no leading zero.
    private static func number(_ digits: Substring) -> Int64? {
        guard let number = Int64(digits), number > 0, String(number) == digits else { return nil }
        return number
    }
}

/// Counts the events of one stream, and leaves out those that a client already has.
struct StreamPlace: Sendable {
    private let idPrefix: [UInt8]
    private let after: EventID?
    /// How many events are still to be left out.
    private var skipping: Int
    private var sequence: Int64 = 0
    private var part: Int64 = 0

    init(run: String, after: EventID?, skipping: Int = 0) {
        idPrefix = Array("id: \(run)-".utf8)
        self.after = after
        self.skipping = skipping
    }

    /// Whether the client does not have all of the end that this entry of the log gives rise to.
    var isWanted: Bool {
        guard skipping == 0 else { return false }
        guard let after else { return true }
        return sequence > after.sequence || (sequence == after.sequence && after.part < Self.endParts)
    }

    /// Events of the longest end.
    private static let endParts = 3

    /// Goes on to the next entry of the log.
    mutating func move(to sequence: Int64) {
        self.sequence = sequence
        part = 0
    }

    /// Opens the next event with its id and `data: `. False when the client already has it; then nothing must be
    /// written. Otherwise the data must follow, and `end`.
    mutating func begin(_ writer: inout JSONWriter) -> Bool {
        part += 1
        if skipping > 0 {
            skipping -= 1
            return false
        }
        if let after {
            if sequence < after.sequence { return false }
            if sequence == after.sequence, part <= after.part { return false }
        }
        writer.raw(idPrefix)
        writer.integer(sequence)
        writer.raw("-")
        writer.integer(part)
        writer.raw("\ndata: ")
        return true
    }

    /// Closes the event that `begin` opened.
    func end(_ writer: inout JSONWriter) { writer.raw("\n\n") }
}
