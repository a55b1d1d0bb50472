import CLinux
import Glibc
import Synchronization
import Testing

@testable import Dispatcher

extension DispatcherSuites {
    /// An arena over memory that another process, `ArenaPeer`, has inherited.
    @Suite("Shared arenas", .leavesNoRecord)
    struct SharedArenaTests {
        static let size = 64 << 10

        /// Memory that processes can share, and the other processes that do.
        final class Shared {
            let descriptor: Int32
            let memory: UnsafeMutableRawPointer

            init() throws {
                descriptor = signalbox_memfd("signalbox-test")
                try #require(descriptor >= 0 && ftruncate(descriptor, SharedArenaTests.size) == 0)
                let memory = mmap(nil, SharedArenaTests.size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
                self.memory = try #require(memory)
                try #require(memory != MAP_FAILED)
            }
            deinit {
                munmap(memory, SharedArenaTests.size)
                close(descriptor)
            }

            func format() -> Arena { Arena(formatting: memory, size: SharedArenaTests.size, shared: true) }

            /// Starts the peer in the given part.
            func start(_ part: String, _ names: [ObjectName] = []) throws -> Peer {
                try Peer(descriptor, [part, "100", "\(SharedArenaTests.size)"] + names.map { "\($0.bits)" })
            }
        }

        /// The other process, which inherits the memory as descriptor 100.
        struct Peer {
            private let process: pid_t

            init(_ descriptor: Int32, _ arguments: [String]) throws {
                // Next to the tests' own program.
                let size = Int(PATH_MAX)
                let path = try #require(
                    withUnsafeTemporaryAllocation(of: CChar.self, capacity: size + 1) { buffer -> String? in
                        let length = readlink("/proc/self/exe", buffer.baseAddress!, size)
                        guard length > 0 else { return nil }
                        buffer[length] = 0
                        return String(cString: buffer.baseAddress!)
                    })
                let program = path[..<path.lastIndex(of: "/")!] + "/ArenaPeer"
                var actions = posix_spawn_file_actions_t()
                posix_spawn_file_actions_init(&actions)
                defer { posix_spawn_file_actions_destroy(&actions) }
                posix_spawn_file_actions_adddup2(&actions, descriptor, 100)
                var argv: [UnsafeMutablePointer<CChar>?] = []
                for argument in [String(program)] + arguments { argv.append(strdup(argument)) }
                argv.append(nil)
                var environment: [UnsafeMutablePointer<CChar>?] = []
                for name in ["LD_LIBRARY_PATH", "TSAN_OPTIONS"] {
                    guard let value = getenv(name) else { continue }
                    environment.append(strdup("\(name)=\(String(cString: value))"))
                }
                environment.append(nil)
                defer { for word in argv + environment { free(word) } }
                var process: pid_t = 0
                let error = posix_spawn(&process, String(program), &actions, nil, argv, environment)
                try #require(error == 0, "cannot start \(program)")
                self.process = process
            }

            /// Waits for the process's end, at most 20 s; its exit status, or nil.
            func end() -> Int32? {
                var status: Int32 = 0
                if until({ waitpid(process, &status, WNOHANG) == process }) {
                    return status & 0x7F == 0 ? status >> 8 & 0xFF : nil
                }
                kill(process, SIGKILL)
                waitpid(process, &status, 0)
                return nil
            }
        }

        /// No record is left in an arena that both processes have left.
        func expectClean(_ arena: Arena) {
            #expect(arena.liveRecords == (0, 0, 0, 0))
        }

        @Test("two processes play 1,000 rounds of ping-pong over two events")
        func pingPong() throws {
            let shared = try Shared()
            let arena = shared.format()
            let (ping, pong) = (arena.makeEvent(), arena.makeEvent())
            let peer = try shared.start("ping-pong", [ping, pong, ObjectName(bits: 1_000)])
            var answered = 0
            while answered < 1_000 {
                try arena.setEvent(ping)
                guard try arena.block(on: [pong], until: milliseconds(20_000)) == .satisfied(0) else { break }
                answered += 1
            }
            #expect(answered == 1_000 && peer.end() == 0)
            #expect(!arena.isSignaled(ping) && !arena.isSignaled(pong))
            arena.release(ping)
            arena.release(pong)
            expectClean(arena)
        }

        @Test("two processes take one event in turns, under contention")
        func token() throws {
            let shared = try Shared()
            let arena = shared.format()
            let token = arena.makeEvent(signaled: true)
            let peer = try shared.start("hold-token", [token, ObjectName(bits: 10_000)])
            var taken = 0
            while taken < 10_000 {
                guard try arena.block(on: [token], until: milliseconds(20_000)) == .satisfied(0) else { break }
                taken += 1
                try arena.setEvent(token)
            }
            #expect(taken == 10_000 && peer.end() == 0)
            #expect(arena.isSignaled(token) && arena.queueLength(token) == 0)
            arena.release(token)
            expectClean(arena)
        }

