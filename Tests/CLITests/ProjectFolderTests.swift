import Catalog
import Foundation
import Testing

@testable import CLI

struct ProjectFolderTests {
    private static let files = [
        "project.yaml": "id: shop\nname: Shop\nmodels:\n  base:\n    model: scripted/a.yaml\n",
        "agents/support.yaml": "name: Support\nsubAgents:\n  router:\n    id: router\n    name: Router\n",
        "tools/weather.json": #"{"name":"Weather"}"#,
        "data-components/card.yaml": "name: Card\n",
    ]

    @Test func `files make the document of the API`() throws {
        let folder = try ScratchFolder(Self.files)
        let document = try ProjectFolder.document(at: folder.url.filePath)
        #expect(document["id"] == "shop")
        #expect(document["agents"]?["support"]?["id"] == "support")
        #expect(document["tools"]?["weather"]?["name"] == "Weather")
        #expect(document["dataComponents"]?["card"]?["id"] == "card")
        #expect(document["functions"] == nil)
    }

    @Test func `one file may hold all of it`() throws {
        let folder = try ScratchFolder(["all.json": #"{"id":"shop","agents":{},"tools":{}}"#])
        #expect(try ProjectFolder.document(at: folder.url.filePath + "/all.json")["id"] == "shop")
    }

    @Test(arguments: [
        (["agents/a.yaml": "name: A"], "project.yaml"),
        (["project.yaml": "id: x", "agents/a.yaml": "id: b"], "the file's name is the id"),
        (["project.yaml": "id: x", "agents/a.yaml": "{", "tools/t.yaml": "a: b"], "agents/a.yaml"),
        (["project.yaml": "id: x", "agents/a.yaml": "n: 1", "agents/a.json": "{}"], "twice"),
        (["project.yaml": "[1]"], "must hold members"),
    ])
    func `what is wrong is named`(_ files: [String: String], _ part: String) throws {
        let folder = try ScratchFolder(files)
        let failure = #expect(throws: CommandFailure.self) { try ProjectFolder.document(at: folder.url.filePath) }
        #expect(failure?.description.contains(part) == true, "\(failure?.description ?? "")")
    }

    private static let served: JSONValue = [
        "id": "shop", "name": "Shop", "createdAt": "2026", "updatedAt": "2026", "description": nil, "functions": nil,
        "agents": [
            "support": [
                "id": "support", "name": "Support", "createdAt": "2026", "tools": ["weather": ["id": "weather"]],
                "subAgents": [
                    "router": [
                        "id": "router", "type": "internal", "prompt": "Line one\nline two", "createdAt": "2026",
                        "canUse": [
                            ["toolId": "weather", "agentToolRelationId": "r1", "headers": [:], "toolSelection": nil]
                        ],
                        "canDelegateTo": [
                            "b", ["externalAgentId": "crm", "subAgentExternalAgentRelationId": "x", "headers": nil],
                        ],
                    ]
                ],
            ]
        ],
        "tools": ["weather": ["id": "weather", "name": "Weather", "config": ["createdAt": "kept"]]],
    ]

    @Test func `what a server answers becomes files that push the same`() throws {
        let folder = try ScratchFolder(["tools/old.yaml": "name: Old\n", "tools/.keep": ""])
        let files = ProjectFolder(root: folder.url)
        #expect(
            try files.write(Self.served) == [
                "agents/support.yaml", "project.yaml", "tools/old.yaml", "tools/weather.yaml",
            ])
        #expect(folder.text("tools/old.yaml") == nil)
        #expect(folder.text("tools/.keep") != nil)
        #expect(folder.text("agents/support.yaml")?.contains("prompt: |-\n") == true)
        let document = try ProjectFolder.document(at: folder.url.filePath)
        let router = document["agents"]?["support"]?["subAgents"]?["router"]
        #expect(router?["canUse"]?[0]?.jsonText == #"{"toolId":"weather"}"#)
        #expect(router?["canDelegateTo"]?.jsonText == #"["b",{"externalAgentId":"crm"}]"#)
        #expect(document["agents"]?["support"]?["tools"] == nil)
        #expect(document["tools"]?["weather"]?["config"]?["createdAt"] == "kept")
        #expect(document["createdAt"] == nil)
        #expect(try files.write(Self.served).isEmpty)
    }

    @Test func `an id never leaves the folder`() throws {
        let folder = try ScratchFolder()
        let document: JSONValue = ["id": "x", "tools": ["../evil": ["id": "../evil"]]]
        #expect(throws: CommandFailure.self) { try ProjectFolder(root: folder.url).write(document) }
    }
}
