public import CLinux
import Glibc
public import Synchronization

/// Memory that holds records, named by index. Record 0 to 3 are its header; index 0 names nothing.
@frozen
@usableFromInline
package struct Arena: @unchecked Sendable {
    // Sendable: one pointer to memory that is never unmapped while the arena is in use; what it holds is atomic or
    // guarded as Records.swift says.
    @usableFromInline package let base: UnsafeMutableRawPointer

    @inlinable package init(base: UnsafeMutableRawPointer) { self.base = base }

    /// The process's own arena, which must have been prepared: a name of an object in it proves that.
    @inlinable package static var local: Arena { Arena(base: signalbox_arena_base()) }

    /// The process's own arena, mapped on first use: 16 million records of address space, which costs nothing until
    /// touched.
    package static func prepared() -> Arena { preparedLocal }
    private static let preparedLocal: Arena = {
        if let other = signalbox_claim_process() {
            fatalError(
                "Signalbox is in this process twice, and \(String(cString: other)) was first: a program uses either the "
                    + "Swift package or libsignalbox.so")
        }
        let size = 64 << 24
        let memory = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
        guard let memory, memory != MAP_FAILED else {
            fatalError(
                "Signalbox cannot reserve 1 GiB of address space (errno \(errno)); is RLIMIT_AS (ulimit -v) set?")
        }
        signalbox_set_arena_base(memory)
        return Arena(formatting: memory, size: size, shared: false)
    }()

    /// Formats zeroed memory as an empty arena.
    package init(formatting memory: UnsafeMutableRawPointer, size: Int, shared: Bool) {
        Arena.checkLayout()
        base = memory
        let header = memory.assumingMemoryBound(to: ArenaHeader.self)
        header.records = UInt32(min(size / 64, 1 << 24))
        header.isShared = shared ? 1 : 0
        header.stamp = 1 << 24
        header.pointee.fresh.store(4, ordering: .relaxed)
        header.pointee.format.store(ArenaHeader.currentFormat, ordering: .releasing)
    }

    /// Joins an arena that another process has formatted; nil if it is none, or of another version.
    package init?(joining memory: UnsafeMutableRawPointer) {
        Arena.checkLayout()
        base = memory
        let format = memory.assumingMemoryBound(to: ArenaHeader.self).pointee.format.load(ordering: .acquiring)
        guard format == ArenaHeader.currentFormat else { return nil }
    }

    @inlinable package var header: UnsafeMutablePointer<ArenaHeader> { base.assumingMemoryBound(to: ArenaHeader.self) }
    /// Whether this is the process's own arena.
    @inlinable package var isLocal: Bool { base == UnsafeMutableRawPointer(signalbox_arena_base()) }
    @inlinable package var isShared: Bool { header.isShared != 0 }

    @inlinable package func object(_ index: UInt32) -> UnsafeMutablePointer<ObjectRecord> {
        (base + Int(index) &* 64).assumingMemoryBound(to: ObjectRecord.self)
    }
    @inlinable package func waiter(_ index: UInt32) -> UnsafeMutablePointer<WaiterRecord> {
        (base + Int(index) &* 64).assumingMemoryBound(to: WaiterRecord.self)
    }
    @inlinable package func block(_ index: UInt32) -> UnsafeMutablePointer<LinkBlock> {
        (base + Int(index) &* 64).assumingMemoryBound(to: LinkBlock.self)
    }
    @inlinable package func packet(_ index: UInt32) -> UnsafeMutablePointer<PacketRecord> {
        (base + Int(index) &* 64).assumingMemoryBound(to: PacketRecord.self)
    }
    @inlinable package func link(_ index: UInt32) -> UnsafeMutablePointer<Link> {
        (base + Int(index) &* 16).assumingMemoryBound(to: Link.self)
    }
    @inlinable package func index(of record: UnsafeMutablePointer<ObjectRecord>) -> UInt32 {
        UInt32(truncatingIfNeeded: UInt(bitPattern: UnsafeMutableRawPointer(record) - base) >> 6)
    }

    // ---- records that come and go

    /// A record keeps its type for ever, so each type has its own list of free ones.
    @frozen @usableFromInline package enum RecordType: Int { case object, waiter, block, packet }

    /// Offset of `next` in a record of the type. While the record is free, two more fields follow it.
    @inlinable static func nextOffset(_ type: RecordType) -> Int {
        switch type {
        case .object: 8
        case .waiter: 12
        case .block, .packet: 0
        }
    }
    /// In the first record of a free batch: the first of the next batch.
    @inlinable func next(_ type: RecordType, _ index: UInt32) -> UnsafeMutablePointer<Atomic<UInt32>> {
        (base + Int(index) &* 64 + Arena.nextOffset(type)).assumingMemoryBound(to: Atomic<UInt32>.self)
    }
    /// In a free record: the one after it in its batch, or 0. In the first one also how many there are.
    @inlinable func batch(
        _ type: RecordType, _ index: UInt32
    ) -> UnsafeMutablePointer<(following: UInt32, count: UInt32)> {
        (base + Int(index) &* 64 + Arena.nextOffset(type) + 4)
            .assumingMemoryBound(to: (following: UInt32, count: UInt32).self)
    }
    @inlinable func free(_ type: RecordType) -> UnsafeMutablePointer<Atomic<UInt64>> {
        (base + 64 + type.rawValue * 8).assumingMemoryBound(to: Atomic<UInt64>.self)
    }

    /// Takes a free record, or a fresh one, which is all zeros.
    @inline(__always) @inlinable package func allocate(_ type: RecordType) throws(DispatcherError) -> UInt32 {
        #if DEBUG
            expectInside()
        #endif
        if let cached = takeCached(type) {
            adjustLive(type, +1)
            return cached
        }
        return try allocateSlowly(type)
    }

    @inline(never) @usableFromInline func allocateSlowly(_ type: RecordType) throws(DispatcherError) -> UInt32 {
        if let index = popBatch(type) {
            let (following, count) = batch(type, index).pointee
            if following != 0, !cacheBatch(type, first: following, count: count - 1) {
                push(type, first: following, count: count - 1)
            }
            adjustLive(type, +1)
            return index
        }
        let index = header.pointee.fresh.wrappingAdd(1, ordering: .relaxed).oldValue
        guard index < header.records else {
            header.pointee.fresh.wrappingSubtract(1, ordering: .relaxed)
            throw .outOfRecords
        }
        adjustLive(type, +1)
        return index
    }

    @inline(__always) @inlinable package func deallocate(_ type: RecordType, _ index: UInt32) {
        #if DEBUG
            expectInside()
        #endif
        adjustLive(type, -1)
        if !cache(type, index) { deallocateSlowly(type, index) }
    }

    @inline(never) @usableFromInline func deallocateSlowly(_ type: RecordType, _ index: UInt32) {
        if canCache {
            pushCache(type)
            _ = cache(type, index)
        } else {
            batch(type, index).pointee.following = 0
            push(type, first: index, count: 1)
        }
    }

    // ---- the free records that all threads share: a stack of batches, whose head carries a count of its changes in the
    // upper half, so that a head seen twice is known not to be the same

    private func popBatch(_ type: RecordType) -> UInt32? {
        let list = free(type)
        var head = list.pointee.load(ordering: .acquiring)
        while case let index = UInt32(truncatingIfNeeded: head), index != 0 {
            let after = next(type, index).pointee.load(ordering: .relaxed)
            let wanted = (head >> 32 &+ 1) << 32 | UInt64(after)
            let (done, seen) = list.pointee.weakCompareExchange(expected: head, desired: wanted, ordering: .acquiring)
            if done { return index }
            head = seen
        }
        return nil
    }

    private func push(_ type: RecordType, first: UInt32, count: UInt32) {
        batch(type, first).pointee.count = count
        let list = free(type)
        var head = list.pointee.load(ordering: .relaxed)
        while true {
            next(type, first).pointee.store(UInt32(truncatingIfNeeded: head), ordering: .relaxed)
            let wanted = (head >> 32 &+ 1) << 32 | UInt64(first)
            let (done, seen) = list.pointee.weakCompareExchange(expected: head, desired: wanted, ordering: .releasing)
            if done { return }
            head = seen
        }
    }

    // ---- free records that a thread keeps for itself, of the process's own arena: one batch of each type

    /// At most so many of a type.
    @inlinable static var cacheLimit: UInt32 { 32 }

    /// Not before it is certain that the thread's end will be noticed, and not at its end.
    @inline(__always) @inlinable var canCache: Bool { isLocal && signalbox_thread().pointee.hasEndHook == 1 }

    @inline(__always) @inlinable func takeCached(_ type: RecordType) -> UInt32? {
        guard isLocal else { return nil }
        let cache = signalbox_record_cache(Int32(truncatingIfNeeded: type.rawValue))
        let index = cache.pointee.first
        guard index != 0 else { return nil }
        cache.pointee.first = batch(type, index).pointee.following
        cache.pointee.count &-= 1
        return index
    }

    @inline(__always) @inlinable func cache(_ type: RecordType, _ index: UInt32) -> Bool {
        guard canCache else { return false }
        let cache = signalbox_record_cache(Int32(truncatingIfNeeded: type.rawValue))
        guard cache.pointee.count < Arena.cacheLimit else { return false }
        batch(type, index).pointee.following = cache.pointee.first
        cache.pointee.first = index
        cache.pointee.count &+= 1
        return true
    }

    /// Makes the rest of a batch the thread's own, whose cache is empty.
    private func cacheBatch(_ type: RecordType, first: UInt32, count: UInt32) -> Bool {
        guard canCache else { return false }
        signalbox_record_cache(Int32(truncatingIfNeeded: type.rawValue)).pointee = .init(first: first, count: count)
        return true
    }

    /// Gives back what the calling thread has kept of a type.
    private func pushCache(_ type: RecordType) {
        pushCache(type, signalbox_record_cache(Int32(truncatingIfNeeded: type.rawValue)))
    }

    private func pushCache(_ type: RecordType, _ cache: UnsafeMutablePointer<signalbox_cache>) {
        let kept = cache.pointee
        cache.pointee = .init(first: 0, count: 0)
        if kept.first != 0 { push(type, first: kept.first, count: kept.count) }
    }

    /// Gives back all that a thread which ends, or has been stopped for good, has kept.
    package static func flushCaches(of thread: UnsafeMutablePointer<signalbox_thread>) {
        let caches = signalbox_caches(thread)
        local.pushCache(.object, caches + RecordType.object.rawValue)
        local.pushCache(.waiter, caches + RecordType.waiter.rawValue)
        local.pushCache(.block, caches + RecordType.block.rawValue)
        local.pushCache(.packet, caches + RecordType.packet.rawValue)
    }

    // Debug builds count live records, so that a suite can end by checking that none is left.
    @inlinable func adjustLive(_ type: RecordType, _ difference: Int64) {
        #if DEBUG
            let live = (base + 128 + type.rawValue * 8).assumingMemoryBound(to: Atomic<Int64>.self)
            live.pointee.wrappingAdd(difference, ordering: .relaxed)
        #endif
    }

    /// Records in use, by type (debug builds; zeros in release builds).
    package var liveRecords: (objects: Int, waiters: Int, blocks: Int, packets: Int) {
        func live(_ type: RecordType) -> Int {
            let count = (base + 128 + type.rawValue * 8).assumingMemoryBound(to: Atomic<Int64>.self)
            return Int(count.pointee.load(ordering: .relaxed))
        }
        return (live(.object), live(.waiter), live(.block), live(.packet))
    }
}
