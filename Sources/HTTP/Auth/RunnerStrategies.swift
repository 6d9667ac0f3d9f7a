import Access
import Catalog
import HTTPTypes

extension Caller {
    /// Somebody who runs agents.
    init(_ runner: Runner) {
        self.init(
            means: runner.means, tenant: runner.tenant, project: runner.project, agent: runner.agent,
            owner: runner.user, subject: runner.subject, metadata: runner.metadata, name: runner.name)
        app = runner.app
        appPrompt = runner.prompt
    }
}

extension Authenticator {
    /// By what those who run agents are recognised beside the bypass secret, in the order of run spec §1.2.
    static func runStrategies(of runners: Runners) -> [Strategy] {
        var strategies = [apiKey(runners, opening: nil)]
        if let services = runners.services {
            strategies.append(
                Strategy { credentials in
                    guard let bearer = credentials.bearer else { return nil }
                    return try services.runner(bearer, target: credentials[.subAgentID]).map(Caller.init)
                })
        }
        return strategies
    }

    /// What opens a little of management: an API key (manage spec §3.1, 7), a token of the playground (§2.33).
    static func manageStrategies(of runners: Runners) -> [Strategy] {
        [apiKey(runners, opening: ["get-conversation", "create-feedback"]), playground(runners)]
    }

    private static func apiKey(_ runners: Runners, opening operations: Set<String>?) -> Strategy {
        Strategy { credentials in
            guard let bearer = credentials.bearer, APIKeys.isKey(bearer),
                let runner = try await runners.keys.runner(bearer, from: credentials.address)
            else { return nil }
            var caller = Caller(runner)
            if let operations { caller.authority = .operations(operations) }
            return caller
        }
    }

    private static func playground(_ runners: Runners) -> Strategy {
        Strategy { credentials in
            guard let bearer = credentials.bearer, let holder = try await runners.playground.holder(bearer) else {
                return nil
            }
            return Caller(
                means: PlaygroundAccess.means, tenant: holder.tenant, project: holder.project, agent: holder.agent,
                owner: holder.account, authority: .operations(["list-available-agents"]), name: holder.user)
        }
    }
}
