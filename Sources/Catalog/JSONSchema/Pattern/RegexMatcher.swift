/// Runs a program over code units that are whole code points: ASCII bytes or 32-bit scalars. Backtracks on an explicit
/// stack and pays one step an instruction, so that a hostile pattern costs its budget and no more.
struct RegexMatcher<Unit: FixedWidthInteger & UnsignedInteger & Sendable> {
    private let program: RegexProgram
    private let input: UnsafeBufferPointer<Unit>
    private var slots: [Int]
    private var choices: [Choice] = []
    /// What is left to spend.
    private(set) var steps: Int

    enum Outcome {
        case matched
        case failed
        /// The steps ran out, or too many choices were open.
        case exhausted
    }

    /// What to do when a path fails.
    private enum Choice {
        case resume(instruction: Int, at: Int)
        case restore(slot: Int, value: Int)
        /// A repeat that took from `near` to `far` and may end anywhere between; `far` moves when greedy, else `near`.
        case range(instruction: Int, near: Int, far: Int, greedy: Bool, backward: Bool)
    }

    init(program: RegexProgram, input: UnsafeBufferPointer<Unit>, steps: Int) {
        self.program = program
        self.input = input
        self.steps = steps
        slots = Array(repeating: -1, count: program.slotCount)
    }

    /// Matches the instructions from `first` on, with the text from `start` on.
    mutating func run(from first: Int, at start: Int) -> Outcome {
        let floor = choices.count
        var instruction = first
        var at = start
        while true {
            steps -= 1
            guard steps > 0, choices.count < ECMARegex.openChoicesMax else { return .exhausted }
            if case .matched = program.instructions[instruction] {
                forget(downTo: floor)
                return .matched
            }
            if case .look(let negated, let next) = program.instructions[instruction] {
                switch look(from: instruction + 1, at: at, negated: negated) {
                case .matched:
                    instruction = next
                    continue
                case .failed: break
                case .exhausted: return .exhausted
                }
            } else if step(&instruction, &at) {
                continue
            }
            guard backtrack(downTo: floor, &instruction, &at) else { return .failed }
        }
    }

    /// Drops the choices of a match that is done, keeping those that undo its captures if what called it fails later.
    private mutating func forget(downTo floor: Int) {
        guard floor > 0, choices.count > floor else { return choices.removeLast(choices.count - floor) }
        var kept = floor
        for position in floor..<choices.count {
            guard case .restore = choices[position] else { continue }
            choices[kept] = choices[position]
            kept += 1
        }
        choices.removeLast(choices.count - kept)
    }

    private mutating func look(from instruction: Int, at: Int, negated: Bool) -> Outcome {
        let floor = choices.count
        // Something must stand below the inner match for `forget` to keep what undoes its captures.
        choices.append(.restore(slot: -1, value: 0))
        let outcome = run(from: instruction, at: at)
        guard outcome != .exhausted else { return .exhausted }
        if negated || outcome == .failed {
            while choices.count > floor { undo(choices.removeLast()) }
        }
        return (outcome == .matched) != negated ? .matched : .failed
    }

    private mutating func undo(_ choice: Choice) {
        if case .restore(let slot, let value) = choice, slot >= 0 { slots[slot] = value }
    }

    /// Takes up the last open choice; false when there is none above `floor`.
    private mutating func backtrack(downTo floor: Int, _ instruction: inout Int, _ at: inout Int) -> Bool {
        while choices.count > floor, let choice = choices.popLast() {
            switch choice {
            case .resume(let next, let position):
                (instruction, at) = (next, position)
                return true
            case .restore: undo(choice)
            case .range(let next, let near, let far, let greedy, let backward):
                let step = backward ? -1 : 1
                let rest = greedy ? (near, far - step) : (near + step, far)
                at = greedy ? rest.1 : rest.0
                instruction = next
                if rest.0 != rest.1 {
                    choices.append(
                        .range(instruction: next, near: rest.0, far: rest.1, greedy: greedy, backward: backward))
                }
                return true
            }
        }
        return false
    }

    private mutating func save(_ value: Int, in slot: Int) {
        guard slots[slot] != value else { return }
        choices.append(.restore(slot: slot, value: slots[slot]))
        slots[slot] = value
    }

    /// Does one instruction; false when it fails.
    @inline(__always) private mutating func step(_ instruction: inout Int, _ at: inout Int) -> Bool {
        switch program.instructions[instruction] {
        case .set(let set, let backward):
            guard let value = unit(at, backward), program.sets[set].contains(value) else { return false }
            at += backward ? -1 : 1
        case .repeatSet(let set, let minimum, let maximum, let greedy, let backward):
            guard takeRun(set, minimum, maximum, greedy, backward, &at, next: instruction + 1) else { return false }
        case .split(let first, let second):
            choices.append(.resume(instruction: second, at: at))
            instruction = first
            return true
        case .jump(let target):
            instruction = target
            return true
        case .save(let slot): save(at, in: slot)
        case .clear(let range):
            for slot in range { save(-1, in: slot) }
        case .progress(let slot):
            guard slots[slot] != at else { return false }
        case .backreference(let number, let backward):
            guard takeBackreference(number, backward, &at) else { return false }
        case .start:
            guard at == 0 else { return false }
        case .end:
            guard at == input.count else { return false }
        case .wordBoundary(let negated):
            guard (isWord(at - 1) != isWord(at)) != negated else { return false }
        case .look, .matched: return false
        }
        instruction += 1
        return true
    }

    @inline(__always) private func unit(_ at: Int, _ backward: Bool) -> UInt32? {
        let position = backward ? at - 1 : at
        return position >= 0 && position < input.count ? UInt32(input[position]) : nil
    }

    private func isWord(_ position: Int) -> Bool {
        guard position >= 0, position < input.count else { return false }
        let value = UInt32(input[position])
        return ScalarSet.wordCharacters.contains { $0.contains(value) }
    }

    private mutating func takeRun(
        _ set: Int, _ minimum: Int, _ maximum: Int, _ greedy: Bool, _ backward: Bool, _ at: inout Int, next: Int
    ) -> Bool {
        let step = backward ? -1 : 1
        var far = at
        var taken = 0
        while taken < maximum, let value = unit(far, backward), program.sets[set].contains(value) {
            far += step
            taken += 1
        }
        // Long runs over the same text are what makes patterns quadratic, so they are paid for too.
        steps -= taken >> 3
        guard taken >= minimum else { return false }
        let near = at + step * minimum
        at = greedy ? far : near
        if near != far {
            choices.append(.range(instruction: next, near: near, far: far, greedy: greedy, backward: backward))
        }
        return true
    }

    private mutating func takeBackreference(_ number: Int, _ backward: Bool, _ at: inout Int) -> Bool {
        let (start, end) = (slots[number * 2], slots[number * 2 + 1])
        // A group that took no part matches the empty text (ECMA-262 §22.2.2.7.1).
        guard start >= 0, end >= start else { return true }
        let length = end - start
        let from = backward ? at - length : at
        guard from >= 0, from + length <= input.count else { return false }
        for offset in 0..<length where input[start + offset] != input[from + offset] { return false }
        steps -= length >> 3
        at += backward ? -length : length
        return true
    }
}
