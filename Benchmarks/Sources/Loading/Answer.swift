import Kit

/// One answer as it arrives: status, framing, markers.
struct Answer {
    private var head: MessageHead?
    private var decoder: BodyDecoder?
    private var scanned = 0
    /// Markers seen so far.
    private(set) var markers = 0

    /// Where an answer stands after some bytes.
    enum Progress: Equatable {
        case incomplete
        case complete
        case broken(String)
    }

    /// Whether the connection ends with this answer.
    var closesConnection: Bool { head?.closes == true || decoder?.state == .untilClose }

    /// Takes what `input` holds of this answer; the decoded body gathers in `body`.
    mutating func take(_ input: ByteQueue, into body: ByteQueue, marker: [UInt8]) -> Progress {
        while head == nil {
            switch MessageHead.read(input.bytes) {
            case .incomplete: return .incomplete
            case .malformed(let reason): return .broken(reason)
            case .head(let read):
                input.consume(read.length)
                // An interim answer (1xx) is followed by the real one.
                if let status = read.status, (100..<200).contains(status) { continue }
                head = read
                decoder = BodyDecoder(read, isResponse: true)
            }
        }
        decoder?.decode(input, into: body)
        count(marker, in: body)
        switch decoder?.state {
        case .finished: return .complete
        case .malformed(let reason): return .broken(reason)
        default: return .incomplete
        }
    }

    /// What is wrong with a complete answer; nil when it is what `plan` asks for.
    func fault(_ body: ByteQueue, required: [UInt8], markers wanted: Int?) -> String? {
        guard let status = head?.status, (200..<300).contains(status) else {
            let start = body.bytes.text(0..<min(300, body.count))
            return "status \(head?.firstLine ?? "missing"): \(start)"
        }
        if let wanted, markers != wanted {
            let end = body.bytes.text(max(0, body.count - 300)..<body.count)
            return "\(markers) of \(wanted) markers: …\(end)"
        }
        if !required.isEmpty, body.bytes.firstOffset(of: required) == nil {
            return "no '\(String(decoding: required, as: UTF8.self))' in the answer"
        }
        return nil
    }

    private mutating func count(_ marker: [UInt8], in body: ByteQueue) {
        guard !marker.isEmpty else { return }
        let bytes = body.bytes
        while let found = bytes.firstOffset(of: marker, from: scanned) {
            markers += 1
            scanned = found + marker.count
        }
        // The start of a marker may have come and the rest not yet.
        scanned = max(scanned, bytes.count - marker.count + 1)
    }
}
