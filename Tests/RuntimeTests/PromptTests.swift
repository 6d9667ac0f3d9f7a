import Catalog
import Models
import Testing

@testable import Runtime

@Suite struct PromptTests {
    private static let agent = AgentDefinition(
        id: "desk", name: "Desk", prompt: "We sell <shoes>.",
        subAgents: [
            SubAgentDefinition(
                id: "Front Desk", name: "Front", prompt: "Answer.", transfers: ["billing", "gone"],
                delegates: ["look up"]),
            SubAgentDefinition(
                id: "billing", name: "Billing", description: "Bills & refunds", transfers: ["Front Desk"],
                delegates: ["look up"]),
            SubAgentDefinition(id: "look up", name: "Lookup", description: "Finds orders"),
        ])

    private func toolset(_ position: Int) -> Toolset {
        Toolset(relations: RelationTools(of: Self.agent.subAgents[position], in: Self.agent))
    }

    private func prompt(_ position: Int) -> SystemPrompt {
        SystemPrompt(Self.agent.subAgents[position], in: Self.agent, toolset(position))
    }

    @Test func `the sections stand in their order and data is escaped`() {
        let text = prompt(0).blocks(conversation: "c")[0].text
        let sections = [
            "<agent_identity>", "<current_time_guidance>", "<available_tools>", "<behavioral_constraints>",
            "<transfer_rules>", "<delegation_rules>", "<response_format>",
        ]
        let places = sections.compactMap { text.firstRange(of: $0)?.lowerBound }
        #expect(places.count == sections.count)
        #expect(places == places.sorted())
        #expect(text.contains("Description: Bills &amp; refunds"))
        #expect(!text.contains("gone"))
    }

    @Test func `a sub-agent without relations is told of no tools and no rules for them`() {
        let text = prompt(2).blocks(conversation: "c")[0].text
        #expect(text.contains("<available_tools>None.</available_tools>"))
        #expect(!text.contains("transfer_rules") && !text.contains("delegation_rules"))
    }