        @Test("a wait for any is satisfied from the other process", arguments: 0..<3)
        func waitAny(position: Int) throws {
            let shared = try Shared()
            let arena = shared.format()
            let begin = arena.makeEvent()
            let events = (0..<3).map { _ in arena.makeEvent() }
            let peer = try shared.start("signal", [begin, events[position]])
            try arena.setEvent(begin)
            #expect(try arena.block(on: events, until: milliseconds(20_000)) == .satisfied(position))
            #expect(peer.end() == 0)
            for event in events { #expect(!arena.isSignaled(event) && arena.queueLength(event) == 0) }
            for event in events + [begin] { arena.release(event) }
            expectClean(arena)
        }

        @Test("a wait for any in the other process is satisfied from here")
        func waitAnyThere() throws {
            let shared = try Shared()
            let arena = shared.format()
            let events = (0..<5).map { _ in arena.makeEvent() }
            let done = arena.makeEvent()
            let peer = try shared.start("wait-any", events + [done])
            #expect(until { arena.queueLength(events[4]) == 1 })
            try arena.setEvent(events[4])
            #expect(try arena.block(on: [done], until: milliseconds(20_000)) == .satisfied(0))
            #expect(peer.end() == 0)
            for event in events { #expect(!arena.isSignaled(event) && arena.queueLength(event) == 0) }
            for event in events + [done] { arena.release(event) }
            expectClean(arena)
        }

        @Test("a wait for all is satisfied from the other process, at once and as a whole")
        func waitAll() throws {
            let shared = try Shared()
            let arena = shared.format()
            let begin = arena.makeEvent()
            let events = (0..<5).map { arena.makeEvent(signaled: $0 == 2) }
            let peer = try shared.start("signal", [begin] + events)
            try arena.setEvent(begin)
            #expect(try arena.block(on: events, all: true, until: milliseconds(20_000)) == .satisfied(0))
            #expect(peer.end() == 0)
            for event in events { #expect(!arena.isSignaled(event) && arena.queueLength(event) == 0) }
            for event in events + [begin] { arena.release(event) }
            expectClean(arena)
        }

        @Test("a wait for all in the other process takes nothing until it can take everything")
        func waitAllThere() throws {
            let shared = try Shared()
            let arena = shared.format()
            let events = (0..<5).map { _ in arena.makeEvent() }
            let done = arena.makeEvent()
            let peer = try shared.start("wait-all", events + [done])
            #expect(until { arena.queueLength(events[4]) == 1 })
            for event in events.dropLast() {
                try arena.setEvent(event)
                #expect(arena.isSignaled(event) && arena.queueLength(event) == 1)
            }
            try arena.setEvent(events[4])
            #expect(try arena.block(on: [done], until: milliseconds(20_000)) == .satisfied(0))
            #expect(peer.end() == 0)
            for event in events { #expect(!arena.isSignaled(event) && arena.queueLength(event) == 0) }
            for event in events + [done] { arena.release(event) }
            expectClean(arena)
        }

        @Test("waits time out in both processes, take nothing and leave the line")
        func timeOut() throws {
            let shared = try Shared()
            let arena = shared.format()
            let events = (0..<3).map { arena.makeEvent(signaled: false, manualReset: $0 == 1) }
            #expect(try arena.block(on: events, until: milliseconds(2)) == .timedOut)
            #expect(try arena.block(on: events, all: true, until: milliseconds(2)) == .timedOut)
            #expect(try shared.start("time-out", events).end() == 0)
            for event in events { #expect(!arena.isSignaled(event) && arena.queueLength(event) == 0) }
            events.forEach { arena.release($0) }
            expectClean(arena)
        }

        @Test("a name that went stale here is refused there")
        func staleHere() throws {
            let shared = try Shared()
            let arena = shared.format()
            let (stale, reused) = (arena.makeEvent(), arena.makeEvent())
            arena.release(reused)
            let successor = arena.makeEvent()
            arena.release(stale)
            #expect(successor.index == reused.index && successor != reused)
            #expect(try shared.start("find-stale", [stale, reused]).end() == 0)
            #expect(arena.exists(successor) && !arena.isSignaled(successor))
            arena.release(successor)
            expectClean(arena)
        }

        @Test("a name that went stale there is refused here")
        func staleThere() throws {
            let shared = try Shared()
            let arena = shared.format()
            let event = arena.makeEvent(signaled: true)
            #expect(try shared.start("make-stale", [event]).end() == 0)
            #expect(!arena.exists(event))
            #expect(throws: DispatcherError.noSuchObject(0)) { try arena.setEvent(event) }
            #expect(throws: DispatcherError.noSuchObject(0)) { try arena.resetEvent(event) }
            #expect(throws: DispatcherError.noSuchObject(0)) { try arena.block(on: [event], until: Deadline.now) }
            #expect(throws: DispatcherError.noSuchObject(0)) {
                try arena.block(on: [event], until: milliseconds(20_000))
            }
            expectClean(arena)
        }

        @Test("memory that is not formatted, or by another version, is refused", arguments: [0, 1])
        func wrongFormat(difference: UInt64) throws {
            let shared = try Shared()
            if difference != 0 {
                let arena = shared.format()
                arena.header.pointee.format.store(ArenaHeader.currentFormat + difference, ordering: .releasing)
            }
            #expect(Arena(joining: shared.memory) == nil)
            #expect(try shared.start("be-refused").end() == 0)
        }

        @Test("an arena that was formatted here is joined here, too")
        func joinHere() throws {
            let shared = try Shared()
            let arena = shared.format()
            let event = arena.makeEvent()
            let joined = try #require(Arena(joining: shared.memory))
            try joined.setEvent(event)
            #expect(arena.isSignaled(event))
            joined.release(event)
            #expect(!arena.exists(event))
            expectClean(arena)
        }
    }
}
