import Catalog
import CoveyTesting
import Testing

@testable import Functions

/// What functions can do, in real workers.
@Suite(.enabled(if: missing == nil, missing), .timeLimit(.minutes(5)))
struct FunctionPoolTests {
    @Test func `functions of every form are called`() async throws {
        let rows: [(String, JSONValue)] = [
            ("async (a) => a.x + 1", 42), ("(a) => a.x;", 41), ("function (a) { return a.x * 2 }", 82),
            ("async function named({ x }) { await null; return { x } };; // done", ["x": 41]),
            ("// says hello\n/* twice */ (a => 'hello') // done", "hello"),
            ("((a) => [a.x, null, true])", [41, nil, true]),
            ("() => {}", nil), ("() => () => 1", nil),
            ("() => ({ a: undefined, b: new Date(0) })", ["b": "1970-01-01T00:00:00.000Z"]),
            ("function* () { yield 1 }", [:]), ("(a, b = 2) => b", 2), ("() => 'ä €\\u2028\"\\n'", "ä €\u{2028}\"\n"),
            ("() => ({ then(f) { f('then') } })", "then"),
            (
                "() => [0.1 + 0.2, 1e21, -0, 9007199254740993]",
                .array([
                    JSONValue(0.30000000000000004), JSONValue(1e21), 0, 9_007_199_254_740_992,
                ])
            ),
            ("async () => (await Promise.all([1, 2].map(async (n) => n * 2))).toSorted((a, b) => b - a)", [4, 2]),
        ]
        try await TestPool.run { (test) async throws in
            for (code, output) in rows {
                #expect(try await test.call(code, ["x": 41]).output == output, "\(code)")
            }
        }
    }

    @Test func `what a function throws is told with its line`() async throws {
        let rows = [
            ("() => {\n  throw new TypeError('no such order')\n}", "TypeError: no such order (line 2)"),
            ("async (a) => {\n\n  await null\n  return a.b.c\n}", "(line 4)"),
            ("() => { throw 'plain' }", "plain"), ("() => { throw null }", "null"),
            ("async () => { throw { message: 'an object' } }", "Error: an object"),
            ("() => { class Lost extends Error { name = 'Lost' }\n throw new Lost('x') }", "Lost: x (line 2)"),
            ("() => 1n", "BigInt"), ("() => { const a = {}; a.a = a; return a }", "cyclic"),
            ("() => { throw Symbol('s') }", "Symbol(s)"),
            ("() => { throw new Proxy({}, { get() { throw 1 } }) }", "The function failed."),
            ("() => new Promise(() => {})", "never finishes"),
            ("() => Promise.reject(new Error('later'))", "Error: later"),
            ("() => new Promise(() => setTimeout(() => { throw new Error('in a timer') }, 1))", "in a timer"),
            ("(a: number) => a", "The function is not valid JavaScript: Unexpected token ':'"),
            ("1 + 1", "The source is not one function"),
        ]
        try await TestPool.run { (test) async throws in
            for (code, words) in rows {
                let message = try await test.failure(code)
                #expect(message.contains(words), "\(code): \(message)")
            }
        }
    }

    @Test func `the console is kept within its bound`() async throws {
        var limits = FunctionLimits()
        limits.consoleBytes = 100
        try await TestPool.run(limits) { (test) async throws in
            let result = try await test.call("() => { console.log('a', 1, { b: [2] }); console.error(new Error('c')) }")
            #expect(result.console == "log: a 1 {\"b\":[2]}\nerror: Error: c\n")
            let long = try await test.call("() => { for (let i = 0; i < 50; i++) console.log('ääääääääää') }")
            #expect(long.console.utf8.count <= 110 && long.console.hasPrefix("log: ä"))
            do {
                _ = try await test.call("() => { console.warn('before'); throw 1 }")
            } catch let failure as FunctionFailure {
                #expect(failure.console == "warn: before\n")
            }
        }
    }

