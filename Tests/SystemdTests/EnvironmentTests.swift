import Glibc
import Signalbox
import Testing

@Suite("What a service manager puts into the environment")
struct EnvironmentTests {
    private func read(_ variables: [String: String]) -> ServiceEnvironment {
        ServiceEnvironment(process: 7) { variables[$0] }
    }

    @Test("without its variables there is no manager, and no watchdog")
    func nothing() {
        #expect(!read([:]).isManaged && read([:]).watchdog == nil)
        #expect(!read(["NOTIFY_SOCKET": ""]).isManaged)
    }

    @Test("a watchdog counts if it is meant for this process, or for whoever has it")
    func watchdog() {
        #expect(read(["WATCHDOG_USEC": "2000000"]).watchdog == .seconds(2))
        #expect(read(["WATCHDOG_USEC": "2000000", "WATCHDOG_PID": "7"]).watchdog == .seconds(2))
        #expect(read(["WATCHDOG_USEC": "2000000", "WATCHDOG_PID": "8"]).watchdog == nil)
        for wrong in ["", "0", "-1", "x", "99999999999999999999"] {
            #expect(read(["WATCHDOG_USEC": wrong]).watchdog == nil)
        }
    }

    @Test("descriptors count if they are meant for this process, with their names")
    func descriptors() {
        func names(_ variables: [String: String]) -> [String] { read(variables).descriptors.map(\.name) }
        let all = ["LISTEN_FDS": "3", "LISTEN_PID": "7", "LISTEN_FDNAMES": "http::http", "LISTEN_PIDFDID": "4711"]
        #expect(names(all) == ["http", "", "http"])
        #expect(read(all).descriptors.map(\.number) == [3, 4, 5])
        #expect(read(all).isPassed("http") && !read(all).isPassed("https"))
        #expect(names(all.filter { $0.key != "LISTEN_FDNAMES" }) == ["unknown", "unknown", "unknown"])
        #expect(names(all.merging(["LISTEN_FDNAMES": "too:few"]) { $1 }) == ["unknown", "unknown", "unknown"])
        for wrong in ["8", "", "x"] { #expect(names(all.merging(["LISTEN_PID": wrong]) { $1 }) == []) }
        #expect(names(all.filter { $0.key != "LISTEN_PID" }) == [])
        for wrong in ["0", "-1", "", "x", "99999999999"] {
            #expect(names(all.merging(["LISTEN_FDS": wrong]) { $1 }) == [])
        }
    }

    @Test("a manager that stores says how much, if it is new enough")
    func storeLimit() {
        #expect(read(["FDSTORE": "16"]).storeLimit == 16)
        for none in [[:], ["FDSTORE": "0"], ["FDSTORE": "x"]] { #expect(read(none).storeLimit == nil) }
    }
}

@Suite("Folders and credentials of a unit")
struct ServiceFolderTests {
    private func read(_ variables: [String: String]) -> ServiceEnvironment {
        ServiceEnvironment(process: 7) { variables[$0] }
    }

    @Test(
        "each kind of folder is the variable's list, and missing ones name the unit's setting",
        arguments: ServiceFolder.allCases)
    func folders(kind: ServiceFolder) throws {
        let environment = read([kind.rawValue: "/x/tidy:/x/tidy/index:/x/other/index"])
        #expect(environment.folders(kind) == ["/x/tidy", "/x/tidy/index", "/x/other/index"])
        #expect(try environment.folder(kind) == "/x/tidy")
        #expect(try environment.folder(kind, named: "tidy/index") == "/x/tidy/index")
        #expect(throws: ServiceEnvironmentError.noFolderNamed("idy", kind)) {
            try environment.folder(kind, named: "idy")
        }
        #expect(throws: ServiceEnvironmentError.noFolderNamed("", kind)) { try environment.folder(kind, named: "") }
        for nothing in [[:], [kind.rawValue: ""], [kind.rawValue: ":"]] {
            #expect(read(nothing).folders(kind).isEmpty)
            #expect(throws: ServiceEnvironmentError.noFolder(kind)) { try read(nothing).folder(kind) }
        }
        #expect(ServiceEnvironmentError.noFolder(kind).description.contains("the unit has no \(kind.setting), "))
        #expect(kind.setting.lowercased() == kind.rawValue.lowercased().replacing("_", with: "") + "=")
    }

    private func withCredentials(_ files: [String: [UInt8]], _ body: (ServiceEnvironment, String) throws -> Void) throws
    {
        var template = Array("/tmp/signalbox-credentials-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        let folder = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        defer { rmdir(folder) }
        for (name, bytes) in files {
            let file = open("\(folder)/\(name)", O_WRONLY | O_CREAT | O_CLOEXEC, 0o400)
            try #require(write(file, bytes, bytes.count) == bytes.count)
            close(file)
        }
        defer { for name in files.keys { unlink("\(folder)/\(name)") } }
        try body(read(["CREDENTIALS_DIRECTORY": folder]), folder)
    }

    @Test("a credential is its bytes, or text without its last line break, up to a limit")
    func credentials() throws {
        let bytes = [UInt8]((0..<200_000).map { UInt8(truncatingIfNeeded: $0) })
        try withCredentials(["key": bytes, "password": Array("pass\nword\n".utf8), "empty": []]) {
            (environment, _) throws in
            #expect(try environment.credential("key") == bytes)
            #expect(try environment.credential("key", limit: bytes.count) == bytes)
            #expect(throws: ServiceEnvironmentError.tooLarge("key", limit: bytes.count - 1)) {
                try environment.credential("key", limit: bytes.count - 1)
            }
            #expect(throws: ServiceEnvironmentError.notText("key")) { try environment.credentialText("key") }
            #expect(try environment.credentialText("password") == "pass\nword")
            #expect(try environment.credentialText("empty").isEmpty)
        }
    }

    @Test("a credential that is not there, or no file, says so, and how the unit would give it")
    func missing() throws {
        try withCredentials(["key": [1]]) { (environment, folder) throws in
            #expect(throws: ServiceEnvironmentError.noCredential("other")) { try environment.credential("other") }
            for (name, make) in [("link", { symlink("/etc/passwd", $0) }), ("pipe", { mkfifo($0, 0o600) })]
                as [(String, (String) -> Int32)]
            {
                try #require(make("\(folder)/\(name)") == 0)
                defer { unlink("\(folder)/\(name)") }
                let error = #expect(throws: ServiceEnvironmentError.self) { try environment.credential(name) }
                if case .unreadable = error {} else { Issue.record("\(error as Any)") }
            }
        }
        #expect(throws: ServiceEnvironmentError.noCredentials(wanted: "key")) { try read([:]).credential("key") }
        #expect(ServiceEnvironmentError.noCredential("key").description.contains("LoadCredential=key"))
    }

    @Test(
        "what is no name of a credential is refused before anything is opened",
        arguments: [
            "", ".", "..", "a/b", "/etc/passwd", "../key", "a:b", "a\nb", "ä", String(repeating: "x", count: 256),
        ])
    func names(name: String) throws {
        try withCredentials(["key": [1]]) { (environment, _) throws in
            #expect(throws: ServiceEnvironmentError.invalidName(name)) { try environment.credential(name) }
        }
        #expect(throws: ServiceEnvironmentError.invalidName(name)) { try read([:]).credential(name) }
    }
}
