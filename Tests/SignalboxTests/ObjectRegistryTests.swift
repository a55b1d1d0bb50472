import Dispatcher
import TestSupport
import Testing

@testable import Signalbox

@Suite("Names of objects", .serialized, .alone, .timeLimit(.minutes(2)))
struct ObjectRegistryTests {
    private let log = Log<String>()

    /// A plugin that registers what it is told: a name, or a prefix if it ends with a backslash.
    private func plugin(_ name: String, _ names: String..., event: EventObject = EventObject()) -> Puppet {
        Puppet(
            name: name,
            onStart: { context in
                for text in names {
                    let opener: ObjectRegistry.Opener = { asked, access in
                        log.add("\(name) \(asked) \(access.rawValue)")
                        return event
                    }
                    if text.hasSuffix("\\") {
                        try context.registerPrefix(text, opener)
                    } else {
                        try context.registerName(text, opener)
                    }
                }
            })
    }

    @Test("a name is opened by the plugin that has registered it, whatever the case; the opener is told what was asked")
    func open() async throws {
        let event = EventObject()
        let host = try Host(plugins: [plugin("serial", "COM1", event: event)], logger: quietLogger)
        try await host.start()
        let object = try await host.open("com1", access: .read)
        #expect(object === event)
        _ = try await host.open("Com1")
        #expect(log.entries == ["serial com1 \(0x8000_0000 as UInt32)", "serial Com1 \(0xC000_0000 as UInt32)"])
        await host.stop()
    }

    @Test("a name that nobody has registered is an error that tells it", arguments: ["COM2", "COM", "COM11", ""])
    func unknown(name: String) async throws {
        let host = try Host(plugins: [plugin("serial", "COM1")], logger: quietLogger)
        try await host.start()
        await #expect(throws: ObjectRegistryError.noSuchName(name)) { try await host.open(name) }
        #expect(log.count == 0)
        await host.stop()
    }

    @Test("the longest prefix answers, and a whole name before any prefix")
    func longest() async throws {
        let plugins = [
            plugin("short", #"\\.\"#), plugin("long", #"\\.\pipe\"#), plugin("whole", #"\\.\pipe\one"#),
        ]
        for order in permutations(of: 3) {
            let host = try Host(plugins: order.map { plugins[$0] }, logger: quietLogger)
            try await host.start()
            for name in [#"\\.\C:"#, #"\\.\PIPE\two"#, #"\\.\pipe\ONE"#, #"\\.\pipe\"#] {
                _ = try await host.open(name, access: [])
            }
            #expect(
                log.entries.suffix(4) == [
                    #"short \\.\C: 0"#, #"long \\.\PIPE\two 0"#, #"whole \\.\pipe\ONE 0"#, #"long \\.\pipe\ 0"#,
                ])
            await host.stop()
        }
    }

    @Test("a name that is taken is a conflict that names both plugins")
    func conflict() async throws {
        let host = try Host(plugins: [plugin("one", "COM1"), plugin("two", "com1")], logger: quietLogger)
        let conflict = ObjectRegistryError.conflict("com1", owner: "one", newcomer: "two")
        await #expect(throws: HostError.startFailed("two", conflict)) { try await host.start() }
        #expect(conflict.description == "plugin two cannot register com1, which plugin one has registered")
    }

