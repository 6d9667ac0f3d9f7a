import Glibc
import Kit
import ModelServing
import Synchronization

/// A model server on its own thread for as long as the value is in use.
final class RunningModel: Sendable {
    let port: UInt16
    private let isOver = Atomic(false)

    init() throws {
        let listener = try Sockets.listen(port: 0)
        port = try Sockets.port(of: listener)
        let boxed = Unmanaged.passRetained(Box(listener: listener, model: self))
        var thread = pthread_t()
        let status = pthread_create(
            &thread, nil,
            { raw in
                guard let raw else { return nil }
                let box = Unmanaged<Box>.fromOpaque(raw).takeRetainedValue()
                try? ModelServer(listener: box.listener, shouldStop: { box.model.isOver.load(ordering: .relaxed) })
                    .serve()
                return nil
            },
            boxed.toOpaque()
        )
        guard status == 0 else { throw SystemError("pthread_create", code: status) }
        pthread_detach(thread)
    }

    func stop() { isOver.store(true, ordering: .relaxed) }

    private final class Box: Sendable {
        let listener: Int32
        let model: RunningModel
        init(listener: Int32, model: RunningModel) {
            self.listener = listener
            self.model = model
        }
    }
}
