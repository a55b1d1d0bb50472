import Foundation
import PackagePlugin

/// What the command was asked for.
struct Options {
    enum Network: String { case none, local, any }
    /// Restrictions that a program may have to be spared.
    enum Allowance: String, CaseIterable { case jit, realtime, debug, home, devices, processes }
    struct Socket {
        var name: String
        var address: String
        /// ListenStream, ListenDatagram or ListenFIFO.
        var kind: String
    }

    var product: String?
    var name: String?
    var description: String?
    var type: String?
    var binaries = "/usr/local/bin"
    var units = "/etc/systemd/system"
    var output: String?
    var destination: String?
    var user: String?
    var watchdog = 10
    var network = Network.any
    var sockets: [Socket] = []
    var timer: String?
    var writable: [String] = []
    var storedDescriptors = 0
    /// By the unit's setting, without `Directory=`: names under /run, /var/lib and so on.
    var folders: [String: [String]] = [:]
    /// Names, each with the path that it is loaded from; nil: wherever credentials are.
    var credentials: [(name: String, path: String?)] = []
    static let folderKinds = ["runtime", "state", "cache", "logs", "configuration"]
    var allowances: Set<Allowance> = []
    var threshold = 1.5
    /// For the program.
    var arguments: [String] = []
    var wantsHelp = false

    static let help = """
        usage: swift package generate-unit [option ...] [-- argument of the program ...]

        Writes the systemd units of an executable product, and checks them.

          --product NAME        the product; needed if the package has several
          --name NAME           the units' name; by default the product's, as in echo-service
          --description TEXT    by default the product's name
          --type TYPE           notify (the default), notify-reload, exec or oneshot (the default with a timer)
          --prefix DIR          the program is installed in DIR/bin; default /usr/local
          --bindir DIR          the program is installed in DIR
          --unitdir DIR         the units are installed in DIR; default /etc/systemd/system
          --destdir DIR         writes the units into DIR/UNITDIR, for packagers
          --output DIR          writes the units into DIR
          --user NAME           the service runs as that user; by default as one that lives as long as it does
          --watchdog SECONDS    default 10; 0: no watchdog
          --network WHICH       any (the default), local or none
          --socket NAME=ADDRESS the service is given that listening socket: NAME=8080, NAME=/run/x/socket; repeatable
          --datagram NAME=ADDRESS  as --socket, for datagrams
          --fifo NAME=PATH      as --socket, for a pipe with a path
          --timer CALENDAR      the service is started at these times: daily, "Mon 04:00"
          --runtime-directory NAME  /run/NAME; by default the unit's name, and so with
          --state-directory NAME    /var/lib/NAME, and
          --cache-directory NAME    /var/cache/NAME. Each may be repeated; NAME none: no such folder
          --logs-directory NAME     /var/log/NAME; by default there is none
          --configuration-directory NAME  /etc/NAME; by default there is none
          --credential NAME[:PATH]  the service is given that credential: the file PATH, or what is in one of the
                                folders for credentials; repeatable
          --write PATH          the service may write there, besides its own folders; repeatable
          --store N             the manager keeps up to N descriptors for the service
          --allow WHAT          spares the service a restriction; repeatable:
                                  jit        memory that is both writable and executable
                                  realtime   real-time priorities
                                  debug      ptrace(2): CREATE_SUSPENDED needs it
                                  home       home folders
                                  devices    devices
                                  processes  other users' processes, and all of /proc
          --threshold X         the highest exposure, by systemd-analyze security; default 1.5

        Without --output or --destdir the units are written into the plugin's work folder.
        """

