/// A compiled pattern: instructions for `RegexMatcher`.
struct RegexProgram: Sendable {
    var instructions: [RegexInstruction] = []
    var sets: [ScalarSet] = []
    /// Capture bounds (two a group) and then loop positions.
    var slotCount = 0
    /// Whether a match can only begin at the start of the text.
    var anchored = false
    /// What the first code point of every match is in, nil when unknown or when a match may be empty.
    var first: ScalarSet?
}

enum RegexInstruction: Sendable {
    /// Takes one code point that is in the set.
    case set(Int, backward: Bool)
    /// Takes `minimum` to `maximum` code points that are in the set.
    case repeatSet(Int, minimum: Int, maximum: Int, greedy: Bool, backward: Bool)
    /// Goes on at `first`, and at `second` if that fails.
    case split(first: Int, second: Int)
    case jump(Int)
    /// Writes the position into a slot.
    case save(Int)
    /// Forgets these slots.
    case clear(Range<Int>)
    /// Fails when the position is still the one in the slot: a round of a loop that took nothing.
    case progress(Int)
    case backreference(Int, backward: Bool)
    /// Matches what follows, up to `matched`, without moving; then goes on at `next`.
    case look(negated: Bool, next: Int)
    case start
    case end
    case wordBoundary(negated: Bool)
    case matched
}

/// Writes a tree out as instructions. Counted repeats of more than one code point are written out in full.
struct RegexCompiler {
    private let hasBackreferences: Bool
    private let names: [String: Int]
    private var captureSlots = 0
    private var captures = 0
    private var program = RegexProgram()

    init(hasBackreferences: Bool, names: [String: Int]) {
        self.hasBackreferences = hasBackreferences
        self.names = names
    }

    mutating func compile(_ tree: RegexNode, captures: Int) throws(RegexError) -> RegexProgram {
        self.captures = captures
        captureSlots = hasBackreferences ? captures * 2 : 0
        program.slotCount = captureSlots
        try emit(tree, backward: false)
        try append(.matched)
        program.anchored = tree.isAnchored
        program.first = tree.firstSet
        return program
    }

    @discardableResult
    private mutating func append(_ instruction: RegexInstruction) throws(RegexError) -> Int {
        guard program.instructions.count < ECMARegex.instructionsMax else {
            throw RegexError(reason: "is too large once its repeats are written out")
        }
        program.instructions.append(instruction)
        return program.instructions.count - 1
    }

    private mutating func add(_ set: ScalarSet) -> Int {
        program.sets.append(set)
        return program.sets.count - 1
    }

    private mutating func emit(_ node: RegexNode, backward: Bool) throws(RegexError) {
        switch node {
        case .set(let set): try append(.set(add(set), backward: backward))
        case .sequence(let nodes):
            for node in backward ? nodes.reversed() : nodes { try emit(node, backward: backward) }
        case .alternation(let branches): try emit(branches, backward: backward)
        case .capture(let number, let inner):
            if hasBackreferences { try append(.save(number * 2 + (backward ? 1 : 0))) }
            try emit(inner, backward: backward)
            if hasBackreferences { try append(.save(number * 2 + (backward ? 0 : 1))) }
        case .look(let inner, let ahead, let negated):
            let look = try append(.look(negated: negated, next: 0))
            try emit(inner, backward: !ahead)
            try append(.matched)
            program.instructions[look] = .look(negated: negated, next: program.instructions.count)
        case .start: try append(.start)
        case .end: try append(.end)
        case .wordBoundary(let negated): try append(.wordBoundary(negated: negated))
        case .backreference(let number):
            guard number < captures else { throw RegexError(reason: "refers to a group that it has not") }
            try append(.backreference(number, backward: backward))
        case .namedBackreference(let name):
            guard let number = names[name] else { throw RegexError(reason: "refers to a group that it has not") }
            try append(.backreference(number, backward: backward))
        case .repeated(let inner, let count): try emit(inner, count, backward: backward)
        }
    }

    private mutating func emit(_ branches: [RegexNode], backward: Bool) throws(RegexError) {
        var exits: [Int] = []
        for (position, branch) in branches.enumerated() {
            guard position < branches.count - 1 else {
                try emit(branch, backward: backward)
                break
            }
            let split = try append(.jump(0))
            try emit(branch, backward: backward)
            exits.append(try append(.jump(0)))
            program.instructions[split] = .split(first: split + 1, second: program.instructions.count)
        }
        for exit in exits { program.instructions[exit] = .jump(program.instructions.count) }
    }

    private mutating func emit(_ node: RegexNode, _ count: RegexRepeat, backward: Bool) throws(RegexError) {
        if case .set(let set) = node {
            try append(
                .repeatSet(
                    add(set), minimum: count.minimum, maximum: count.maximum ?? .max, greedy: count.greedy,
                    backward: backward))
            return
        }
        for _ in 0..<count.minimum { try emitRound(node, count, progressSlot: nil, backward: backward) }
        var progressSlot: Int?
        if node.minimumWidth == 0 {
            progressSlot = program.slotCount
            program.slotCount += 1
        }
        guard let maximum = count.maximum else {
            let split = try append(.jump(0))
            try emitRound(node, count, progressSlot: progressSlot, backward: backward)
            try append(.jump(split))
            setSplit(at: split, exit: program.instructions.count, greedy: count.greedy)
            return
        }
        var splits: [Int] = []
        for _ in count.minimum..<max(maximum, count.minimum) {
            splits.append(try append(.jump(0)))
            try emitRound(node, count, progressSlot: progressSlot, backward: backward)
        }
        for split in splits { setSplit(at: split, exit: program.instructions.count, greedy: count.greedy) }
    }

    private mutating func setSplit(at split: Int, exit: Int, greedy: Bool) {
        program.instructions[split] =
            greedy ? .split(first: split + 1, second: exit) : .split(first: exit, second: split + 1)
    }

    private mutating func emitRound(
        _ node: RegexNode, _ count: RegexRepeat, progressSlot: Int?, backward: Bool
    ) throws(RegexError) {
        if hasBackreferences, !count.captures.isEmpty {
            try append(.clear(count.captures.lowerBound * 2..<count.captures.upperBound * 2))
        }
        if let progressSlot { try append(.save(progressSlot)) }
        try emit(node, backward: backward)
        if let progressSlot { try append(.progress(progressSlot)) }
    }
}
