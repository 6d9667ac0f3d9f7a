import Kit
import Measuring
import Testing

struct OptionsTests {
    @Test func `the binary to measure is named or left out on purpose`() throws {
        #expect(throws: Complaint.self) { try Options([]) }
        #expect(try Options(["--covey", "/a"]).covey == "/a")
        #expect(try Options(["--without-covey"]).covey == nil)
    }

    @Test func `a step that does not exist is refused`() throws {
        #expect(try Options(["--without-covey", "--steps", "plain_c1,footprint"]).steps == ["plain_c1", "footprint"])
        #expect(throws: Complaint.self) { try Options(["--without-covey", "--steps", "plain_c2"]) }
    }
}
