import Kit
import Testing

struct JSONTests {
    @Test(arguments: [
        #"{"a":[1,2.5,-3],"b":{"c":null},"d":true,"e":false,"f":"x"}"#, "[]", "{}", #""""#, "0", "12345678901",
        #""quote \" slash \\ line \n tab \t low \u0001""#,
    ])
    func `what is read is written back the same`(_ text: String) throws {
        #expect(try JSON(reading: text).line == text)
    }

    @Test(arguments: [
        "", "{", "[1,]", #"{"a"}"#, #"{"a":1,}"#, "tru", "1 2", #""open"#, #""\x""#, #""\ud800""#, #""\ud800\u0041""#,
        "nul", "+", String(repeating: "[", count: 100),
    ])
    func `what is no JSON is refused`(_ text: String) {
        #expect(throws: Complaint.self) { try JSON(reading: text) }
    }

    @Test func `escapes are decoded`() throws {
        #expect(try JSON(reading: #""\u00e9\ud83d\ude00\/""#) == .text("é😀/"))
    }

    @Test(arguments: [
        (1.005, 2, "1.00"), (2.0, 0, "2"), (-0.05, 1, "-0.1"), (-0.01, 1, "0.0"), (0.0416, 3, "0.042"),
        (12.5, 1, "12.5"),
    ])
    func `a number is written with as many decimals as asked`(_ value: Double, _ decimals: Int, _ text: String) {
        #expect(JSON.fixed(value, decimals: decimals) == text)
    }

    @Test func `numbers that are none become null`() { #expect(JSON.number(.nan).line == "null") }
}
