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

/// Skills as folders of plain files.
struct SkillFolderTests {
    private static let entry = "---\nname: tone\ndescription: How to sound\n---\nBe kind.\n"
    private static let files = [
        "project.yaml": "id: shop\nname: Shop\n", "skills/tone/SKILL.md": entry, "skills/tone/refs/a b.md": "é\n",
        "skills/tone/.DS_Store": "x",
    ]

    @Test func `the files of a skill are sent as they are`() throws {
        let folder = try ScratchFolder(Self.files)
        let skills = try ProjectFolder.document(at: folder.url.filePath)["skills"]
        #expect(
            skills == [
                "tone": [
                    "files": [
                        ["filePath": "SKILL.md", "content": .string(Self.entry)],
                        ["filePath": "refs/a b.md", "content": "é\n"],
                    ]
                ]
            ])
    }

    @Test func `a pull writes the files and removes those that the server does not have`() throws {
        let folder = try ScratchFolder(Self.files.merging(["skills/gone/SKILL.md": "x"]) { $1 })
        let served: JSONValue = [
            "id": "shop",
            "skills": [
                "tone": [
                    "id": "tone",
                    "files": [
                        ["id": "1", "filePath": "SKILL.md", "content": .string(Self.entry)],
                        ["id": "2", "filePath": "deep/er/x.py", "content": "print(1)\n"],
                    ],
                ]
            ],
        ]
        let files = ProjectFolder(root: folder.url)
        #expect(
            try files.write(served) == [
                "project.yaml", "skills/gone/SKILL.md", "skills/tone/deep/er/x.py", "skills/tone/refs/a b.md",
            ])
        #expect(folder.text("skills/tone/SKILL.md") == Self.entry)
        #expect(folder.text("skills/tone/deep/er/x.py") == "print(1)\n")
        #expect(folder.text("skills/tone/refs/a b.md") == nil)
        #expect(folder.text("skills/tone/.DS_Store") == "x")
        #expect(try files.write(served).isEmpty)
    }

    @Test(arguments: ["../evil", "/evil", "a/../../../evil", "", "a//b", "."]) func `no file leaves the folder`(
        path: String
    ) throws {
        let folder = try ScratchFolder()
        let served: JSONValue = [
            "id": "shop", "skills": ["tone": ["files": [["filePath": .string(path), "content": "x"]]]],
        ]
        #expect(throws: CommandFailure.self) { try ProjectFolder(root: folder.url).write(served) }
        let named: JSONValue = ["id": "shop", "skills": ["..": ["files": [["filePath": "x", "content": "x"]]]]]
        #expect(throws: CommandFailure.self) { try ProjectFolder(root: folder.url).write(named) }
    }

    @Test func `what is no text is refused by name`() throws {
        let lacking = try ScratchFolder(["project.yaml": "id: x", "skills/tone/other.md": "x"])
        let failure = #expect(throws: CommandFailure.self) { try ProjectFolder.document(at: lacking.url.filePath) }
        #expect(failure?.description.contains("holds no SKILL.md") == true)
        let linked = try ScratchFolder(["project.yaml": "id: x", "skills/tone/SKILL.md": Self.entry])
        try FileManager.default.createSymbolicLink(
            atPath: linked.url.filePath + "/skills/tone/link", withDestinationPath: "/etc/hostname")
        let refusal = #expect(throws: CommandFailure.self) { try ProjectFolder.document(at: linked.url.filePath) }
        #expect(refusal?.description.contains("link is no plain file") == true)
        let binary = try ScratchFolder(["project.yaml": "id: x", "skills/tone/SKILL.md": Self.entry])
        try Data([0xFF, 0xFE, 0x00]).write(to: binary.url.appending(path: "skills/tone/logo.png"))
        let image = #expect(throws: CommandFailure.self) { try ProjectFolder.document(at: binary.url.filePath) }
        #expect(image?.description.contains("logo.png is not UTF-8 text") == true)
    }

    @Test func `what a sub-agent's skills show beside is not kept in files`() throws {
        let folder = try ScratchFolder()
        let shown: JSONValue = [
            "id": "tone", "name": "tone", "content": "Be kind.", "index": 0, "alwaysLoaded": true,
            "subAgentSkillId": "r",
        ]
        let served: JSONValue = [
            "id": "shop", "agents": ["a": ["id": "a", "subAgents": ["s": ["id": "s", "skills": [shown]]]]],
        ]
        _ = try ProjectFolder(root: folder.url).write(served)
        let document = try ProjectFolder.document(at: folder.url.filePath)
        let skills = document["agents"]?["a"]?["subAgents"]?["s"]?["skills"]
        #expect(skills == [["id": "tone", "index": 0, "alwaysLoaded": true]])
    }
}
