public import Kit

/// What one step did on one target.
public struct Measured: Sendable, Equatable {
    /// Counted good turns.
    public var turns: Int
    /// Wrong, late or missing answers.
    public var errors: Int
    /// What was wrong with the first; nil without errors.
    public var firstError: String?
    /// Good turns per second.
    public var rate: Double
    /// Milliseconds of a whole turn.
    public var p50: Double
    /// Milliseconds of a whole turn.
    public var p99: Double
    /// Milliseconds to the first piece of the answer.
    public var firstTokenP50: Double
    /// Milliseconds to the first piece of the answer.
    public var firstTokenP99: Double
    /// Milliseconds of processor time of the target, over all turns.
    public var processorPerTurn: Double
    /// Processors that were busy with anything but this bench meanwhile; near 0 on a quiet machine.
    public var noise: Double

    /// Takes what the `load` program printed. Throws when a number is missing.
    public init(report: JSON, processorMilliseconds: Double, noise: Double) throws {
        func number(_ path: String...) throws -> Double {
            let value = path.reduce(Optional(report)) { $0?[$1] }
            guard let number = value?.double else { throw Complaint("no \(path.joined(separator: ".")) in the report") }
            return number
        }
        turns = Int(try number("finished"))
        errors = Int(try number("errors"))
        firstError = report["first_error"]?.string
        rate = try number("turns_per_second")
        p50 = try number("latency_ms", "p50")
        p99 = try number("latency_ms", "p99")
        firstTokenP50 = try number("first_token_ms", "p50")
        firstTokenP99 = try number("first_token_ms", "p99")
        let total = try number("total")
        processorPerTurn = total > 0 ? processorMilliseconds / total : 0
        self.noise = noise
    }

    /// The mean of several measurements of the same step; errors add up. nil for none.
    public static func mean(_ all: [Measured]) -> Measured? {
        guard var mean = all.first else { return nil }
        func average(_ part: KeyPath<Measured, Double>) -> Double {
            all.reduce(0) { $0 + $1[keyPath: part] } / Double(all.count)
        }
        for part in [
            \Measured.rate, \.p50, \.p99, \.firstTokenP50, \.firstTokenP99, \.processorPerTurn, \.noise,
        ] as [WritableKeyPath<Measured, Double>] {
            mean[keyPath: part] = average(part)
        }
        mean.turns = all.reduce(0) { $0 + $1.turns }
        mean.errors = all.reduce(0) { $0 + $1.errors }
        mean.firstError = all.lazy.compactMap(\.firstError).first
        return mean
    }

    /// The measurement as it stands in the results file.
    public var json: JSON {
        .object([
            ("turns", .count(turns)), ("errors", .count(errors)),
            ("first_error", firstError.map { .text($0) } ?? .null), ("turns_per_second", .number(rate)),
            ("p50_ms", .number(p50)), ("p99_ms", .number(p99)),
            ("first_token_p50_ms", .number(firstTokenP50)), ("first_token_p99_ms", .number(firstTokenP99)),
            ("cpu_ms_per_turn", .number(processorPerTurn)), ("noise_cores", .number(noise)),
        ])
    }
}

/// One step on all targets.
public struct StepResult: Sendable {
    /// What was done.
    public let step: Step
    /// The model server without anything between, before and after the others.
    public var direct: [Measured] = []
    /// The plain proxy; nil when it was left out.
    public var nginx: Measured?
    /// Covey; nil when it was left out or failed.
    public var covey: Measured?
    /// Covey without what the step measures, before and after it; empty where it measures whole turns.
    public var without: [Measured] = []

    /// Everything that was measured, in the order of the targets.
    public var all: [Measured] { direct + without + [nginx, covey].compactMap(\.self) }

    /// Processors that were busy with other work meanwhile, on average over the targets.
    public var noise: Double { Distribution(all.map(\.noise)).mean }

    /// A result that is still empty.
    public init(_ step: Step) { self.step = step }

