import Catalog

/// How the rarer facts of a run stand in the store. Frame 0 is left out, as everywhere.
extension JSONWriter {
    mutating func write(_ object: JSONObject, frame: Int) {
        var body = JSONObject()
        if frame != 0 { body["frame"] = .integer(Int64(frame)) }
        for (name, value) in object { body[name] = value }
        write(.object(body))
    }
}

extension RunEquipment {
    var json: JSONObject {
        var json: JSONObject = ["subAgent": .string(subAgent)]
        if !tools.isEmpty { json["tools"] = .array(tools.map { .object($0.json) }) }
        if !notices.isEmpty { json["notices"] = .array(notices.map { .object($0.json) }) }
        return json
    }
}

extension RunToolRule {
    fileprivate var json: JSONObject {
        var json: JSONObject = ["name": .string(name)]
        if needsApproval { json["needsApproval"] = true }
        if isIdempotent { json["idempotent"] = true }
        return json
    }
}

extension RunNotice {
    var json: JSONObject {
        var json: JSONObject = [
            "severity": .string(severity.rawValue), "code": .string(code), "message": .string(message),
        ]
        json["source"] = source.map(JSONValue.string)
        return json
    }
}

extension RunApprovalRequest {
    var json: JSONObject { ["callId": .string(callID), "reason": .string(reason.rawValue)] }
}

extension RunApprovalDecision {
    var json: JSONObject {
        var json: JSONObject = ["callId": .string(callID), "approved": .bool(isApproved)]
        json["reason"] = reason.map(JSONValue.string)
        json["input"] = input
        json["by"] = by.map(JSONValue.string)
        return json
    }
}

extension RunData {
    var json: JSONObject {
        var json: JSONObject = ["kind": .string(kind.rawValue), "body": body]
        json["kept"] = kept
        return json
    }
}

extension Members {
    /// The objects in the array `name`; none when it is absent.
    private func elements(_ name: String) throws(RunEventCodingError) -> [Members] {
        guard let value = object[name] else { return [] }
        guard let elements = value.array else { throw fault(name, "must be an array") }
        var members: [Members] = []
        for element in elements {
            guard let object = element.object else { throw fault(name, "must hold objects") }
            members.append(Members(type: type, object: object))
        }
        return members
    }

    /// The word `name`, one that this version knows.
    func word<Word: RawRepresentable<String>>(_ name: String) throws(RunEventCodingError) -> Word {
        let text = try text(name)
        guard let word = Word(rawValue: text) else { throw fault(name, "is an unknown word '\(text)'") }
        return word
    }

    func equipment() throws(RunEventCodingError) -> RunEquipment {
        var equipment = RunEquipment(subAgent: try text("subAgent"))
        for tool in try elements("tools") {
            equipment.tools.append(
                RunToolRule(
                    try tool.text("name"), needsApproval: try tool.flag("needsApproval"),
                    isIdempotent: try tool.flag("idempotent")))
        }
        for notice in try elements("notices") { equipment.notices.append(try notice.notice()) }
        return equipment
    }

    func notice() throws(RunEventCodingError) -> RunNotice {
        RunNotice(
            try word("severity"), code: try text("code"), message: try text("message"),
            source: try optionalText("source"))
    }

    func approvalRequest() throws(RunEventCodingError) -> RunApprovalRequest {
        RunApprovalRequest(callID: try text("callId"), reason: try word("reason"))
    }

    func approvalDecision() throws(RunEventCodingError) -> RunApprovalDecision {
        RunApprovalDecision(
            callID: try text("callId"), isApproved: try flag("approved"), reason: try optionalText("reason"),
            input: object["input"], by: try optionalText("by"))
    }

    func data() throws(RunEventCodingError) -> RunData {
        guard let body = object["body"] else { throw fault("body", "is missing") }
        return RunData(try word("kind"), body: body, kept: object["kept"])
    }
}
