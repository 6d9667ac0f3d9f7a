import Catalog
import Models
import Testing
import Wire

/// A body and what is found broken in it: path, reason.
struct BrokenBody: Sendable, CustomTestStringConvertible {
    let body: String
    let broken: [String]
    var testDescription: String { body }

    init(_ body: String, _ broken: String...) {
        self.body = body
        self.broken = broken
    }

    /// The broken members that reading the body is refused for, in the same form.
    static func found(_ read: () throws -> Void) -> [String] {
        do {
            try read()
            return []
        } catch let problem as Problem {
            return problem.status == 400 ? problem.broken.map { "\($0.pointer): \($0.reason)" } : ["\(problem.status)"]
        } catch {
            return ["\(error)"]
        }
    }
}

private func read(_ body: String, headers: PropertyHeaders = PropertyHeaders()) throws -> ChatCompletionRequest {
    try ChatCompletionRequest(json: JSONValue(parsing: body), headers: headers)
}

private func content(_ items: String) -> String { #"{"model":"m","messages":[{"role":"user","content":[\#(items)]}]}"# }

@Test func `a plain request is read`() throws {
    let request = try read(
        #"{"model":"gpt","messages":[{"role":"user","content":"Hi"}],"stream":true,"conversationId":"c1","#
            + #""messageId":"u_1","stream_options":{"include_usage":true},"temperature":0.2,"tools":[{"any":1}],"#
            + #""userProperties":{"plan":"pro","identificationType":"ID_PROVIDED"},"properties":{"page":"/x"}}"#)
    #expect(request.model == "gpt")
    #expect(request.stream == true)
    #expect(request.includesUsage)
    #expect(request.turn.conversationID == "c1")
    #expect(request.turn.messageID == "u_1")
    #expect(request.turn.parts == [.text("Hi")])
    #expect(request.turn.text == "Hi")
    #expect(request.turn.userProperties == ["plan": "pro"])
    #expect(request.turn.properties == ["page": "/x"])
}

@Test func `members that are absent or null are nil`() throws {
    let bare = #"{"model":"m","messages":[{"role":"user","content":"Hi"}]"#
    let nulls =
        #","stream":null,"conversationId":null,"messageId":null,"stream_options":null,"userProperties":null,"#
        + #""temperature":null,"user":null}"#
    for body in [bare + "}", bare + nulls, bare + #","conversationId":"","stream_options":{"include_usage":null}}"#] {
        let request = try read(body)
        #expect(request.stream == nil)
        #expect(!request.includesUsage)
        #expect(request.turn == RequestedTurn(parts: [.text("Hi")]))
    }
}

@Test func `only the last user message is read`() throws {
    let request = try read(
        #"{"model":"m","messages":[{"role":"system","content":"S"},{"role":"user","content":"one"},"#
            + #"{"role":"assistant","content":null,"tool_calls":[]},{"role":"user","content":"two"},"#
            + #"{"role":"tool","content":"x","tool_call_id":"c"}]}"#)
    #expect(request.turn.parts == [.text("two")])
}

@Test func `texts are joined by one space and pictures follow`() throws {
    let request = try read(
        content(
            #"{"type":"text","text":"What"},{"type":"image_url","image_url":{"url":"https://a.example/b.png?w=1","#
                + #""detail":"low"}},{"type":"text","text":"is this?"},"#
                + #"{"type":"image_url","image_url":{"url":"data:image/jpg;base64,AAAA"}},"#
                + #"{"type":"file","file":{"file_data":"data:image/webp;base64,AAA=","filename":"w.webp"}}"#))
    #expect(
        request.turn.parts == [
            .text("What is this?"),
            .image(Attachment(.url("https://a.example/b.png?w=1"), mediaType: "image/png"), detail: "low"),
            .image(Attachment(.base64("AAAA"), mediaType: "image/jpeg")),
            .image(Attachment(.base64("AAA="), mediaType: "image/webp", filename: "w.webp")),
        ])
}

@Test func `files of every kind are read`() throws {
    let request = try read(
        content(
            #"{"type":"file","file":{"file_data":"https://a.example/7","filename":"a"}},"#
                + #"{"type":"file","file":{"file_data":"data:application/pdf;base64,JVBERi0="}},"#
                + #"{"type":"file","file":{"file_data":"data:text/plain;base64,QQ==","filename":"a.rs"}},"#
                + #"{"type":"file","file":{"file_data":"data:application/zip;base64,UEsDBA==","filename":"a.ods"}}"#))
    #expect(
        request.turn.parts == [
            .file(Attachment(.url("https://a.example/7"), mediaType: "application/pdf", filename: "a")),
            .file(Attachment(.base64("JVBERi0="), mediaType: "application/pdf")),
            .file(Attachment(.base64("QQ=="), mediaType: "text/x-rust", filename: "a.rs")),
            .file(
                Attachment(
                    .base64("UEsDBA=="), mediaType: "application/vnd.oasis.opendocument.spreadsheet",
                    filename: "a.ods")),
        ])
}

@Test func `a picture alone is a message`() throws {
    let request = try read(content(#"{"type":"image_url","image_url":{"url":"http://a.example/picture"}}"#))
    #expect(
        request.turn.parts == [.image(Attachment(.url("http://a.example/picture"), mediaType: "image/*"), detail: nil)])
    #expect(request.turn.text == "")
}

private let base64Fault = "must hold valid base64"
private let addressFault = "must be an http or https URL or a data:image/ address"
private let typeFault = "must be a PNG, JPEG or WebP image"
private let fileFault = "must be an image, a PDF, a text file or an office document of a known type"

@Test(arguments: [
    BrokenBody("[]", ": must be an object, not array"),
    BrokenBody("{}", "/model: is required", "/messages: is required"),
    BrokenBody(
        #"{"model":1,"messages":{},"stream":"yes","temperature":"hot"}"#, "/model: must be a string, not integer",
        "/stream: must be true or false, not string", "/messages: must be an array, not object",
        "/temperature: must be a number, not string"),
    BrokenBody(#"{"model":"m","messages":[]}"#, "/messages: must hold a message whose role is user"),
    BrokenBody(
        #"{"model":"m","messages":[{"role":"assistant","content":"x"}]}"#,
        "/messages: must hold a message whose role is user"),
    BrokenBody(
        #"{"model":"m","messages":[1,{"role":"boss","content":"x"},{"content":"x"}]}"#,
        "/messages/0: must be an object, not integer",
        "/messages/1/role: must be one of system, user, assistant, function, tool, developer",
        "/messages/2/role: must be one of system, user, assistant, function, tool, developer"),
    BrokenBody(#"{"model":"m","messages":[{"role":"user"}]}"#, "/messages/0/content: is required"),
    BrokenBody(#"{"model":"m","messages":[{"role":"user","content":null}]}"#, "/messages/0/content: is required"),
    BrokenBody(
        #"{"model":"m","messages":[{"role":"user","content":7}]}"#,
        "/messages/0/content: must be a string or an array, not integer"),
    BrokenBody(#"{"model":"m","messages":[{"role":"user","content":" \n"}]}"#, "/messages/0: has no text and no file"),
    BrokenBody(content(""), "/messages/0: has no text and no file"),
    BrokenBody(content(#"{"type":"text","text":""}"#), "/messages/0: has no text and no file"),
    BrokenBody(
        content(#""Hi",{"type":"video"},{"type":"text"},{"type":"image_url"},{"type":"file","file":{}}"#),
        "/messages/0/content/0/type: must be one of text, image_url, file",
        "/messages/0/content/1/type: must be one of text, image_url, file",
        "/messages/0/content/2/text: must be a string", "/messages/0/content/3/image_url/url: must be a string",
        "/messages/0/content/4/file/file_data: must be a string"),
    BrokenBody(
        content(#"{"type":"image_url","image_url":{"url":"https://a.example/","detail":"ultra"}}"#),
        "/messages/0/content/0/image_url/detail: must be one of auto, low, high"),
    BrokenBody(
        content(#"{"type":"file","file":{"file_data":"data:video/mp4;base64,JVBERi0=","filename":"a.md"}}"#),
        "/messages/0/content/0/file/file_data: \(fileFault)"),
    BrokenBody(
        content(#"{"type":"file","file":{"file_data":"data:application/zip;base64,UEsDBA==","filename":"a.zip"}}"#),
        "/messages/0/content/0/file/file_data: \(fileFault)"),
    BrokenBody(
        content(#"{"type":"file","file":{"file_data":"ftp://a.example/a.pdf"}}"#),
        "/messages/0/content/0/file/file_data: must be an http or https URL or a data: address"),
    BrokenBody(
        #"{"model":"m","messages":[{"role":"user","content":"x"}],"stream_options":{"include_usage":1},"#
            + #""executionMode":"fast","userProperties":[],"headers":1,"conversationId":"a\u0000"}"#,
        "/stream_options/include_usage: must be true or false, not integer",
        "/conversationId: must have at most 255 characters, none of them a control character",
        "/userProperties: must be an object, not array", "/executionMode: must be one of classic, durable",
        "/headers: must be an object, not integer"),
])
func `everything broken in a completion request is named at once`(row: BrokenBody) {
    #expect(BrokenBody.found { _ = try read(row.body) } == row.broken)
}

@Test(
    arguments: [
        ("ftp://a.example/x.png", addressFault), ("//a.example/x.png", addressFault), ("https://", addressFault),
        ("https:///x.png", addressFault), ("https://user:pw@a.example/", addressFault), ("https://a b/", addressFault),
        ("https://:80/x", addressFault), ("https://a.example/\(String(repeating: "x", count: 8192))", addressFault),
        ("data:image/png,AAAA", "must be a data: address with the bytes in base64"),
        ("data:image/png;base64", "must be a data: address with the bytes in base64"),
        ("data:image/gif;base64,AAAA", typeFault), ("data:text/plain;base64,AAAA", typeFault),
        ("data:image/png;base64,", "must not be empty"), ("data:image/png;base64,AAA", base64Fault),
        ("data:image/png;base64,A=AA", base64Fault), ("data:image/png;base64,AAAA\n", base64Fault),
        ("data:image/png;base64,A===", base64Fault), ("data:image/png;base64,AA-_", base64Fault),
        ("DATA:IMAGE/PNG;BASE64,AAAA", nil), ("HTTPS://A.EXAMPLE/X.PNG", nil),
    ] as [(String, String?)])
func `pictures of other forms are refused with a reason`(address: String, reason: String?) {
    let url = JSONValue.string(address).jsonText
    let found = BrokenBody.found { _ = try read(content(#"{"type":"image_url","image_url":{"url":\#(url)}}"#)) }
    #expect(found == (reason.map { ["/messages/0/content/0/image_url/url: \($0)"] } ?? []))
}

@Test func `a picture may have ten mebibytes and no more`() throws {
    let most = String(repeating: "A", count: 10 * 1024 * 1024 / 3 * 4 + 4)
    func body(_ data: String) -> JSONValue {
        let image: JSONValue = ["type": "image_url", "image_url": ["url": .string("data:image/png;base64," + data)]]
        return ["model": "m", "messages": [["role": "user", "content": [image]]]]
    }
    let fits = most.dropLast(2) + "=="
    #expect(try ChatCompletionRequest(json: body(String(fits))).turn.parts.count == 1)
    #expect(throws: Problem.self) { try ChatCompletionRequest(json: body(most)) }
}

@Test(arguments: ["", "a b", "ü", "a.b", String(repeating: "x", count: 65)])
func `a message id of another form is refused in the words of the contract`(id: String) {
    let body =
        #"{"model":"m","messages":[{"role":"user","content":"x"}],"messageId":\#(JSONValue.string(id).jsonText)}"#
    let problem = #expect(throws: Problem.self) { try read(body) }
    #expect(problem == Problem.badRequest("messageId must match /^[A-Za-z0-9_-]{1,64}$/"))
}

@Test(
    arguments: [
        (nil, nil, nil),
        (nil, #"{"plan":"pro"}"#, ["plan": "pro"]),
        (#"{"plan":"free"}"#, #"{"plan":"pro"}"#, ["plan": "free"]),
        (nil, "{broken", nil), (nil, "[1]", nil),
        (#"{"identificationType":"ANONYMOUS","plan":"pro"}"#, nil, nil),
        (nil, #"{"identificationType":"COOKIED","plan":"pro"}"#, nil),
        (#"{"identificationType":"ANONYMOUS"}"#, #"{"plan":"pro"}"#, nil),
        (#"{"identificationType":"ID_PROVIDED","id":"7"}"#, nil, ["id": "7"]),
    ] as [(String?, String?, JSONObject?)])
func `user properties come from the body, else the header, and only for known users`(
    member: String?, header: String?, wanted: JSONObject?
) throws {
    let body = #"{"model":"m","messages":[{"role":"user","content":"x"}],"userProperties":\#(member ?? "null")}"#
    let headers = PropertyHeaders(userProperties: header, properties: header)
    let turn = try read(body, headers: headers).turn
    #expect(turn.userProperties == wanted)
    #expect(turn.properties == header.flatMap { try? JSONValue(parsing: $0).object })
}
