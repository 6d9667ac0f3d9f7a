import Kit
import Testing

struct MessageHeadTests {
    @Test func `a response head gives status and framing`() {
        let head = read(
            "HTTP/1.1 404 Not Found\r\nCONTENT-LENGTH:  12 \r\nConnection: Close\r\nx: content-length: 9\r\n\r\nrest")
        #expect(head?.status == 404)
        #expect(head?.contentLength == 12)
        #expect(head?.closes == true)
        #expect(head?.isChunked == false)
        #expect(head?.request == nil)
    }

    @Test func `a request head gives method and path`() {
        let head = read("POST /v1/chat/completions HTTP/1.1\r\nExpect: 100-continue\r\n\r\n")
        #expect(head?.request?.method == "POST")
        #expect(head?.request?.path == "/v1/chat/completions")
        #expect(head?.expectsContinue == true)
        #expect(head?.status == nil)
    }

    @Test func `a head is incomplete until its empty line`() {
        let text = Array("HTTP/1.1 200 OK\r\na: b\r\n\r\n".utf8)
        for length in 0..<text.count {
            text[..<length].withUnsafeBytes { #expect(MessageHead.read($0) == .incomplete) }
        }
        text.withUnsafeBytes { bytes in
            guard case .head(let head) = MessageHead.read(bytes) else {
                Issue.record("no head")
                return
            }
            #expect(head.length == text.count)
        }
    }

    @Test(arguments: ["content-length: x", "content-length: -1", "content-length: "])
    func `a wrong length is refused`(_ line: String) {
        let bytes = Array("HTTP/1.1 200 OK\r\n\(line)\r\n\r\n".utf8)
        bytes.withUnsafeBytes { bytes in
            guard case .malformed = MessageHead.read(bytes) else {
                Issue.record("accepted")
                return
            }
        }
    }

    @Test func `a head without an end is refused at the bound`() {
        let bytes = [UInt8](repeating: 65, count: MessageHead.lengthMaximum + 1)
        bytes.withUnsafeBytes { bytes in
            #expect(MessageHead.read(bytes) == .malformed("a head of more than \(MessageHead.lengthMaximum) bytes"))
        }
    }

    private func read(_ text: String) -> MessageHead? {
        Array(text.utf8).withUnsafeBytes { bytes in
            if case .head(let head) = MessageHead.read(bytes) { head } else { nil }
        }
    }
}
