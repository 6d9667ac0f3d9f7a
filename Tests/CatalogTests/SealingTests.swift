import Catalog
import Cryptography
import Testing

/// A kind with a secret in every place that a declaration can have one.
private struct Vault: Resource {
    var id = ""
    var token: Secret?
    var headers: HeaderMap?
    var sets: [Gadget.Part] = []
    var rooms: OrderedMap<HeaderMap>?
    var notes: JSONObject?

    static let kind = Kind(Self.self, "vault", title: "Vault", plural: "vaults", in: .project)

    static let fields: [Field<Self>] = [
        field("id", \.id, .resourceID, "Its id.", .createOnly, required: true),
        field("token", \.token, .secret, "A secret.", .writeOnly),
        field("headers", \.headers, .headerMap, "Headers."),
        field("sets", \.sets, .list(of: .structure), "Named secrets."),
        field("rooms", \.rooms, .map(of: .headerMap), "Headers by room."),
        field("notes", \.notes, .jsonObject, "Free JSON."),
    ]
}

@Suite struct SealingTests {
    private let keyring = Keyring(.random())
    private let branch = BranchKey(tenant: "default", project: "shop")
    private let key = ResourceKey(kind: "vault", id: "v")
    private var sealing: Sealing { Sealing(keyring, kinds: [Vault.kind, Gadget.kind]) }

    private static let body: JSONValue = [
        "id": "v", "token": "marker-token",
        "headers": [
            "Authorization": "Bearer marker-header", "X-User": "Bearer {{headers.x-user}}", "X-Empty": " ",
        ],
        "sets": [["name": "a", "key": "marker-a"], ["name": "b", "key": "marker-b"]],
        "rooms": ["hall": ["X-Key": "marker-hall"]],
        "notes": ["$secret": "a note of the user's", "deep": [["$sealed": "also a note"]]],
    ]

    private func entry(_ document: JSONValue) -> Entry {
        Entry(key: key, document: document, createdAt: 0, updatedAt: 0, revision: 1)
    }

    private func stored(_ document: JSONValue, over old: JSONValue? = nil) throws -> JSONValue {
        try sealing.sealed(document, key, in: branch) { old.map(entry) }
    }

    private func opened(_ value: JSONValue?) throws -> String {
        try keyring.open(try #require(value.flatMap(Secret.init)), of: branch)
    }

    @Test func `what is stored holds no secret, and opens`() throws {
        let document = try stored(try Vault.kind.create(Self.body))
        #expect(!document.jsonText.contains("marker"))
        #expect(try opened(document["token"]) == "marker-token")
        #expect(try opened(document["headers"]?["Authorization"]) == "Bearer marker-header")
        #expect(document["headers"]?["X-User"] == "Bearer {{headers.x-user}}")
        #expect(try opened(document["sets"]?[1]?["key"]) == "marker-b")
        #expect(try opened(document["rooms"]?["hall"]?["X-Key"]) == "marker-hall")
        #expect(document["notes"] == Self.body["notes"], "what users write into free JSON is theirs")
        let headers = try #require(Vault(entry(document)).headers)
        #expect(
            try keyring.open(headers, of: branch).map(\.value) == [
                "Bearer marker-header", "Bearer {{headers.x-user}}", " ",
            ])
    }

