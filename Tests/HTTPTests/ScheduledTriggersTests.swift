import Catalog
import CoveyTesting
import Store
import Testing

/// Schedules as configuration (manage spec §2.19). The test's clock stands at Monday, 2026-01-05T10:00:00Z.
struct ScheduledTriggersTests {
    private static let path = tenantPath + "/projects/p/agents/a/scheduled-triggers"
    private static let outside = BranchKey(tenant: "default", project: "p", branch: BranchKey.unversioned)

    private static func serve(_ body: @Sendable (TestApp) async throws -> Void) async throws {
        try await TestApp.run { app in
            try await app.client.makeProject()
            for agent in ["a", "b"] {
                try await app.client.make("/projects/p/agents", ["id": .string(agent), "name": "Agent"])
            }
            try await body(app)
        }
    }

    private static let daily: JSONValue = [
        "id": "report", "name": "Morning report", "cronExpression": "0 8 * * 1-5", "cronTimezone": "Europe/Berlin",
        "messageTemplate": "Report for {{team}}", "payload": ["team": "ops"], "maxRetries": 2,
        "retryDelaySeconds": 120, "timeoutSeconds": 600, "ref": "main", "runAsUserIds": ["usr_1", "usr_2"],
    ]

    @Test(.timeLimit(.minutes(8))) func `a schedule shows when it comes next, by the clock`() async throws {
        try await Self.serve { app in
            let made = try await app.client.send("POST", Self.path, Self.daily)
            try #require(made.status == 201, "\(made.text)")
            #expect(made.data["nextRunAt"] == "2026-01-06T07:00:00.000Z")
            #expect(made.data["createdBy"] == "development" && made.data["runAsUserId"] == .null)
            let shown = try #require(try await app.client.send("GET", Self.path).data[0])
            #expect(shown["nextRunAt"] == "2026-01-06T07:00:00.000Z" && shown["lastRunAt"] == .null)
            #expect(shown["lastRunStatus"] == .null && shown["lastRunConversationIds"] == [])
            #expect(shown["lastRunSummary"] == .null && shown["userCount"] == 2)
            app.clock.advance(by: .seconds(24 * 3600))
            let later = try await app.client.send("GET", "\(Self.path)/report")
            #expect(later.data["nextRunAt"] == "2026-01-07T07:00:00.000Z", "\(later.text)")
            let off = try await app.client.send("PATCH", "\(Self.path)/report", ["enabled": false])
            #expect(off.data["nextRunAt"] == .null)
            let once = try await app.client.send(
                "POST", Self.path, ["name": "Once", "runAt": "2026-02-01T10:00:00+01:00"])
            #expect(once.status == 201 && once.data["nextRunAt"] == "2026-02-01T09:00:00.000Z", "\(once.text)")
            #expect(once.data["cronTimezone"] == "UTC" && once.data["maxRetries"] == 1)
            #expect(once.data["retryDelaySeconds"] == 60 && once.data["timeoutSeconds"] == 780)
            app.clock.advance(by: .seconds(40 * 24 * 3600))
            let id = try #require(once.data["id"]?.string)
            #expect(try await app.client.send("GET", "\(Self.path)/\(id)").data["nextRunAt"] == .null)
        }
    }

