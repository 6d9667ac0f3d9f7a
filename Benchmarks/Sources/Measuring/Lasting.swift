public import Kit

/// What conversations that nobody goes on with leave in memory.
public struct IdleMemory: Sendable, Equatable {
    /// Conversations of each sort.
    public var conversations = 0
    /// Growth of the process's own memory per conversation whose turn is over, in kB.
    public var kilobytesPerFinished = 0.0
    /// Growth of the process's own memory per conversation that waits for an approval, in kB.
    public var kilobytesPerWaiting = 0.0

    /// All zeros.
    public init() {}

    /// It as it stands in the results file.
    public var json: JSON {
        .object([
            ("conversations", .count(conversations)), ("kb_per_finished", .number(kilobytesPerFinished)),
            ("kb_per_waiting", .number(kilobytesPerWaiting)),
        ])
    }
}

/// What turns cost when there are many of them already.
public struct Growth: Sendable, Equatable {
    /// One part of the turns.
    public struct Part: Sendable, Equatable {
        /// The turns before it.
        public let before: Int
        /// Its turns.
        public let turns: Int
        /// Bytes that the database grew meanwhile, between two clean stops.
        public let bytes: Int
        /// Milliseconds of a turn, median.
        public let p50: Double
        /// Milliseconds of processor time for a turn.
        public let processorPerTurn: Double

        /// A part from its figures.
        public init(before: Int, turns: Int, bytes: Int, p50: Double, processorPerTurn: Double) {
            self.before = before
            self.turns = turns
            self.bytes = bytes
            self.p50 = p50
            self.processorPerTurn = processorPerTurn
        }

        /// Bytes that the database grew per turn.
        public var bytesPerTurn: Double { Double(bytes) / Double(max(1, turns)) }
    }

    /// The most by which the last part may be over the first, in bytes and in processor time.
    public static let aim = 1.1
    /// The parts, in order.
    public var parts: [Part] = []

    /// Nothing yet.
    public init() {}

    /// It as it stands in the results file.
    public var json: JSON {
        .array(
            parts.map { part in
                .object([
                    ("before", .count(part.before)), ("turns", .count(part.turns)), ("bytes", .count(part.bytes)),
                    ("p50_ms", .number(part.p50)), ("cpu_ms_per_turn", .number(part.processorPerTurn)),
                ])
            })
    }

    /// It as a Markdown table.
    public var lines: [String] {
        var rows = [["turns", "database bytes per turn", "of the first", "turn p50, ms", "CPU per turn, ms", "aim"]]
        rows.append(Array(repeating: "---", count: rows[0].count))
        for part in parts {
            let share = part.bytesPerTurn / max(1, parts[0].bytesPerTurn)
            let aim = "≤ \(JSON.number(Self.aim).line) × " + (share <= Self.aim ? "met" : "missed")
            rows.append([
                "\(part.before + 1) to \(part.before + part.turns)", JSON.fixed(part.bytesPerTurn, decimals: 0),
                JSON.fixed(share, decimals: 2) + " ×", JSON.fixed(part.p50, decimals: 3),
                JSON.fixed(part.processorPerTurn, decimals: 3), part == parts[0] ? "" : aim,
            ])
        }
        return rows.map { "| " + $0.joined(separator: " | ") + " |" }
    }
}
