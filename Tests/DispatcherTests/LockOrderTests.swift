import CLinux
import Testing

@testable import Dispatcher

extension DispatcherSuites {
    @Suite("The lock order, in debug builds")
    struct LockOrderTests {
        @Test("a second record lock without the wait-all lock traps")
        func secondRecordLock() async {
            await #expect(processExitsWith: .failure) {
                let arena = Arena.prepared()
                signalbox_enter()
                let (first, second) = (arena.makeEvent(), arena.makeEvent())
                _ = arena.lock(arena.object(first.index))
                _ = arena.lock(arena.object(second.index))
            }
        }

        @Test("several record locks under the wait-all lock are in order")
        func underTheAllLock() async {
            await #expect(processExitsWith: .success) {
                let arena = Arena.prepared()
                signalbox_enter()
                let records = [arena.makeEvent(), arena.makeEvent()].map { arena.object($0.index) }
                arena.lockAll()
                let words = records.map { arena.lock($0) }
                for (record, word) in zip(records, words) { arena.unlock(record, word) }
                arena.unlockAll()
            }
        }

        @Test("a lock that a thread takes where it could be stopped traps")
        func notInside() async {
            await #expect(processExitsWith: .failure) {
                let arena = Arena.prepared()
                _ = arena.lock(arena.object(arena.makeEvent().index))
            }
        }

        @Test("the wait-all lock after a record lock traps")
        func allLockAfterRecordLock() async {
            await #expect(processExitsWith: .failure) {
                let arena = Arena.prepared()
                signalbox_enter()
                _ = arena.lock(arena.object(arena.makeEvent().index))
                arena.lockAll()
            }
        }
    }
}
