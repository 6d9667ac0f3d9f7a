extension FieldType where Value == String {
    /// A date and time (RFC 3339), kept in UTC with milliseconds, as it is shown.
    public static let moment = FieldType(
        schema: ["type": "string", "format": "date-time"],
        decode: { json, decoding in
            guard let text = FieldType<String>.text(1...64).decode(json, &decoding) else { return nil }
            guard let moment = Timestamp.milliseconds(text) else {
                decoding.fail("must be a date and time (RFC 3339)")
                return nil
            }
            return Timestamp.text(moment)
        }, encode: { .string($0) })
}