    /// The result as it stands in the results file.
    public var json: JSON {
        .object([
            ("name", .text(step.name)), ("title", .text(step.title)), ("connections", .count(step.connections)),
            ("direct", .array(direct.map(\.json))), ("nginx", nginx?.json ?? .null), ("covey", covey?.json ?? .null),
            ("without", .array(without.map(\.json))),
        ])
    }
}

/// What Covey takes of the machine, measured apart from the steps.
public struct Footprint: Sendable, Equatable {
    /// Resident memory a second after the start, in kB.
    public var idleKilobytes = 0
    /// The part of it that is not backed by files, in kB.
    public var idlePrivateKilobytes = 0
    /// Growth of resident memory with 256 streams open, over 256, in kB.
    public var kilobytesPerStream = 0.0
    /// Most streams that the model server saw open at once; less than 256 means that the figure above is wrong.
    public var streamsOpen = 0
    /// Milliseconds from the start of the process to the first good turn, one per start.
    public var coldStarts: [Double] = []
    /// Bytes that the database grew per plain turn, between two clean stops.
    public var databaseBytesPerPlainTurn = 0.0
    /// Bytes that the database grew per streamed turn, between two clean stops.
    public var databaseBytesPerStreamedTurn = 0.0
    /// Model calls per turn: 1 unless Covey asks the model for something of its own.
    public var modelCallsPerTurn = 0.0

    /// All zeros.
    public init() {}

    /// The footprint as it stands in the results file.
    public var json: JSON {
        .object([
            ("idle_kb", .count(idleKilobytes)), ("idle_private_kb", .count(idlePrivateKilobytes)),
            ("kb_per_stream", .number(kilobytesPerStream)), ("streams_open", .count(streamsOpen)),
            ("cold_start_ms", .array(coldStarts.map { .number($0) })),
            ("database_bytes_per_plain_turn", .number(databaseBytesPerPlainTurn)),
            ("database_bytes_per_streamed_turn", .number(databaseBytesPerStreamedTurn)),
            ("model_calls_per_turn", .number(modelCallsPerTurn)),
        ])
    }
}

/// Everything that a run of the bench found out.
public struct Results: Sendable {
    /// Seconds since 1970 at the start.
    public var startedAt = 0
    /// Whether it was a tenth of a run.
    public var isQuick = false
    /// Processors of the machine.
    public var processors = 0
    /// The steps, in order.
    public var steps: [StepResult] = []
    /// Covey apart from the steps; nil when it was left out or failed.
    public var footprint: Footprint?
    /// What idle conversations leave in memory; nil when it was left out or failed.
    public var idle: IdleMemory?
    /// What turns cost when there are many; nil when it was left out or failed.
    public var growth: Growth?
    /// What managing a project costs; nil when it was left out or failed.
    public var management: ManagementResults?
    /// What went wrong, a line each. Empty for a good run.
    public var failures: [String] = []

    /// Results that are still empty.
    public init() {}

    /// What a reader of the table has to know about the run, in one line.
    public var remark: String {
        let noises = steps.flatMap(\.all).map(\.noise) + (management.map { [$0.noise] } ?? [])
        let noise = Distribution(noises)
        return "\(processors) processors\(isQuick ? ", quick run" : ""); other work on them meanwhile: "
            + "\(JSON.fixed(noise.mean, decimals: 2)) processors on average, "
            + "\(JSON.fixed(noise.percentile(100), decimals: 2)) in the worst step."
    }

    /// The results file.
    public var json: JSON {
        .object([
            ("started_at", .count(startedAt)), ("quick", .flag(isQuick)), ("processors", .count(processors)),
            ("steps", .array(steps.map(\.json))), ("footprint", footprint?.json ?? .null),
            ("idle", idle?.json ?? .null), ("growth", growth?.json ?? .null),
            ("management", management?.json ?? .null),
            ("failures", .array(failures.map { .text($0) })),
        ])
    }
}
