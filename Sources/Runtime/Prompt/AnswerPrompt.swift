import Catalog

/// The sections of a system prompt that say in which form a sub-agent answers (run spec §9, §16, §18).
enum AnswerPrompt {
    // MARK: Skills

    /// Nil where the sub-agent has none.
    static func skills(_ skills: [SkillDefinition]) -> String? {
        guard !skills.isEmpty else { return nil }
        let entries = skills.map { skill in
            let head = "<skill name=\"\(SystemPrompt.escaped(skill.id))\""
            let description = "<description>\(SystemPrompt.escaped(skill.description))</description>"
            guard skill.isAlwaysLoaded else { return "\(head) mode=\"on_demand\">\n\(description)\n</skill>" }
            return "\(head) mode=\"always\">\n\(description)\n<content>\n\(content(skill))\n</content>\n</skill>"
        }
        return """
            <skills>
            Skills tell you how to do things. Those in mode always are given here; load one in mode on_demand with the \
            tool \(SkillTool.name) before you do what it is for. Where skills contradict each other the later one \
            counts, and your core instructions count more than any skill.
            \(entries.joined(separator: "\n"))
            </skills>
            """
    }

    private static func content(_ skill: SkillDefinition) -> String {
        let files = skill.files.map { file in
            "<file path=\"\(SystemPrompt.escaped(file.path))\">\n\(file.content)\n</file>"
        }
        return ([skill.content] + files).joined(separator: "\n")
    }

    // MARK: Artifacts

    /// Nil where nobody of the agent makes any.
    static func artifacts(_ rules: AnswerRules) -> String? {
        guard rules.mayCite else { return nil }
        let citing =
            rules.isStructured
            ? "To cite one, put a component \(AnswerReader.citingName) with its artifact_id and tool_call_id."
            : """
            To cite one, put <artifact:ref id="ID" tool="TOOL_CALL_ID" /> where the user shall see it, with exactly \
            these two attributes.
            """
        var sections = [
            """
            Artifacts are things that were found and kept: the user sees each as a card. \(citing) Cite only artifacts \
            that are listed or that you made yourself. What you see of an artifact at first is a summary; \
            \(ReferenceTool.name) gives you all of it.
            """
        ]
        if !rules.artifacts.isEmpty {
            sections.append(rules.isStructured ? structuredCreation : creation)
            sections += rules.artifacts.map(form)
        }
        return "<available_artifacts>\n" + sections.joined(separator: "\n") + "\n</available_artifacts>"
    }

    private static let selectors = """
        A selector is a JMESPath expression. The base selector is applied to the result of the tool call and must find \
        one single item; end a filter with | [0]. Compare with text in single quotes. Make an artifact only of a \
        result that you have, name the tool call by its _toolCallId, and make each thing only once: cite it after \
        that.
        """

    private static let creation = """
        To make one of what a tool gave, put this tag where the user shall see it:
        <artifact:create id="NEW_ID" tool="TOOL_CALL_ID" type="TYPE" base="BASE_SELECTOR" \
        details='{"FIELD":"SELECTOR"}' />
        details says where within the item each field is found; leave out fields that are properties of the item.
        \(selectors)
        """

    private static let structuredCreation = """
        To make one of what a tool gave, put a component \(AnswerReader.makingPrefix)TYPE with its selectors.
        \(selectors)
        """

    private static func form(_ form: ArtifactRules) -> String {
        let fields = form.fields.map { field in
            let property = form.schema?["properties"]?[field]
            let type = property?["type"]?.string ?? "any"
            let text = property?["description"]?.string ?? ""
            return """
                <field name="\(SystemPrompt.escaped(field))" type="\(SystemPrompt.escaped(type))" \
                preview="\(form.isInPreview(field))">\(SystemPrompt.escaped(text))</field>
                """
        }
        let description = SystemPrompt.escaped(form.description ?? "")
        return """
            <artifact_type name="\(SystemPrompt.escaped(form.name))">
            <description>\(description)</description>
            \(fields.isEmpty ? "<any_field/>" : fields.joined(separator: "\n"))
            </artifact_type>
            """
    }

    // MARK: Components

    /// Nil where the sub-agent answers in text.
    static func components(_ rules: AnswerRules) -> String? {
        guard rules.isStructured else { return nil }
        var entries = rules.components.map { component in
            """
            <component name="\(SystemPrompt.escaped(component.name))">
            <description>\(SystemPrompt.escaped(component.description ?? ""))</description>
            <props_schema>\(component.schema.jsonText)</props_schema>
            </component>
            """
        }
        if rules.allowsText {
            entries.insert(
                """
                <component name="\(ComponentReader.textName)">
                <description>Text for the user, in Markdown.</description>
                <props_schema>{"type":"object","properties":{"text":{"type":"string"}}}</props_schema>
                </component>
                """, at: 0)
        }
        return """
            <data_components_section>
            Your answer is JSON and nothing else: {"dataComponents":[{"id":"…","name":"…","props":{…}}]}. Each element \
            is one of these components, in the order in which the user sees them. Give id and name before props. \
            Choose the component that fits what you have to say, and fill in only what you know.
            \(entries.joined(separator: "\n"))
            </data_components_section>
            """
    }

    // MARK: Contract

    /// Nil where answers may be whatever they are.
    static func contract(_ rules: ContractRules?) -> String? {
        guard let rules else { return nil }
        var lines: [String] = []
        if rules.requiresTransfer {
            lines.append("You must hand the conversation over with one of the transfer tools; do not answer yourself.")
        }
        if !rules.allowsText { lines.append("No plain text: everything that you answer is in components.") }
        lines += rules.components.map { "The answer must have at least one component '\($0)'." }
        lines += rules.artifacts.map { "The answer must make or cite at least one artifact of type '\($0)'." }
        guard !lines.isEmpty else { return nil }
        return "<output_contract>\nThese rules hold for every final answer, without exception:\n"
            + lines.map { "- \(SystemPrompt.escaped($0))" }.joined(separator: "\n") + "\n</output_contract>"
    }
}
