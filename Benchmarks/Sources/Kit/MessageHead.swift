import Glibc

/// The first line and the framing of an HTTP/1.1 message: all that a bench needs of its head.
public struct MessageHead: Equatable, Sendable {
    /// What the bytes at the front of a connection are.
    public enum Reading: Equatable, Sendable {
        case incomplete
        case head(MessageHead)
        case malformed(String)
    }

    /// Bytes of a head, at most.
    public static let lengthMaximum = 64 << 10

    /// The three words of the first line: method, path and version, or version, status and reason.
    public var firstLine: String
    /// Bytes up to and including the empty line.
    public var length: Int
    /// The declared length of the body in bytes; nil when not declared.
    public var contentLength: Int?
    /// Whether the body comes in chunks.
    public var isChunked = false
    /// Whether the sender will close the connection after this message.
    public var closes = false
    /// Whether a client waits for `100 Continue` before it sends the body.
    public var expectsContinue = false

    /// The status code of a response; nil for a request or a malformed line.
    public var status: Int? {
        let words = firstLine.utf8.split(separator: UInt8(ascii: " "), maxSplits: 2)
        guard firstLine.hasPrefix("HTTP/1."), words.count >= 2 else { return nil }
        return Int(String(Substring(words[1])))
    }

    /// Method and path of a request; nil for a response or a malformed line.
    public var request: (method: String, path: String)? {
        let words = firstLine.utf8.split(separator: UInt8(ascii: " "))
        guard words.count == 3, !firstLine.hasPrefix("HTTP/1.") else { return nil }
        return (String(Substring(words[0])), String(Substring(words[1])))
    }

    /// Reads the head at the front of `bytes`.
    public static func read(_ bytes: UnsafeRawBufferPointer) -> Reading {
        guard let end = bytes.firstOffset(of: emptyLine) else {
            return bytes.count > lengthMaximum ? .malformed("a head of more than \(lengthMaximum) bytes") : .incomplete
        }
        let lineEnd = bytes.firstOffset(of: lineBreak) ?? end
        var head = MessageHead(firstLine: bytes.text(0..<lineEnd), length: end + 4)
        var start = lineEnd + 2
        while start < end + 2 {
            let stop = bytes.firstOffset(of: lineBreak, from: start) ?? end
            if let fault = head.note(UnsafeRawBufferPointer(rebasing: bytes[start..<stop])) { return .malformed(fault) }
            start = stop + 2
        }
        return .head(head)
    }

    private static let emptyLine = Array("\r\n\r\n".utf8)
    private static let lineBreak = Array("\r\n".utf8)

    /// Takes what matters from one header line; answers what is wrong with it.
    private mutating func note(_ line: UnsafeRawBufferPointer) -> String? {
        if let value = Self.value(of: "content-length", in: line) {
            guard let length = Int(value), length >= 0 else { return "a content length of '\(value)'" }
            contentLength = length
        } else if let value = Self.value(of: "transfer-encoding", in: line) {
            isChunked = value.lowercased() == "chunked"
        } else if let value = Self.value(of: "connection", in: line) {
            closes = value.lowercased() == "close"
        } else if let value = Self.value(of: "expect", in: line) {
            expectsContinue = value.lowercased() == "100-continue"
        }
        return nil
    }

    /// The trimmed value of `line` if its name is `name`, whatever the case. Most lines are told apart by their length.
    private static func value(of name: StaticString, in line: UnsafeRawBufferPointer) -> String? {
        let length = name.utf8CodeUnitCount
        guard line.count > length, line[length] == UInt8(ascii: ":") else { return nil }
        guard let base = line.baseAddress, strncasecmp(base, name.utf8Start, length) == 0 else { return nil }
        var start = length + 1
        var end = line.count
        while start < end, line[start] == 0x20 || line[start] == 0x09 { start += 1 }
        while end > start, line[end - 1] == 0x20 || line[end - 1] == 0x09 { end -= 1 }
        return line.text(start..<end)
    }
}
