import Catalog
import HTTPTypes
import Runtime
import Store

/// Operations on configuration: what they read in one consistent read, and change in one transaction.
extension Dispatcher {
    func perform(_ call: Call, _ method: Operation.Method, _ path: Substring) async throws -> Reply {
        let operation = call.operation
        let (branch, ref) = Self.state(call)
        let input = OperationInput(path: call.path, query: call.query, body: call.body, method: method)
        let now = self.now()
        switch operation.effect {
        case .read(let body):
            let surroundings = surroundings(of: call)
            let isObserved = operation.observed != nil
            if let observed = operation.observed, operation.isVersioned {
                await watch.settle(observed(call.path), branch)
            }
            let (output, plain) = try await store.readConfiguration(in: branch) {
                [projectKind, sealing] transaction -> (OperationOutput, OperationOutput?) in
                let tools = WorkspaceTools(
                    projectKind: projectKind, now: now, makeID: RandomID.make, surroundings: surroundings,
                    sealing: sealing)
                var workspace = try transaction.workspace(at: ref, tools)
                let output = try body(workspace, input)
                guard isObserved else { return (output, nil) }
                workspace.observations = .none
                return (output, try body(workspace, input))
            }
            return Self.reply(output, plain, unlessKnown: Precondition(call.headers))
        case .write(let body): return try await change(call, method, path, input, body)
        case .endpoint: preconditionFailure("\(operation.id) is an endpoint: give it to the server as one")
        }
    }

    /// Changes configuration in one transaction. A request with a key is done once (`KeyedRequest`); a rehearsal, which
    /// does nothing, takes no part in that.
    private func change(
        _ call: Call, _ method: Operation.Method, _ path: Substring, _ input: OperationInput,
        _ body: @escaping @Sendable (Workspace, OperationInput) throws -> OperationOutput
    ) async throws -> Reply {
        let (branch, ref) = Self.state(call)
        let isRehearsal = call.query[Rehearsal.parameter] == "true"
        let guarded = try guarded(call, method, path)
        let request = isRehearsal ? nil : try KeyedRequest(call, method, path)
        let (now, seal) = (self.now(), AnswerSeal(sealing.keyring))
        let audited = record(call, path)
        return try await keyed.alone(request?.name) {
            do {
                let once = try await slowWorker.settle(surroundings(of: call)) { surroundings in
                    try await store.write(
                        in: branch, actor: call.caller.actor, at: now, once: request, audit: audited
                    ) {
                        [projectKind, sealing] in
                        try $0.requireBranch(ref)
                        let workspace = $0.workspace(
                            WorkspaceTools(
                                projectKind: projectKind, now: now, makeID: RandomID.make,
                                surroundings: surroundings, sealing: sealing))
                        try guarded?.check(workspace)
                        let output = try body(workspace, input)
                        if isRehearsal { throw Rehearsal(output: output, changes: try $0.changesMade()) }
                        let tag = try guarded?.tag(workspace)
                        return ((output, tag), request == nil ? nil : seal.keep(output, tag))
                    }
                }
                switch once {
                case .made((let output, let tag)):
                    watch.changed(branch)
                    return Reply(output, tag)
                case .kept(let answer): return try seal.reply(answer)
                }
            } catch let rehearsal as Rehearsal {
                return .json(rehearsal.report)
            }
        }
    }

    private func surroundings(of call: Call) -> Surroundings {
        var surroundings = surroundings
        surroundings.caller = call.requester
        return surroundings
    }

    /// The answer to a reader, or that what the reader has is still so.
    ///
    /// - Parameter plain: The same answer without what was found out about the resource; nil where that is no part of
    ///   it.
    private static func reply(
        _ output: OperationOutput, _ plain: OperationOutput?, unlessKnown known: Precondition?
    ) -> Reply {
        guard let body = output.body else { return .empty(output.status) }
        let bytes = body.jsonBytes
        let tag = EntityTag(of: bytes, configuration: plain?.body?.jsonBytes)
        var reply = known?.knows(tag) == true ? Reply.empty(304) : .json(bytes, status: output.status)
        reply.headers.append((.eTag, tag.text))
        return reply
    }

    /// A change that was asked for on condition: the demand, and how the state is read that it is about.
    private struct Guarded: Sendable {
        let precondition: Precondition
        let read: @Sendable (Workspace, OperationInput) throws -> OperationOutput
        let input: OperationInput

        /// The state that a GET would answer with, but for what was found out; nil when there is nothing.
        func tag(_ workspace: Workspace) throws -> EntityTag? {
            var workspace = workspace
            workspace.observations = .none
            do {
                return try read(workspace, input).body.map { EntityTag(of: $0.jsonBytes) }
            } catch let problem as Problem where problem.code == .notFound {
                return nil
            }
        }

        func check(_ workspace: Workspace) throws { try precondition.check(try tag(workspace)) }
    }

    /// What a conditional change of what `path` names must find; nil when there is no condition. A create is of
    /// something that its path does not name.
    private func guarded(_ call: Call, _ method: Operation.Method, _ path: Substring) throws -> Guarded? {
        guard method != .post, let precondition = Precondition(call.headers) else { return nil }
        guard case .found(.operation(let operation), let parameters) = routes.match(.get, path),
            case .read(let read) = operation.effect
        else {
            // What cannot be held against a state must not be done as if it had not been asked.
            if precondition.isOnlyThatItIsThere { return nil }
            throw Problem(.preconditionFailed, "This path shows no state, so none can be demanded of it")
        }
        return Guarded(
            precondition: precondition, read: read, input: OperationInput(path: try Self.decode(parameters)))
    }

    /// The branch that an operation works on, and what else of a reference it has to heed: none for what lives in the
    /// tenant or outside branches.
    private static func state(_ call: Call) -> (branch: BranchKey, ref: Ref) {
        let tenant = call.path["tenantId"] ?? ""
        let project = project(call)
        guard call.operation.isVersioned else {
            return (BranchKey(tenant: tenant, project: project, branch: BranchKey.unversioned), Ref())
        }
        guard call.operation.project != .nowhere else { return (BranchKey(tenant: tenant, project: ""), Ref()) }
        return (call.ref.branch(tenant: tenant, project: project), call.ref)
    }

    private static func project(_ call: Call) -> String {
        switch call.operation.project {
        case .nowhere: ""
        case .path(let name): call.path[name] ?? ""
        case .body(let name): call.body[name]?.string?.trimmed ?? ""
        }
    }
}
