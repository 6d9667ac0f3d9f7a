import Glibc
import Kit
import ModelServing

// Usage: model-server [--port N]. Prints its port, and ends by itself when the program that started it has gone.
do {
    let arguments = try Arguments(Array(CommandLine.arguments.dropFirst()), values: ["port"])
    let port = try arguments.integer("port", 0, in: 0...65_535)
    let listener = try Sockets.listen(port: UInt16(port))
    let parent = getppid()
    let server = try ModelServer(listener: listener, shouldStop: { getppid() != parent })
    Output.result("\(try Sockets.port(of: listener))")
    server.serve()
} catch {
    Output.giveUp("model-server", error)
}
