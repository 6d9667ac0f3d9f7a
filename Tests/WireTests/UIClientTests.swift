import Catalog
import CoveyTesting
import Testing
import Wire

@Test func `every log makes a stream that strict clients take`() throws {
    for seed in UInt64(1)...400 {
        let transcript = try Transcript(uiBytes(RandomLog(seed: seed).log.events))
        var client = UIMessageReader()
        let documents = try transcript.documents()
        #expect(documents.first?["type"] == "start")
        for part in documents {
            if let fault = client.take(part) { Issue.record("seed \(seed): \(fault): \(part.jsonText)") }
        }
        #expect(client.isEnded)
        #expect(transcript.events.last?.data == "[DONE]")
    }
}
