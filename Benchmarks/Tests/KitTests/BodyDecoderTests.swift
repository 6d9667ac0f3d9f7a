@testable import Kit
import Testing

struct BodyDecoderTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let message: String
        let body: String
        let left: String
        var isMalformed = false
    }

    static let cases = [
        Case(testDescription: "a length", message: "content-length: 5\r\n\r\nhelloNEXT", body: "hello", left: "NEXT"),
        Case(testDescription: "an empty body", message: "Content-Length: 0\r\n\r\nNEXT", body: "", left: "NEXT"),
        Case(
            testDescription: "chunks",
            message: "transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n1\r\n!\r\n0\r\n\r\nNEXT",
            body: "hello!", left: "NEXT"
        ),
        Case(
            testDescription: "chunks with extension, upper-case hex and trailer",
            message: "Transfer-Encoding: Chunked\r\n\r\nA;x=1\r\n0123456789\r\n0\r\nx: y\r\n\r\nNEXT",
            body: "0123456789", left: "NEXT"
        ),
        Case(testDescription: "until close", message: "x: y\r\n\r\neverything", body: "everything", left: ""),
        Case(
            testDescription: "a bad chunk size", message: "transfer-encoding: chunked\r\n\r\nzz\r\n", body: "",
            left: "",
            isMalformed: true
        ),
        Case(
            testDescription: "a negative chunk size", message: "transfer-encoding: chunked\r\n\r\n-1\r\n", body: "",
            left: "", isMalformed: true
        ),
        Case(
            testDescription: "a chunk that runs over", message: "transfer-encoding: chunked\r\n\r\n1\r\nab\r\n",
            body: "a",
            left: "", isMalformed: true
        ),
    ]

    @Test(arguments: cases) func `a body is the same wherever its bytes were cut`(_ example: Case) throws {
        let message = Array(("HTTP/1.1 200 OK\r\n" + example.message).utf8)
        for cut in 0...message.count {
            let (body, left, state) = try decode([Array(message[..<cut]), Array(message[cut...])])
            if example.isMalformed {
                guard case .malformed = state else {
                    Issue.record("cut at \(cut): \(String(describing: state))")
                    continue
                }
            } else {
                #expect(body == example.body, "cut at \(cut)")
                #expect(left == example.left, "cut at \(cut)")
                #expect(state == (example.left.isEmpty ? .untilClose : .finished), "cut at \(cut)")
            }
        }
    }

    @Test func `a body over the bound is refused`() throws {
        let head = MessageHead(firstLine: "HTTP/1.1 200 OK", length: 0, contentLength: 100)
        let input = ByteQueue()
        input.append(Array(repeating: 65, count: 100))
        var decoder = BodyDecoder(head, isResponse: true)
        decoder.decode(input, into: ByteQueue(capacity: 16, limit: 50))
        #expect(decoder.state == .malformed("a body of more than 50 bytes"))
    }

    @Test func `a request without a length has no body and a response with 204 neither`() {
        let request = MessageHead(firstLine: "GET / HTTP/1.1", length: 0)
        let empty = MessageHead(firstLine: "HTTP/1.1 204 No Content", length: 0)
        #expect(BodyDecoder(request, isResponse: false).isFinished)
        #expect(BodyDecoder(empty, isResponse: true).isFinished)
    }

    /// Feeds the pieces one after the other, as a connection would.
    private func decode(_ pieces: [[UInt8]]) throws -> (body: String, left: String, state: BodyDecoder.State?) {
        let input = ByteQueue(capacity: 16)
        let output = ByteQueue(capacity: 16)
        var decoder: BodyDecoder?
        for piece in pieces {
            input.append(piece)
            if decoder == nil {
                guard case .head(let head) = MessageHead.read(input.bytes) else { continue }
                input.consume(head.length)
                decoder = BodyDecoder(head, isResponse: true)
            }
            decoder?.decode(input, into: output)
        }
        return (output.bytes.text(0..<output.count), input.bytes.text(0..<input.count), decoder?.state)
    }
}
