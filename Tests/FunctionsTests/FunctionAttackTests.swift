import Catalog
import CoveyTesting
import Foundation
import Testing

@testable import Functions

/// Functions that mean harm, in real workers: each is stopped with a clear error, the next call works, and the machine
/// does not notice.
@Suite(.enabled(if: missing == nil, missing), .timeLimit(.minutes(8)))
struct FunctionAttackTests {
    /// One attack: what it does, and what is said of it; any of several where the engine decides.
    struct Attack: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let code: String
        let says: [String]

        init(_ name: String, _ code: String, _ says: String...) {
            testDescription = name
            self.code = code
            self.says = says
        }
    }

    private static let late = "Function execution timed out after 800ms"
    private static let memory = "it needs more than the 64 MiB of memory"
    private static let engineMemory = "Out of memory"
    private static let output = "Output size exceeded limit of 1048576 bytes"

    private static let limits: FunctionLimits = {
        var limits = FunctionLimits()
        limits.callMs = 800
        limits.memoryBytes = 64 << 20
        return limits
    }()
    /// For attacks that end by something else than time, on a machine that has more to do.
    private static let patient: FunctionLimits = {
        var limits = Self.limits
        limits.callMs = 60_000
        return limits
    }()
    /// Bytes that a warm engine has set aside already, so that no limit counts them, with room to spare.
    private static let reservedBytes = 64 << 20

    private static let attacks = [
        Attack("endless loop", "() => { for (;;) {} }", late),
        Attack("endless microtasks", "async () => { for (;;) await null }", late),
        Attack(
            "endless promise chain", "() => { const f = () => Promise.resolve().then(f); return f() }", late, memory),
        Attack("catastrophic expression", "() => /^(\\w+\\s?)*$/.test('aaaaaaaaaa '.repeat(60) + '!')", late),
        Attack("endless getter of a result", "() => ({ toJSON() { for (;;) {} } })", late),
        Attack("endless getter of an error", "() => { throw { get message() { for (;;) {} } } }", late),
        Attack("endless interval", "() => new Promise(() => setInterval(() => {}, 1))", late),
        Attack(
            "endless recursion of timers", "() => new Promise(() => { const f = () => setTimeout(f, 0); f() })", late),
        Attack(
            "a million timers", "() => { for (let i = 0; i < 1e6; i++) setTimeout(() => {}, 1e6) }",
            "At most 1000 timers"),
        Attack(
            "arrays", "() => { const a = []; for (;;) a.push(new Array(10000).fill(a.length)) }", memory, engineMemory),
        Attack("buffers", "() => { const a = []; for (;;) a.push(new ArrayBuffer(1 << 24)) }", memory, engineMemory),
        Attack(
            "buffers whose errors are caught",
            "() => { const a = []; for (;;) try { a.push(new Uint8Array(1 << 20).fill(1)) } catch {} }", late, memory),
        Attack(
            "strings", "() => { const a = []; for (;;) a.push(String(a.length).padEnd(1e6, 'x') + a.length) }", memory,
            engineMemory),
        Attack(
            "one string", "() => { let s = 'ab'; for (;;) { s += s; s.charCodeAt(s.length - 1) } }", memory,
            engineMemory),
        Attack(
            "objects", "() => { const o = {}; for (let i = 0;; i++) o['k' + i] = { i, o: {} } }", memory, engineMemory),
        Attack("maps", "() => { const m = new Map(); for (let i = 0;; i++) m.set(i, [i]) }", memory, engineMemory),
        Attack(
            "functions", "() => { const a = []; for (let i = 0;; i++) a.push(eval('() => ' + i)) }", memory,
            engineMemory, late),
        Attack("recursion", "() => { const f = (n) => f(n + 1) + 1; return f(0) }", "Maximum call stack size exceeded"),
        Attack("a deep result", "() => { let a = []; for (let i = 0; i < 2000; i++) a = [a]; return a }", output),
        Attack("endless output", "() => { for (;;) console.log('x'.repeat(1000)) }", output),
        Attack(
            "endless output whose errors are caught",
            "() => { for (;;) try { console.log('x'.repeat(999)) } catch {} }", output),
        Attack("a large result", "() => 'x'.repeat(2 << 20)", output),
        Attack("a large error", "() => { throw new Error('x'.repeat(1 << 20)) }", "xxxx"),
        Attack(
            "a process", "() => require('child_process').fork('x')", "Package 'child_process' is not", "Node's module"),
        Attack(
            "a process by its other name", "() => require('node:child_process')",
            "Node's module 'child_process' is not there"),
        Attack("a process by import", "async () => (await import('child_process')).spawn('sh')", "Node's module"),
        Attack("a process that is not there", "() => process.binding('spawn_sync')", "ReferenceError"),
        Attack("a file", "() => require('/etc/passwd')", "There is no module '/etc/passwd'"),
        Attack("a file above", "() => require('../../../etc/passwd')", "There is no module"),
        Attack("a file by import", "async () => import('file:///etc/passwd')", "There is no module"),
        Attack("a file by another import", "async () => eval(\"import('/etc/passwd')\")", "Could not import"),
        Attack("a socket", "() => new WebSocket('ws://127.0.0.1')", "ReferenceError"),
        Attack("a worker", "() => new Worker('x')", "ReferenceError"),
        Attack(
            "an address on this machine", "async () => (await fetch('http://127.0.0.1:5432/')).text()",
            "declares no allowedHosts"),
        Attack("WebAssembly", "() => new WebAssembly.Module(new Uint8Array())", "ReferenceError", "undefined"),
        Attack(
            "waiting for ever", "() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)", "ReferenceError"),
    ]

    @Test(arguments: attacks)
    func `an attack is stopped, and the next call works`(_ attack: Attack) async throws {
        let isLate = attack.says.contains(Self.late)
        try await TestPool.run(isLate ? Self.limits : Self.patient) { (test) async throws in
            let message = try await test.failure(attack.code)
            #expect(attack.says.contains { message.contains($0) }, "\(message)")
            #expect(message.utf8.count < 4096)
            #expect(try await test.call("(a) => a + 1", 41).output == 42)
        }
    }

    @Test func `memory is bounded`() async throws {
        let binary = try #require(BuiltBinary.covey).path(percentEncoded: false)
        let worker = WorkerCommand.Worker(executable: binary, settings: WorkerSettings(Self.patient))
        for attack in Self.attacks where attack.says.contains(Self.memory) && !attack.says.contains(Self.late) {
            let process = WorkerProcess(WorkerCommand(worker), Self.patient)
            for await event in process.events {
                guard case .message(let message) = event else { break }
                if message["ready"] != nil { break }
            }
            let warm = Self.memoryBytes(of: process)
            process.setDeadline(.milliseconds(Self.patient.callMs))
            process.send(["call": ["code": .string(attack.code), "input": nil]])
            let most = await withTaskGroup(of: Int.self) { group in
                group.addTask {
                    var most = 0
                    while !Task.isCancelled, !process.isOver {
                        most = max(most, Self.memoryBytes(of: process))
                        await Task.yield()
                    }
                    return most
                }
                // The error that it ends in, or its end.
                for await _ in process.events { break }
                group.cancelAll()
                return await group.next() ?? 0
            }
            process.stop()
            await process.waitUntilGone()
            #expect(warm > 0 && most > warm)
            #expect(most < warm + Self.limits.memoryBytes + Self.reservedBytes, "\(attack): \(most >> 20) MiB")
        }
    }

    /// Bytes that a worker had in memory at most until now; 0 when it is gone.
    private static func memoryBytes(of process: WorkerProcess) -> Int {
        guard let id = process.processID,
            let status = try? String(contentsOfFile: "/proc/\(id)/status", encoding: .utf8),
            let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") })
        else { return 0 }
        return line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }.map { $0 * 1024 } ?? 0
    }

    /// What looks for a way out, and finds what is there for every function.
    private static let ways: [(code: String, output: JSONValue)] = [
        ("() => (() => {}).constructor.constructor('return this')() === globalThis", true),
        (
            "() => [typeof process, typeof Deno, typeof module, typeof host, typeof evaluate].join()",
            "undefined,undefined,undefined,undefined,undefined"
        ),
        ("() => (function () { return this }).call(null) === globalThis", true),
        ("async function f() { try { return f.caller ?? 'no' } catch { return 'no' } }", "no"),
        ("() => new Error().stack.includes('/')", false),
        ("() => Object.getOwnPropertyNames(globalThis).filter((n) => /env|^fs|proc|read|load/i.test(n))", []),
        ("() => new Date().getTimezoneOffset()", 0),
        ("() => { Promise.prototype.then = null; JSON.stringify = JSON.parse = null; return 1 }", 1),
    ]

    @Test func `there is no way out`() async throws {
        try await TestPool.run { (test) async throws in
            for way in Self.ways {
                let result = try await test.call(way.code)
                #expect(result.output == way.output, "\(way.code)")
            }
        }
    }

    @Test func `a function that breaks its context breaks its own call alone`() async throws {
        let codes = [
            "() => { for (const k of Reflect.ownKeys(globalThis)) try { delete globalThis[k] } catch {} return 1 }",
            "() => { Promise.prototype.then = () => {}; Object.prototype.toJSON = () => 'x'; return { a: 1 } }",
            "() => { Map.prototype.get = Map.prototype.set = () => { throw 1 }; setTimeout(() => {}, 1); return 1 }",
            "() => { Array.prototype[Symbol.iterator] = null; throw new Error('x') }",
            "() => { String.prototype.replace = RegExp.prototype.exec = () => { throw 1 }; throw new Error('x') }",
        ]
        try await TestPool.run(Self.limits) { (test) async throws in
            for code in codes {
                do {
                    let result = try await test.call(code)
                    #expect(result.output.jsonBytes.count < 100)
                } catch let failure as FunctionFailure {
                    #expect(!failure.message.isEmpty)
                }
                #expect(try await test.call("(a) => a + 1", 41).output == 42, "\(code)")
            }
        }
    }

    @Test func `the walls are up, and a worker has nothing to reach out with`() async throws {
        let binary = try #require(BuiltBinary.covey).path(percentEncoded: false)
        let walls = await Walls.inspect(executable: binary)
        #expect(walls.problem == nil)
        switch walls.bubblewrap {
        case .up: #expect(WorkerCommand.bubblewrap != nil)
        case .missing: #expect(WorkerCommand.bubblewrap == nil)
        case .failing(let reason):
            // Not every machine lets a process make namespaces.
            #expect(reason.contains("namespace") || reason.contains("not permitted"), "\(reason)")
        }
    }

    @Test func `a program that is no worker is told of`() async throws {
        let walls = await Walls.inspect(executable: "/bin/cat")
        #expect(walls.problem != nil)
        let none = await Walls.inspect(executable: "/nowhere/covey")
        #expect(none.problem?.contains("No such file") == true)
    }

    @Test func `calls wait for a place in turn, the smaller project first, and not for ever`() async throws {
        var limits = FunctionLimits()
        limits.parallelCalls = 2
        limits.queuedCalls = 2
        let clock = StepClock()
        let other = FunctionOwner(tenant: "default", project: "other")
        try await TestPool.run(limits, clock: clock) { (test) async throws in
            let order = Order()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for time in [500, 5000] {
                    group.addTask { _ = try await test.call("() => new Promise((done) => setTimeout(done, \(time)))") }
                }
                while await test.pool.callsUnderWay < 2 { await Task.yield() }
                group.addTask {
                    _ = try await test.call("() => 1")
                    await order.add("second of shop")
                }
                await clock.waitForSleepers(1)
                group.addTask {
                    _ = try await test.call("() => 1", for: other)
                    await order.add("first of other")
                }
                await clock.waitForSleepers(2)
                let message = try await test.failure("() => 1")
                #expect(message == "Function execution queue timeout after 30000ms. Too many concurrent executions.")
                try await group.waitForAll()
            }
            #expect(await order.names == ["first of other", "second of shop"])
        }
    }

    @Test func `who waits for a place too long is told so`() async throws {
        var limits = FunctionLimits()
        limits.parallelCalls = 1
        let clock = StepClock()
        try await TestPool.run(limits, clock: clock) { (test) async throws in
            await withTaskGroup(of: Void.self) { group in
                group.addTask { _ = try? await test.call("() => new Promise((done) => setTimeout(done, 60000))") }
                while await test.pool.callsUnderWay == 0 { await Task.yield() }
                group.addTask {
                    let message = try? await test.failure("() => 1")
                    #expect(
                        message == "Function execution queue timeout after 30000ms. Too many concurrent executions.")
                }
                await clock.waitForSleepers(1)
                clock.advance(by: .milliseconds(limits.queueMs))
                await group.next()
                group.cancelAll()
            }
            let next = try await test.call("() => 2")
            #expect(next.output == 2)
        }
    }

    @Test func `a call whose task is cancelled ends its worker`() async throws {
        try await TestPool.run { (test) async throws in
            _ = try await test.call("() => 1")
            let process = try #require(await test.pool.kept.first?.process)
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    await #expect(throws: CancellationError.self) { try await test.call("() => { for (;;) {} }") }
                }
                while await !test.pool.kept.isEmpty { await Task.yield() }
                group.cancelAll()
            }
            await process.waitUntilGone()
            #expect(try await test.call("() => 2").output == 2)
        }
    }
}

/// Names in the order in which they came.
private actor Order {
    var names: [String] = []
    func add(_ name: String) { names.append(name) }
}
