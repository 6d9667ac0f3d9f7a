import Kit
import Testing

struct ArgumentsTests {
    @Test func `values, repeated values and flags are read`() throws {
        let arguments = try Arguments(
            ["--port", "80", "--header", "a: b", "--quick", "--header", "c: d"], values: ["port", "header"],
            flags: ["quick"]
        )
        #expect(try arguments.integer("port", 1, in: 1...100) == 80)
        #expect(arguments.texts("header") == ["a: b", "c: d"])
        #expect(arguments.has("quick"))
    }

    @Test(arguments: [["--unknown"], ["--port"], ["word"]])
    func `what is not known is refused`(_ words: [String]) {
        #expect(throws: Complaint.self) { try Arguments(words, values: ["port"]) }
    }

    @Test(arguments: ["0", "101", "x", ""]) func `a number out of range is refused`(_ text: String) throws {
        let arguments = try Arguments(["--port", text], values: ["port"])
        #expect(throws: Complaint.self) { try arguments.integer("port", 1, in: 1...100) }
    }
}
