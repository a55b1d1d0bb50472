import Glibc

#if Statistics
    public import Synchronization
#else
    import Synchronization
#endif

/// What has happened to an object of the process's own arena since it was made. Counted if the package is built with the
/// trait `Statistics`, of which other builds have nothing.
package struct Statistics: Equatable, Sendable {
    /// Waits that it satisfied.
    package var waits: UInt64
    /// Times that it was signaled, released or posted to.
    package var signals: UInt64
    /// Waits for it that slept.
    package var contended: UInt64
    /// The longest that a wait slept which it satisfied, in nanoseconds.
    package var longestWait: UInt64
}

/// Where an object's four counters are.
@frozen
@usableFromInline
package enum StatisticsCounter: Int { case waits, signals, contended, longestWait }

extension Arena {
    #if Statistics
        /// Address space for the counters of every record, which costs nothing until touched. Concurrency-safe: atomics
        /// that are never unmapped.
        private nonisolated(unsafe) static let counters: UnsafeMutablePointer<Atomic<UInt64>> = {
            let memory = mmap(
                nil, 32 << 24, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
            guard let memory, memory != MAP_FAILED else {
                fatalError("Signalbox cannot reserve 512 MiB of address space for statistics (errno \(errno))")
            }
            return memory.assumingMemoryBound(to: Atomic<UInt64>.self)
        }()

        @usableFromInline func counter(_ counter: StatisticsCounter, _ index: UInt32) -> UnsafeMutablePointer<
            Atomic<UInt64>
        > { Arena.counters + Int(index) * 4 + counter.rawValue }
    #endif

    /// Counts one for the object of that index.
    @inlinable @inline(__always) package func count(_ counter: StatisticsCounter, _ index: UInt32) {
        #if Statistics
            if isLocal { self.counter(counter, index).pointee.wrappingAdd(1, ordering: .relaxed) }
        #endif
    }

    /// When a wait begins to sleep, for `noteSleep`; 0 if nobody wants to know.
    @inlinable @inline(__always) package var beginOfSleep: UInt64 {
        #if Statistics
            Seam.now
        #else
            0
        #endif
    }

    /// A wait has slept that the object of that index satisfied.
    @inlinable @inline(__always) package func noteSleep(since begin: UInt64, _ index: UInt32) {
        #if Statistics
            guard isLocal else { return }
            count(.contended, index)
            counter(.longestWait, index).pointee.max(Seam.now &- begin, ordering: .relaxed)
        #endif
    }

    /// A new object begins at 0.
    @inlinable @inline(__always) package func clearStatistics(_ index: UInt32) {
        #if Statistics
            for place in 0..<4 where isLocal {
                counter(.waits, index)[place].store(0, ordering: .relaxed)
            }
        #endif
    }

    /// nil: there is no such object, or nothing is counted.
    package func statistics(of name: ObjectName) -> Statistics? {
        #if Statistics
            let word = Word(bits: object(name.index).pointee.word.load(ordering: .acquiring))
            guard isLocal, word.belongs(to: name) else { return nil }
            func value(_ counter: StatisticsCounter) -> UInt64 {
                self.counter(counter, name.index).pointee.load(ordering: .relaxed)
            }
            return Statistics(
                waits: value(.waits), signals: value(.signals), contended: value(.contended),
                longestWait: value(.longestWait))
        #else
            return nil
        #endif
    }
}