    @Test(.timeLimit(.minutes(8))) func `what is wrong with a schedule is a 400 that names it`() async throws {
        try await Self.serve { app in
            #expect(try await app.client.send("POST", Self.path, Self.daily).status == 201)
            let cron: JSONValue = "* * * * *"
            let rows: [(JSONValue, String)] = [
                (["cronExpression": cron], "/name"), (["name": "N"], "/cronExpression"),
                (["name": "N", "cronExpression": cron, "runAt": "2026-02-01T10:00:00Z"], "/runAt"),
                (["name": "N", "cronExpression": "* * * *"], "/cronExpression"),
                (["name": "N", "runAt": "tomorrow"], "/runAt"),
                (["name": "N", "cronExpression": cron, "cronTimezone": "Mars/Base"], "/cronTimezone"),
                (["name": "N", "cronExpression": cron, "maxRetries": 11], "/maxRetries"),
                (["name": "N", "cronExpression": cron, "retryDelaySeconds": 9], "/retryDelaySeconds"),
                (["name": "N", "cronExpression": cron, "timeoutSeconds": 781], "/timeoutSeconds"),
                (["name": "N", "cronExpression": cron, "payload": []], "/payload"),
                (["name": "N", "cronExpression": cron, "runAsUserIds": ["system"]], "/runAsUserIds/0"),
            ]
            for (body, pointer) in rows {
                let reply = try await app.client.send("POST", Self.path, body)
                #expect(reply.status == 400 && reply.text.contains("\"pointer\":\"\(pointer)"), "\(reply.text)")
            }
            let item = "\(Self.path)/report"
            for patch in [
                [:], ["runAt": "2026-02-01T10:00:00Z"], ["cronExpression": .null], ["cronExpression": "x"],
            ] as [JSONValue] {
                #expect(try await app.client.send("PATCH", item, patch).status == 400, "\(patch.jsonText)")
            }
            let switched = try await app.client.send(
                "PATCH", item, ["cronExpression": .null, "runAt": "2026-02-01T10:00:00Z"])
            #expect(switched.status == 200 && switched.data["nextRunAt"] == "2026-02-01T10:00:00.000Z")
            #expect(try await app.client.send("POST", Self.path, Self.daily).status == 409)
            let shown = try await app.client.send("GET", item).data
            let head = try await app.store.head(of: Self.outside)
            #expect(try await app.client.send("PUT", item, shown).status == 200)
            #expect(try await app.store.head(of: Self.outside) == head, "what was read and put back changes nothing")
        }
    }

    @Test(.timeLimit(.minutes(8))) func `the last user who goes disables the schedule`() async throws {
        try await Self.serve { app in
            #expect(try await app.client.send("POST", Self.path, Self.daily).status == 201)
            let users = "\(Self.path)/report/users"
            #expect(try await app.client.send("GET", users).data == ["usr_1", "usr_2"])
            #expect(try await app.client.send("POST", users, ["userId": "usr_3"]).status == 201)
            #expect(try await app.client.send("DELETE", users + "/usr_3").status == 204)
            #expect(try await app.client.send("DELETE", users + "/usr_3").status == 404)
            let set = try await app.client.send("PUT", users, ["userIds": ["u"]])
            #expect(set.status == 200 && set.data == ["u"])
            #expect(try await app.client.send("GET", "\(Self.path)/report").data["enabled"] == true)
            #expect(try await app.client.send("DELETE", users + "/u").status == 204)
            let disabled = try await app.client.send("GET", "\(Self.path)/report").data
            #expect(disabled["enabled"] == false && disabled["userCount"] == 0)
        }
    }

    private static func log(_ app: TestApp, _ rows: [(String, Invocation.Status, Int64)]) async throws {
        try await app.store.write(in: outside, actor: "test", at: 1) { transaction in
            let workspace = transaction.workspace(
                WorkspaceTools(projectKind: "project", now: 1, makeID: { "x" }, sealing: TestApp.sealing))
            for (id, status, due) in rows {
                let source = ResourceKey(kind: "scheduled-trigger", parent: "a", id: "report")
                var invocation = Invocation(id: id, source: source, status: status, dueAt: due, createdAt: due)
                if status != .pending { invocation.startedAt = due + 1 }
                if status == .completed || status == .failed { invocation.endedAt = due + 2 }
                invocation.conversations = status == .pending ? [] : ["c-" + id]
                invocation.idempotencyKey = "sched_report_\(id)"
                try workspace.invocations.add(invocation)
            }
        }
    }

