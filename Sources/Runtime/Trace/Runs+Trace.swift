public import Store

extension Runs {
    /// What a run did so far, from its log alone. Nil when nothing of it is in the log.
    ///
    /// - Parameter keepsContent: whether the spans hold what was said.
    public func trace(of row: RunRow, keepsContent: Bool) async throws -> RunTrace? {
        var fold = TraceFold(run: row.key.id, keepsContent: keepsContent)
        for event in try await handle(row).log() { fold.add(event) }
        return fold.trace
    }
}
