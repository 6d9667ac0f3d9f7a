import Glibc

/// What the kernel says of running processes, from the texts under `/proc`.
public enum ProcessFigures {
    /// Ticks per second of the kernel's processor-time counters.
    public static var ticksPerSecond: Double { Double(sysconf(Int32(_SC_CLK_TCK))) }

    /// User and system ticks in a `/proc/PID/stat` text, of the process and of its children that have ended; nil for
    /// anything else. The program's name, in brackets, may itself hold brackets and spaces, so fields count from the
    /// last bracket.
    public static func ticks(inStat text: String) -> Int? {
        guard let close = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: close)...].split(separator: " ")
        // utime stime cutime cstime
        guard fields.count > 14 else { return nil }
        let ticks = fields[11...14].compactMap { Int($0) }
        return ticks.count == 4 ? ticks.reduce(0, +) : nil
    }

    /// The value in kB of one line of a `/proc/PID/status` text; nil when there is none.
    public static func kilobytes(_ name: String, inStatus text: String) -> Int? {
        for line in text.split(separator: "\n") where line.hasPrefix(name + ":") {
            return line.dropFirst(name.count + 1).split(whereSeparator: { $0 == " " || $0 == "\t" }).first.flatMap {
                Int($0)
            }
        }
        return nil
    }

    /// Ticks that all processors were busy, in a `/proc/stat` text: all but idle and waiting for disks; nil for
    /// anything else.
    public static func busyTicks(inMachineStat text: String) -> Int? {
        guard let line = text.split(separator: "\n").first, line.hasPrefix("cpu ") else { return nil }
        let fields = line.split(separator: " ").dropFirst().compactMap { Int($0) }
        // user nice system idle iowait irq softirq steal; guest time is part of user time.
        guard fields.count >= 8 else { return nil }
        return fields[0] + fields[1] + fields[2] + fields[5] + fields[6]
    }

    /// A process and everything that it has started, transitively.
    public static func family(_ identifier: Int32) -> [Int32] {
        var all = [identifier]
        var next = 0
        while next < all.count, all.count < 1_000 {
            let process = all[next]
            next += 1
            for thread in Folder.names(in: "/proc/\(process)/task") {
                let text = File.text("/proc/\(process)/task/\(thread)/children") ?? ""
                all += text.split(separator: " ").compactMap { Int32($0) }
            }
        }
        return all
    }

    /// Processor time of the processes and of their children that have ended, in milliseconds, to the kernel's tick
    /// (10 ms).
    public static func processorMilliseconds(_ identifiers: [Int32]) -> Double {
        let ticks = identifiers.reduce(0) { sum, identifier in
            sum + (File.text("/proc/\(identifier)/stat").flatMap { self.ticks(inStat: $0) } ?? 0)
        }
        return Double(ticks) * 1_000 / ticksPerSecond
    }

    /// Memory that the processes hold, in kB: resident pages, of files and of their own.
    public static func residentKilobytes(_ identifiers: [Int32]) -> Int {
        sum("VmRSS", identifiers)
    }

    /// The part of it that is not backed by a file and so belongs to the process alone, in kB.
    public static func privateKilobytes(_ identifiers: [Int32]) -> Int {
        sum("RssAnon", identifiers)
    }

    private static func sum(_ name: String, _ identifiers: [Int32]) -> Int {
        identifiers.reduce(0) { sum, identifier in
            sum + (File.text("/proc/\(identifier)/status").flatMap { kilobytes(name, inStatus: $0) } ?? 0)
        }
    }

    /// Processor time of the whole machine, in milliseconds.
    public static func machineMilliseconds() -> Double {
        let ticks = File.text("/proc/stat").flatMap { busyTicks(inMachineStat: $0) } ?? 0
        return Double(ticks) * 1_000 / ticksPerSecond
    }
}
