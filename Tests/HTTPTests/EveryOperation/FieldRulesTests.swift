import Catalog
import CoveyTesting
import Domain
import Testing

/// Every declared member of every kind against its own declaration: what it forbids is refused by name, what it allows
/// at its bounds is taken. A new member is here by itself.
@Suite struct FieldRulesTests {
    /// Members that no schema can say all about, and whose samples so are refused.
    private static let ownRules: Set<String> = [
        "function.executeCode", "tool.imageUrl", "sub-agent-relation.targetSubAgentId",
        "sub-agent-relation.externalSubAgentId", "sub-agent-relation.teamSubAgentId",
        "sub-agent-tool-relation.toolPolicies",
        "data-component.props", "artifact-component.props", "data-component.render", "artifact-component.render",
    ]

    /// Kinds whose members say what others may be, so that a sample of one alone is refused; their own tests look at
    /// each. May only shrink.
    private static let entangled: Set<String> = ["trigger", "scheduled-trigger", "webhook-destination"]

    /// The kinds that clients write one by one, with the smallest body of each.
    private static let subjects: [(kind: Kind, body: JSONObject)] = KindsTests.rows.compactMap { row in
        guard !entangled.contains(row.kind), let kind = Everything.kindsByName[row.kind], let body = row.body.object
        else { return nil }
        return (kind, body)
    }

    private static func writable(_ kind: Kind, creating: Bool) -> [Kind.Member] {
        kind.members.filter { member in
            switch member.mode {
            case .normal, .writeOnly: true
            case .createOnly: creating
            default: false
            }
        }
    }

    private static func problem(_ body: () throws(Problem) -> JSONValue) -> Problem? {
        do throws(Problem) {
            _ = try body()
            return nil
        } catch {
            return error
        }
    }

    @Test func `what a member forbids is refused by its name, on create and on update`() throws {
        var cases = 0
        for (kind, body) in Self.subjects {
            let stored = try kind.create(.object(body))
            for creating in [true, false] {
                for member in Self.writable(kind, creating: creating) {
                    for wrong in SchemaSamples.wrong(member.schema) {
                        var sent = creating ? body : [:]
                        sent[member.name] = wrong.value
                        let problem = Self.problem { () throws(Problem) in
                            creating ? try kind.create(.object(sent)) : try kind.update(stored, .object(sent))
                        }
                        let place = [member.name] + wrong.path
                        let named = problem?.broken.contains { broken in
                            broken.path.first == member.name && place.starts(with: broken.path)
                        }
                        cases += 1
                        #expect(
                            problem?.status == 400 && named == true,
                            "\(kind.name) /\(place.joined(separator: "/")) \(wrong.why): \(problem?.broken ?? [])")
                    }
                }
            }
        }
        #expect(cases > 500)
    }

    @Test func `what a member allows is taken, up to its bounds`() throws {
        var cases = 0
        for (kind, body) in Self.subjects {
            let stored = try kind.create(.object(body))
            for creating in [true, false] {
                for member in Self.writable(kind, creating: creating)
                where !Self.ownRules.contains("\(kind.name).\(member.name)") {
                    for right in SchemaSamples.right(member.schema) {
                        var sent = creating ? body : [:]
                        sent[member.name] = right.value
                        let problem = Self.problem { () throws(Problem) in
                            creating ? try kind.create(.object(sent)) : try kind.update(stored, .object(sent))
                        }
                        cases += 1
                        #expect(problem == nil, "\(kind.name) \(member.name) \(right.why): \(problem?.broken ?? [])")
                    }
                }
            }
        }
        #expect(cases > 300)
    }

    @Test func `what a client may not write is ignored, whatever is sent`() throws {
        for (kind, body) in Self.subjects {
            let made = try kind.create(.object(body))
            for member in kind.members where [.readOnly, .fromPath, .hidden].contains(member.mode) {
                for value in [nil, 7, "x", [1], ["a": 1]] as [JSONValue?] {
                    var sent = body
                    sent[member.name] = value ?? .null
                    #expect(try kind.create(.object(sent)) == made, "\(kind.name) \(member.name)")
                }
            }
        }
    }

    @Test(.timeLimit(.minutes(8))) func `over the wire a broken member is a 400 that points at it`() async throws {
        try await TestApp.run { app in
            try await KindsTests.makeFixture(app.client)
            for (kind, body) in Self.subjects {
                let create = try #require(kind.operations.first { $0.method == .post })
                for member in Self.writable(kind, creating: true) {
                    guard let wrong = SchemaSamples.wrong(member.schema).first else { continue }
                    var sent = body
                    sent[member.name] = wrong.value
                    let reply = try await app.client.send("POST", KindsTests.path(create), .object(sent))
                    let pointers = reply.json["errors"]?.array?.compactMap { $0["pointer"]?.string } ?? []
                    #expect(
                        reply.status == 400 && pointers.contains { $0.hasPrefix("/\(member.name)") },
                        "\(kind.name) \(member.name): \(reply.text.prefix(300))")
                }
            }
        }
    }
}
