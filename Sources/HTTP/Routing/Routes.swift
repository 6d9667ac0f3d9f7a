import Catalog

/// Where a request goes: targets by method and path. Built once; a look-up walks the path's segments.
struct Routes<Target: Sendable>: Sendable {
    /// What a path leads to.
    enum Match {
        /// The target, and the values of the path's parameters as they stand in the path: still percent-encoded.
        case found(Target, parameters: [(name: String, value: Substring)])
        /// There is such a path, but not with this method.
        case wrongMethod(allowed: [Operation.Method])
        /// There is no such path.
        case none
    }

    private struct Node: Sendable {
        var children: [String: Int] = [:]
        var parameter: Int?
        /// The names of the parameters differ between operations on one path, so they stay with the target.
        var targets: [Operation.Method: (target: Target, names: [String])] = [:]
    }

    private var nodes: [Node] = [Node()]

    /// Segments of the longest path that is looked up.
    private static var segmentsMax: Int { 32 }

    /// Adds a target. No other one may have the method and a path of the same form.
    mutating func add(_ method: Operation.Method, _ path: String, _ target: Target) {
        var node = 0
        var names: [String] = []
        for segment in path.split(separator: "/") {
            let isParameter = segment.hasPrefix("{")
            if isParameter { names.append(String(segment.dropFirst().dropLast())) }
            let known = isParameter ? nodes[node].parameter : nodes[node].children[String(segment)]
            let next = known ?? nodes.count
            if known == nil {
                nodes.append(Node())
                if isParameter { nodes[node].parameter = next } else { nodes[node].children[String(segment)] = next }
            }
            node = next
        }
        precondition(nodes[node].targets[method] == nil, "two operations answer \(method) \(path): take one away")
        nodes[node].targets[method] = (target, names)
    }

    /// Looks up a method and the path of a request, without its query.
    func match(_ method: Operation.Method, _ path: Substring) -> Match {
        let segments = path.split(separator: "/", maxSplits: Self.segmentsMax)
        guard segments.count <= Self.segmentsMax else { return .none }
        var values: [Substring] = []
        var allowed: Set<Operation.Method> = []
        guard let node = find(method, segments[...], from: 0, &values, &allowed),
            let (target, names) = nodes[node].targets[method]
        else {
            return allowed.isEmpty ? .none : .wrongMethod(allowed: allowed.sorted { $0.rawValue < $1.rawValue })
        }
        return .found(target, parameters: Array(zip(names, values)))
    }

    /// The node at the end of `segments` that has the method. A name goes before a parameter; where it leads nowhere
    /// the parameter is tried.
    private func find(
        _ method: Operation.Method, _ segments: ArraySlice<Substring>, from node: Int, _ values: inout [Substring],
        _ allowed: inout Set<Operation.Method>
    ) -> Int? {
        guard let segment = segments.first else {
            if nodes[node].targets[method] != nil { return node }
            allowed.formUnion(nodes[node].targets.keys)
            return nil
        }
        if let child = nodes[node].children[String(segment)],
            let found = find(method, segments.dropFirst(), from: child, &values, &allowed)
        {
            return found
        }
        guard let parameter = nodes[node].parameter else { return nil }
        values.append(segment)
        if let found = find(method, segments.dropFirst(), from: parameter, &values, &allowed) { return found }
        values.removeLast()
        return nil
    }
}
