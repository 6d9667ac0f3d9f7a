import Kit
import Loading
import ModelServing
import Testing

struct LoopbackTests {
    private static func plan(_ port: UInt16, stream: Bool, _ directive: String) -> LoadPlan {
        let content = "hello %bench \(directive)%"
        var plan = LoadPlan(
            port: port, path: "/v1/chat/completions",
            body: #"{"stream":\#(stream),"id":"{{run}}-{{n}}","messages":[{"role":"user","content":"\#(content)"}]}"#
        )
        plan.marker = Directive.marker
        plan.requestSeconds = 5
        return plan
    }

    @Test(arguments: [true, false], [(0, 1), (0, 40), (2, 5)])
    func `every answer is whole, streamed or not, at once or paced`(_ stream: Bool, _ pace: (delay: Int, chunks: Int))
        throws
    {
        let model = try RunningModel()
        defer { model.stop() }
        var plan = Self.plan(model.port, stream: stream, "chunks=\(pace.chunks) delay_ms=\(pace.delay)")
        plan.connections = 8
        plan.requests = 100
        plan.markers = pace.chunks
        plan.required = stream ? "data: [DONE]" : #""object":"chat.completion""#
        let report = try LoadClient(plan).perform()
        #expect(report.errors == 0, "\(report.firstError ?? "")")
        #expect(report.finished == 100)
        #expect(report.latencies.count == 100)
        #expect(report.firstTokens.count == 100)
        #expect(report.latencies.min() ?? 0 >= Double(pace.delay * (pace.chunks - 1)))
    }

    @Test func `an answer with too few markers or too many is an error, and so is one without the required text`()
        throws
    {
        let model = try RunningModel()
        defer { model.stop() }
        var plan = Self.plan(model.port, stream: true, "chunks=3")
        plan.requests = 10
        for wrong in [2, 4] {
            plan.markers = wrong
            #expect(try LoadClient(plan).perform().errors == 10)
        }
        plan.markers = 3
        plan.required = "not there"
        #expect(try LoadClient(plan).perform().errors == 10)
        plan.required = ""
        #expect(try LoadClient(plan).perform().errors == 0)
    }

    @Test func `a wrong status and a server that is not there are errors with a reason`() throws {
        let model = try RunningModel()
        defer { model.stop() }
        var plan = LoadPlan(port: model.port, path: "/nowhere", body: "{}")
        plan.requests = 3
        let refused = try LoadClient(plan).perform()
        #expect(refused.errors == 3)
        #expect(refused.firstError?.contains("404") == true)
        plan.port = try Sockets.freePort()
        let absent = try LoadClient(plan).perform()
        #expect(absent.errors == 3)
        #expect(absent.finished == 0)
    }

    @Test func `an answer that does not come in time is an error`() throws {
        let model = try RunningModel()
        defer { model.stop() }
        var plan = Self.plan(model.port, stream: true, "chunks=1 first_ms=30000")
        plan.requests = 2
        plan.connections = 2
        plan.requestSeconds = 0.1
        let report = try LoadClient(plan).perform()
        #expect(report.errors == 2)
        #expect(report.firstError?.contains("within 0.1 s") == true)
    }

    @Test func `a time limit ends a run, and warm-up requests are sent but not counted`() throws {
        let model = try RunningModel()
        defer { model.stop() }
        var plan = Self.plan(model.port, stream: false, "chunks=1")
        plan.requests = LoadPlan.requestsMaximum
        plan.seconds = 0.2
        plan.warmupSeconds = 0.1
        let report = try LoadClient(plan).perform()
        #expect(report.errors == 0)
        #expect(report.finished > 0)
        #expect(report.total > report.finished)
        #expect(report.seconds < 0.15)
    }

    @Test func `a tool call is asked for once and answered with text after its result`() throws {
        let model = try RunningModel()
        defer { model.stop() }
        var plan = LoadPlan(
            port: model.port, path: "/v1/chat/completions",
            body: #"{"stream":true,"tools":[{"function":{"name":"search"}}],"messages":[{"role":"user","content":"#
                + #""%bench mode=tool argument=query:birds%"}]}"#
        )
        plan.requests = 1
        plan.required = #""name":"search","arguments":"{\"query\":\"birds\"}""#
        #expect(try LoadClient(plan).perform().errors == 0)
        plan.body =
            #"{"messages":[{"role":"user","content":"%bench mode=tool tool=search chunks=2%"},"#
            + #"{"role":"tool","content":"x"}]}"#
        plan.required = #""content":"benchtok benchtok ""#
        #expect(try LoadClient(plan).perform().errors == 0)
    }

    @Test func `usage comes in the last chunk when asked for and counts the pieces`() throws {
        let model = try RunningModel()
        defer { model.stop() }
        var plan = LoadPlan(
            port: model.port, path: "/v1/chat/completions",
            body:
                #"{"stream": true,"stream_options":{"include_usage": true},"#
                + #""messages":[{"content":"%bench chunks=7%"}]}"#
        )
        plan.requests = 1
        plan.required = #""choices":[],"usage":{"prompt_tokens":16,"completion_tokens":7,"total_tokens":23}}"#
        #expect(try LoadClient(plan).perform().errors == 0)
        plan.body = #"{"stream":true,"messages":[{"content":"%bench chunks=7% and \"include_usage\": true"}]}"#
        #expect(try LoadClient(plan).perform().errors == 1)
    }

    @Test func `a client that waits for a text goes as soon as it has come`() throws {
        let model = try RunningModel()
        defer { model.stop() }
        var plan = Self.plan(model.port, stream: true, "chunks=1000 delay_ms=1000")
        plan.requests = 6
        plan.connections = 3
        plan.required = Directive.marker
        plan.stopsAtRequired = true
        let report = try LoadClient(plan).perform()
        #expect(report.errors == 0, "\(report.firstError ?? "")")
        #expect(report.finished == 6)
        #expect(report.reconnects == 3)
        plan.body = plan.body.replacing("chunks=1000 delay_ms=1000", with: "chunks=1")
        plan.required = "never said"
        #expect(try LoadClient(plan).perform().errors == 6)
    }
}
