import Catalog
import Models
import Testing
import Wire

private func read(_ body: String) throws -> UIChatRequest { try UIChatRequest(json: JSONValue(parsing: body)) }

private func message(_ members: String) -> String { #"{"messages":[{"role":"user",\#(members)}]}"# }

@Test func `an AI SDK request is read`() throws {
    let request = try read(
        #"{"id":"chat-ui","trigger":"submit-message","conversationId":"c1","messageId":"other","stream":false,"#
            + #""messages":[{"id":"u1","role":"user","parts":[{"type":"text","text":"one"}]},"#
            + #"{"id":"m1","role":"assistant","parts":[{"type":"step-start"},{"type":"reasoning","text":"hm"}]},"#
            + #"{"id":"u2","role":"user","content":"two","parts":[{"type":"text","text":"two"}]}]}"#)
    #expect(request.stream == false)
    #expect(request.turn == RequestedTurn(conversationID: "c1", messageID: "u2", parts: [.text("two")]))
}

@Test(arguments: [
    (#""content":"Hi""#, [Part.text("Hi")]),
    (#""content":"Hi","parts":[]"#, [.text("Hi")]),
    (#""content":"Hi","parts":[{"type":"text","text":"Hi"}]"#, [.text("Hi")]),
    (#""content":"Hi","parts":[{"type":"text","text":"you"}]"#, [.text("Hi you")]),
    (#""content":{"any":1},"parts":[{"type":"text","text":"a"},{"type":"text","text":"b"}]"#, [.text("a b")]),
    (
        #""parts":[{"type":"image","text":"data:image/png;base64,AAAA"},{"type":"text","text":"a"}]"#,
        [.text("a"), .image(Attachment(.base64("AAAA"), mediaType: "image/png"))]
    ),
    (
        #""parts":[{"type":"file","url":"https://a.example/7","mediaType":"image/webp","filename":"x"}]"#,
        [.image(Attachment(.url("https://a.example/7"), mediaType: "image/webp", filename: "x"))]
    ),
    (
        #""parts":[{"type":"data-x"},{"type":"audio","text":"a"},{"type":"tool-f","toolCallId":"c"},"#
            + #"{"type":"step-start"},{"type":"text","text":"a"}]"#, [.text("a")]
    ),
])
func `content and parts make one message`(members: String, parts: [Part]) throws {
    #expect(try read(message(members)).turn.parts == parts)
}

@Test func `the body's message id stands in for the message's`() throws {
    #expect(try read(#"{"messageId":"b1","messages":[{"role":"user","content":"x"}]}"#).turn.messageID == "b1")
    #expect(try read(message(#""id":"u1","content":"x""#)).turn.messageID == "u1")
    #expect(try read(message(#""id":null,"content":"x""#)).turn.messageID == nil)
    #expect(
        #expect(throws: Problem.self) { try read(message(#""id":"u 1","content":"x""#)) }?.detail
            == "messageId must match /^[A-Za-z0-9_-]{1,64}$/")
}

private let fileFault = "must be an image, a PDF, a text file or an office document of a known type"
private let fetchFault = "must be a data: address with the bytes; only images and PDFs are fetched from an address"

@Test(arguments: [
    BrokenBody(#""text""#, ": must be an object, not string"),
    BrokenBody("{}", "/messages: is required"),
    BrokenBody(
        #"{"messages":[{"role":"user","content":"x","id":1}],"stream":1,"conversationId":2}"#,
        "/stream: must be true or false, not integer", "/messages/0/id: must be a string, not integer",
        "/conversationId: must be a string, not integer"),
    BrokenBody(message(#""content":"""#), "/messages/0: has no text and no file"),
    BrokenBody(message(#""parts":[{"type":"step-start"}]"#), "/messages/0: has no text and no file"),
    BrokenBody(message(#""parts":{}"#), "/messages/0/parts: must be an array, not object"),
    BrokenBody(
        message(#""parts":[{"text":"x"},{"type":"text"},{"type":"poem"},{"type":"file","url":"https://a.example/"}]"#),
        "/messages/0/parts/0/type: must be a string", "/messages/0/parts/1/text: must be a string",
        "/messages/0/parts/2/type: is not a part type of user messages: poem",
        "/messages/0/parts/3/mediaType: must be a string"),
    BrokenBody(
        message(#""parts":[{"type":"file","url":"https://a.example/a.md","mediaType":"text/markdown"}]"#),
        "/messages/0/parts/0/url: \(fetchFault)"),
    BrokenBody(
        message(#""parts":[{"type":"file","url":"data:image/gif;base64,AAAA","mediaType":"image/gif"}]"#),
        "/messages/0/parts/0/url: \(fileFault)"),
    BrokenBody(
        message(#""parts":[{"type":"file","url":"data:text/plain;base64,AAAA","mediaType":"image/png"}]"#),
        "/messages/0/parts/0/url: \(fileFault)"),
])
func `everything broken in a chat request is named at once`(row: BrokenBody) {
    #expect(BrokenBody.found { _ = try read(row.body) } == row.broken)
}

@Test func `an answer to an approval is read in the last message only`() throws {
    let part =
        #"{"type":"tool-send","toolCallId":"c","state":"approval-responded","approval":{"id":"a","approved":true}}"#
    let answer = #"{"role":"assistant","content":null,"parts":[\#(part)]}"#
    func approvals(_ body: String) throws -> UIChatRequest.Approvals? {
        try UIChatRequest.approvals(in: JSONValue(parsing: body))
    }
    let found = try approvals(#"{"conversationId":"c1","messages":[\#(answer)]}"#)
    #expect(found?.conversationID == "c1")
    #expect(found?.all.map(\.toolCallID) == ["c"] && found?.all.map(\.isApproved) == [true])
    let problem = #expect(throws: Problem.self) { try approvals(#"{"messages":[\#(answer)]}"#) }
    #expect(problem == Problem.badRequest("conversationId is required for approval response"))
    #expect(try approvals(#"{"messages":[\#(answer),{"role":"user","content":"Hi"}]}"#) == nil)
    #expect(try read(#"{"messages":[\#(answer),{"role":"user","content":"Hi"}]}"#).turn.text == "Hi")
}

@Test(
    arguments: [
        (true, nil, ReplyFormat.stream), (false, "text/event-stream", .json), (true, "application/json", .stream),
        (nil, nil, .json), (nil, "*/*", .json), (nil, "text/*", .json), (nil, "application/json", .json),
        (nil, "text/event-stream", .stream), (nil, "application/json, TEXT/Event-Stream;q=0.5", .stream),
        (nil, "text/event-stream; q=0", .json), (nil, "text/event-stream;q=0.000, */*", .json),
        (nil, "text/event-streams", .json),
    ] as [(Bool?, String?, ReplyFormat)])
func `the client chooses between a stream and JSON`(stream: Bool?, accept: String?, format: ReplyFormat) {
    #expect(ReplyFormat(stream: stream, accept: accept) == format)
}

@Test func `a client that says nothing gets what the endpoint sends by itself`() {
    #expect(ReplyFormat(stream: nil, accept: "*/*", otherwise: .stream) == .stream)
    #expect(ReplyFormat(stream: false, accept: nil, otherwise: .stream) == .json)
}
