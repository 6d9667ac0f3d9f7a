import CSandbox

/// The list of system calls that a worker keeps (seccomp): what is not on it fails with EPERM. No file, socket or
/// process can be opened or made, no memory made executable, and no other process be signalled.
struct SyscallFilter {
    private(set) var rules: [sock_filter] = []

    // The fields of `seccomp_data`: number, architecture, instruction pointer, six arguments of eight bytes.
    private static let number: UInt32 = 0
    private static let architecture: UInt32 = 4
    private static func argument(_ index: UInt32) -> UInt32 { 16 + 8 * index }

    private static let allow = UInt32(SECCOMP_RET_ALLOW)
    private static let kill: UInt32 = 0x8000_0000
    private static func fail(_ error: Int32) -> UInt32 { 0x0005_0000 | UInt32(error) }

    private static let threadFlag: UInt32 = 0x0001_0000
    private static let executable: UInt32 = 4
    private static let setName: UInt32 = 15
    private static let setMappingName: UInt32 = 0x5356_4d41

    /// The filter for the process `process`, which may signal its own threads alone.
    init(process: Int32) {
        load(Self.architecture)
        jump(ifEqual: covey_architecture, 1, 0)
        answer(Self.kill)
        load(Self.number)
        // Where both 64- and 32-bit numbers of calls exist on x86_64, the latter have this bit.
        jump(ifAtLeast: 0x4000_0000, 0, 1)
        answer(Self.kill)
        for index in 0..<covey_allowed_count {
            jump(ifEqual: UInt32(covey_allowed_call(index)), 0, 1)
            answer(Self.allow)
        }
        for call in [covey_call_mmap, covey_call_mprotect] { allow(call, 2, withoutBits: Self.executable) }
        allow(covey_call_clone, 0, withBits: Self.threadFlag)
        allow(covey_call_prctl, 0, among: [Self.setName, Self.setMappingName])
        allow(covey_call_tgkill, 0, among: [UInt32(bitPattern: process)])
        allowReading(covey_call_prlimit, 2)
        // Glibc then takes `clone`, whose flags can be seen here.
        jump(ifEqual: UInt32(covey_call_clone3), 0, 1)
        answer(Self.fail(ENOSYS))
        answer(Self.fail(EPERM))
    }

    private mutating func allow(_ call: Int32, _ argument: UInt32, withoutBits bits: UInt32) {
        jump(ifEqual: UInt32(call), 0, 4)
        load(Self.argument(argument))
        jump(ifAnyBit: bits, 0, 1)
        answer(Self.fail(EPERM))
        answer(Self.allow)
    }

    private mutating func allow(_ call: Int32, _ argument: UInt32, withBits bits: UInt32) {
        jump(ifEqual: UInt32(call), 0, 4)
        load(Self.argument(argument))
        jump(ifAnyBit: bits, 1, 0)
        answer(Self.fail(EPERM))
        answer(Self.allow)
    }

    private mutating func allow(_ call: Int32, _ argument: UInt32, among values: [UInt32]) {
        jump(ifEqual: UInt32(call), 0, UInt8(2 + 2 * values.count))
        load(Self.argument(argument))
        for value in values {
            jump(ifEqual: value, 0, 1)
            answer(Self.allow)
        }
        answer(Self.fail(EPERM))
    }

    /// Allows a call whose argument, a pointer, is null.
    private mutating func allowReading(_ call: Int32, _ argument: UInt32) {
        jump(ifEqual: UInt32(call), 0, 6)
        load(Self.argument(argument))
        jump(ifEqual: 0, 0, 3)
        load(Self.argument(argument) + 4)
        jump(ifEqual: 0, 0, 1)
        answer(Self.allow)
        answer(Self.fail(EPERM))
    }

    // MARK: Instructions

    private mutating func load(_ offset: UInt32) { add(BPF_LD | BPF_W | BPF_ABS, offset) }
    private mutating func answer(_ value: UInt32) { add(BPF_RET | BPF_K, value) }

    private mutating func jump(ifEqual value: UInt32, _ yes: UInt8, _ no: UInt8) {
        add(BPF_JMP | BPF_JEQ | BPF_K, value, yes, no)
    }

    private mutating func jump(ifAtLeast value: UInt32, _ yes: UInt8, _ no: UInt8) {
        add(BPF_JMP | BPF_JGE | BPF_K, value, yes, no)
    }

    private mutating func jump(ifAnyBit bits: UInt32, _ yes: UInt8, _ no: UInt8) {
        add(BPF_JMP | BPF_JSET | BPF_K, bits, yes, no)
    }

    private mutating func add(_ code: Int32, _ value: UInt32, _ yes: UInt8 = 0, _ no: UInt8 = 0) {
        rules.append(sock_filter(code: UInt16(code), jt: yes, jf: no, k: value))
    }
}
