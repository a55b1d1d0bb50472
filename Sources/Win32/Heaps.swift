import CLinux
public import CWin32
import Dispatcher
import Glibc

// HeapCreate, HeapAlloc and the others. Memory is malloc's. Each block follows a head that says which heap it is of and
// how long it is, for HeapSize gives the very size that was asked for. The blocks of a heap that HeapCreate made are
// linked, as they go with the heap; those of the process heap are not, and need no lock.

private struct Head {
    var heap: UInt
    var size: UInt
    var next: UnsafeMutablePointer<Head>?
    var previous: UnsafeMutablePointer<Head>?
}

private struct Heap {
    var first: UnsafeMutablePointer<Head>?
    var used: UInt = 0
    var limit: UInt?

    mutating func link(_ head: UnsafeMutablePointer<Head>) {
        used += head.pointee.size + Heaps.headSize
        head.pointee.previous = nil
        head.pointee.next = first
        first?.pointee.previous = head
        first = head
    }

    mutating func unlink(_ head: UnsafeMutablePointer<Head>) {
        used -= head.pointee.size + Heaps.headSize
        if let next = head.pointee.next { next.pointee.previous = head.pointee.previous }
        if let previous = head.pointee.previous {
            previous.pointee.next = head.pointee.next
        } else {
            first = head.pointee.next
        }
    }

    /// Whether a block of that size fits once `released` bytes have gone.
    func hasRoom(_ size: UInt, released: UInt = 0) -> Bool {
        guard let limit else { return true }
        // "the largest memory block that can be allocated from the heap is slightly less than … 1,024 KB" (HeapCreate)
        return size < 0xFFFF8 && used - released + size + Heaps.headSize <= limit
    }
}

private enum Heaps {
    static var headSize: UInt { UInt(MemoryLayout<Head>.size) }  // a multiple of malloc's alignment
    static var process: UInt { 0x10000 }
    static let own = Guarded<[UInt: Heap]>([:])

    static func head(_ block: UnsafeRawPointer) -> UnsafeMutablePointer<Head> {
        UnsafeMutableRawPointer(mutating: block - Int(headSize)).assumingMemoryBound(to: Head.self)
    }

    /// The head of a block of that heap.
    static func head(_ block: UnsafeRawPointer?, of heap: UInt) -> UnsafeMutablePointer<Head>? {
        guard let block else { return nil }
        let found = head(block)
        return found.pointee.heap == heap ? found : nil
    }

    static func make(_ heap: UInt, _ size: UInt, isZero: Bool) -> UnsafeMutablePointer<Head>? {
        let (whole, overflow) = size.addingReportingOverflow(headSize)
        guard !overflow, let memory = isZero ? calloc(1, Int(clamping: whole)) : malloc(Int(clamping: whole)) else {
            return nil
        }
        let head = memory.assumingMemoryBound(to: Head.self)
        head.initialize(to: Head(heap: heap, size: size))
        return head
    }

    static func block(_ head: UnsafeMutablePointer<Head>?) -> LPVOID? {
        head.map { UnsafeMutableRawPointer($0) + Int(headSize) }
    }

    /// The block with its new size, perhaps elsewhere; nil leaves the old one as it is.
    static func resized(_ head: UnsafeMutablePointer<Head>, _ size: UInt, _ flags: DWORD) -> UnsafeMutablePointer<Head>?
    {
        let (whole, overflow) = size.addingReportingOverflow(headSize)
        guard !overflow else { return nil }
        var moved = head
        if flags & DWORD(HEAP_REALLOC_IN_PLACE_ONLY) != 0 {
            guard whole <= signalbox_usable_size(head) else { return nil }
        } else {
            guard let memory = realloc(head, Int(clamping: whole)) else { return nil }
            moved = memory.assumingMemoryBound(to: Head.self)
        }
        let old = moved.pointee.size
        moved.pointee.size = size
        if flags & DWORD(HEAP_ZERO_MEMORY) != 0, size > old {
            memset(block(moved)! + Int(old), 0, Int(size - old))
        }
        return moved
    }
}

@c(GetProcessHeap) @implementation public func __GetProcessHeap() -> HANDLE? { HANDLE(bitPattern: Heaps.process) }

@c(HeapCreate) @implementation
public func __HeapCreate(_ options: DWORD, _ initial: SIZE_T, _ maximum: SIZE_T) -> HANDLE? {
    enter()
    defer { leave() }
    let known = DWORD(HEAP_NO_SERIALIZE | HEAP_GENERATE_EXCEPTIONS | HEAP_CREATE_ENABLE_EXECUTE)
    guard options & ~known == 0 else { return noHandle(ERROR_INVALID_PARAMETER) }
    // A place of its own is the heap's name.
    guard let name = malloc(16) else { return noHandle(ERROR_NOT_ENOUGH_MEMORY) }
    let limit = maximum == 0 ? nil : UInt((max(maximum, initial) + 4095) & ~4095)
    Heaps.own.withLock { $0[UInt(bitPattern: name)] = Heap(limit: limit) }
    return name
}

