import Glibc
import Kit

/// A closed-loop HTTP/1.1 client on one thread: each connection sends its next request when the last one is answered.
public final class LoadClient {
    /// Milliseconds between looks at requests that take too long.
    static let timeoutCheckMilliseconds: Int32 = 50
    /// Errors after which a run gives up: a server that answers nothing right is not worth the wait.
    static let errorsMaximum = 1_000

    let plan: LoadPlan
    let epoll: Epoll
    let marker: [UInt8]
    let required: [UInt8]
    private let path: Template
    private let body: Template
    private let fixedHead: [UInt8]
    private let run: UInt64
    private var slots: [Slot] = []
    private var slotOfSocket: [Slot?] = []
    private var report = LoadReport()
    private var issued = 0
    private var active = 0
    private var countFrom: Int64 = 0
    private var stopAt: Int64 = 0
    private var countedFrom: Int64?
    private var countedTo: Int64 = 0

    /// A client for `plan`. Throws when the plan's numbers are out of bounds or the system refuses a socket.
    public init(_ plan: LoadPlan) throws {
        guard (1...LoadPlan.connectionsMaximum).contains(plan.connections),
            (1...LoadPlan.requestsMaximum).contains(plan.requests)
        else { throw Complaint("connections or requests out of bounds") }
        self.plan = plan
        epoll = try Epoll()
        marker = Array(plan.marker.utf8)
        required = Array(plan.required.utf8)
        path = Template(plan.path)
        body = Template(plan.body)
        let lines = ["host: 127.0.0.1:\(plan.port)", "content-type: application/json"] + plan.headers
        fixedHead = Array((" HTTP/1.1\r\n" + lines.map { $0 + "\r\n" }.joined() + "content-length: ").utf8)
        run = UInt64(truncatingIfNeeded: Clock.now()) ^ UInt64(getpid()) << 32 ^ UInt64(Clock.unixSeconds()) << 16
    }

    /// Does the whole plan on the calling thread.
    public func perform() throws -> LoadReport {
        let start = Clock.now()
        countFrom = start + Int64(plan.warmupSeconds * 1e9)
        stopAt = start + Int64(plan.seconds * 1e9)
        for number in 0..<min(plan.connections, plan.requests) {
            let slot = Slot(number: number + 1)
            slots.append(slot)
            beginNext(slot)
        }
        var nextCheck = start
        while active > 0 {
            for index in 0..<epoll.wait(milliseconds: Self.timeoutCheckMilliseconds) {
                let socket = Int(epoll.socket(at: index))
                if socket < slotOfSocket.count, let slot = slotOfSocket[socket] { isReady(slot) }
            }
            let now = Clock.now()
            guard now >= nextCheck else { continue }
            nextCheck = now + Int64(Self.timeoutCheckMilliseconds) * 1_000_000
            let oldest = now - Int64(plan.requestSeconds * 1e9)
            for slot in slots where slot.isActive && slot.startedAt < oldest {
                fail(slot, "no complete answer within \(plan.requestSeconds) s (\(slot.answer.markers) markers)")
            }
        }
        for slot in slots { disconnect(slot) }
        if let countedFrom { report.seconds = Double(countedTo - countedFrom) / 1e9 }
        report.processorMilliseconds = Self.processorMilliseconds()
        return report
    }

    /// Sends the next request of the plan, or leaves the slot idle when there is none.
    private func beginNext(_ slot: Slot) {
        while issued < plan.requests, report.errors < Self.errorsMaximum {
            let now = Clock.now()
            if now >= stopAt { return }
            issued += 1
            do throws(SystemError) {
                if slot.socket < 0 { try connect(slot) }
            } catch {
                note("\(error)")
                continue
            }
            let content = body.filled(number: issued, run: run, connection: slot.number)
            slot.output.append(Self.post)
            slot.output.append(path.filled(number: issued, run: run, connection: slot.number))
            slot.output.append(fixedHead)
            slot.output.append(Array("\(content.count)\r\n\r\n".utf8))
            slot.output.append(content)
            slot.begin(at: now)
            active += 1
            if slot.isConnected { write(slot) }
            return
        }
    }

    private static let post = Array("POST ".utf8)

    private func connect(_ slot: Slot) throws(SystemError) {
        let socket = try Sockets.connect(port: plan.port, blocking: false)
        do throws(SystemError) {
            try epoll.add(socket, for: .writing)
        } catch {
            close(socket)
            throw error
        }
        slot.socket = socket
        slot.waitsToWrite = true
        while slotOfSocket.count <= Int(socket) { slotOfSocket.append(nil) }
        slotOfSocket[Int(socket)] = slot
        if slot.wasConnected { report.reconnects += 1 }
        slot.wasConnected = true
    }