    @Test func `what people wrote stands in the second block as it is`() {
        let blocks = prompt(0).blocks(conversation: "c")
        #expect(blocks.count == 2)
        #expect(
            blocks[1].text == """
                <agent_context>
                We sell <shoes>.
                </agent_context>
                <core_instructions>
                Answer.
                </core_instructions>
                """)
        #expect(blocks[0].cacheable)
        #expect(prompt(1).blocks(conversation: "c").count == 2, "the agent's prompt alone")
    }

    @Test(arguments: [
        ("Id {{$conversation.id}}!", "Id c-7!"), ("{{ $conversation.id }}", "c-7"), ("{{$env.SECRET}}.", "."),
        ("{{name}} {{$conversation.id}}", "{{name}} c-7"), ("{{$conversation.id", "{{$conversation.id"),
        ("no placeholder", "no placeholder"),
    ])
    func `templates know the conversation and nothing of the server`(template: String, text: String) {
        let values = TemplateValues(document: nil, conversation: "c-7")
        #expect(Template(template).rendered(values, .preserving).text == text)
    }

    @Test func `with a context every placeholder of a prompt is filled in`() {
        var agent = Self.agent
        agent.prompt = "Hello {{user.name}} of {{headers.x-shop}}{{headers.none}}{{$env.X}} {{$conversation.id}}"
        let prompt = SystemPrompt(agent.subAgents[2], in: agent, toolset(2))
        let values = TemplateValues(
            document: ["headers": ["x-shop": "north"], "user": ["name": "Ada"]], conversation: "c-7")
        #expect(prompt.blocks(values)[1].text.contains("Hello Ada of north c-7"))
    }

    @Test func `placeholders stay as long as none names the conversation`() {
        var agent = Self.agent
        agent.prompt = "Hello {{name}} {{$env.X}}"
        let prompt = SystemPrompt(agent.subAgents[2], in: agent, toolset(2))
        #expect(prompt.blocks(conversation: "c")[1].text.contains("Hello {{name}} {{$env.X}}"))
    }

    @Test func `relations become tools by their names`() {
        let tools = toolset(0)
        #expect(tools.definitions.map(\.name) == ["transfer_to_billing", "delegate_to_look_up"])
        #expect(tools.relations.transfers == ["transfer_to_billing": "billing"])
        #expect(tools.relations.delegates == ["delegate_to_look_up": "look up"])
        #expect(tools.definitions[0].inputSchema["properties"] == [:])
        #expect(tools.definitions[1].inputSchema["required"] == ["message"])
        for part in [
            "Id: billing", "Name: Billing", "It can hand over to:\n- Front",
            "It can delegate to:\n- Lookup: Finds orders",
        ] {
            #expect(tools.definitions[0].description.contains(part), "\(part)")
        }
        #expect(toolset(1).definitions.map(\.name) == ["transfer_to_front_desk", "delegate_to_look_up"])
    }

    @Test func `two ids that come to the same name stay apart`() {
        let agent = AgentDefinition(
            id: "a", name: "A",
            subAgents: [
                SubAgentDefinition(id: "r", name: "r", transfers: ["x y", "X Y"]),
                SubAgentDefinition(id: "x y", name: "1"), SubAgentDefinition(id: "X Y", name: "2"),
            ])
        let tools = RelationTools(of: agent.subAgents[0], in: agent)
        #expect(tools.transfers == ["transfer_to_x_y": "x y", "transfer_to_x_y_2": "X Y"])
    }

    @Test func `the current input is the texts, the time and the files`() {
        let image = Part.image(Attachment(.url("https://a/b.png"), mediaType: "image/png"))
        let talk = ConversationSoFar(
            id: "c", earlier: [], parts: [.text("One"), image, .text("two")],
            clientTime: ClientTime(timeZone: "America/New_York", timestamp: "2025-07-04T00:30:00Z"))
        let view = HistoryView(subAgent: "r", settings: HistorySettings(), limits: RuntimeLimits())
        var run = Run.begun()
        _ = run.model(0, .call("clock", id: "a"), .finished(.toolCalls))
        _ = run.tool(0, "a")
        let messages = talk.messages(for: run.frames[0], as: view)
        #expect(
            messages.first
                == .user([
                    .text(
                        "One two\n\n<current_time>\nThursday, July 3, 2025 at 8:30:00 PM GMT-4\n</current_time>"),
                    image,
                ]))
        #expect(messages.count == 3)
    }

    @Test(arguments: [
        (1_740_989_107, 3600, "Monday, March 3, 2025 at 9:05:07 AM GMT+1"),
        (0, 0, "Thursday, January 1, 1970 at 12:00:00 AM GMT"),
        (1_709_164_800, -12_600, "Wednesday, February 28, 2024 at 8:30:00 PM GMT-3:30"),
        (1_709_208_000, 0, "Thursday, February 29, 2024 at 12:00:00 PM GMT"),
        (-1, 0, "Wednesday, December 31, 1969 at 11:59:59 PM GMT"),
    ])
    func `times are told in the long form of the client's zone`(seconds: Int, offset: Int, text: String) {
        #expect(CurrentTime.text(seconds: seconds, offset: offset) == text)
    }

    @Test(arguments: [
        ("Europe/Berlin", "2025-03-03T08:05:07Z", true), ("Europe/Berlin", "2025-03-03T08:05:07.123Z", true),
        ("Europe/Berlin", "2025-03-03 08:05:07Z", false), ("Europe/Berlin", "2025-13-03T08:05:07Z", false),
        ("Europe/Berlin", "2025-03-03T08:05:07.12Z", false), ("Europe/Berlin", "2025-03-03T08:05:07", false),
        ("a b", "2025-03-03T08:05:07Z", false), ("", "2025-03-03T08:05:07Z", false),
        (String(repeating: "a", count: 100), "2025-03-03T08:05:07Z", false),
    ])
    func `a client's time is taken only in its form`(zone: String, time: String, isTaken: Bool) {
        #expect((ClientTime(timeZone: zone, timestamp: time) != nil) == isTaken)
        #expect(ClientTime(timeZone: nil, timestamp: time) == nil)
    }
}

extension SystemPrompt {
    /// The blocks where there is no context.
    fileprivate func blocks(conversation: String) -> [SystemBlock] {
        blocks(TemplateValues(document: nil, conversation: conversation))
    }
}
