/// The units of a service, as text.
struct Units {
    let options: Options
    let product: String

    /// EchoService: echo-service.
    var name: String {
        if let name = options.name { return name }
        var result = ""
        var before: Character = "-"
        for character in product {
            if character.isUppercase && !before.isUppercase && before != "-" { result.append("-") }
            result += character == "_" || character == " " ? "-" : character.lowercased()
            before = character
        }
        return result
    }

    var description: String { options.description ?? product }
    private var type: String { options.type ?? (options.timer == nil ? "notify" : "oneshot") }

    /// Each file's name with its text. `program`: what is started, where it is not the program itself.
    func files(program: String? = nil) -> [(name: String, text: String)] {
        var files = [("\(name).service", service(program ?? "\(options.binaries)/\(product)"))]
        for group in socketGroups { files.append((group.unit, socket(group.sockets))) }
        if options.timer != nil { files.append(("\(name).timer", timer)) }
        return files
    }

    /// Percent signs begin what systemd replaces.
    private func plain(_ text: String) -> String { text.replacing("%", with: "%%") }

    /// A word of a command line: systemd.service(5), "Command lines".
    private func word(_ text: String) -> String {
        let isPlain =
            !text.isEmpty && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "/.-_=:,+@".contains($0)) }
        if isPlain { return text }
        let escaped = plain(text).replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("$", with: "$$")
        return "\"\(escaped.replacing("\n", with: "\\n"))\""
    }

    private func service(_ program: String) -> String {
        var unit = ["Description=\(plain(description))"]
        if options.network == .any { unit.append("After=network.target") }
        // However it is started, it is given its sockets.
        let sockets = socketGroups.map(\.unit).joined(separator: " ")
        if !sockets.isEmpty { unit += ["Requires=\(sockets)", "After=\(sockets)"] }
        // Who crashes comes back, however often: else the socket fails, too, and clients are refused.
        if !sockets.isEmpty { unit.append("StartLimitIntervalSec=0") }

        var service = ["Type=\(type)", "ExecStart=" + ([program] + options.arguments).map(word).joined(separator: " ")]
        if type == "notify" { service.append("ExecReload=/bin/kill -HUP $MAINPID") }
        if type.hasPrefix("notify") && options.watchdog > 0 { service.append("WatchdogSec=\(options.watchdog)") }
        if type != "oneshot" { service += ["Restart=on-failure", "RestartSec=1"] }
        if !sockets.isEmpty { service.append("Sockets=\(sockets)") }
        if options.storedDescriptors > 0 { service.append("FileDescriptorStoreMax=\(options.storedDescriptors)") }

        var text = section("Unit", unit) + "\n" + section("Service", service)
        text +=
            "\n# Folders of its own: RUNTIME_DIRECTORY and the like name them. The first is where `signalbox control` goes.\n"
        text += lines(folders)
        text += lines(
            options.credentials.map { credential in
                "LoadCredential=\(plain(credential.name))" + (credential.path.map { ":\(plain($0))" } ?? "")
            })
        text += lines(options.writable.map { "ReadWritePaths=\(word($0))" })
        text += "\n# What it may not do: systemd.exec(5).\n" + lines(sandbox)
        // Started by its timer, or by this.
        if options.timer == nil { text += "\n" + section("Install", ["WantedBy=multi-user.target"]) }
        return text
    }

    private var folders: [String] {
        Options.folderKinds.compactMap { kind in
            let names = options.folders[kind] ?? (["runtime", "state", "cache"].contains(kind) ? [name] : [])
            return names.isEmpty ? nil : "\(kind.capitalized)Directory=\(names.joined(separator: " "))"
        }
    }

    private var sandbox: [String] {
        func unless(_ allowance: Options.Allowance, _ lines: [String], else other: [String] = []) -> [String] {
            options.allowances.contains(allowance) ? other : lines
        }
        var lines = [options.user.map { "User=\($0)" } ?? "DynamicUser=yes", "UMask=0077"]
        lines += ["CapabilityBoundingSet=", "AmbientCapabilities=", "NoNewPrivileges=yes", "RestrictSUIDSGID=yes"]
        lines += ["ProtectSystem=strict", "PrivateTmp=yes", "PrivateMounts=yes", "RemoveIPC=yes"]
        lines += unless(.home, ["ProtectHome=yes"], else: ["ProtectHome=read-only"])
        lines += unless(.devices, ["PrivateDevices=yes", "DevicePolicy=closed"])
        lines += ["PrivateUsers=yes", "ProtectClock=yes", "ProtectControlGroups=yes", "ProtectHostname=yes"]
        lines += ["ProtectKernelLogs=yes", "ProtectKernelModules=yes", "ProtectKernelTunables=yes"]
        lines += unless(.processes, ["ProtectProc=invisible", "ProcSubset=pid"])
        lines += ["KeyringMode=private", "LockPersonality=yes", "RestrictNamespaces=yes"]
        lines += unless(.jit, ["MemoryDenyWriteExecute=yes"])
        lines += unless(.realtime, ["RestrictRealtime=yes"], else: ["LimitRTPRIO=17"])
        lines += ["SystemCallArchitectures=native", "SystemCallFilter=@system-service"]
        lines += ["SystemCallFilter=~@privileged"] + unless(.debug, [], else: ["SystemCallFilter=ptrace"])
        lines += ["SystemCallErrorNumber=EPERM"]
        switch options.network {
        case .any: lines += ["RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6"]
        case .local:
            lines += ["RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6"]
            lines += ["IPAddressDeny=any", "IPAddressAllow=localhost"]
        case .none:
            // Sockets that it is given work all the same.
            lines += ["RestrictAddressFamilies=AF_UNIX", "PrivateNetwork=yes"]
            if options.sockets.isEmpty { lines += ["IPAddressDeny=any"] }
        }
        return lines
    }

    /// Sockets of one name are one unit, for a unit has one name for all.
    private var socketGroups: [(unit: String, sockets: [Options.Socket])] {
        var names: [String] = []
        for socket in options.sockets where !names.contains(socket.name) { names.append(socket.name) }
        return names.map { socketName in
            let unit = names.count == 1 ? name : "\(name)-\(socketName)"
            return ("\(unit).socket", options.sockets.filter { $0.name == socketName })
        }
    }

    private func socket(_ sockets: [Options.Socket]) -> String {
        let addresses = sockets.map { "\($0.kind)=\(plain($0.address))" }
        return section("Unit", ["Description=\(plain(description)): \(sockets[0].name)"]) + "\n"
            + section(
                "Socket", addresses + ["FileDescriptorName=\(sockets[0].name)", "Service=\(name).service"]) + "\n"
            + section("Install", ["WantedBy=sockets.target"])
    }

    private var timer: String {
        section("Unit", ["Description=\(plain(description)): times"]) + "\n"
            + section("Timer", ["OnCalendar=\(plain(options.timer ?? ""))", "Persistent=yes", "RandomizedDelaySec=60"])
            + "\n" + section("Install", ["WantedBy=timers.target"])
    }

    private func lines(_ lines: [String]) -> String { lines.map { $0 + "\n" }.joined() }
    private func section(_ name: String, _ content: [String]) -> String { "[\(name)]\n" + lines(content) }
}