    private func disconnect(_ slot: Slot) {
        guard slot.socket >= 0 else { return }
        slotOfSocket[Int(slot.socket)] = nil
        close(slot.socket)
        slot.socket = -1
        slot.isConnected = false
        slot.waitsToWrite = false
        slot.input.removeAll()
        slot.output.removeAll()
    }

    private func isReady(_ slot: Slot) {
        if slot.waitsToWrite {
            slot.isConnected = true
            return write(slot)
        }
        guard slot.isActive else { return disconnect(slot) }
        switch slot.input.receive(from: slot.socket) {
        case .moved: read(slot)
        case .notNow: return
        case .closed:
            if slot.answer.closesConnection { finish(slot) } else { fail(slot, "the connection closed early") }
        case .failed(let code): fail(slot, "\(SystemError("receive", code: code))")
        case .full: fail(slot, "more unread bytes than \(slot.input.limit)")
        }
    }

    private func write(_ slot: Slot) {
        switch slot.output.send(to: slot.socket) {
        case .failed(let code): return fail(slot, "\(SystemError("send", code: code))")
        case .moved, .notNow, .closed, .full: break
        }
        let shouldWait = slot.output.count > 0
        guard shouldWait != slot.waitsToWrite else { return }
        slot.waitsToWrite = shouldWait
        do throws(SystemError) {
            try epoll.change(slot.socket, to: shouldWait ? .writing : .reading)
        } catch {
            fail(slot, "\(error)")
        }
    }

    private func read(_ slot: Slot) {
        let progress = slot.answer.take(slot.input, into: slot.body, marker: marker)
        if slot.firstTokenAt == nil, slot.answer.markers > 0 { slot.firstTokenAt = Clock.now() }
        switch progress {
        case .incomplete:
            if plan.stopsAtRequired, slot.body.bytes.firstOffset(of: required) != nil { finish(slot, isStopped: true) }
        case .complete: finish(slot)
        case .broken(let reason): fail(slot, reason)
        }
    }

    private func finish(_ slot: Slot, isStopped: Bool = false) {
        let now = Clock.now()
        if let fault = slot.answer.fault(slot.body, required: required, markers: plan.markers) {
            return fail(slot, fault)
        }
        report.total += 1
        if slot.startedAt >= countFrom {
            report.finished += 1
            report.latencies.append(Clock.milliseconds(from: slot.startedAt, to: now))
            if let first = slot.firstTokenAt {
                report.firstTokens.append(Clock.milliseconds(from: slot.startedAt, to: first))
            }
            countedFrom = min(countedFrom ?? slot.startedAt, slot.startedAt)
            countedTo = now
        }
        let closes = isStopped || slot.answer.closesConnection
        end(slot)
        if closes { disconnect(slot) }
        beginNext(slot)
    }

    private func fail(_ slot: Slot, _ reason: String) {
        note(reason)
        end(slot)
        disconnect(slot)
        beginNext(slot)
    }

    private func end(_ slot: Slot) {
        guard slot.isActive else { return }
        slot.isActive = false
        active -= 1
    }

    private func note(_ reason: String) {
        report.errors += 1
        if report.firstError == nil { report.firstError = reason }
    }

    private static func processorMilliseconds() -> Double {
        var usage = rusage()
        getrusage(Int32(RUSAGE_SELF.rawValue), &usage)
        let seconds = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
        return Double(seconds) * 1_000 + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1_000
    }
}

/// One connection of the client and the request that is on it.
final class Slot {
    let input = ByteQueue(capacity: 16_384, limit: 8 << 20)
    let output = ByteQueue(capacity: 4_096, limit: 8 << 20)
    let body = ByteQueue(capacity: 16_384, limit: 8 << 20)
    /// Which of the plan's connections it is, from 1.
    let number: Int
    var socket: Int32 = -1
    var isConnected = false
    var wasConnected = false
    var waitsToWrite = false
    var isActive = false
    var answer = Answer()
    var startedAt: Int64 = 0
    var firstTokenAt: Int64?

    init(number: Int) { self.number = number }

    func begin(at now: Int64) {
        isActive = true
        answer = Answer()
        body.removeAll()
        startedAt = now
        firstTokenAt = nil
    }
}
