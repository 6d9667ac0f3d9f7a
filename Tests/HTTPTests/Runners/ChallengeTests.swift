import Access
import Catalog
import CoveyTesting
import Cryptography
import Outbound
import Testing

/// The proof of work before a session (run spec §2.2, §2.3).
@Suite struct ChallengeTests {
    private static let legacy = "/run/auth/pow/challenge"
    private static let options = RunnerApp.options {
        $0.workSecret = RunnerApp.workSecret
        $0.workDifficulty = 500
    }

    /// Solves a challenge of version 1.
    private static func solve(_ challenge: JSONValue) throws -> JSONObject {
        let salt = try #require(challenge["salt"]?.string)
        let wanted = try #require(challenge["challenge"]?.string)
        let most = try #require(challenge["maxnumber"]?.integer)
        let number = try #require((0...most).first { SHA256.hexadecimal(salt + String($0)) == wanted })
        return [
            "algorithm": "SHA-256", "challenge": .string(wanted), "number": .integer(Int64(number)),
            "salt": .string(salt), "signature": try #require(challenge["signature"]),
        ]
    }

    /// Solves a challenge of version 2.
    private static func derive(_ challenge: JSONValue) throws -> JSONObject {
        let parameters = try #require(challenge["parameters"])
        let nonce = try #require(parameters["nonce"]?.string.flatMap { Hexadecimal.bytes($0) })
        let salt = try #require(parameters["salt"]?.string.flatMap { Hexadecimal.bytes($0) })
        let cost = try #require(parameters["cost"]?.integer)
        for counter in UInt32(0)... {
            let password = nonce + withUnsafeBytes(of: counter.bigEndian) { Array($0) }
            let key = PasswordDerivation.pbkdf2(password, salt: salt, iterations: cost, length: 32)
            if key[0] == 0 {
                return [
                    "challenge": ["parameters": parameters, "signature": try #require(challenge["signature"])],
                    "solution": ["counter": .integer(Int64(counter)), "derivedKey": .string(Hexadecimal.text(key))],
                ]
            }
        }
        throw Problem.notFound("Counter")
    }

    private static func header(_ solution: JSONObject) -> HTTPHeaders {
        ["x-inkeep-challenge-solution": Base64.standard.text(JSONValue.object(solution).jsonBytes)]
    }

    private static func enveloped(_ solution: JSONObject) -> HTTPHeaders {
        header(["payload": .string(Base64.standard.text(JSONValue.object(solution).jsonBytes))])
    }

    private static let invalid = "Proof-of-work challenge solution is invalid."

    @Test(.timeLimit(.minutes(8))) func `without a secret there are no challenges`() async throws {
        try await RunnerApp.run { app, manager in
            let id = try await manager.makeWidget()
            let reply = try await app.client.send("GET", Self.legacy)
            #expect(reply.status == 404 && reply.headers["content-type"] == "application/json")
            #expect(reply.json == ["error": ["code": "not_found", "message": "Legacy PoW is not enabled"]])
            for path in ["challenge", "sentinel/challenge"] {
                let reply = try await app.client.send(
                    "GET", "/run/auth/\(path)?appId=\(id)", headers: RunnerApp.page(id))
                #expect(reply.status == 404 && reply.json["detail"] == "Challenge service is not enabled")
            }
        }
    }

    @Test(.timeLimit(.minutes(8))) func `a solution of the first version is good once`() async throws {
        try await RunnerApp.run(Self.options) { app, manager in
            let id = try await manager.makeWidget()
            let challenge = try await app.client.send("GET", Self.legacy)
            #expect(challenge.status == 200 && challenge.headers["cache-control"] == "no-store")
            #expect(challenge.json["maxnumber"] == 500 && challenge.json["algorithm"] == "SHA-256")
            #expect(challenge.json["expiresAt"]?.integer == Int(StepClock.origin) + 600_000)
            let solution = try Self.solve(challenge.json)
            let none = try await app.client.visit(id)
            #expect(none.status == 400 && none.json["detail"] == "Bot protection challenge solution is required.")
            let good = try await app.client.visit(id, headers: Self.header(solution))
            #expect(good.status == 200, "\(good.text)")
            let replayed = try await app.client.visit(id, headers: Self.header(solution))
            #expect(replayed.status == 400 && replayed.json["detail"]?.string == Self.invalid)
            // A call with a session asks for no work.
            let token = try #require(good.json["token"]?.string)
            let chat = try await app.client.send(
                "POST", RunnerApp.chat, RunnerApp.turn(), headers: RunnerApp.page(id, token))
            #expect(chat.status == 200)

            let late = try Self.solve(try await app.client.send("GET", Self.legacy).json)
            app.clock.advance(by: .seconds(600))
            let expired = try await app.client.visit(id, headers: Self.header(late))
            #expect(expired.status == 400)
            #expect(
                expired.json["detail"] == "Proof-of-work challenge has expired. Please request a new challenge.")
        }
    }

