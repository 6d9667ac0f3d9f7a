import Catalog
import Testing

/// A kind with one of everything that a declaration can say.
struct Gadget: Resource {
    struct Part: Structure {
        var name = ""
        var key: Secret?
        var others = JSONObject()

        static let fields: [Field<Self>] = [
            field("name", \.name, .text(1...8), "Its name.", required: true),
            field("key", \.key, .secret, "Its key.", .writeOnly),
        ]
        static let unknownMembers = UnknownMembers<Self>.keep(\.others)
    }

    var id = ""
    var agentId = ""
    var label: String? = "plain"
    var note: String?
    var serial = 0
    var place: Int?
    var token: Secret?
    var parts: [Part] = []
    var friends: [String]?

    static let kind = Kind(
        Self.self, "gadget", title: "Gadget", plural: "gadgets", in: .agent, tags: ["Gadgets", "Agents"],
        names: OperationNames(
            list: "list-gadgets", get: "get-gadget", create: "create-gadget", update: "update-gadget",
            delete: "delete-gadget"), identity: .generated)

    static let fields: [Field<Self>] = [
        field("id", \.id, .resourceID, "Its id.", .createOnly),
        field("agentId", \.agentId, .resourceID, "Its agent.", .fromPath),
        field("label", \.label, .text(0...10), "Its label."),
        field("note", \.note, .text(), "A note."),
        field("serial", \.serial, .integer(0...9), "Its number.", .createOnly),
        field("place", \.place, .integer(), "Where it stands.", .hidden),
        field("token", \.token, .secret, "A secret.", .writeOnly),
        field("parts", \.parts, .list(of: .structure, countMax: 3), "Its parts."),
        field("friends", \.friends, .list(of: .resourceID), "Others.", reference: .to("gadget", .sameAgent)),
    ]
}

@Suite struct KindTests {
    private func entry(_ document: JSONValue) -> Entry {
        Entry(
            key: ResourceKey(kind: "gadget", parent: "desk", id: "g"), document: document, createdAt: 0,
            updatedAt: 1_767_607_200_123, revision: 1)
    }

    private let branch = BranchKey(tenant: "default", project: "shop")

