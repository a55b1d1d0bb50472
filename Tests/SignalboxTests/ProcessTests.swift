import CLinux
import Dispatcher
import Glibc
import Signalbox
import TestSupport
import Testing

@Suite(
    "Processes", .serialized, .alone, .timeLimit(.minutes(2)),
    .disabled(
        if: dlsym(nil, "__tsan_init") != nil,
        "the thread sanitizer takes a clone(2) that shares the memory for a fork(2), and ends the program"))
struct ProcessTests {
    static func shell(_ script: String, _ options: ProcessObject.Options = .init()) throws -> ProcessObject {
        try ProcessObject("sh", arguments: ["-c", script], options: options)
    }

    /// What the process writes to its standard output.
    func output(_ script: String, _ options: ProcessObject.Options) async throws -> String {
        var ends: [Int32] = [-1, -1]
        try #require(pipe(&ends) == 0)
        var options = options
        options.standardOutput = ends[1]
        let process = try ProcessTests.shell(script, options)
        close(ends[1])
        #expect(try await process.exit() == .exited(0))
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = read(ends[0], &buffer, buffer.count)
        close(ends[0])
        return String(decoding: buffer.prefix(max(count, 0)), as: UTF8.self)
    }

    @Test("the exit code is told when the process has ended, and the object stays signaled", arguments: [0, 3, 255])
    func exits(code: Int32) async throws {
        let process = try ProcessTests.shell("exit \(code)")
        #expect(try await process.exit() == .exited(code))
        #expect(process.exitStatus == .exited(code))
        #expect(try await process.wait(timeout: .zero))
        #expect(kill(process.processIdentifier, 0) != 0)  // it was reaped
        try process.send(signal: SIGTERM)  // does nothing
    }

    @Test("a process that runs is not signaled; a signal ends it, and is told")
    func signals() async throws {
        let process = try ProcessTests.shell("exec sleep 1000")
        #expect(process.exitStatus == nil)
        #expect(try await !process.wait(timeout: .milliseconds(1)))
        try process.send(signal: SIGKILL)
        #expect(try await process.exit() == .signaled(SIGKILL))
    }

    @Test("terminate asks first, and kills who does not listen")
    func terminate() async throws {
        let obedient = try ProcessTests.shell("exec sleep 1000")
        #expect(try await obedient.terminate() == .signaled(SIGTERM))
        var ends: [Int32] = [-1, -1]
        try #require(pipe(&ends) == 0)
        let deaf = try ProcessTests.shell(
            "trap '' TERM; echo deaf; exec sleep 1000", .init(standardOutput: ends[1]))
        close(ends[1])
        let heard = try await ThreadObject.run { [end = ends[0]] _ in
            var byte: UInt8 = 0
            return read(end, &byte, 1)
        }
        #expect(heard == 1)  // it has set its trap
        close(ends[0])
        #expect(try await deaf.terminate(grace: .milliseconds(20)) == .signaled(SIGKILL))
    }