    @Test(.timeLimit(.minutes(8))) func `what was changed or made elsewhere solves nothing`() async throws {
        try await RunnerApp.run(Self.options) { app, manager in
            let id = try await manager.makeWidget()
            func changed(_ name: String, _ value: JSONValue?) async throws -> JSONObject {
                var solution = try Self.solve(try await app.client.send("GET", Self.legacy).json)
                solution[name] = value
                return solution
            }
            let salt = try #require(try await changed("x", nil)["salt"]?.string)
            for solution in [
                try await changed("number", 501), try await changed("number", "1"), try await changed("number", -1),
                try await changed("salt", .string(salt)), try await changed("salt", "x"),
                try await changed("signature", .string(String(repeating: "0", count: 64))),
                try await changed("challenge", "00"), try await changed("algorithm", "SHA-1"),
            ] {
                let reply = try await app.client.visit(id, headers: Self.header(solution))
                #expect(reply.status == 400 && reply.json["detail"]?.string == Self.invalid, "\(solution)")
            }
            // The digits of the number cannot be lent to the expiry.
            var spliced = try Self.solve(try await app.client.send("GET", Self.legacy).json)
            let number = try #require(spliced["number"]?.integer)
            spliced["salt"] = .string(String((spliced["salt"]?.string ?? "").dropLast()) + "\(number)&")
            spliced["number"] = 0
            #expect(try await app.client.visit(id, headers: Self.header(spliced)).status == 400)
            let malformed = "Bot protection challenge solution is invalid."
            for text in ["", "x", "e30=", "W10=", "bnVsbA==", String(repeating: "A", count: 9000)] where !text.isEmpty {
                let reply = try await app.client.visit(id, headers: ["x-inkeep-challenge-solution": text])
                #expect(reply.status == 400 && reply.json["detail"]?.string == malformed, "\(text) \(reply.text)")
            }
        }
    }

