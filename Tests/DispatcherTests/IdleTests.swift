import CLinux
import Glibc
import Testing

@testable import Dispatcher

extension DispatcherSuites {
    /// What only blocks is looked at in Tests/Native/idle.c.
    @Suite("Idle", .leavesNoRecord)
    struct IdleTests {
        let arena = Arena.prepared()

        /// Context switches of every thread but the calling one and libdispatch's manager.
        func switches() -> [String: Int] {
            var switches: [String: Int] = [:]
            guard let directory = opendir("/proc/self/task") else { return [:] }
            defer { closedir(directory) }
            while let entry = readdir(directory) {
                let id = withUnsafeBytes(of: entry.pointee.d_name) {
                    String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
                }
                guard let number = Int32(id), number != signalbox_gettid() else { continue }
                guard let file = fopen("/proc/self/task/\(id)/status", "r") else { continue }
                defer { fclose(file) }
                var (line, name, count) = ([CChar](repeating: 0, count: 256), "", 0)
                while fgets(&line, 256, file) != nil {
                    let text = String(decoding: line.prefix { $0 != 0 && $0 != 10 }.map(UInt8.init), as: UTF8.self)
                    if text.hasPrefix("Name:") { name = text }
                    if text.contains("ctxt_switches:") { count += Int(text.split(separator: "\t").last ?? "") ?? 0 }
                }
                if !name.contains("-qos") && !name.contains("dispatch") { switches["\(id) \(name)"] = count }
            }
            return switches
        }

        @Test(
            "ten thousand waits of every kind cost no context switch",
            .disabled(if: Scale.hasThreadSanitizer, "the sanitizer has a thread of its own, which wakes all the time"))
        func parked() async throws {
            let (stop, never) = (arena.makeEvent(manualReset: true), arena.makeEvent())
            let (semaphore, port) = (try arena.makeSemaphore(count: 0, maximum: 1), try arena.makePort(limit: 1))
            let timers = try (0..<100).map { _ in try arena.makeTimer(manualReset: false) }
            let hour: UInt64 = 3_600_000_000_000
            for (number, timer) in timers.enumerated() {
                let realtime = signalbox_realtime() + hour
                try arena.setTimer(
                    timer,
                    due: number % 2 == 0
                        ? .relative(nanoseconds: hour) : .absolute(realtimeNanoseconds: realtime), period: hour)
            }
            let mutex = try arena.makeMutex(owner: try arena.makeOwner())
            let owner = arena.mutexState(mutex)!.owner
            let waiting = try arena.makeOwner()
            let kinds: [(deadline: UInt64, all: Bool, names: [ObjectName])] = [
                (Deadline.never, false, [stop]), (Deadline.after(nanoseconds: hour), false, [stop]),
                (Deadline.never, false, [never, semaphore, stop]), (Deadline.never, true, [stop, never]),
                (Deadline.after(nanoseconds: hour), false, [timers[0], timers[1], stop]),
                (Deadline.never, false, [mutex]),
            ]
            let tasks = (0..<10_000).map { number in
                Task {
                    if number % 7 == 6 { return try await arena.next(port, until: Deadline.never).wasCancelled }
                    let kind = kinds[number % 7]
                    return try await arena.suspend(
                        on: kind.names, all: kind.all, until: kind.deadline, owner: waiting) == .cancelled
                }
            }
            #expect(await eventually { arena.liveRecords.waiters >= 10_000 })
            // On a thread of its own, so that the pool may sleep.
            let differences = onThread {
                var before: [String: Int] = [:]
                repeat {
                    before = switches()
                    usleep(300_000)
                } while switches() != before
                sleep(UInt32(Scale.rounds(10)))
                return switches().filter { before[$0.key] != $0.value }
            }
            #expect(differences == [:])
            for task in tasks { task.cancel() }
            for task in tasks { #expect(try await task.value) }
            arena.releaseOwner(waiting)
            arena.releaseOwner(owner)
            for object in [stop, never, semaphore, port, mutex] + timers { arena.release(object) }
        }
    }
}