    @Test("a prefix conflicts with the same prefix, but not with a whole name of the same text")
    func prefixConflict() async throws {
        let registry = ObjectRegistry()
        let (one, two) = (registry.makeOwner("one"), registry.makeOwner("two"))
        defer {
            registry.withdraw(one)
            registry.withdraw(two)
        }
        let (whole, prefix) = (EventObject(), EventObject())
        try registry.register("Global\\", isPrefix: true, owner: one) { _, _ in prefix }
        try registry.register("Global\\", isPrefix: false, owner: two) { _, _ in whole }
        try registry.register("COM1", isPrefix: false, owner: two) { _, _ in whole }
        try registry.register("COM1", isPrefix: true, owner: one) { _, _ in prefix }
        for name in ["Global\\", "COM1"] {
            #expect(try await registry.open(name) === whole)
            #expect(try await registry.open(name + "x") === prefix)
        }
        #expect(throws: ObjectRegistryError.conflict("GLOBAL\\", owner: "one", newcomer: "two")) {
            try registry.register("GLOBAL\\", isPrefix: true, owner: two) { _, _ in EventObject() }
        }
    }

    @Test("an empty name is an error")
    func empty() {
        let registry = ObjectRegistry()
        let owner = registry.makeOwner("one")
        #expect(throws: ObjectRegistryError.emptyName(owner: "one")) {
            try registry.register("", isPrefix: true, owner: owner) { _, _ in EventObject() }
        }
    }

    @Test("letters are compared one code point for one: é is É, and ß is not SS")
    func letters() async throws {
        let registry = ObjectRegistry()
        let owner = registry.makeOwner("one")
        try registry.register("Café", isPrefix: false, owner: owner) { _, _ in EventObject() }
        try registry.register("Straße", isPrefix: false, owner: owner) { _, _ in EventObject() }
        _ = try await registry.open("CAFÉ")
        await #expect(throws: ObjectRegistryError.noSuchName("STRASSE")) { try await registry.open("STRASSE") }
        await #expect(throws: ObjectRegistryError.noSuchName("cafe\u{301}")) { try await registry.open("cafe\u{301}") }
    }

    @Test("what an opener throws comes out")
    func openerThrows() async throws {
        let registry = ObjectRegistry()
        try registry.register("COM1", isPrefix: false, owner: registry.makeOwner("one")) { _, _ in
            throw Failure(name: "COM1")
        }
        await #expect(throws: Failure(name: "COM1")) { try await registry.open("COM1") }
    }

    @Test(
        "a plugin's names are gone when it is stopped, and those of others are not; its context registers none any more"
    )
    func withdrawal() async throws {
        let kept = Log<PluginContext>()
        var one = plugin("one", "COM1")
        let start = one.onStart
        one.onStart = { context in
            kept.add(context)
            try await start(context)
        }
        let mayFail = EventObject(.manual)
        one.restartPolicy = .stop
        one.onRun = {
            try await mayFail.wait()
            throw Failure(name: "one")
        }
        let witness = Witness()
        let host = try Host(plugins: [one, plugin("two", "COM2"), witness], logger: quietLogger)
        try await running(host) {
            _ = try await host.open("COM1")
            mayFail.set()
            #expect(await eventually { host.state(of: "one") == .failed })
            await #expect(throws: ObjectRegistryError.noSuchName("COM1")) { try await host.open("COM1") }
            _ = try await host.open("COM2")
            #expect(throws: ObjectRegistryError.ownerHasStopped("one")) {
                try kept.entries[0].registerName("COM3") { _, _ in EventObject() }
            }
            await #expect(throws: ObjectRegistryError.noSuchName("COM3")) { try await host.open("COM3") }
            #expect(await witness.isRunning())
        }
        await #expect(throws: ObjectRegistryError.noSuchName("COM2")) { try await host.open("COM2") }
    }

    @Test("a plugin that is restarted registers its names again")
    func restart() async throws {
        var one = plugin("one", "COM1")
        let runs = Counter()
        one.restartPolicy = .restart(backoff: .none)
        one.onRun = {
            runs.add()
            if runs.value == 1 { throw Failure(name: "one") }
            let stop = StopEvent()
            try await stop.whileRunning { try await stop.wait() }
        }
        let host = try Host(plugins: [one], logger: quietLogger)
        try await running(host) {
            #expect(await eventually { runs.value == 2 })
            _ = try await host.open("COM1")
        }
    }

    @Test("what a plugin registered before its start failed is withdrawn")
    func failedStart() async throws {
        var one = plugin("one", "COM1")
        let start = one.onStart
        one.isOptional = true
        one.onStart = { context in
            try await start(context)
            throw Failure(name: "one")
        }
        let host = try Host(plugins: [one], logger: quietLogger)
        try await host.start()
        await #expect(throws: ObjectRegistryError.noSuchName("COM1")) { try await host.open("COM1") }
        await host.stop()
    }
}
