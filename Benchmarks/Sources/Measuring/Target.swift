import Glibc
import Kit

/// A place that turns are sent to.
struct Target {
    let name: String
    let port: UInt16
    let path: String
    var headers: [String] = []
    /// The first process; its family counts.
    let process: Int32

    /// The processor time that the target has used so far, in milliseconds.
    var processorMilliseconds: Double {
        ProcessFigures.processorMilliseconds(ProcessFigures.family(process))
    }
}

/// The scripted model that everything else stands in front of.
final class ModelProcess {
    let child: Child
    let port: UInt16

    init(tools: String) throws {
        child = try Child([tools + "/model-server"], output: .pipe)
        let line = try child.readOutput(seconds: 10, untilLine: true)
        guard let port = UInt16(line.split(separator: "\n").first ?? "") else {
            throw Complaint("model-server said '\(line)' instead of its port")
        }
        self.port = port
    }

    var target: Target {
        Target(name: "direct", port: port, path: "/v1/chat/completions", process: child.identifier)
    }

    /// One number of `GET /stats`.
    func statistic(_ name: String) throws -> Double {
        let answer = try JSON(reading: try HTTPCall("GET", port: port, "/stats").body)
        guard let value = answer[name]?.double else { throw Complaint("no '\(name)' in the model's statistics") }
        return value
    }

    /// Begins the statistics anew.
    func reset() throws { _ = try HTTPCall("POST", port: port, "/reset") }
}

/// nginx as a plain reverse proxy: kept-alive connections to the model, nothing buffered, nothing logged, one worker.
final class NginxProcess {
    let child: Child
    let port: UInt16

    init(binary: String, modelPort: UInt16, folder: Folder) throws {
        port = try Sockets.freePort()
        let prefix = try folder.folder("nginx")
        try File.write(Self.configuration(port: port, modelPort: modelPort, prefix: prefix), to: prefix + "/nginx.conf")
        child = try Child(
            [binary, "-p", prefix, "-e", prefix + "/error.log", "-c", prefix + "/nginx.conf"],
            output: .file(prefix + "/output.log")
        )
        try Waiting.forServer(child, port: port, log: prefix + "/error.log", seconds: 10)
    }

    var target: Target {
        Target(name: "nginx", port: port, path: "/v1/chat/completions", process: child.identifier)
    }

    private static func configuration(port: UInt16, modelPort: UInt16, prefix: String) -> String {
        let folders = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map { "\($0)_temp_path \(prefix)/\($0);" }.joined(separator: " ")
        // Started by root, workers would give up their rights and with them the access to the folder.
        let user = geteuid() == 0 ? "user root;" : ""
        return """
            \(user) daemon off; worker_processes 1; pid \(prefix)/nginx.pid; error_log \(prefix)/error.log warn;
            events { worker_connections 4096; }
            http {
                access_log off; \(folders)
                upstream model { server 127.0.0.1:\(modelPort); keepalive 512; keepalive_requests 100000000; }
                server {
                    listen 127.0.0.1:\(port) backlog=1024;
                    keepalive_requests 100000000;
                    location / {
                        proxy_pass http://model;
                        proxy_http_version 1.1;
                        proxy_set_header Connection "";
                        proxy_buffering off;
                        proxy_read_timeout 60s;
                    }
                }
            }

            """
    }
}

/// Waiting for something that another process does.
enum Waiting {
    /// Until `port` accepts connections. Throws when the process ends first, with the end of its log, or after
    /// `seconds`.
    static func forServer(_ child: Child, port: UInt16, log: String, seconds: Double) throws {
        try until(child, log: log, seconds: seconds) {
            guard let socket = try? Sockets.connect(port: port, blocking: true) else { return false }
            close(socket)
            return true
        }
    }

    /// Until `isDone` answers true; it is asked every millisecond.
    static func until(_ child: Child, log: String, seconds: Double, _ isDone: () -> Bool) throws {
        let end = Clock.now() + Int64(seconds * 1e9)
        while !isDone() {
            guard child.isRunning else { throw Complaint("\(child.name) ended by itself: \(tail(of: log))") }
            guard Clock.now() < end else {
                throw Complaint("\(child.name) was not ready after \(seconds) s: \(tail(of: log))")
            }
            Clock.pause(milliseconds: 1)
        }
    }

    /// The last words of a log, for a message.
    static func tail(of log: String) -> String {
        let text = File.text(log) ?? ""
        return text.isEmpty ? "it said nothing" : String(text.suffix(600))
    }
}
