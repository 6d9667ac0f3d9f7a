import Kit

/// The results as a Markdown table, with what Covey adds to, or reaches of, each reference.
public struct Table: Sendable {
    private var rows: [[String]] = []

    /// The table of `results`; figures that were not measured show as a dash.
    public init(_ results: Results) {
        for result in results.steps where result.step.connections == 1 { addLatency(result) }
        for result in results.steps where result.step.connections > 1 { addRate(result) }
        for result in results.steps where result.step.connections == 32 { addProcessor(result) }
        if let footprint = results.footprint { add(footprint) }
        if let idle = results.idle { add(idle) }
    }

    private static let head = ["figure", "direct", "nginx", "Covey", "against direct", "against nginx", "aim"]

    /// The table, a line for each row.
    public var lines: [String] {
        let all = [Self.head] + rows
        let widths = Self.head.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        func line(_ cells: [String]) -> String {
            let padded = zip(cells, widths).enumerated().map { index, pair in
                let space = String(repeating: " ", count: pair.1 - pair.0.count)
                return index == 0 ? pair.0 + space : space + pair.0
            }
            return "| " + padded.joined(separator: " | ") + " |"
        }
        let rule = widths.enumerated().map { index, width in
            index == 0 ? String(repeating: "-", count: width) : String(repeating: "-", count: width - 1) + ":"
        }
        return [line(Self.head), "| " + rule.joined(separator: " | ") + " |"] + rows.map(line)
    }

    private mutating func addLatency(_ result: StepResult) {
        for (name, part, limit) in [
            ("p50", \Measured.p50, Aims.addedP50Milliseconds), ("p99", \.p99, Aims.addedP99Milliseconds),
        ] {
            addMilliseconds("\(result.step.title): \(name), ms", part, result, aim: limit)
        }
        if result.step.isStreamed {
            addMilliseconds("\(result.step.title): first piece p50, ms", \.firstTokenP50, result, aim: nil)
        }
        if let extra = result.step.extra { addExtra(extra, result) }
    }

    /// What the extra costs against the same turn of Covey without it.
    private mutating func addExtra(_ extra: Step.Extra, _ result: StepResult) {
        let (what, limit) =
            switch extra {
            case .key: ("the key", Aims.addedByKeyMilliseconds)
            case .tool: ("the tool", Aims.addedByToolMilliseconds)
            }
        let added = Self.difference(result.covey?.p50, Measured.mean(result.without)?.p50)
        let aim = Self.aim("≤ \(JSON.number(limit).line)", added.map { $0 <= limit })
        rows.append(["\(result.step.title): added by \(what), p50, ms", "", "", Self.signed(added), "", "", aim])
    }

    private mutating func addMilliseconds(
        _ title: String, _ part: KeyPath<Measured, Double>, _ result: StepResult, aim limit: Double?
    ) {
        let direct = Measured.mean(result.direct)?[keyPath: part]
        let nginx = result.nginx?[keyPath: part]
        let covey = result.covey?[keyPath: part]
        let added = Self.difference(covey, direct)
        guard !result.step.isForCoveyAlone else {
            return rows.append([title, "", "", Self.cell(covey, 3), "", "", ""])
        }
        rows.append([
            title, Self.cell(direct, 3), Self.cell(nginx, 3), Self.cell(covey, 3), Self.signed(added),
            Self.signed(Self.difference(covey, nginx)),
            limit.map { limit in Self.aim("added ≤ \(JSON.number(limit).line)", added.map { $0 <= limit }) } ?? "",
        ])
    }

