import Measuring
import Testing

struct StepTests {
    private static func step(_ name: String) throws -> Step {
        try #require(Step.all(seconds: 1).first { $0.name == name })
    }

    @Test func `the model is told to call the tool that the agent has, and to look at what it gives`() throws {
        #expect(try Self.step("mcp_c1").body.contains("mode=tool argument=query:birds tool=search result=birds%"))
        #expect(try Self.step("function_c32").body.contains("tool=count result=feathers%"))
        #expect(try !Self.step("plain_c1").body.contains("mode=tool"))
    }

    @Test func `a tool is held against one that does not exist, a key against none`() throws {
        for name in ["mcp_c1", "function_c1"] {
            let without = try #require(try Self.step(name).withoutExtra)
            #expect(without.body.contains("tool=missing%"))
            #expect(without.extra == nil)
        }
        let keyless = try #require(try Self.step("keyed_c1").withoutExtra)
        #expect(try keyless.body == Self.step("keyed_c1").body)
        #expect(try Self.step("mcp_c32").withoutExtra == nil)
    }

    @Test func `paced steps are whole rounds of their streams`() throws {
        for seconds in [0.5, 1, 5] {
            for step in Step.all(seconds: seconds) where step.delayMilliseconds > 0 {
                #expect(step.requests % step.connections == 0)
                #expect(step.requests >= 2 * step.connections)
            }
        }
    }
}
