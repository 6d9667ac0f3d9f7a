public import Kit

/// What a run of the bench is to measure, and with what.
public struct Options: Sendable {
    /// The Covey binary; nil to measure the references alone.
    public var covey: String?
    /// Further arguments of `covey serve`.
    public var coveyArguments: [String]
    /// The nginx binary; nil to do without.
    public var nginx: String?
    /// A tenth of a run.
    public var isQuick: Bool
    /// The names of the steps to do; empty for all.
    public var steps: Set<String>
    /// How often each step is done; the quietest time counts.
    public var rounds: Int
    /// The file for the results.
    public var output: String
    /// Whether the work folder, with the logs, stays.
    public var keepsFolder: Bool

    /// Reads the arguments of the `bench` program. Throws for what it does not know.
    public init(_ words: [String]) throws(Complaint) {
        let arguments = try Arguments(
            words, values: ["covey", "covey-argument", "nginx", "steps", "output", "rounds"],
            flags: ["quick", "keep", "without-covey", "without-nginx"]
        )
        covey = arguments.has("without-covey") ? nil : arguments.text("covey")
        guard covey != nil || arguments.has("without-covey") else {
            throw Complaint("say which binary to measure with --covey PATH, or --without-covey")
        }
        coveyArguments = arguments.texts("covey-argument")
        nginx = arguments.has("without-nginx") ? nil : arguments.text("nginx") ?? "/usr/sbin/nginx"
        isQuick = arguments.has("quick")
        steps = Set((arguments.text("steps") ?? "").split(separator: ",").map(String.init))
        rounds = try arguments.integer("rounds", 1, in: 1...20)
        output = arguments.text("output") ?? "results.json"
        keepsFolder = arguments.has("keep")
        let unknown = steps.subtracting(Step.all(seconds: 1).map(\.name) + ["footprint", "idle", "growth", "manage"])
        guard unknown.isEmpty else { throw Complaint("unknown steps: \(unknown.sorted().joined(separator: ", "))") }
    }

    /// Whether the step of this name is to be done.
    func includes(_ step: String) -> Bool { steps.isEmpty || steps.contains(step) }
}