    private mutating func addRate(_ result: StepResult) {
        let direct = Measured.mean(result.direct)?.rate
        let nginx = result.nginx?.rate
        let covey = result.covey?.rate
        guard !result.step.isForCoveyAlone else {
            return rows.append(["\(result.step.title): turns/s", "", "", Self.cell(covey, 0), "", "", ""])
        }
        var aim = ""
        if let least = Aims.turnsPerSecond[result.step.name] {
            aim = Self.aim("≥ \(JSON.number(least).line)", covey.map { $0 >= least })
        } else if result.step.delayMilliseconds > 0, !result.step.losesNone {
            let share = Self.ratio(covey, direct)
            aim = Self.aim("≥ \(JSON.number(Aims.pacedShare).line) × direct", share.map { $0 >= Aims.pacedShare })
        }
        rows.append([
            "\(result.step.title): turns/s", Self.cell(direct, 0), Self.cell(nginx, 0), Self.cell(covey, 0),
            Self.times(Self.ratio(covey, direct)), Self.times(Self.ratio(covey, nginx)), aim,
        ])
        if result.step.delayMilliseconds > 0 {
            addMilliseconds("\(result.step.title): turn p50, ms", \.p50, result, aim: nil)
            addMilliseconds("\(result.step.title): turn p99, ms", \.p99, result, aim: nil)
        }
        if result.step.losesNone {
            let lost = result.covey.map { Double($0.errors) }
            rows.append([
                "\(result.step.title): lost or not whole, of \(result.step.requests)",
                Self.cell(result.direct.reduce(0) { $0 + Double($1.errors) }, 0),
                Self.cell(result.nginx.map { Double($0.errors) }, 0), Self.cell(lost, 0), "", "",
                Self.aim("0", lost.map { $0 == 0 }),
            ])
        }
    }

    private mutating func addProcessor(_ result: StepResult) {
        let covey = result.covey?.processorPerTurn
        guard !result.step.isForCoveyAlone else {
            return rows.append(["\(result.step.title): CPU per turn, ms", "", "", Self.cell(covey, 3), "", "", ""])
        }
        let limit = Aims.processorMilliseconds
        rows.append([
            "\(result.step.title): CPU per turn, ms", Self.cell(Measured.mean(result.direct)?.processorPerTurn, 3),
            Self.cell(result.nginx?.processorPerTurn, 3), Self.cell(covey, 3), "",
            Self.times(Self.ratio(covey, result.nginx?.processorPerTurn)),
            Self.aim("≤ \(JSON.number(limit).line)", covey.map { $0 <= limit }),
        ])
    }

    private mutating func add(_ footprint: Footprint) {
        let idle = Double(footprint.idleKilobytes) / 1_024
        let cold = Distribution(footprint.coldStarts).percentile(50)
        for (title, value, decimals, limit) in [
            ("memory idle, MB", idle, 1, Aims.idleMegabytes),
            ("memory idle without file pages, MB", Double(footprint.idlePrivateKilobytes) / 1_024, 1, nil),
            ("memory per open stream, KB", footprint.kilobytesPerStream, 1, Aims.kilobytesPerStream),
            ("cold start to the first answer, ms", cold, 0, Aims.coldStartMilliseconds),
            ("database bytes per plain turn", footprint.databaseBytesPerPlainTurn, 0, nil),
            ("database bytes per streamed turn", footprint.databaseBytesPerStreamedTurn, 0, nil),
            ("model calls per turn", footprint.modelCallsPerTurn, 2, nil),
        ] as [(String, Double, Int, Double?)] {
            let aim = limit.map { Self.aim("≤ \(JSON.number($0).line)", value <= $0) } ?? ""
            rows.append([title, "", "", Self.cell(value, decimals), "", "", aim])
        }
    }

    private mutating func add(_ idle: IdleMemory) {
        let limit = Aims.idleConversationKilobytes
        for (title, value) in [
            ("memory per conversation left idle, KB", idle.kilobytesPerFinished),
            ("memory per conversation waiting for an approval, KB", idle.kilobytesPerWaiting),
        ] {
            let aim = Self.aim("≤ \(JSON.number(limit).line)", value <= limit)
            rows.append([title, "", "", Self.cell(value, 2), "", "", aim])
        }
    }

    private static func cell(_ value: Double?, _ decimals: Int) -> String {
        value.map { JSON.fixed($0, decimals: decimals) } ?? "–"
    }

    private static func signed(_ value: Double?) -> String {
        value.map { ($0 < 0 ? "−" : "+") + JSON.fixed(abs($0), decimals: 3) } ?? "–"
    }

    private static func times(_ value: Double?) -> String {
        value.map { JSON.fixed($0, decimals: 2) + " ×" } ?? "–"
    }

    private static func difference(_ one: Double?, _ other: Double?) -> Double? {
        if let one, let other { one - other } else { nil }
    }

    private static func ratio(_ one: Double?, _ other: Double?) -> Double? {
        if let one, let other, other > 0 { one / other } else { nil }
    }

    private static func aim(_ text: String, _ isMet: Bool?) -> String {
        isMet.map { text + ($0 ? " met" : " missed") } ?? text
    }
}
