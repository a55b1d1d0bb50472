import Synchronization

@testable import Dispatcher

/// Objects of the process's arena, as threads use them: the blocking calls, and what can be seen without taking.
struct Stage: Sendable {
    let kinds: [Model.Kind]
    private let names: [ObjectName]

    init(_ kinds: [Model.Kind]) {
        self.kinds = kinds
        let arena = Arena.prepared()
        names = kinds.map {
            switch $0 {
            case .event(let manualReset): arena.makeEvent(manualReset: manualReset)
            case .mutex: try! arena.makeMutex()
            case .semaphore(let maximum): try! arena.makeSemaphore(count: 0, maximum: UInt32(maximum))
            case .thread: preconditionFailure("threads end when the history is over")
            }
        }
    }

    func strike() { names.forEach { Arena.local.release($0) } }

    /// Does it on the calling thread, which is the waiter or the owner.
    func perform(_ operation: Operation, until deadline: UInt64) -> Call.Outcome {
        let arena = Arena.local
        do throws(DispatcherError) {
            switch operation {
            case .set(let event): try arena.setEvent(names[event])
            case .reset(let event): try arena.resetEvent(names[event])
            case .pulse(let event): try arena.pulseEvent(names[event])
            case .releaseMutex(let mutex, _): try arena.releaseMutex(names[mutex], owner: Threads.owner())
            case .releaseSemaphore(let semaphore, let count):
                let previous = try arena.releaseSemaphore(names[semaphore], count: UInt32(count))
                return .answer(.previousCount(Int(previous)))
            case .begin(_, let wait, _):
                let verdict = try wait.objects.map { names[$0] }.withUnsafeBufferPointer { names in
                    Result { () throws(DispatcherError) in try block(on: names, all: wait.all, until: deadline) }
                }.get()
                return .verdict(verdict.modelled)
            case .signalAndWait(let signal, _, let object, _):
                return .verdict(try arena.signalAndWait(names[signal], names[object], until: deadline).modelled)
            // What becomes of a thread's mutexes when it ends; this one goes on.
            case .abandon: arena.abandonAll(of: try Threads.owner())
            case .endThread, .close, .timeOut, .cancel, .suspend, .resume, .look:
                preconditionFailure("a thread's part has no \(operation)")
            }
        } catch {
            return .answer(.refused(error.modelled))
        }
        return .answer(.done)
    }

    /// Waits; half of the waits for any glance first, as the Win32 functions do.
    private func block(on names: Names, all: Bool, until deadline: UInt64) throws(DispatcherError) -> Verdict {
        let arena = Arena.local
        var isLooked = false
        if !all && names[0].bits % 2 == 0 {
            let glance = Glance(names, in: arena)
            if glance.isPlain && glance.first < names.count {
                if arena.take(glance, of: names.baseAddress!) { return .satisfied(glance.first) }
            } else {
                isLooked = glance.isPlain
            }
        }
        return try arena.block(on: names, all: all, until: deadline, isLooked: isLooked)
    }

    /// What can be seen of an object. `owners` are the threads.
    func look(_ object: Int, owners: [Owner]) -> Look {
        let arena = Arena.local
        if let count = arena.semaphoreCount(names[object]) { return .semaphore(count: Int(count)) }
        guard let mutex = arena.mutexState(names[object]) else { return .signaled(arena.isSignaled(names[object])) }
        return .mutex(
            owner: owners.firstIndex(of: mutex.owner), recursion: Int(mutex.recursion), isAbandoned: mutex.isAbandoned)
    }

    /// Whether the calling thread has the mutex.
    func owns(_ mutex: Int) -> Bool { Arena.local.mutexState(names[mutex])?.owner == (try? Threads.owner()) }
}
