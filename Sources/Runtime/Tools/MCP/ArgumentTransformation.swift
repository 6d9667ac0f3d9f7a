import Catalog
import Domain

/// How the arguments of a call are made of what a model gave (`toolOverrides.<tool>.transformation`, run spec §13.2).
struct ArgumentTransformation: Sendable {
    private enum Form: Sendable {
        case whole(JMESPath)
        case fields([(name: String, path: JMESPath)])
        case broken(String)
    }

    private let form: Form

    init(_ configured: ToolOverride.Transformation) {
        do throws(JMESPathError) {
            switch configured {
            case .whole(let text): form = .whole(try JMESPath(text))
            case .fields(let map):
                var fields: [(name: String, path: JMESPath)] = []
                for (name, text) in map.entries { fields.append((name, try JMESPath(text))) }
                form = .fields(fields)
            }
        } catch {
            form = .broken(error.reason)
        }
    }

    /// Why the arguments are not made.
    struct Failure: Error {
        let reason: String
    }

    /// The arguments of the call.
    func arguments(_ given: JSONObject) throws(Failure) -> JSONObject {
        let document = JSONValue.object(given)
        switch form {
        case .broken(let reason): throw Failure(reason: reason)
        case .whole(let path):
            guard let made = try Self.find(path, in: document).object else {
                throw Failure(reason: "what it makes is no object")
            }
            return made
        case .fields(let fields):
            var made = JSONObject()
            for (name, path) in fields { made[name] = try Self.find(path, in: document) }
            return made
        }
    }

    private static func find(_ path: JMESPath, in document: JSONValue) throws(Failure) -> JSONValue {
        do throws(JMESPathError) {
            return try path.search(document, bounds: bounds)
        } catch {
            throw Failure(reason: error.reason)
        }
    }

    private static let bounds = JMESPath.Bounds(steps: 200_000, resultBytes: 1 << 20)
}
