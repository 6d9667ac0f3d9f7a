extension JMESPath {
    /// What finding something may cost. Every step of an evaluation, and every element or 16 bytes of text that it
    /// looks at or makes, is counted, so that expressions of strangers end.
    public struct Bounds: Sendable {
        /// The most steps. One costs well under a microsecond in a release build.
        public var steps: Int
        /// The size of the largest result, in bytes of JSON text.
        public var resultBytes: Int
        /// Whether to give up; asked every 1,024 steps. For deadlines and cancellation.
        public var isOver: @Sendable () -> Bool

        /// Bounds of these values; a million steps and 16 MiB unless said otherwise.
        public init(
            steps: Int = 1_000_000, resultBytes: Int = 16 << 20, isOver: @escaping @Sendable () -> Bool = { false }
        ) {
            self.steps = steps
            self.resultBytes = resultBytes
            self.isOver = isOver
        }
    }

    /// What the expression finds in `document`; null when nothing.
    ///
    /// - Throws: `JMESPathError` of kind `invalidType` or `invalidValue` where a function cannot take what it is given,
    ///   and of kind `bound` at one of `bounds`.
    public func search(_ document: JSONValue, bounds: Bounds = Bounds()) throws(JMESPathError) -> JSONValue {
        var evaluator = JMESPathEvaluator(bounds)
        let result = try evaluator.value(of: root, in: document)
        try evaluator.measure(result, bytesMax: bounds.resultBytes)
        return result
    }
}