    @Test(.timeLimit(.minutes(8))) func `invocations are listed, summed up, cancelled, and shown before they come`()
        async throws
    {
        try await Self.serve { app in
            #expect(try await app.client.send("POST", Self.path, Self.daily).status == 201)
            try await Self.log(
                app,
                [
                    ("old", .completed, 1000), ("one", .completed, 2000), ("two", .failed, 2000),
                    ("now", .running, 3000), ("next", .pending, 5000), ("later", .pending, 6000),
                ])
            let item = "\(Self.path)/report"
            let list = try await app.client.send("GET", item + "/invocations")
            #expect(
                list.data.array?.compactMap { $0["id"]?.string } == ["later", "next", "now", "one", "two", "old"])
            #expect(list.data[3]?["idempotencyKey"] == "sched_report_one" && list.data[3]?["attemptNumber"] == 1)
            let failed = try await app.client.send("GET", item + "/invocations?status=failed")
            #expect(failed.json["pagination"]?["total"] == 1)
            let upcoming = try await app.client.send("GET", Self.path + "/upcoming-runs")
            #expect(upcoming.data.array?.compactMap { $0["id"]?.string } == ["next", "later"], "\(upcoming.text)")
            let open = try await app.client.send("GET", Self.path + "/upcoming-runs?includeRunning=true&limit=1")
            #expect(open.data[0]?["id"] == "now" && open.json["pagination"]?["total"] == 3)
            #expect(try await app.client.send("GET", Self.path + "/upcoming-runs?includeRunning=1").status == 400)

            let running = try await app.client.send("GET", Self.path).data[0]
            #expect(running?["lastRunStatus"] == .null && running?["lastRunSummary"]?["running"] == 1)
            for (id, previous, status) in [
                ("now", "running", 200), ("now", "cancelled", 200), ("next", "pending", 200), ("one", "", 400),
                ("two", "", 400), ("none", "", 404),
            ] {
                let reply = try await app.client.send("POST", item + "/invocations/\(id)/cancel")
                #expect(reply.status == status, "\(id): \(reply.text)")
                if status == 200 {
                    #expect(
                        reply.json
                            == [
                                "success": true, "invocationId": .string(id), "previousStatus": .string(previous),
                            ])
                }
            }
            let one = try await app.client.send("GET", item + "/invocations/now")
            #expect(one.data["status"] == "cancelled" && one.data["completedAt"] == "2026-01-05T10:00:00.000Z")
            for (id, status) in [("later", 400), ("one", 501), ("now", 501), ("none", 404)] {
                let reply = try await app.client.send("POST", item + "/invocations/\(id)/rerun")
                #expect(reply.status == status, "\(id): \(reply.text)")
            }
        }
    }

    @Test(.timeLimit(.minutes(8))) func `the latest turn is summed up`() async throws {
        try await Self.serve { app in
            #expect(try await app.client.send("POST", Self.path, Self.daily).status == 201)
            try await Self.log(app, [("one", .completed, 2000), ("two", .failed, 2000), ("next", .pending, 9000)])
            let shown = try #require(try await app.client.send("GET", Self.path).data[0])
            #expect(shown["lastRunStatus"] == "failed" && shown["lastRunAt"] == "1970-01-01T00:00:02.002Z")
            #expect(shown["lastRunConversationIds"] == ["c-one", "c-two"])
            #expect(
                shown["lastRunSummary"] == ["total": 2, "completed": 1, "failed": 1, "running": 0, "pending": 0])
        }
    }

    @Test(.timeLimit(.minutes(8))) func `a run now is checked, and then said to be unavailable`() async throws {
        try await Self.serve { app in
            #expect(try await app.client.send("POST", Self.path, Self.daily).status == 201)
            let run = "\(Self.path)/report/run"
            for (query, status) in [("", 501), ("?userId=usr_1", 501), ("?userId=stranger", 400)] {
                let reply = try await app.client.send("POST", run + query)
                #expect(reply.status == status, "\(query): \(reply.text)")
            }
            #expect(try await app.client.send("POST", "\(Self.path)/none/run").status == 404)
            #expect(try await app.client.send("PATCH", "\(Self.path)/report", ["ref": "gone"]).status == 200)
            #expect(try await app.client.send("POST", run).status == 400)
        }
    }

    @Test(.timeLimit(.minutes(8))) func `schedules live in their agent`() async throws {
        try await Self.serve { app in
            #expect(try await app.client.send("POST", Self.path, Self.daily).status == 201)
            let others = tenantPath + "/projects/p/agents/b/scheduled-triggers"
            #expect(try await app.client.send("GET", others).json["pagination"]?["total"] == 0)
            #expect(try await app.client.send("GET", others + "/report").status == 404)
            #expect(try await app.client.send("DELETE", tenantPath + "/projects/p/agents/a").status == 204)
            #expect(try await app.client.send("GET", Self.path).json["detail"] == "Agent not found")
            try await app.client.make("/projects/p/agents", ["id": "a", "name": "Agent"])
            #expect(try await app.client.send("GET", Self.path).json["pagination"]?["total"] == 0)
        }
    }
}
