import Glibc

struct Options {
    var host = "127.0.0.1"
    var port: UInt16 = 7007
    /// For tests of the watchdog: SIGUSR1 fills the task pool.
    var allowSpin = false

    init(_ arguments: some Sequence<String>) throws {
        var rest = arguments.makeIterator()
        while let argument = rest.next() {
            switch argument {
            case "--host":
                guard let value = rest.next() else { Options.usage("--host wants an IPv4 address") }
                host = value
            case "--port":
                guard let value = rest.next().flatMap({ UInt16($0) }) else {
                    Options.usage("--port wants a number, 0 to 65535")
                }
                port = value
            case "--allow-spin": allowSpin = true
            default: Options.usage("\(argument) is no option")
            }
        }
    }

    static func usage(_ problem: String) -> Never {
        let text = "EchoService: \(problem)\nusage: EchoService [--host A] [--port N] [--allow-spin]\n"
        _ = text.withCString { write(STDERR_FILENO, $0, strlen($0)) }
        exit(2)
    }
}

/// The misbehaviour that a watchdog is for, on request.
enum Spin {
    /// From SIGUSR1 on, tasks that never end keep every thread of the task pool busy.
    static func onSignal() {
        signal(SIGUSR1) { _ in
            for _ in 0..<4 * max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) {
                Task.detached { while true { _ = getppid() } }
            }
        }
    }
}
