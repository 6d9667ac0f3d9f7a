import Glibc
import Measuring
import Testing

struct ProcessFiguresTests {
    @Test func `ticks, those of ended children too, are read behind a name with brackets and spaces`() {
        let stat = "812 (a) (b c) S 1 812 812 0 -1 4194560 1 2 3 4 150 25 6 7 20 0 1 0 99 1 2"
        #expect(ProcessFigures.ticks(inStat: stat) == 188)
        #expect(ProcessFigures.ticks(inStat: "812 cut") == nil)
        #expect(ProcessFigures.ticks(inStat: "812 (a) S 1 2") == nil)
    }

    @Test func `a line of the status is found by its whole name`() {
        let status = "Name:\tx\nVmRSS:\t   12345 kB\nRssAnon:\t     678 kB\n"
        #expect(ProcessFigures.kilobytes("VmRSS", inStatus: status) == 12_345)
        #expect(ProcessFigures.kilobytes("RssAnon", inStatus: status) == 678)
        #expect(ProcessFigures.kilobytes("Rss", inStatus: status) == nil)
    }

    @Test func `busy time leaves out idling and waiting for disks`() {
        let stat = "cpu  100 20 30 5000 600 7 8 9 4 0\ncpu0 1 1 1 1 1 1 1 1 1 1\n"
        #expect(ProcessFigures.busyTicks(inMachineStat: stat) == 165)
        #expect(ProcessFigures.busyTicks(inMachineStat: "intr 5") == nil)
    }

    @Test func `this process holds memory and belongs to its own family`() {
        let family = ProcessFigures.family(getpid())
        #expect(family.first == getpid())
        #expect(ProcessFigures.residentKilobytes([getpid()]) > 1_000)
        #expect(ProcessFigures.machineMilliseconds() > 0)
    }
}
