/// Where a subschema stands: a document and a JSON pointer into it.
struct SchemaLocation: Hashable {
    let document: Int
    let pointer: String

    func appending(_ name: String) -> SchemaLocation {
        SchemaLocation(document: document, pointer: pointer + JSONPointer.segment(name))
    }
}

/// Makes a schema document into a `SchemaProgram`.
///
/// Documents are scanned first, for the base URIs and anchors of all their subschemas. Subschemas are compiled when
/// something names them, from a queue, so that neither depth nor cycles of references cost stack.
struct SchemaCompiler {
    /// A part of a document with a URI of its own (JSON Schema core §4.3.5).
    struct Resource {
        let base: URIReference
        let root: SchemaLocation
        var anchors: [String: SchemaLocation] = [:]
        var dynamicAnchors: [String: SchemaLocation] = [:]
        /// Whether the validation vocabulary is in force.
        let asserts: Bool
        var isCompiled = false
    }

    let formats: Bool
    private let remotes: [String: JSONValue]
    private(set) var documents: [(uri: String, value: JSONValue)] = []
    private(set) var resources: [Resource] = []
    private var resourceByURI: [String: Int] = [:]
    /// The resource of every scanned subschema.
    private var places: [SchemaLocation: Int] = [:]
    private var nodeByLocation: [SchemaLocation: Int] = [:]
    private var queue: [(node: Int, location: SchemaLocation, value: JSONValue)] = []
    private var compiled: [Int: SchemaNode] = [:]
    var tracksScope = false

    init(_ document: JSONValue, formats: Bool, remotes: [String: JSONValue]) {
        self.formats = formats
        self.remotes = remotes
        documents = [("", document)]
    }

    mutating func compile() throws(JSONSchemaError) -> SchemaProgram {
        try scanDocument(0)
        let root = try node(at: SchemaLocation(document: 0, pointer: ""), documents[0].value)
        while let next = queue.popLast() {
            compiled[next.node] = SchemaNode(try rules(of: next.value, at: next.location))
        }
        var program = SchemaProgram()
        program.root = root
        program.nodes = (0..<nodeByLocation.count).compactMap { compiled[$0] }
        program.tracksScope = tracksScope
        program.dynamicAnchors = resources.map { resource in
            resource.dynamicAnchors.compactMapValues { nodeByLocation[$0] }
        }
        return program
    }

    /// The node for the subschema at `location`, queued to be compiled when it is new.
    mutating func node(at location: SchemaLocation, _ value: JSONValue) throws(JSONSchemaError) -> Int {
        if let node = nodeByLocation[location] { return node }
        switch value {
        case .object, .bool: break
        default: throw fault(location, keyword: "", "must be a schema: an object or a boolean")
        }
        let node = nodeByLocation.count
        guard node < JSONSchema.Limits.subschemasMax else {
            throw fault(location, keyword: "", "has more than \(JSONSchema.Limits.subschemasMax) subschemas")
        }
        nodeByLocation[location] = node
        queue.append((node, location, value))
        let resource = places[location] ?? 0
        if !resources[resource].isCompiled {
            resources[resource].isCompiled = true
            for location in resources[resource].dynamicAnchors.values {
                if let value = self.value(at: location) { _ = try self.node(at: location, value) }
            }
        }
        return node
    }

    func fault(_ location: SchemaLocation, keyword: String, _ reason: String) -> JSONSchemaError {
        var pointer = location.pointer
        if !keyword.isEmpty { pointer += JSONPointer.segment(keyword) }
        if location.document > 0 { pointer = documents[location.document].uri + "#" + pointer }
        return JSONSchemaError(pointer: pointer, keyword: keyword, reason: reason)
    }

    private func value(at location: SchemaLocation) -> JSONValue? {
        var value = documents[location.document].value
        for segment in JSONPointer.segments(of: location.pointer) ?? [] {
            guard let step = JSONPointer.step(segment, in: value) else { return nil }
            value = step.value
        }
        return value
    }

    // MARK: scanning

    private mutating func scanDocument(_ document: Int) throws(JSONSchemaError) {
        let location = SchemaLocation(document: document, pointer: "")
        let uri = URIReference(documents[document].uri)
        let resource = addResource(uri, root: location, value: documents[document].value)
        try scan(documents[document].value, at: location, in: resource)
    }

    private mutating func addResource(_ uri: URIReference, root: SchemaLocation, value: JSONValue) -> Int {
        var base = uri
        base.fragment = nil
        resources.append(Resource(base: base, root: root, asserts: asserts(value)))
        resourceByURI[base.absolute] = resources.count - 1
        return resources.count - 1
    }