    @Test("what cannot be started is told with its errno, and leaves nothing")
    func failures() throws {
        for (path, code) in [("/no/such/program", ENOENT), ("/etc/passwd", EACCES), ("no-such-program", ENOENT)] {
            #expect {
                try ProcessObject(path)
            } throws: { error in
                (error as? ProcessError)?.code == code
            }
        }
        #expect {
            try ProcessObject("/bin/true", options: .init(workingDirectory: "/no/such/folder"))
        } throws: { error in
            (error as? ProcessError)?.code == ENOENT
        }
    }

    @Test("environment, working folder, input and process group are as asked; no other descriptor is passed on")
    func options() async throws {
        let leak = open("/dev/null", O_RDONLY)  // not to be closed at exec
        defer { close(leak) }
        #expect(try await output("echo $A-$HOME", .init(environment: ["A": "b"])) == "b-\n")
        #expect(try await output("pwd", .init(workingDirectory: "/usr")) == "/usr\n")
        #expect(try await output("cat; echo end", .init(standardInput: nil)) == "end\n")
        // The last is the folder that it reads.
        #expect(try await output("exec ls /proc/self/fd", .init()) == "0\n1\n2\n3\n")
        let group = try await output("ps -o pgid= -p $$ | tr -d ' '; echo $$", .init(hasOwnProcessGroup: true))
        let lines = group.split(separator: "\n")
        #expect(lines.count == 2 && lines.first == lines.last)
        #expect(try await output("echo ${PATH:+set}", .init()) == "set\n")
    }

    @Test("a process that others reap ends all the same: how, is lost")
    func foreignReaping() async throws {
        let process = try ProcessTests.shell("read line; exit 3", .init(standardInput: nil))
        // Whoever is first, the end is told.
        var status: Int32 = 0
        let reaped = waitpid(process.processIdentifier, &status, 0)
        let exit = try await process.exit()
        #expect(exit == (reaped > 0 ? .reapedElsewhere : .exited(3)) || exit == .exited(3))
    }

    @Test("a handle and an actor name the same process; the code is there when it has ended")
    func handles() async throws {
        let process = try ProcessTests.shell("exec sleep 1000")
        let handle = try process.makeHandle()
        let same = try ProcessObject.open(handle: handle)
        try HandleTable.close(UInt(bitPattern: handle))
        #expect(same.processIdentifier == process.processIdentifier && same.object == process.object)
        #expect(same.exitStatus == nil && same.exitCode == nil)
        try same.send(signal: SIGSEGV)
        #expect(try await same.exit() == .signaled(SIGSEGV))
        #expect(process.exitCode == 0xC000_0005)
        let event = try EventObject().makeHandle()
        #expect(throws: HandleError.wrongKind) { try ProcessObject.open(handle: event) }
        try HandleTable.close(UInt(bitPattern: event))
        #expect(throws: HandleError.invalid) { try ProcessObject.open(handle: event) }
    }

    @Test("a process that was started elsewhere is known by its number, as one object")
    func strangers() async throws {
        let shell = try ProcessTests.shell("exec sleep 1000")
        let number = try await output("sleep 1000 >/dev/null & echo $!", .init())
        let pid = try #require(Int32(number.dropLast()))
        let sleeper = ProcessObject(adopting: try handled(ProcessTable.open(pid)))
        let again = ProcessObject(adopting: try handled(ProcessTable.open(pid)))
        #expect(sleeper.object == again.object && sleeper.object != shell.object)
        #expect(try await !sleeper.wait(timeout: .zero))
        try sleeper.send(signal: SIGKILL)
        try await sleeper.wait()
        #expect(sleeper.exitStatus != nil)
        try shell.send(signal: SIGKILL)
        #expect(try await shell.exit() == .signaled(SIGKILL))
    }

    /// An actor's reference counts as a handle's.
    private func handled(_ object: ObjectName) -> ObjectName {
        Arena.local.becomeHandle(object)
        return object
    }

    @Test("many at once are each told their own, and the watching thread goes when the last has ended")
    func many() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for code in 0..<40 as Range<Int32> {
                group.addTask {
                    let exit = try await ProcessTests.shell("exit \(code)").exit()
                    #expect(exit == .exited(code))
                }
            }
            try await group.waitForAll()
        }
        #expect(await eventually { !Census.threadNames().contains("signalbox-child") })
    }

    @Test("a wait for a process can be cancelled, and combined with others")
    func waits() async throws {
        let (process, stop) = (try ProcessTests.shell("exec sleep 1000"), StopEvent())
        let task = Task { try await process.exit() }
        #expect(await eventually { isAwaited(process.object) })
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        stop.set()
        #expect(try await waitAny(process, stop) == .satisfied(1))
        _ = try await process.terminate()
        #expect(try await waitAll(process, stop) == .satisfied(0))
    }
}
