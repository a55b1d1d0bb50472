public import CLinux
public import Dispatcher
import Glibc
public import Synchronization

/// The process's handles: what a Win32 `HANDLE` names.
///
/// A handle is a multiple of 4 that fits 31 bits: slot in bits 2–21, the slot's generation in bits 22–30. Lookups
/// ignore the low two bits. A slot is one atomic word, so a lookup takes no lock. A freed slot is used again after 1024
/// others, and with another generation; HandleSlots.swift keeps the free ones.
///
/// | bits of a slot | meaning |
/// | --- | --- |
/// | 0–47 | the object's name; 0 when free |
/// | 48–54 | rights and attributes |
/// | 55–63 | the generation that a handle must have |
///
/// The access mask that a handle was granted stands in a second array, for those who look at more than the rights that
/// the slot has.
@usableFromInline
package enum HandleTable {
    @usableFromInline package struct Rights: OptionSet, Sendable {
        @usableFromInline package let rawValue: UInt64
        @inlinable package init(rawValue: UInt64) { self.rawValue = rawValue }
        /// May be waited for.
        @inlinable package static var synchronize: Rights { Rights(rawValue: 1 << 48) }
        /// May be set, reset, released, posted to, resumed.
        @inlinable package static var modify: Rights { Rights(rawValue: 1 << 49) }
        /// May be given calls to run: a thread.
        @inlinable package static var setContext: Rights { Rights(rawValue: 1 << 50) }
        @inlinable package static var all: Rights { [.synchronize, .modify, .setContext] }
        /// No right, but what each handle to an object of a plain kind has: it is waited for without a look at it, if an
        /// object before it is signaled.
        @inlinable package static var plain: Rights { Rights(rawValue: 1 << 51) }
        /// No right: child processes get the handle.
        @inlinable package static var inherit: Rights { Rights(rawValue: 1 << 52) }
        /// No right: the handle cannot be closed.
        @inlinable package static var protectFromClose: Rights { Rights(rawValue: 1 << 53) }
        /// What SetHandleInformation sets.
        @inlinable package static var flags: Rights { [.inherit, .protectFromClose] }
    }

    /// The table's memory: address space until touched. Concurrency-safe: atomics that are never unmapped.
    private nonisolated(unsafe) static let prepared: UnsafeMutablePointer<Atomic<UInt64>> = {
        let memory = mmap(
            nil, HandleSlots.total * 12, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
        guard let memory, memory != MAP_FAILED else {
            fatalError("Signalbox cannot map its handle table (errno \(errno))")
        }
        signalbox_set_handles_base(memory)
        return memory.assumingMemoryBound(to: Atomic<UInt64>.self)
    }()

    // ---- lookup

    /// Where the name stands in a slot.
    @inlinable package static var nameMask: UInt64 { 0xFFFF_FFFF_FFFF }

    /// The object that the handle names, if the handle has all of `rights`; else `.none`.
    @inlinable @inline(__always) package static func find(_ handle: UInt, _ rights: Rights) -> ObjectName {
        guard let base = signalbox_handles_base() else { return .none }
        let slot = Int(handle >> 2 & 0xF_FFFF)
        let entry = base.assumingMemoryBound(to: Atomic<UInt64>.self)[slot].load(ordering: .acquiring)
        // A handle of more than 31 bits has a generation that no slot has; a free slot's name is 0.
        guard entry >> 55 == UInt64(handle >> 22), entry & rights.rawValue == rights.rawValue else {
            return .none
        }
        return ObjectName(bits: entry & nameMask)
    }

    /// Finds the objects of handles that all have `rights`, and glances at them, in one go; `names` gets their names
    /// up to the first that is signaled, with the upper bits of the slots. nil: there is one that needs a closer look.
    @inlinable @inline(__always)
    package static func glance(
        _ handles: UnsafePointer<UnsafeMutableRawPointer?>, count: Int, _ rights: Rights,
        names: UnsafeMutablePointer<ObjectName>
    ) -> Glance? {
        guard let base = signalbox_handles_base() else { return nil }
        let table = base.assumingMemoryBound(to: Atomic<UInt64>.self)
        let arena = Arena.local
        var glance = Glance()
        var common: UInt64 = ~0
        var differences: UInt64 = 0
        // What a bad handle leads to is looked at all the same: a free slot to the arena's own record, which is as good
        // as any. It has no rights. After the first that is signaled the slots alone tell all: a handle keeps its object.
        @inline(__always) func name(_ position: Int) -> ObjectName {
            let handle = UInt64(UInt(bitPattern: handles[position]))
            let entry = table[Int(truncatingIfNeeded: handle &>> 2 & 0xF_FFFF)].load(ordering: .acquiring)
            common &= entry
            differences |= entry &>> 55 ^ handle &>> 22
            return ObjectName(bits: entry)
        }
        var position = 0
        while position < count {
            let name = name(position)
            names[position] = name
            if glance.look(at: name, in: arena) { break }
            position &+= 1
        }
        glance.first = position
        while position < count {
            _ = name(position)
            position &+= 1
        }
        let needed = rights.union(.plain).rawValue
        return differences == 0 && common & needed == needed && glance.isPlain ? glance : nil
    }

    /// As `find`, with the reason why not.
    package static func name(_ handle: UInt, _ rights: Rights) throws(HandleError) -> ObjectName {
        let found = find(handle, rights)
        if found != .none { return found }
        throw find(handle, []) == .none ? .invalid : .accessDenied
    }

    package static func rights(of handle: UInt) throws(HandleError) -> Rights {
        _ = try name(handle, [])
        let entry = prepared[Int(handle >> 2 & 0xF_FFFF)].load(ordering: .relaxed)
        return Rights(rawValue: entry).intersection([.all, .flags])
    }

    /// The access mask that the handle was granted; nil if it names nothing.
    package static func access(_ handle: UInt) -> UInt32? {
        guard find(handle, []) != .none else { return nil }
        let access = accesses[Int(handle >> 2 & 0xF_FFFF)].load(ordering: .acquiring)
        // A slot that was closed meanwhile may be another handle's already, and have another generation then.
        return find(handle, []) != .none ? access : nil
    }

    /// The masks, behind the slots. A mask is stored before its slot.
    private static var accesses: UnsafeMutablePointer<Atomic<UInt32>> {
        @inline(__always) get {
            (UnsafeMutableRawPointer(base) + HandleSlots.total * 8).assumingMemoryBound(to: Atomic<UInt32>.self)
        }
    }

    /// Calls `body` with each handle that child processes get. Handles that are made or closed meanwhile may be missed.
    package static func forEachInheritable(_ body: (_ handle: UInt, _ object: ObjectName) -> Void) {
        let table = base
        for slot in 1..<HandleSlots.reach {
            let entry = table[slot].load(ordering: .acquiring)
            guard entry & nameMask != 0, entry & Rights.inherit.rawValue != 0 else { continue }
            body(UInt(entry >> 55) << 22 | UInt(slot) << 2, ObjectName(bits: entry & nameMask))
        }
    }

    /// A handle of the object; nil: it has none. Looks at all handles.
    package static func handle(of object: ObjectName) -> UInt? {
        let table = base
        for slot in 1..<HandleSlots.reach {
            let entry = table[slot].load(ordering: .acquiring)
            if entry & nameMask == object.bits { return UInt(entry >> 55) << 22 | UInt(slot) << 2 }
        }
        return nil
    }

    /// Sets those of `flags` that are in `mask`, and takes back the others in it.
    package static func setFlags(_ handle: UInt, _ flags: Rights, mask: Rights) throws(HandleError) {
        guard find(handle, []) != .none else { throw .invalid }
        let slot = base + Int(handle >> 2 & 0xF_FFFF)
        var entry = slot.pointee.load(ordering: .relaxed)
        while entry & nameMask != 0 && entry >> 55 == UInt64(handle >> 22) {
            let wanted = entry & ~mask.rawValue | flags.rawValue & mask.rawValue
            let (done, now) = slot.pointee.weakCompareExchange(
                expected: entry, desired: wanted, successOrdering: .acquiringAndReleasing, failureOrdering: .relaxed)
            if done { return }
            entry = now
        }
        throw .invalid
    }

    // ---- making and closing

    /// Makes a handle to an object; the reference that the caller holds becomes the handle's. nil: a million handles
    /// are open.
    ///
    /// - Parameters:
    ///   - access: an access mask without generic rights; nil: all rights that the object's kind has.
    ///   - inherits: whether child processes get the handle.
    ///   - isCounted: whether the object was made with this handle counted already.
    @inline(__always)
    package static func insert(
        _ object: ObjectName, _ access: Access? = nil, inherits: Bool = false, isCounted: Bool = false
    ) -> UInt? {
        signalbox_enter()
        defer { signalbox_leave() }
        guard let slot = HandleSlots.take() else { return nil }
        if !isCounted { Arena.local.becomeHandle(object) }
        return fill(slot, object, access, inherits)
    }

    @inline(__always) private static func fill(
        _ slot: Int, _ object: ObjectName, _ access: Access?, _ inherits: Bool
    ) -> UInt {
        let table = base
        // Nobody else writes a slot that was taken.
        let generation = table[slot].load(ordering: .relaxed) >> 55
        let word = Arena.local.word(object)
        let granted = access ?? Access.all(of: word.kind)
        accesses[slot].store(granted.rawValue, ordering: .relaxed)
        var attributes = granted.rights(of: word.kind)
        if word.isPlain { attributes.insert(.plain) }
        if inherits { attributes.insert(.inherit) }
        table[slot].store(object.bits | attributes.rawValue | generation << 55, ordering: .releasing)
        return UInt(generation) << 22 | UInt(slot) << 2
    }

    /// Takes the slots of these handles, before any other was. False: it is too late.
    static func reserve(_ handles: [UInt]) -> Bool {
        signalbox_enter()
        defer { signalbox_leave() }
        _ = prepared
        return HandleSlots.reserve(Set(handles.map { UInt32($0 >> 2 & 0xF_FFFF) }))
    }

    /// Fills a slot that `reserve` has taken: the handle has that value. The caller's reference becomes the handle's.
    static func fillReserved(_ handle: UInt, _ object: ObjectName, _ access: Access) {
        signalbox_enter()
        defer { signalbox_leave() }
        let slot = Int(handle >> 2 & 0xF_FFFF)
        Arena.local.becomeHandle(object)
        base[slot].store(UInt64(handle >> 22) << 55, ordering: .relaxed)
        _ = fill(slot, object, access, true)
    }

    /// The table's memory, by a C global: a lazy one would be asked each time whether it is there.
    private static var base: UnsafeMutablePointer<Atomic<UInt64>> {
        @inline(__always) get {
            signalbox_handles_base()?.assumingMemoryBound(to: Atomic<UInt64>.self) ?? prepared
        }
    }

    /// Makes another handle to the object of this one; `access`: nil for the same.
    package static func duplicate(
        _ handle: UInt, _ access: Access? = nil, inherits: Bool = false
    ) throws(HandleError) -> UInt {
        signalbox_enter()
        defer { signalbox_leave() }
        let object = try name(handle, [])
        // Counted as a handle before it is one: otherwise a close of the source meanwhile would be the last.
        guard Arena.local.retain(object, asHandle: true) else { throw .invalid }
        let granted = access ?? self.access(handle).map { Access(rawValue: $0) }
        let isOpen = find(handle, []) == object
        guard isOpen, let slot = HandleSlots.take() else {
            releaseHandle(object)
            throw isOpen ? .tooMany : .invalid
        }
        return fill(slot, object, granted, inherits)
    }

    /// Closes a handle that is not protected from it. With the last one, a port releases its waiters, and a driver's
    /// object ends its requests.
    package static func close(_ handle: UInt) throws(HandleError) {
        guard handle < 1 << 31 else { throw .invalid }
        signalbox_enter()
        defer { signalbox_leave() }
        let (slot, generation) = (Int(handle >> 2 & 0xF_FFFF), UInt64(handle >> 22))
        let table = base
        let entry = table[slot].load(ordering: .acquiring)
        let object = ObjectName(bits: entry & nameMask)
        guard object != .none, entry >> 55 == generation, entry & Rights.protectFromClose.rawValue == 0,
            table[slot].compareExchange(
                expected: entry, desired: (generation &+ 1) &<< 55, ordering: .acquiringAndReleasing
            ).exchanged
        else { return try closeSlowly(handle) }
        HandleSlots.free(slot)
        releaseHandle(object)
    }

    /// The handle is closed, perhaps by another thread just now; or it is protected, or its flags were just set.
    @inline(never) private static func closeSlowly(_ handle: UInt) throws(HandleError) {
        guard find(handle, []) != .none, find(handle, .protectFromClose) == .none else { throw .invalid }
        try close(handle)
    }

    /// Drops a reference that counts as a handle, and with the last one does what that entails.
    @inline(__always) package static func releaseHandle(_ object: ObjectName) {
        let kind = Arena.local.kind(of: object)
        guard kind == .port || kind == .source || kind == .job else {
            Arena.local.release(object, asHandle: true)
            return
        }
        releaseServedHandle(object, kind)
    }

    @inline(never) private static func releaseServedHandle(_ object: ObjectName, _ kind: ObjectKind?) {
        let driver = kind == .source ? SourceObject.closing(object) : nil
        let job = kind == .job ? Job.of(object) : nil
        guard Arena.local.release(object, asHandle: true) else { return }
        if kind == .port { Arena.local.closePort(object) }
        driver?()
        job?.close()
    }

    /// Handles that are open. Exact while none is made or closed.
    package static var count: Int { HandleSlots.used }
}

/// Why a handle cannot be used.
public enum HandleError: Error {
    /// It names nothing (any more).
    case invalid
    /// It lacks a right that this takes.
    case accessDenied
    /// It names an object of another kind.
    case wrongKind
    /// A million handles are open.
    case tooMany
}

/// Objects of drivers: the dispatcher's record holds the driver's socket for as long as the object lives.
package enum SourceObject {
    package final class Box: Sendable {
        package let socket: (any DriverSocket)?
        package let file: (any DriverFile)?
        /// What is not told of a request that ends at once: FILE_SKIP_COMPLETION_PORT_ON_SUCCESS (1), and
        /// FILE_SKIP_SET_EVENT_ON_HANDLE (2).
        package let skips = Atomic<UInt8>(0)
        /// Whether requests may be pending when the call that made them returns.
        package let isOverlapped: Bool
        /// Where completions of handle-based requests go: the port's name, or 0, and the key, which stands there first.
        private let port = Atomic<UInt64>(0)
        private let key = Atomic<UInt64>(0)
        private let isBinding = Atomic(false)
        package var binding: (port: ObjectName, key: UInt64)? {
            let bits = port.load(ordering: .acquiring)
            return bits == 0 ? nil : (ObjectName(bits: bits), key.load(ordering: .relaxed))
        }
        /// Or they lead to callbacks of that object: a reference.
        private let poolAddress = Atomic<UInt>(0)
        package var isBoundToPool: Bool { poolAddress.load(ordering: .relaxed) != 0 }
        fileprivate var pool: PoolObject? {
            UnsafeRawPointer(bitPattern: poolAddress.load(ordering: .acquiring)).map(PoolObject.of)
        }
        /// Once.
        fileprivate func bind(to target: Binding) -> Bool {
            if isBinding.exchange(true, ordering: .relaxed) { return false }
            switch target {
            case .port(let port, let key):
                self.key.store(key, ordering: .relaxed)
                self.port.store(port.bits, ordering: .releasing)
            case .pool(let pool):
                poolAddress.store(UInt(bitPattern: Unmanaged.passRetained(pool).toOpaque()), ordering: .releasing)
            }
            return true
        }
        deinit {
            _ = takeSpare()
            if let pool = UnsafeRawPointer(bitPattern: poolAddress.load(ordering: .acquiring)) {
                Unmanaged<PoolObject>.fromOpaque(pool).release()
            }
        }
        /// Events of threads that wait for a request by its address; and how many there are.
        fileprivate let waiters = Guarded<[(address: UInt, event: ObjectName)]>([])
        fileprivate let waiterCount = Atomic(0)
        /// Tells those who wait for the request of that address, whose status stands there already.
        @inline(__always) package func tellWaiters(for address: UInt) {
            // Who comes now looks at the status once he is counted.
            atomicMemoryFence(ordering: .sequentiallyConsistent)
            if waiterCount.load(ordering: .relaxed) > 0 { tellWaitersSlowly(for: address) }
        }
        @inline(never) private func tellWaitersSlowly(for address: UInt) {
            let told = waiters.withLock { $0.filter { $0.address == address }.map(\.event) }
            for event in told { try? Arena.local.setEvent(event) }  // who has stopped waiting has taken it away
        }
        /// Set by shutdown(SD_RECEIVE).
        package let hasEndedReceiving = Atomic(false)
        /// A request that has ended, for the next to be made of; 0: none. Owned.
        private let spare = Atomic<UInt>(0)

        /// Keeps a request that has ended for the next; one is enough.
        package func keepSpare(_ request: IORequest) {
            guard spare.load(ordering: .relaxed) == 0 else { return }
            let kept = Unmanaged.passRetained(request)
            let (done, _) = spare.compareExchange(
                expected: 0, desired: UInt(bitPattern: kept.toOpaque()), ordering: .acquiringAndReleasing)
            if !done { kept.release() }
        }

        package func takeSpare() -> IORequest? {
            let kept = spare.load(ordering: .relaxed) == 0 ? 0 : spare.exchange(0, ordering: .acquiringAndReleasing)
            return UnsafeRawPointer(bitPattern: kept).map { Unmanaged<IORequest>.fromOpaque($0).takeRetainedValue() }
        }

        init(_ socket: (any DriverSocket)?, _ file: (any DriverFile)?, isOverlapped: Bool) {
            self.socket = socket
            self.file = file
            self.isOverlapped = isOverlapped
        }
    }

    /// Where the ends of requests are told.
    package enum Binding: Sendable {
        case port(ObjectName, key: UInt64)
        case pool(PoolObject)
    }

    /// Makes an object with one reference.
    package static func make(_ socket: any DriverSocket, isOverlapped: Bool) throws(DispatcherError) -> ObjectName {
        try make(Box(socket, nil, isOverlapped: isOverlapped))
    }

    /// Makes an object with one reference; it is signaled until a request is started.
    package static func make(_ file: any DriverFile) throws(DispatcherError) -> ObjectName {
        let object = try make(Box(nil, file, isOverlapped: file.isOverlapped))
        Arena.local.signalSource(object)
        return object
    }

    private static func make(_ box: Box) throws(DispatcherError) -> ObjectName {
        try ObjectBox.make(.source, box)
    }

    /// As `box`, to be released by the caller.
    @inline(__always) package static func keptBox(of object: ObjectName) -> Unmanaged<Box>? {
        ObjectBox.keep(object, .source, Box.self)
    }

    /// What the floor above has of the object; nil if it stands for no driver's.
    package static func box(of object: ObjectName) -> Box? {
        ObjectBox.find(object, .source, Box.self)
    }

    /// The socket that the object stands for; nil if it stands for none.
    package static func driver(of object: ObjectName) -> (any DriverSocket)? { box(of: object)?.socket }

    /// The file that the object stands for; nil if it stands for none.
    package static func file(of object: ObjectName) -> (any DriverFile)? { box(of: object)?.file }

    /// The descriptor of the socket or file that the object stands for; -1: there is none.
    package static func descriptor(of object: ObjectName) -> Int32 {
        guard let box = box(of: object) else { return -1 }
        return box.socket?.descriptor ?? box.file?.descriptor ?? -1
    }

    /// A copy of it, which the caller closes; -1, with errno set: there is none, or it cannot be copied.
    package static func copyDescriptor(of object: ObjectName) -> Int32 {
        guard let box = box(of: object) else {
            errno = EBADF
            return -1
        }
        if let socket = box.socket { return socket.copyDescriptor() }
        return box.file?.copyDescriptor() ?? fcntl(-1, F_DUPFD_CLOEXEC, 3)  // EBADF
    }

    /// What closes the driver's side of the object.
    static func closing(_ object: ObjectName) -> (() -> Void)? {
        guard let box = box(of: object) else { return nil }
        return {
            box.socket?.close()
            box.file?.close()
        }
    }

    /// Asks pending requests to end early; returns how many there are, nil if the object stands for no driver's.
    package static func cancel(of object: ObjectName, where isMeant: (IORequest) -> Bool) -> Int? {
        guard let box = box(of: object) else { return nil }
        return box.socket?.cancel(where: isMeant) ?? box.file?.cancel(where: isMeant)
    }

    /// Adds to what is not told of requests that end at once.
    package static func skip(_ what: UInt8, of object: ObjectName) -> Bool {
        guard let box = box(of: object) else { return false }
        box.skips.bitwiseOr(what, ordering: .relaxed)
        return true
    }

    /// What is not told of requests that end at once.
    package static func skips(of object: ObjectName) -> UInt8 { box(of: object)?.skips.load(ordering: .relaxed) ?? 0 }

    package static func endReceiving(_ object: ObjectName) {
        box(of: object)?.hasEndedReceiving.store(true, ordering: .relaxed)
    }
    package static func hasEndedReceiving(_ object: ObjectName) -> Bool {
        box(of: object)?.hasEndedReceiving.load(ordering: .relaxed) ?? false
    }

    package static func isOverlapped(_ object: ObjectName) -> Bool { box(of: object)?.isOverlapped ?? false }

    /// Binds the object to a port or a pool. False: it is bound already, or its requests are not overlapped.
    package static func bind(_ object: ObjectName, to target: Binding) -> Bool {
        guard let box = box(of: object), box.isOverlapped else { return false }
        return box.bind(to: target)
    }

    /// What the object is bound to.
    package static func binding(of object: ObjectName) -> Binding? {
        guard let box = box(of: object) else { return nil }
        if let (port, key) = box.binding { return .port(port, key: key) }
        return box.pool.map(Binding.pool)
    }

    // ---- threads that wait for one request

    /// Sets `event` when the request of that address ends.
    package static func addWaiter(_ event: ObjectName, for address: UInt, of object: ObjectName) {
        guard let box = box(of: object) else { return }
        box.waiters.withLock { $0.append((address, event)) }
        box.waiterCount.add(1, ordering: .sequentiallyConsistent)
    }

    package static func removeWaiter(_ event: ObjectName, of object: ObjectName) {
        guard let box = box(of: object) else { return }
        box.waiters.withLock { $0.removeAll { $0.event == event } }
        box.waiterCount.subtract(1, ordering: .sequentiallyConsistent)
    }

    package static func tellWaiters(for address: UInt, of object: ObjectName) {
        box(of: object)?.tellWaiters(for: address)
    }
}
