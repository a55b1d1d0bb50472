import Dispatcher
import Glibc
import Signalbox

/// What a process holds: descriptors, threads, and records of the dispatcher.
package struct Census: Sendable {
    package let descriptors: [Int: String]
    package let threads: Int
    package let records: (objects: Int, waiters: Int, blocks: Int, packets: Int)

    package init() {
        descriptors = Census.openDescriptors()
        threads = Census.threadNames().count { !Census.isTransient($0) }
        records = Arena.prepared().liveRecords
    }

    /// A pool thread that has once blocked keeps its waiter until it ends, and other suites may block some meanwhile.
    private static let waitersOfThePool = 16

    /// The task pool's threads come and go, and so does what waits for the process of an exit test.
    private static func isTransient(_ thread: String) -> Bool { thread.contains("qos") || thread == "SWT ExT monitor" }

    /// What there is more of than before, in words; a debug build counts records, a release build does not.
    package func exceeding(_ before: Census) -> [String] {
        var more: [String] = []
        if descriptors.count > before.descriptors.count {
            let fresh = descriptors.filter { before.descriptors[$0.key] == nil }
            more.append("descriptors \(fresh.map { "\($0.key) → \($0.value)" }.sorted())")
        }
        if threads > before.threads {
            more.append("\(threads - before.threads) threads: \(Census.threadNames().sorted())")
        }
        if records.objects > before.records.objects {
            more.append("\(records.objects - before.records.objects) objects")
        }
        if records.waiters > before.records.waiters + Census.waitersOfThePool {
            more.append("\(records.waiters - before.records.waiters) waiters")
        }
        if records.packets > before.records.packets {
            more.append("\(records.packets - before.records.packets) packets")
        }
        return more
    }

    /// Makes what a process makes once and keeps: the timer thread, the task pool's threads, the arena.
    static func warmUp() async {
        prepareEventually()
        // Where a composition root is linked in, its host runs from now on.
        DriverRegistry.shared.startOnDemand()
        _ = try? await EventObject().wait(timeout: .microseconds(1))
        // The first absolute timer starts the thread that sleeps by the wall clock.
        let arena = Arena.prepared()
        let timer = try! arena.makeTimer(manualReset: false)
        try! arena.setTimer(timer, due: .absolute(realtimeNanoseconds: 0))
        arena.release(timer)
        // A thread bears its maker's name until it has run.
        _ = await eventually { threadNames().count { $0 == "signalbox-timer" } == 2 }
        let gate = EventObject(.manual)
        await withTaskGroup(of: Void.self) { group in
            for priority in [TaskPriority.high, .medium, .low] {
                for _ in 0..<2 * processorCount() { group.addTask(priority: priority) { try? await gate.wait() } }
            }
            gate.set()
        }
    }

    private static func openDescriptors() -> [Int: String] {
        var open: [Int: String] = [:]
        for name in names(in: "/proc/self/fd") {
            var target = [CChar](repeating: 0, count: 256)
            // The descriptor by which the directory was read is closed by now, and so has no target.
            let length = readlink("/proc/self/fd/\(name)", &target, 255)
            guard length >= 0, let number = Int(name) else { continue }
            let text = String(decoding: target.prefix(length).map(UInt8.init(bitPattern:)), as: UTF8.self)
            // libdispatch makes a timerfd for each clock that it is asked to time by, and keeps it; a sanitizer talks to
            // its symbolizer through pipes. Ours are neither.
            if text != "anon_inode:[timerfd]" && !text.hasPrefix("pipe:") { open[number] = text }
        }
        return open
    }

    /// The names of all threads, as `ps -L` shows them.
    package static func threadNames() -> [String] {
        names(in: "/proc/self/task").compactMap { thread in
            guard let file = fopen("/proc/self/task/\(thread)/comm", "re") else { return nil }
            defer { fclose(file) }
            var line = [CChar](repeating: 0, count: 32)
            guard fgets(&line, 32, file) != nil else { return nil }
            return String(decoding: line.prefix { $0 != 10 && $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        }
    }
}

private func names(in folder: String) -> [String] {
    guard let directory = opendir(folder) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
            $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if !name.hasPrefix(".") { names.append(name) }
    }
    return names
}
