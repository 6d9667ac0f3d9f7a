import Catalog
import Domain
import Foundation
import Testing

@Suite struct EverythingTests {
    private static let sources = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Sources/Domain")

    @Test func `every declared kind is in the list`() throws {
        let list = try String(contentsOf: Self.sources.appending(path: "Everything.swift"), encoding: .utf8)
        let files = FileManager.default.enumerator(at: Self.sources, includingPropertiesForKeys: nil)
        var declared: [String] = []
        while let file = files?.nextObject() as? URL {
            guard file.pathExtension == "swift" else { continue }
            let text = try String(contentsOf: file, encoding: .utf8)
            declared += text.matches(of: /public struct (\w+): Resource/).map { String($0.output.1) }
            declared += text.matches(of: /public typealias (\w+) = Association</).map { String($0.output.1) }
        }
        #expect(declared.count == Everything.kinds.count)
        for type in declared { #expect(list.contains("\(type).kind"), "add \(type).kind to Everything.kinds") }
    }

    @Test func `kinds, operations, paths and schemas have names of their own`() {
        #expect(Everything.kindsByName.count == Everything.kinds.count)
        #expect(Set(Everything.operations.map(\.id)).count == Everything.operations.count)
        let routes = Everything.operations.flatMap { operation in
            ([operation.method] + operation.aliases).map { "\($0) \(operation.path)" }
        }
        #expect(Set(routes).count == routes.count)
        #expect(Set(Everything.schemas.map(\.name)).count == Everything.schemas.count)
    }

    @Test(arguments: Everything.kinds) func `members are named once, helped with, and refer to kinds that there are`(
        kind: Kind
    ) {
        #expect(Set(kind.members.map(\.name)).count == kind.members.count)
        for member in kind.members {
            #expect(!member.help.isEmpty, "\(kind.name).\(member.name) needs a help text")
            if let reference = member.reference { #expect(Everything.kindsByName[reference.kind] != nil) }
        }
        for filter in kind.filters { #expect(kind.members.contains { $0.name == filter.member }) }
        for member in kind.unique { #expect(kind.members.contains { $0.name == member }) }
    }

    @Test func `every schema that the document refers to is in it`() throws {
        let document = OpenAPI.document(
            operations: Everything.operations, schemas: Everything.schemas, title: "Covey", version: "1", server: "/")
        let schemas = try #require(document[path: "components/schemas"]?.object)
        let referred = document.jsonText.matches(of: /#\/components\/schemas\/(\w+)/).map { String($0.output.1) }
        #expect(!referred.isEmpty)
        for name in Set(referred) { #expect(schemas[name] != nil, "\(name)") }
        #expect(
            document
                == OpenAPI.document(
                    operations: Everything.operations, schemas: Everything.schemas, title: "Covey", version: "1",
                    server: "/"))
    }

    @Test func `the schemas of the document are schemas`() throws {
        for (name, schema) in Everything.schemas {
            let problems = JSONSchema.problems(inDocument: .object(schema))
            // References lead into the whole document, so they cannot be followed here.
            let others = problems.filter { !$0.message.contains("$ref") && $0.keyword != "$ref" }
            #expect(others == [], "\(name)")
        }
    }

    @Test func `bodies that are taken are taken by the schemas too`() throws {
        let document = OpenAPI.document(
            operations: Everything.operations, schemas: Everything.schemas, title: "Covey", version: "1", server: "/")
        for row in KindOperationTests.rows {
            var schema = OpenAPI.reference(row.kind.bodyName + "Create")
            schema["components"] = document["components"]
            let problems = try JSONSchema(.object(schema)).validate(row.body)
            #expect(problems == [], "\(row.kind.name)")
        }
        var schema = OpenAPI.reference("AgentWithinContextOfProject")
        schema["components"] = document["components"]
        #expect(try JSONSchema(.object(schema)).validate(Samples.agent) == [])
    }

    @Test func `answers are as the schemas say`() throws {
        let document = OpenAPI.document(
            operations: Everything.operations, schemas: Everything.schemas, title: "Covey", version: "1", server: "/")
        func problems(_ name: String, _ value: JSONValue) throws -> [JSONSchemaViolation] {
            var schema = OpenAPI.reference(name)
            schema["components"] = document["components"]
            return try JSONSchema(.object(schema)).validate(value)
        }
        let memory = try Samples.shop()
        try memory.call("create-full-agent", body: Samples.agent)
        let lists = [
            ("list-projects", "ProjectListResponse"), ("list-agents", "AgentListResponse"),
            ("list-tools", "McpToolListResponse"), ("list-data-components", "DataComponentListResponse"),
            ("list-artifact-components", "ArtifactComponentListResponse"),
            ("list-functions", "FunctionListResponse"), ("list-subagents", "SubAgentListResponse"),
            ("list-credentials", "CredentialReferenceListResponse"),
            ("list-external-agents", "ExternalAgentListResponse"),
            ("list-context-configs", "ContextConfigListResponse"),
            ("list-function-tools", "FunctionToolListResponse"),
            ("list-sub-agent-relations", "SubAgentRelationListResponse"),
            ("list-subagent-tool-relations", "SubAgentToolRelationListResponse"),
            ("list-triggers", "TriggerWithWebhookUrlListResponse"),
        ]
        for (operation, schema) in lists {
            let body = try #require(try memory.call(operation, ["agentId": "support"]).body)
            #expect(body["data"]?.array?.isEmpty == false, "\(operation)")
            #expect(try problems(schema, body) == [], "\(operation)")
        }
        let agent = try #require(try memory.call("get-full-agent", ["agentId": "support"]).body)
        #expect(try problems("AgentWithinContextOfProjectResponse", agent) == [])
        // `other` has no context config, and `support` relations of every sort.
        let singles = [
            ("get-full-project", ["projectId": "shop"], "FullProjectSelectResponse"),
            (
                "get-full-project-with-relation-ids", ["projectId": "shop"],
                "FullProjectSelectWithRelationIdsResponse"
            ),
            ("get-credential-by-id", ["id": "weather-key"], "CredentialReferenceResponse"),
        ]
        for (operation, path, schema) in singles {
            let body = try #require(try memory.call(operation, path).body)
            #expect(try problems(schema, body) == [], "\(operation)")
        }
    }
}
