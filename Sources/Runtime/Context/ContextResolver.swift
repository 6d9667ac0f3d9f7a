import Catalog
import Cryptography
import Domain
import Store

/// Finds what a run's templates may name: once for a run, from what the conversation has already and what is fetched
/// (run spec §12.3). What is kept is sealed, because headers and answers may hold what only the agent may see.
struct ContextResolver: Sendable {
    /// How many values are fetched at the same time.
    static let fetchesMax = 8

    /// Names in the store that no variable can have: templates have a meaning of their own for what begins with `$`.
    static let headersName = "$headers"
    private static let runName = "$run"

    let context: CompiledContext
    let fetcher: ContextFetcher
    let conversation: ConversationKey
    /// The run's id.
    let run: String
    let now: @Sendable () -> Int64

    /// What was found out for this run before a restart, or else everything found out. What is to be kept of it goes to
    /// `keep`; nothing where it was known.
    func resolved() async throws(StoreError) -> (ResolvedContext, kept: [ContextValueRow]) {
        let rows = try await fetcher.store.contextValues(conversation)
        if let row = rows[Self.runName], row.hash == run, let values = open(row, Self.runName)?.object {
            return (ResolvedContext(values: values), [])
        }
        let known = rows[Self.headersName].flatMap { open($0, Self.headersName)?.object } ?? [:]
        var values: JSONObject = ["headers": .object(known)]
        var kept: [ContextValueRow] = []
        var failures: [(variable: String, reason: String)] = []
        let templates = TemplateValues(
            document: .object(values), conversation: conversation.id, environment: fetcher.outside.environment)
        for found in await fetched(templates, rows) {
            values[found.variable.name] = found.value ?? found.variable.defaultValue
            if let reason = found.failure { failures.append((found.variable.name, reason)) }
            if let hash = found.hash, let value = found.value { kept.append(row(found.variable.name, hash, value)) }
        }
        kept.append(row(Self.runName, run, .object(values)))
        return (ResolvedContext(values: values, failures: failures), kept)
    }

    private struct Found: Sendable {
        let variable: CompiledVariable
        var value: JSONValue?
        /// Of a value that the conversation keeps from now on.
        var hash: String?
        var failure: String?
    }

    /// All variables in their order.
    private func fetched(_ values: TemplateValues, _ rows: [String: ContextValueRow]) async -> [Found] {
        let variables = context.variables
        return await withTaskGroup(of: (Int, Found).self) { group in
            var next = 0
            var found: [Int: Found] = [:]
            func add(_ group: inout TaskGroup<(Int, Found)>) {
                guard next < variables.count else { return }
                let (position, variable) = (next, variables[next])
                next += 1
                group.addTask { (position, await find(variable, values, rows[variable.name])) }
            }
            for _ in 0..<Self.fetchesMax { add(&group) }
            for await (position, one) in group {
                found[position] = one
                add(&group)
            }
            return variables.indices.compactMap { found[$0] }
        }
    }

    private func find(
        _ variable: CompiledVariable, _ values: TemplateValues, _ row: ContextValueRow?
    ) async -> Found {
        var found = Found(variable: variable)
        do throws(ContextFailure) {
            guard let request = try await fetcher.request(for: variable, values) else { return found }
            if variable.trigger == .initialization, let row, row.hash == request.hash,
                let value = open(row, variable.name)
            {
                found.value = value
                return found
            }
            found.value = try await fetcher.value(of: variable, request.request)
            if variable.trigger == .initialization { found.hash = request.hash }
        } catch {
            found.failure = error.reason
        }
        return found
    }

    // MARK: Sealing

    private func place(_ name: String) -> [String] {
        ContextValueRow.sealingContext(conversation.tenant, conversation.id, name)
    }

    private func row(_ name: String, _ hash: String, _ value: JSONValue) -> ContextValueRow {
        ContextValueRow(
            name: name, hash: hash, value: fetcher.outside.keyring.seal(value.jsonText, in: place(name)),
            fetchedAt: now())
    }

    /// Nil for what no key opens: then it is as if it had not been kept.
    private func open(_ row: ContextValueRow, _ name: String) -> JSONValue? {
        guard let text = try? fetcher.outside.keyring.open(row.value, in: place(name)) else { return nil }
        return try? JSONValue(parsing: text)
    }

    /// What is kept of the headers of a conversation once those of a new request are in: the new ones over those of
    /// earlier turns. Nil where nothing is to be written: those of earlier turns hold for a request whose own do not
    /// fit (run spec §12.2).
    ///
    /// - Parameter isNew: Whether there is nothing of the conversation yet.
    /// - Throws: `Problem` 400 with each header that does not fit, where there are none of earlier turns; `StoreError`.
    func headersRow(of headers: [String: String], isNew: Bool) async throws -> ContextValueRow? {
        let row = isNew ? nil : try await fetcher.store.contextValues(conversation)[Self.headersName]
        let known = row.flatMap { open($0, Self.headersName)?.object }
        do throws(HeaderFailure) {
            var all = known ?? [:]
            for (name, value) in try context.headers.kept(headers) { all[name] = value }
            return all == known ? nil : self.row(Self.headersName, "", .object(all))
        } catch {
            guard known == nil else { return nil }
            throw error.problem
        }
    }

    /// Keeps rows, all or none.
    func keep(_ rows: [ContextValueRow]) async throws(StoreError) {
        if rows.isEmpty { return }
        try await fetcher.store.keepContextValues(rows, of: conversation)
    }
}