    @Test(.timeLimit(.minutes(8))) func `a solution of the second version is good once, for its app`() async throws {
        try await RunnerApp.run(Self.options) { app, manager in
            let id = try await manager.makeWidget()
            let other = try await manager.makeWidget()
            func challenge(_ id: String, _ path: String = "challenge") async throws -> JSONValue {
                let reply = try await app.client.send(
                    "GET", "/run/auth/\(path)?appId=\(id)&endpointClass=chat", headers: RunnerApp.page(id))
                try #require(reply.status == 200, "\(reply.text)")
                return reply.json
            }
            let first = try await challenge(id)
            #expect(
                first["configuration"]?["verifyUrl"]?.string == "/run/auth/challenge/verify?appId=\(id)")
            let solution = try Self.derive(first)
            let failed = "Bot protection verification failed"
            let foreign = try await app.client.visit(other, headers: Self.enveloped(solution))
            #expect(foreign.status == 403 && foreign.json["detail"]?.string == failed)
            #expect(try await app.client.visit(id, headers: Self.enveloped(solution)).status == 200)
            let replayed = try await app.client.visit(id, headers: Self.enveloped(solution))
            #expect(replayed.status == 403 && replayed.json["detail"]?.string == failed)

            var eased = try Self.derive(try await challenge(id))
            var parameters = eased["challenge"]?["parameters"]?.object ?? [:]
            parameters["cost"] = 1
            eased["challenge"] = ["parameters": .object(parameters), "signature": first["signature"] ?? .null]
            #expect(try await app.client.visit(id, headers: Self.enveloped(eased)).status == 403)
            let late = try Self.derive(try await challenge(id))
            app.clock.advance(by: .seconds(600))
            #expect(try await app.client.visit(id, headers: Self.enveloped(late)).status == 403)
        }
    }

    @Test(.timeLimit(.minutes(8))) func `a receipt stands for a solution, once`() async throws {
        try await RunnerApp.run(Self.options) { app, manager in
            let id = try await manager.makeWidget()
            for (ask, verify) in [("challenge", "challenge/verify"), ("sentinel/challenge", "sentinel/verify")] {
                let challenge = try await app.client.send(
                    "POST", "/run/auth/\(ask)?appId=\(id)", headers: RunnerApp.page(id))
                let solution = Base64.standard.text(JSONValue.object(try Self.derive(challenge.json)).jsonBytes)
                func receipt(_ payload: JSONValue) async throws -> TestReply {
                    try await app.client.send(
                        "POST", "/run/auth/\(verify)?appId=\(id)", ["payload": payload], headers: RunnerApp.page(id))
                }
                let made = try await receipt(.string(solution))
                #expect(made.json["verified"] == true, "\(made.text)")
                #expect(try await receipt(.string(solution)).json["verified"] == false)
                #expect(try await receipt("nonsense").json == ["verified": false, "reason": "invalid"])
                #expect(try await receipt(7).status == 400)
                let text = try #require(made.json["payload"]?.string)
                let envelope: JSONObject = ["payload": .string(text)]
                #expect(try await app.client.visit(id, headers: Self.header(envelope)).status == 200)
                #expect(try await app.client.visit(id, headers: Self.header(envelope)).status == 403)
            }
        }
    }

    @Test(.timeLimit(.minutes(8))) func `who may not ask for a challenge is told why`() async throws {
        try await RunnerApp.run(Self.options) { app, manager in
            let id = try await manager.makeWidget()
            func row(_ name: String, _ query: String, _ origin: String?, _ status: Int, _ text: String) -> Scenario {
                Scenario(
                    name, "GET", "/run/auth/challenge\(query)", headers: RunnerApp.page(id, origin: origin),
                    status: status, contains: [text])
            }
            try await app.client.check([
                row("no app", "", RunnerApp.origin, 400, "appId: Required"),
                row("an unknown app", "?appId=app_x", RunnerApp.origin, 404, "App not found or disabled"),
                row("another page", "?appId=\(id)", "https://evil.org", 403, "Origin not allowed"),
                row("an odd class", "?appId=\(id)&endpointClass=A!", RunnerApp.origin, 400, "endpointClass"),
            ])
        }
    }

    @Test(.timeLimit(.minutes(8))) func `under load the work grows, and shrinks again`() async throws {
        try await RunnerApp.run(Self.options) { app, _ in
            func difficulty() async throws -> Int {
                try #require(try await app.client.send("GET", Self.legacy).json["maxnumber"]?.integer)
            }
            #expect(try await difficulty() == 500)
            for _ in 0..<399 { _ = try await difficulty() }
            #expect(try await difficulty() == 2000)
            app.clock.advance(by: .seconds(10))
            #expect(try await difficulty() == 2000, "the window before counts")
            app.clock.advance(by: .seconds(20))
            #expect(try await difficulty() == 500)
        }
    }

    @Test(.timeLimit(.minutes(8))) func `replicas remember what was spent`() async throws {
        try await RunnerApp.run(Self.options) { app, manager in
            let id = try await manager.makeWidget()
            let solution = try Self.solve(try await app.client.send("GET", Self.legacy).json)
            #expect(try await app.client.visit(id, headers: Self.header(solution)).status == 200)
            var options = Self.options
            options.databaseURL = app.databaseURL
            try await TestApp.run(options) { second in
                let replayed = try await second.client.visit(id, headers: Self.header(solution))
                #expect(replayed.status == 400)
            }
        }
    }
}
