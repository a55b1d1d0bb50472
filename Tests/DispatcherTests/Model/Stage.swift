import Synchronization

@testable import Dispatcher

/// Objects of the process's arena, as threads use them: the blocking calls, and what can be seen without taking.
struct Stage: Sendable {
    let kinds: [Model.Kind]
    private let names: [ObjectName]

    init(_ kinds: [Model.Kind]) {
        self.kinds = kinds
        names = kinds.map {
            switch $0 {
            case .event(let manualReset): Arena.prepared().makeEvent(manualReset: manualReset)
            case .thread, .mutex, .semaphore: preconditionFailure("no such object on a stage")
            }
        }
    }

    func strike() { names.forEach { Arena.local.release($0) } }

    /// Whether threads can do this.
    static func supports(_ operation: Operation) -> Bool {
        switch operation {
        case .set, .reset, .begin, .look: true
        case .pulse, .releaseMutex, .releaseSemaphore, .signalAndWait: false
        case .endThread, .abandon, .close, .timeOut, .cancel, .suspend, .resume: false
        }
    }

    /// Does it on the calling thread, which is the waiter or the owner.
    func perform(_ operation: Operation, until deadline: UInt64) -> Call.Outcome {
        let arena = Arena.local
        do throws(DispatcherError) {
            switch operation {
            case .set(let event): try arena.setEvent(names[event])
            case .reset(let event): try arena.resetEvent(names[event])
            case .begin(_, let wait, _):
                let verdict = try wait.objects.map { names[$0] }.withUnsafeBufferPointer { names in
                    Result { () throws(DispatcherError) in try arena.block(on: names, all: wait.all, until: deadline) }
                }.get()
                return .verdict(verdict.modelled)
            case .look(let object): return .answer(.seen(.signaled(arena.isSignaled(names[object]))))
            default: preconditionFailure("threads cannot do \(operation)")
            }
        } catch {
            return .answer(.refused(error.modelled))
        }
        return .answer(.done)
    }
}