    init(_ given: [String]) throws {
        var rest = given[...]
        func value(_ option: String) throws -> String {
            guard let value = rest.popFirst() else { throw Refusal("\(option) wants a value") }
            return value
        }
        func folder(_ option: String) throws -> String {
            let path = try value(option)
            guard path.hasPrefix("/") else { throw Refusal("\(option) is an absolute path, and \"\(path)\" is none") }
            return path
        }
        while let option = rest.popFirst() {
            switch option {
            case "--help", "-h": wantsHelp = true
            // `--target`, as other commands of swift package have it.
            case "--product", "--target": product = try value(option)
            case "--name": name = try Options.unitName(value(option))
            case "--description": description = try value(option)
            case "--type":
                let type = try value(option)
                guard ["notify", "notify-reload", "exec", "oneshot"].contains(type) else {
                    throw Refusal("\(type) is no type of service")
                }
                self.type = type
            case "--prefix": binaries = try folder(option) + "/bin"
            case "--bindir": binaries = try folder(option)
            case "--unitdir": units = try folder(option)
            case "--destdir": destination = try value(option)
            case "--output": output = try value(option)
            case "--user": user = try value(option)
            case "--watchdog": watchdog = try number(option, value(option))
            case "--store": storedDescriptors = try number(option, value(option))
            case "--runtime-directory", "--state-directory", "--cache-directory", "--logs-directory",
                "--configuration-directory":
                let kind = String(option.dropFirst(2).prefix { $0 != "-" })
                let name = try value(option)
                guard Options.isRelative(name) else {
                    throw Refusal("\(option) is a name, or names with slashes between, and \"\(name)\" is none")
                }
                folders[kind, default: []] += name == "none" ? [] : [name]
            case "--credential":
                let parts = try value(option).split(separator: ":", maxSplits: 1).map { String($0) }
                guard let name = parts.first, name != ".", name != "..",
                    name.allSatisfy({ $0.isASCII && !$0.isWhitespace && $0 != "/" })
                else { throw Refusal("--credential wants NAME or NAME:PATH") }
                guard parts.count == 1 || parts[1].hasPrefix("/") else {
                    throw Refusal("\(parts[1]) is no absolute path of a credential")
                }
                credentials.append((name, parts.count == 2 ? parts[1] : nil))
            case "--network":
                let which = try value(option)
                guard let network = Network(rawValue: which) else {
                    throw Refusal("--network is any, local or none, not \(which)")
                }
                self.network = network
            case "--socket", "--datagram", "--fifo":
                let text = try value(option)
                let parts = text.split(separator: "=", maxSplits: 1).map { String($0) }
                guard parts.count == 2 else { throw Refusal("\(option) wants NAME=ADDRESS, not \(text)") }
                guard !parts[0].contains(":") else { throw Refusal("a socket's name has no colon") }
                _ = try Options.unitName(parts[0])
                guard option != "--fifo" || parts[1].hasPrefix("/") else {
                    throw Refusal("--fifo wants an absolute path, and \"\(parts[1])\" is none")
                }
                let kinds = ["--datagram": "ListenDatagram", "--fifo": "ListenFIFO"]
                sockets.append(Socket(name: parts[0], address: parts[1], kind: kinds[option] ?? "ListenStream"))
            case "--timer": timer = try value(option)
            case "--write": writable.append(try folder(option))
            case "--allow":
                let what = try value(option)
                guard let allowance = Allowance(rawValue: what) else {
                    let all = Allowance.allCases.map(\.rawValue).joined(separator: ", ")
                    throw Refusal("--allow knows \(all), and not \(what)")
                }
                allowances.insert(allowance)
            case "--threshold":
                guard let threshold = Double(try value(option)), (0...10).contains(threshold) else {
                    throw Refusal("--threshold is a number from 0 to 10")
                }
                self.threshold = threshold
            case "--":
                arguments = Array(rest)
                rest = []
            default: throw Refusal("\(option) is no option; --help lists them")
            }
        }
        for text in [description, timer, user].compactMap({ $0 }) + sockets.map(\.address) + writable
            + credentials.compactMap(\.path)
        where text.contains(where: \.isNewline) {
            throw Refusal("a unit's line cannot have a line break")
        }
    }

    private func number(_ option: String, _ text: String) throws -> Int {
        guard let number = Int(text), number >= 0 else { throw Refusal("\(option) is a number, and not \(text)") }
        return number
    }

    /// systemd.exec(5): a relative path without "..". A blank would begin another, and a colon a link.
    private static func isRelative(_ name: String) -> Bool {
        !name.isEmpty && name.allSatisfy { $0.isASCII && !$0.isWhitespace && !":%\"'\\".contains($0) }
            && name.split(separator: "/", omittingEmptySubsequences: false)
                .allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." }
    }

    /// systemd.unit(5): letters, digits, and a few others.
    private static func unitName(_ text: String) throws -> String {
        let others: Set<Character> = [":", "-", "_", ".", "\\"]
        guard !text.isEmpty, text.count < 200,
            text.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || others.contains($0)) })
        else { throw Refusal("\"\(text)\" cannot be the name of a unit") }
        return text
    }
}

/// Why nothing, or nothing good, was written: shown as it stands.
struct Refusal: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