    /// Whether the dialect of a resource has the validation vocabulary; a dialect that is not known has.
    private func asserts(_ value: JSONValue) -> Bool {
        guard let dialect = value["$schema"]?.string, let vocabulary = remotes[dialect]?["$vocabulary"]?.object else {
            return true
        }
        return vocabulary[MetaSchema.validationVocabulary] != nil
    }

    private mutating func scan(
        _ value: JSONValue, at location: SchemaLocation, in resource: Int
    ) throws(JSONSchemaError) {
        var stack = [(value, location, resource)]
        while let (value, location, outer) = stack.popLast() {
            guard places[location] == nil else { continue }
            guard case .object(let object) = value else {
                places[location] = outer
                continue
            }
            let resource = try register(object, at: location, in: outer)
            for position in object.keys.indices {
                let name = object.keys[position]
                let child = object.values[position]
                guard let shape = SchemaKeywords.shapes[name] else { continue }
                let place = location.appending(name)
                switch (shape, child) {
                case (.list, .array(let elements)), (.schemaOrList, .array(let elements)):
                    for (index, element) in elements.enumerated() {
                        stack.append((element, place.appending(String(index)), resource))
                    }
                case (.map, .object(let members)):
                    for (name, member) in members { stack.append((member, place.appending(name), resource)) }
                case (.schema, _), (.schemaOrList, _): stack.append((child, place, resource))
                default: break
                }
            }
        }
    }

    /// Notes the identifiers of one subschema; the resource that it is in.
    private mutating func register(
        _ object: JSONObject, at location: SchemaLocation, in outer: Int
    ) throws(JSONSchemaError) -> Int {
        var resource = outer
        if let id = object["$id"] {
            guard let text = id.string else { throw fault(location, keyword: "$id", "must be a string") }
            if text.hasPrefix("#") {
                // The way to write an anchor up to draft 7.
                resources[resource].anchors[String(text.dropFirst())] = location
            } else {
                let uri = URIReference(text).resolved(against: resources[outer].base)
                resource = addResource(uri, root: location, value: .object(object))
            }
        }
        places[location] = resource
        for keyword in ["$anchor", "$dynamicAnchor"] {
            guard let anchor = object[keyword] else { continue }
            guard let name = anchor.string else { throw fault(location, keyword: keyword, "must be a string") }
            resources[resource].anchors[name] = location
            if keyword == "$dynamicAnchor" { resources[resource].dynamicAnchors[name] = location }
        }
        return resource
    }

    // MARK: references

    /// The node that `reference` leads to, and the dynamic anchor by which it got there, if it did.
    mutating func resolve(
        _ reference: String, keyword: String, from location: SchemaLocation
    ) throws(JSONSchemaError) -> (node: Int, anchor: String?) {
        let nowhere = fault(location, keyword: keyword, "leads nowhere: `\(reference)`")
        let uri = URIReference(reference).resolved(against: resources[resource(of: location)].base)
        guard let resource = try resource(named: uri.absolute) else { throw nowhere }
        guard let fragment = uri.fragment.map(URIReference.decoded) ?? "" else { throw nowhere }
        var target = resources[resource].root
        var dynamicAnchor: String?
        if fragment.hasPrefix("/") {
            guard let segments = JSONPointer.segments(of: fragment) else { throw nowhere }
            for segment in segments { target = target.appending(segment) }
        } else if !fragment.isEmpty {
            guard let place = resources[resource].anchors[fragment] else { throw nowhere }
            target = place
            if resources[resource].dynamicAnchors[fragment] != nil { dynamicAnchor = fragment }
        }
        guard let value = value(at: target) else { throw nowhere }
        if places[target] == nil { try scan(value, at: target, in: enclosingResource(of: target)) }
        return (try node(at: target, value), dynamicAnchor)
    }

    /// The resource of a scanned subschema.
    func resource(of location: SchemaLocation) -> Int { places[location] ?? 0 }

    /// The resource of the nearest scanned subschema around `location`.
    private func enclosingResource(of location: SchemaLocation) -> Int {
        var pointer = location.pointer[...]
        while let slash = pointer.lastIndex(of: "/") {
            pointer = pointer[..<slash]
            let outer = SchemaLocation(document: location.document, pointer: String(pointer))
            if let resource = places[outer] { return resource }
        }
        return resource(of: SchemaLocation(document: location.document, pointer: ""))
    }

    /// The resource with the absolute URI `uri`, scanned now if it is another document; nil when nobody knows it.
    private mutating func resource(named uri: String) throws(JSONSchemaError) -> Int? {
        if let resource = resourceByURI[uri] { return resource }
        guard let document = remotes[uri] ?? MetaSchema.documents[uri] else { return nil }
        documents.append((uri, document))
        try scanDocument(documents.count - 1)
        return resourceByURI[uri]
    }
}