    @Test func `a view shows names, masks and templates`() throws {
        for document in [try Vault.kind.create(Self.body), try stored(try Vault.kind.create(Self.body))] {
            let shown = JSONValue.object(Vault.kind.view(entry(document), in: branch))
            #expect(!shown.jsonText.contains("marker") && !shown.jsonText.contains("v1."))
            #expect(shown["token"] == nil)
            #expect(
                shown["headers"] == [
                    "Authorization": "********", "X-User": "Bearer {{headers.x-user}}", "X-Empty": "********",
                ])
            #expect(shown["sets"] == [["name": "a"], ["name": "b"]])
            #expect(shown["rooms"] == ["hall": ["X-Key": "********"]])
            let masked = Vault.kind.masking(document)
            #expect(masked["token"] == "********" && masked["headers"] == shown["headers"])
            #expect(masked["sets"]?[0] == ["name": "a", "key": "********"])
        }
    }

    @Test func `saying the same again changes nothing`() throws {
        let first = try stored(try Vault.kind.create(Self.body))
        #expect(try stored(try Vault.kind.create(Self.body), over: first) == first)
        let shown = JSONValue.object(Vault.kind.view(entry(first), in: branch))
        let again = try Vault.kind.update(
            first, ["headers": shown["headers"] ?? .null, "rooms": shown["rooms"] ?? .null])
        #expect(try stored(again, over: first) == first)
    }

    @Test func `another secret is sealed anew, and the others stay as they are`() throws {
        let first = try stored(try Vault.kind.create(Self.body))
        let patch: JSONValue = ["headers": ["authorization": "********", "X-New": "new", "X-User": "plain now"]]
        let second = try stored(try Vault.kind.update(first, patch), over: first)
        #expect(second["headers"]?["authorization"] == first["headers"]?["Authorization"])
        #expect(try opened(second["headers"]?["X-New"]) == "new")
        #expect(try opened(second["headers"]?["X-User"]) == "plain now")
        #expect(second["headers"]?["X-Empty"] == nil && second["token"] == first["token"])
        let third = try stored(
            try Vault.kind.update(second, ["token": "********", "headers": .null]), over: second)
        #expect(third["token"] == first["token"] && third["headers"] == nil)
    }

    @Test func `a mask for which nothing is stored is refused where it stands`() throws {
        let first = try stored(try Vault.kind.create(Self.body))
        let problem = try #require(throws: Problem.self) {
            _ = try Vault.kind.update(
                first,
                [
                    "headers": ["X-Other": "********", "Authorization": "********"], "id": "v",
                    "rooms": ["attic": ["X-Key": "********"], "hall": ["X-Key": "********"]],
                ])
        }
        #expect(problem.broken.map(\.pointer).sorted() == ["/headers/X-Other", "/rooms/attic/X-Key"])
        #expect(problem.broken[0].reason.contains("send the secret itself"))
        let creating = try #require(throws: Problem.self) {
            _ = try Vault.kind.create(["id": "v", "token": "********", "sets": [["name": "a", "key": "********"]]])
        }
        #expect(creating.broken.map(\.pointer).sorted() == ["/sets/0/key", "/token"])
    }

    @Test func `secrets of a list stay with the element that has their name`() throws {
        let first = try stored(try Vault.kind.create(Self.body))
        let patch: JSONValue = ["sets": [["name": "b", "key": "********"], ["name": "a", "key": "marker-a"]]]
        let second = try stored(try Vault.kind.update(first, patch), over: first)
        #expect(second["sets"]?[0] == first["sets"]?[1] && second["sets"]?[1] == first["sets"]?[0])
        #expect(throws: Problem.self) {
            _ = try Vault.kind.update(first, ["sets": [["name": "c", "key": "********"]]])
        }
    }

    @Test func `a client cannot hand in what is sealed`() throws {
        let sealed = try #require(try stored(try Vault.kind.create(Self.body))["token"])
        for body: JSONValue in [
            ["id": "v", "token": sealed], ["id": "v", "headers": ["a": sealed]], ["id": "v", "token": ["$kept": true]],
            ["id": "v", "rooms": ["a": ["b": ["$secret": "x"]]]],
        ] {
            #expect(throws: Problem.self) { _ = try Vault.kind.create(body) }
        }
    }

    @Test func `what was stored before secrets were sealed is used, masked, and sealed when it is written again`()
        throws
    {
        let old: JSONValue = ["id": "v", "headers": ["X-Key": "marker-old", "X-User": "{{headers.x}}"], "sets": []]
        let headers = try #require(Vault(entry(old)).headers)
        #expect(try keyring.open(headers, of: branch).map(\.value) == ["marker-old", "{{headers.x}}"])
        #expect(Vault.kind.view(entry(old), in: branch)["headers"] == ["X-Key": "********", "X-User": "{{headers.x}}"])
        let again = try stored(try Vault.kind.update(old, [:]), over: old)
        #expect(!again.jsonText.contains("marker"))
        #expect(try opened(again["headers"]?["X-Key"]) == "marker-old")
    }

    @Test func `a sealed secret is of no use in another project`() throws {
        let document = try stored(try Vault.kind.create(Self.body))
        let secret = try #require(document["token"].flatMap(Secret.init))
        #expect(
            try keyring.open(secret, of: BranchKey(tenant: "default", project: "shop", branch: "b")) == "marker-token")
        for other in [BranchKey(tenant: "default", project: "x"), BranchKey(tenant: "x", project: "shop")] {
            #expect(throws: UnsealingError.self) { try keyring.open(secret, of: other) }
        }
    }

    @Test func `a secret that cannot be opened is replaced by what is said instead`() throws {
        let document = try stored(try Vault.kind.create(Self.body))
        let other = Sealing(Keyring(.random()), kinds: [Vault.kind])
        let again = try other.sealed(try Vault.kind.create(Self.body), key, in: branch) { entry(document) }
        #expect(try other.keyring.open(try #require(again["token"].flatMap(Secret.init)), of: branch) == "marker-token")
        #expect(throws: UnsealingError.unknownKey(keyring.current.id)) {
            try other.keyring.open(try #require(document["token"].flatMap(Secret.init)), of: branch)
        }
    }

    @Test func `secrets do not show when they are printed`() throws {
        let vault = Vault(entry(try Vault.kind.create(Self.body)))
        var dumped = ""
        dump(vault, to: &dumped)
        for text in ["\(vault)", String(reflecting: vault), dumped] { #expect(!text.contains("marker")) }
    }

    @Test(arguments: [
        "{{headers.authorization}}", "Bearer {{headers.token}}", "bearer  {{ $env.TOKEN }} ", "Basic {{a}}{{b[0].c}}",
        "{{a}} {{b}}", "Token {{user.key}}", "ApiKey {{k}}",
    ])
    func `a value of nothing but placeholders is shown`(_ value: String) throws {
        #expect(try shown(value) == value)
    }

    @Test(arguments: [
        "abc", "Bearer abc", "Bearer abc{{x}}", "{{x}}abc", "{{x}} abc", "{{x}}:{{y}}", "Secret {{x}}", "Bearer",
        "{{}}",
        "{{ }}", "{{'sk_live'}}", "{{x", "x}}", "{{{{x}}}}", "Bearer {{x}} {{y", "{{x}}{{", "Bearer {{a b}}",
        "Bearer Bearer {{x}}", "{{x|sk_live}}", "********x",
    ])
    func `any other value is masked`(_ value: String) throws { #expect(try shown(value) == "********") }

    private func shown(_ value: String) throws -> String? {
        let document = try stored(try Vault.kind.create(["id": "v", "headers": ["X": .string(value)]]))
        let shown = Vault.kind.view(entry(document), in: branch)["headers"]?["X"]?.string
        // What is masked is sealed, and nothing else is.
        #expect(document.jsonText.contains("$sealed") == (shown != value))
        return shown
    }
}