    @Test func `timers, bytes and random numbers are there`() async throws {
        let timers = """
            () => new Promise((resolve) => {
                const seen = []
                const isEnough = () => seen.length > 3 && seen.includes('soon')
                const every = setInterval(() => { seen.push('every'); if (isEnough()) finish() }, 2)
                clearTimeout(setTimeout(() => seen.push('never'), 1))
                setImmediate(() => seen.push('soon'))
                queueMicrotask(() => seen.push('first'))
                const finish = () => {
                    clearInterval(every)
                    const all = ['soon', 'every'].every((name) => seen.includes(name)) && !seen.includes('never')
                    setTimeout((a) => resolve([seen[0], all, a]), 1, 'given')
                }
            })
            """
        let bytes = """
            () => {
                const text = new TextDecoder().decode(new TextEncoder().encode('hä €😀'))
                return [text, btoa('\\xe4b'), atob('5GI=') === '\\xe4b', crypto.randomUUID().length,
                    crypto.getRandomValues(new Uint8Array(4)).length]
            }
            """
        try await TestPool.run { (test) async throws in
            let ended = try await test.call(timers)
            #expect(ended.output == ["first", true, "given"], "\(ended)")
            let late = "async () => { await null; await new Promise((ready) => setTimeout(ready, 5)); return 1 }"
            #expect(try await test.call(late).output == 1, "a timer that is set by what was put off")
            let slow = """
                () => new Promise((resolve) => {
                    const seen = []
                    setTimeout(() => resolve(seen), 0)
                    queueMicrotask(() => seen.push('first'))
                    for (const end = Date.now() + 20; Date.now() < end;) {}
                })
                """
            #expect(try await test.call(slow).output == ["first"], "what was put off comes before a timer that is due")
            #expect(try await test.call(bytes).output == ["hä €😀", "5GI=", true, 36, 4])
        }
    }

    @Test func `nothing of a call is there in the next one, and a worker serves its project alone`() async throws {
        let other = FunctionOwner(tenant: "default", project: "other")
        let namesake = FunctionOwner(tenant: "elsewhere", project: "shop")
        try await TestPool.run { (test) async throws in
            let code = "() => { const was = globalThis.was; globalThis.was = 1; Array.prototype.was = 1; return [was] }"
            for _ in 0..<3 {
                for owner in [shop, other, namesake] {
                    #expect(try await test.call(code, for: owner).output == [nil])
                    #expect(try await test.call("() => [].was === undefined", for: owner).output == true)
                }
            }
            let kept = await test.pool.kept
            #expect(Set(kept.map(\.owner)) == [shop, other, namesake])
            #expect(Set(kept.map { ObjectIdentifier($0.process) }).count == 3, "no two projects share a worker")
        }
    }

    @Test func `a worker is used again, and replaced after an error or so many calls`() async throws {
        var limits = FunctionLimits()
        limits.useCount = 3
        try await TestPool.run(limits) { (test) async throws in
            func worker() async -> Int32? { await test.pool.kept.first?.process.processID }
            _ = try await test.call("() => 1")
            let first = try #require(await worker())
            _ = try await test.call("() => 1")
            #expect(await worker() == first)
            _ = try await test.call("() => 1")
            #expect(await worker() == nil, "it was used three times")
            _ = try await test.call("() => 1")
            let second = try #require(await worker())
            #expect(second != first)
            _ = try await test.failure("() => { throw 1 }")
            #expect(await worker() == nil, "it had an error")
            #expect(try await test.call("() => 2").output == 2)
        }
    }

    @Test func `a warm call costs little`() async throws {
        var limits = FunctionLimits()
        limits.useCount = 1000
        try await TestPool.run(limits) { (test) async throws in
            var times: [Duration] = []
            for number in 0..<220 {
                let began = ContinuousClock.now
                _ = try await test.call("async ({ x }) => ({ y: x + 1 })", ["x": .integer(Int64(number))])
                if number >= 20 { times.append(ContinuousClock.now - began) }
            }
            times.sort()
            print("A warm call takes \(times[times.count / 2]) at the median and \(times[198]) at the 99th percentile.")
            // Far above what a quiet machine takes: what is busy passes, a worker started for each call does not.
            #expect(times[times.count / 2] < .milliseconds(50))
        }
    }

    @Test func `a worker without work goes after its time`() async throws {
        let clock = StepClock()
        try await TestPool.run(clock: clock) { (test) async throws in
            _ = try await test.call("() => 1")
            let process = try #require(await test.pool.kept.first?.process)
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await test.pool.supervise() }
                await clock.waitForSleepers()
                clock.advance(by: .seconds(300))
                await process.waitUntilGone()
                group.cancelAll()
            }
            #expect(await test.pool.kept.isEmpty)
        }
    }
}