    @Test func `a create takes what clients write and puts defaults in place`() throws {
        let document = try Gadget.kind.create([
            "id": " g ", "agentId": "elsewhere", "serial": 3, "place": 4, "unknown": true,
            "parts": [["name": "a", "extra": 1]],
        ])
        #expect(
            document == [
                "id": "g", "agentId": "", "label": "plain", "serial": 3, "parts": [["name": "a", "extra": 1]],
            ])
    }

    @Test func `an update leaves what is absent, clears what is null, and does not touch what is made once`() throws {
        let stored: JSONValue = ["id": "g", "agentId": "desk", "label": "x", "note": "n", "serial": 3, "place": 7]
        let document = try Gadget.kind.update(stored, ["id": "other", "label": .null, "serial": 5, "place": 1])
        #expect(document["id"] == "g" && document["agentId"] == "desk" && document["note"] == "n")
        #expect(document["label"] == .null, "stored, because nothing would mean the default")
        #expect(document["serial"] == 3 && document["place"] == 7)
        #expect(try Gadget.kind.update(document, [:]) == document)
    }

    @Test func `every broken member is told at once with its place`() throws {
        let problem = try #require(throws: Problem.self) {
            _ = try Gadget.kind.create([
                "label": "longer than ten", "serial": 10, "token": "", "friends": ["ok", "not ok"],
                "parts": [["name": ""], [:], 7, ["name": "fine"]],
            ])
        }
        // More than three parts: the list is refused as a whole.
        #expect(problem.broken.map(\.pointer) == ["/label", "/serial", "/token", "/parts", "/friends/1"])
        let parts = try #require(throws: Problem.self) {
            _ = try Gadget.kind.create(["parts": [["name": ""], [:], 7]])
        }
        #expect(parts.broken.map(\.pointer) == ["/parts/0/name", "/parts/1/name", "/parts/2"])
        #expect(parts.broken.map(\.reason) == ["must not be empty", "Required", "must be an object, not integer"])
        #expect(throws: Problem.self) { _ = try Gadget.kind.create([]) }
    }

    @Test func `a broken body is reported up to a bound`() throws {
        let parts = JSONValue.array((0..<200).map { _ in 7 })
        let problem = try #require(throws: Problem.self) { _ = try Gadget.kind.create(["friends": parts]) }
        #expect(problem.broken.count == Decoding.brokenMax)
    }

    @Test func `a view has nulls for what is unset, times, and nothing hidden`() {
        let shown = Gadget.kind.view(entry(["id": "g", "agentId": "desk", "serial": 3, "place": 7]), in: branch)
        #expect(
            JSONValue.object(shown) == [
                "id": "g", "agentId": "desk", "label": "plain", "note": .null, "serial": 3, "parts": [],
                "friends": .null,
                "createdAt": "1970-01-01T00:00:00.000Z", "updatedAt": "2026-01-05T10:00:00.123Z",
            ])
    }

    @Test func `links follow from references`() {
        let key = ResourceKey(kind: "gadget", parent: "desk", id: "g")
        let links = Gadget.kind.links(key, ["friends": ["a", "b"]])
        #expect(links.map(\.target.id) == ["a", "b"])
        #expect(links.allSatisfy { $0.target.parent == "desk" && $0.role == "friends" && $0.rule == .cascade })
        #expect(Gadget.kind.links(key, [:]) == [])
    }

    @Test func `operations have the contract's shape`() {
        let operations = Gadget.kind.operations
        let collection = "/manage/tenants/{tenantId}/projects/{projectId}/agents/{agentId}/gadgets"
        #expect(
            operations.map(\.id) == ["list-gadgets", "get-gadget", "create-gadget", "update-gadget", "delete-gadget"])
        #expect(operations.map(\.method) == [.get, .get, .post, .patch, .delete])
        #expect(
            operations.map(\.path) == [
                collection, collection + "/{id}", collection, collection + "/{id}", collection + "/{id}",
            ])
        #expect(operations[3].aliases == [.put])
        #expect(operations.map(\.permission) == [.view, .view, .edit, .edit, .edit])
        #expect(operations.allSatisfy { $0.tags == ["Gadgets", "Agents"] && $0.project == .path("projectId") })
        #expect(operations[0].pathParameters == ["tenantId", "projectId", "agentId"])
    }

    @Test func `schemas say who may write and see what`() throws {
        let schemas = Dictionary(uniqueKeysWithValues: Gadget.kind.documentSchemas.map { ($0.name, $0.schema) })
        func members(_ name: String) -> [String] { schemas[name]?["properties"]?.object?.keys ?? [] }
        #expect(members("GadgetCreate") == ["id", "label", "note", "serial", "token", "parts", "friends"])
        #expect(members("GadgetUpdate") == ["label", "note", "token", "parts", "friends"])
        #expect(
            members("Gadget") == [
                "id", "agentId", "label", "note", "serial", "parts", "friends", "createdAt", "updatedAt",
            ])
        let label = schemas["GadgetCreate"]?["properties"]?["label"]
        #expect(label == ["type": ["string", "null"], "maxLength": 10, "description": "Its label."])
    }

    @Test func `deterministic ids are the digest of the parts`() {
        // SHA-256 of "a\0b", first 32 hexadecimal characters, from an independent implementation.
        #expect(DeterministicID.make(["a", "b"]) == "59b271ae1bbcb1d31d41929817f4b16f")
        #expect(DeterministicID.make(["a", "b"]) != DeterministicID.make(["b", "a"]))
        #expect(DeterministicID.make(["ab"]) != DeterministicID.make(["a", "b"]))
    }
}
