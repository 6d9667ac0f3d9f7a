import Glibc
import Kit
import Measuring
import Testing

struct ChildTests {
    @Test func `a child's output is read to its end`() throws {
        let child = try Child(["/bin/sh", "-c", "echo one; echo two"], output: .pipe)
        #expect(try child.readOutput(seconds: 5) == "one\ntwo\n")
        child.stop()
        #expect(!child.isRunning)
    }

    @Test func `a child that ignores the polite signal is killed`() throws {
        let child = try Child(["/bin/sh", "-c", "trap '' TERM; echo ready; while :; do read x; done"], output: .pipe)
        #expect(try child.readOutput(seconds: 5, untilLine: true) == "ready\n")
        #expect(child.isRunning)
        child.stop(graceMilliseconds: 20)
        #expect(!child.isRunning)
        #expect(kill(child.identifier, 0) == -1)
    }

    @Test func `a program that is not there is an error, and nothing is signalled`() {
        #expect(throws: SystemError("start /nonexistent/covey", code: ENOENT)) {
            try Child(["/nonexistent/covey"], output: .pipe)
        }
    }

    @Test func `a child gets the environment that it is given and nothing else`() throws {
        let child = try Child(["/usr/bin/env"], environment: ["A": "b c"], output: .pipe)
        #expect(try child.readOutput(seconds: 5) == "A=b c\n")
        child.stop()
    }
}