@c(HeapDestroy) @implementation public func __HeapDestroy(_ heap: HANDLE?) -> BOOL {
    enter()
    defer { leave() }
    let name = UInt(bitPattern: heap)
    let first = Heaps.own.withLock { heaps -> UInt? in
        heaps.removeValue(forKey: name).map { UInt(bitPattern: $0.first) }
    }
    guard let first else { return failure(ERROR_INVALID_HANDLE) }
    var next = UnsafeMutablePointer<Head>(bitPattern: first)
    while let head = next {
        next = head.pointee.next
        free(head)
    }
    free(heap)
    return 1
}

@c(HeapAlloc) @implementation public func __HeapAlloc(_ heap: HANDLE?, _ flags: DWORD, _ size: SIZE_T) -> LPVOID? {
    enter()
    defer { leave() }
    let name = UInt(bitPattern: heap)
    let isZero = flags & DWORD(HEAP_ZERO_MEMORY) != 0
    // "If the function fails, it does not call SetLastError." (HeapAlloc)
    if name == Heaps.process { return Heaps.block(Heaps.make(name, UInt(size), isZero: isZero)) }
    return Heaps.own.withLock { heaps -> UInt in
        guard heaps[name]?.hasRoom(UInt(size)) == true, let head = Heaps.make(name, UInt(size), isZero: isZero) else {
            return 0
        }
        heaps[name]!.link(head)
        return UInt(bitPattern: Heaps.block(head))
    }.asPointer
}

@c(HeapReAlloc) @implementation public func __HeapReAlloc(
    _ heap: HANDLE?, _ flags: DWORD, _ block: LPVOID?, _ size: SIZE_T
) -> LPVOID? {
    enter()
    defer { leave() }
    let name = UInt(bitPattern: heap)
    guard let block else { return nil }
    if name == Heaps.process {
        return Heaps.head(block, of: name).flatMap { Heaps.block(Heaps.resized($0, UInt(size), flags)) }
    }
    let place = UInt(bitPattern: block)
    return Heaps.own.withLock { heaps -> UInt in
        guard var own = heaps[name], let head = Heaps.head(place.asPointer, of: name),
            own.hasRoom(UInt(size), released: head.pointee.size + Heaps.headSize)
        else { return 0 }
        own.unlink(head)
        let moved = Heaps.resized(head, UInt(size), flags)
        own.link(moved ?? head)
        heaps[name] = own
        return UInt(bitPattern: Heaps.block(moved))
    }.asPointer
}

@c(HeapFree) @implementation public func __HeapFree(_ heap: HANDLE?, _ flags: DWORD, _ block: LPVOID?) -> BOOL {
    enter()
    defer { leave() }
    let name = UInt(bitPattern: heap)
    if name != Heaps.process {
        let place = UInt(bitPattern: block)
        let code = Heaps.own.withLock { heaps -> Int32 in
            guard heaps[name] != nil else { return ERROR_INVALID_HANDLE }
            guard place != 0 else { return 0 }
            guard let head = Heaps.head(place.asPointer, of: name) else { return ERROR_INVALID_PARAMETER }
            heaps[name]!.unlink(head)
            return 0
        }
        if code != 0 { return failure(code) }
    }
    guard let block else { return 1 }
    guard let head = Heaps.head(block, of: name) else { return failure(ERROR_INVALID_PARAMETER) }
    head.pointee.heap = 0
    free(head)
    return 1
}

@c(HeapSize) @implementation public func __HeapSize(_ heap: HANDLE?, _ flags: DWORD, _ block: LPCVOID?) -> SIZE_T {
    Heaps.head(block, of: UInt(bitPattern: heap)).map { SIZE_T($0.pointee.size) } ?? .max
}

@c(HeapValidate) @implementation
public func __HeapValidate(_ heap: HANDLE?, _ flags: DWORD, _ block: LPCVOID?) -> BOOL {
    enter()
    defer { leave() }
    let name = UInt(bitPattern: heap)
    guard name == Heaps.process || Heaps.own.withLock({ $0[name] != nil }) else { return 0 }
    return block == nil || Heaps.head(block, of: name) != nil ? 1 : 0
}

extension UInt {
    fileprivate var asPointer: UnsafeMutableRawPointer? { UnsafeMutableRawPointer(bitPattern: self) }
}
