import Dispatcher
import Glibc

/// The memory that programs reserve, commit and free by the page.
///
/// Linux has mappings, and Windows has reservations, each of which is freed as a whole and knows of each page whether it
/// is committed. So reservations are kept here. A reserved page is a mapping without access, for which Linux keeps
/// nothing; committing gives access, decommitting takes access and contents away.
///
/// The list is under its lock, and so is every change of a mapping: two threads that commit and release the same
/// range leave the list and the kernel in agreement.
package enum AddressSpace {
    package static let page: UInt = UInt(sysconf(Int32(_SC_PAGESIZE)))
    /// Where reservations begin: at multiples of this.
    package static var granularity: UInt { 65536 }
    /// One more than the last address of a program on 64-bit Windows, whose first is 64 KiB.
    package static var end: UInt { 0x7FFF_FFFF_0000 }

    package enum Failure: Error {
        case outOfMemory
        /// The range is in use; or not reserved as a whole; or not committed; or not the start of a reservation.
        case invalidAddress
        /// The range leaves the reservation in which it begins.
        case outside
        case accessDenied
    }

    /// How pages may be accessed: in the caller's words, and in the kernel's.
    package struct Protection: Sendable {
        package var word: UInt32
        package var flags: Int32

        package init(word: UInt32, flags: Int32) {
            self.word = word
            self.flags = flags
        }
    }

    /// Pages in a row that have everything in common.
    package struct Region {
        package enum State { case free, reserved, committed }
        package enum Origin { case none, ours, file, code, other }
        package var range: Range<UInt>
        package var allocation: (base: UInt, protection: UInt32)?
        package var state: State
        package var origin: Origin
        /// In the caller's words where the pages are ours.
        package var protection: UInt32 = 0
        /// In the kernel's where they are not.
        package var flags: Int32 = 0
    }

    private struct Run {
        var range: Range<UInt>
        var protection: UInt32?  // nil: reserved
    }

    private struct Reservation {
        var range: Range<UInt>
        var protection: UInt32
        var runs: [Run]

        /// Gives the pages of the range the one protection, and keeps neighbours apart that differ.
        mutating func set(_ range: Range<UInt>, _ protection: UInt32?) {
            var changed: [Run] = []
            func add(_ part: Range<UInt>, _ protection: UInt32?) {
                guard !part.isEmpty else { return }
                if let last = changed.last, last.protection == protection {
                    changed[changed.count - 1].range = last.range.lowerBound..<part.upperBound
                } else {
                    changed.append(Run(range: part, protection: protection))
                }
            }
            for run in runs {
                let (start, end) = (run.range.lowerBound, run.range.upperBound)
                add(start..<max(start, min(end, range.lowerBound)), run.protection)
                add(run.range.clamped(to: range), protection)
                add(min(end, max(start, range.upperBound))..<end, run.protection)
            }
            runs = changed
        }

        func isCommitted(_ range: Range<UInt>) -> Bool {
            runs.allSatisfy { $0.protection != nil || !$0.range.overlaps(range) }
        }
    }

    /// By address.
    private static let reservations = Guarded<[Reservation]>([])

    private static func index(of address: UInt, in list: [Reservation]) -> Int? {
        var (low, high) = (0, list.count)
        while low < high {
            let middle = (low + high) / 2
            if list[middle].range.upperBound <= address { low = middle + 1 } else { high = middle }
        }
        return low < list.count && list[low].range.contains(address) ? low : nil
    }

    /// The pages that `size` bytes at `address` touch.
    private static func pages(_ address: UInt, _ size: UInt) throws(Failure) -> Range<UInt> {
        let (last, overflow) = address.addingReportingOverflow(size - 1)
        guard !overflow, last < end else { throw .invalidAddress }
        return address & ~(page - 1)..<(last | (page - 1)) + 1
    }

    // MARK: reserving and releasing

    /// Reserves memory at an address, or where there is room for it, and commits it as well if asked.
    package static func reserve(
        at address: UInt, size: UInt, _ protection: Protection, isCommitted: Bool
    ) throws(Failure) -> UInt {
        guard size < end else { throw .outOfMemory }
        let flags = isCommitted ? protection.flags : PROT_NONE
        return try reservations.withLock { list throws(Failure) in
            let range: Range<UInt>
            if address == 0 {
                range = try map((size + page - 1) & ~(page - 1), flags)
            } else {
                let touched = try pages(address, size)
                range = touched.lowerBound & ~(granularity - 1)..<touched.upperBound
                let wanted = UnsafeMutableRawPointer(bitPattern: range.lowerBound)
                let kind = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | Int32(MAP_FIXED_NOREPLACE)
                guard range.lowerBound >= granularity, let made = mmap(wanted, range.count, flags, kind, -1, 0),
                    made != MAP_FAILED
                else { throw errno == ENOMEM ? .outOfMemory : .invalidAddress }
                // "Kernels before 4.17 … may return an address different from what was specified" (mmap(2))
                guard made == wanted else {
                    munmap(made, range.count)
                    throw .invalidAddress
                }
            }
            let run = Run(range: range, protection: isCommitted ? protection.word : nil)
            let place = list.firstIndex { $0.range.lowerBound > range.lowerBound } ?? list.count
            list.insert(Reservation(range: range, protection: protection.word, runs: [run]), at: place)
            return range.lowerBound
        }
    }

    /// Maps pages at a multiple of the granularity.
    private static func map(_ size: UInt, _ flags: Int32) throws(Failure) -> Range<UInt> {
        let room = size + granularity - page
        guard let made = mmap(nil, Int(room), flags, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0),
            made != MAP_FAILED
        else { throw .outOfMemory }
        let start = UInt(bitPattern: made)
        let base = (start + granularity - 1) & ~(granularity - 1)
        if base > start { munmap(made, Int(base - start)) }
        let rest = start + room - (base + size)
        if rest > 0 { munmap(UnsafeMutableRawPointer(bitPattern: base + size), Int(rest)) }
        return base..<base + size
    }

    package static func release(_ address: UInt) throws(Failure) {
        try reservations.withLock { list throws(Failure) in
            guard let place = index(of: address, in: list) else { throw .invalidAddress }
            let range = list[place].range
            guard range.lowerBound == address & ~(page - 1) else { throw .invalidAddress }
            guard munmap(UnsafeMutableRawPointer(bitPattern: range.lowerBound), range.count) == 0 else {
                throw .outOfMemory  // the kernel's limit of mappings
            }
            list.remove(at: place)
        }
    }

    // MARK: committed pages

    /// Runs `body` with the reservation that holds the range, and what of it the range touches.
    private static func change<R>(
        _ address: UInt, _ size: UInt, or outside: Failure,
        _ body: (inout Reservation, Range<UInt>) throws(Failure) -> R
    ) throws(Failure) -> R {
        let range = try pages(address, size)
        return try reservations.withLock { list throws(Failure) in
            guard let place = index(of: address, in: list) else { throw .invalidAddress }
            guard range.upperBound <= list[place].range.upperBound else { throw outside }
            return try body(&list[place], range)
        }
    }

    /// Commits pages; those that are committed already keep what they hold and get the protection.
    package static func commit(_ address: UInt, size: UInt, _ protection: Protection) throws(Failure) {
        try change(address, size, or: .invalidAddress) { reservation, range throws(Failure) in
            try set(range, protection.flags)
            reservation.set(range, protection.word)
        }
    }

    /// Takes the pages' contents and access away. A size of 0: those of the whole reservation.
    package static func decommit(_ address: UInt, size: UInt) throws(Failure) {
        func decommit(_ reservation: inout Reservation, _ range: Range<UInt>) throws(Failure) {
            // A new mapping in the old one's place gives the memory back, and can fail half done at no point.
            let kind = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED
            let made = mmap(
                UnsafeMutableRawPointer(bitPattern: range.lowerBound), range.count, PROT_NONE, kind, -1, 0)
            guard made != MAP_FAILED else { throw .outOfMemory }
            reservation.set(range, nil)
        }
        if size > 0 { return try change(address, size, or: .outside, decommit) }
        try reservations.withLock { list throws(Failure) in
            guard let place = index(of: address, in: list),
                list[place].range.lowerBound == address & ~(page - 1)
            else { throw .invalidAddress }
            try decommit(&list[place], list[place].range)
        }
    }

    /// Whether all pages of the range are committed ones of a single reservation.
    package static func isCommitted(_ address: UInt, size: UInt) -> Bool {
        (try? change(address, size, or: .invalidAddress) { reservation, range in reservation.isCommitted(range) })
            ?? false
    }

    /// What protection the first page had: in the caller's words or, where the memory is not ours, in the kernel's.
    package static func protect(
        _ address: UInt, size: UInt, _ protection: Protection
    ) throws(Failure) -> (ours: UInt32?, flags: Int32) {
        let range = try pages(address, size)
        let ours = try reservations.withLock { list throws(Failure) -> UInt32? in
            guard let place = index(of: address, in: list) else { return nil }
            guard range.upperBound <= list[place].range.upperBound, list[place].isCommitted(range) else {
                throw .invalidAddress
            }
            let old = list[place].runs.first { $0.range.contains(range.lowerBound) }?.protection
            try set(range, protection.flags)
            list[place].set(range, protection.word)
            return old
        }
        if let ours { return (ours, 0) }

        // memory that came otherwise: the program's code and data, stacks, malloc
        var flags: Int32?
        var reached = range.lowerBound
        for map in Maps.all() where map.range.overlaps(range) {
            guard map.range.lowerBound <= reached else { break }
            flags = flags ?? map.flags
            reached = map.range.upperBound
        }
        guard let flags, reached >= range.upperBound else { throw .invalidAddress }
        try set(range, protection.flags)
        return (nil, flags)
    }

    private static func set(_ range: Range<UInt>, _ flags: Int32) throws(Failure) {
        if mprotect(UnsafeMutableRawPointer(bitPattern: range.lowerBound), range.count, flags) == 0 { return }
        throw errno == ENOMEM ? .outOfMemory : .accessDenied
    }

    // MARK: asking

    /// The pages from the address on that have everything in common; nil beyond the last address of a program.
    package static func region(at address: UInt) -> Region? {
        guard address < end else { return nil }
        let start = address & ~(page - 1)
        let ours = reservations.withLock { list -> Region? in
            guard let place = index(of: address, in: list) else { return nil }
            let reservation = list[place]
            guard let run = reservation.runs.first(where: { $0.range.contains(start) }) else { return nil }
            return Region(
                range: start..<run.range.upperBound,
                allocation: (reservation.range.lowerBound, reservation.protection),
                state: run.protection == nil ? .reserved : .committed, origin: .ours, protection: run.protection ?? 0)
        }
        if let ours { return ours }
        for map in Maps.all() {
            if start < map.range.lowerBound {
                return Region(range: start..<map.range.lowerBound, state: .free, origin: .none)
            }
            guard map.range.contains(start) else { continue }
            // A mapping may hold reservations of ours that the kernel has merged with their neighbour.
            let next = reservations.withLock { list in list.first { $0.range.lowerBound > start }?.range.lowerBound }
            return Region(
                range: start..<min(map.range.upperBound, next ?? .max), allocation: (map.range.lowerBound, 0),
                state: .committed, origin: map.origin, flags: map.flags)
        }
        return Region(range: start..<end, state: .free, origin: .none)
    }
}

/// The kernel's list of this process's mappings (proc_pid_maps(5)).
private enum Maps {
    struct Map {
        var range: Range<UInt>
        var flags: Int32
        var origin: AddressSpace.Region.Origin
    }

    static func all() -> [Map] {
        var maps: [Map] = []
        guard let file = fopen("/proc/self/maps", "re") else { return [] }
        defer { fclose(file) }
        var line: UnsafeMutablePointer<CChar>?
        var room = 0
        defer { free(line) }
        while getline(&line, &room, file) > 0, let text = line {
            // 7f0c1a600000-7f0c1a622000 r--p 00000000 fe:01 1234   /usr/lib/libc.so.6
            var rest: UnsafeMutablePointer<CChar>?
            let start = strtoul(text, &rest, 16)
            guard let dash = rest, dash[0] == CChar(UInt8(ascii: "-")) else { continue }
            let end = strtoul(dash + 1, &rest, 16)
            guard start < end, let space = rest, strlen(space) > 5 else { continue }
            let mode = space + 1
            func allows(_ place: Int, _ letter: Unicode.Scalar) -> Bool { mode[place] == CChar(UInt8(ascii: letter)) }
            var flags: Int32 = 0
            if allows(0, "r") { flags |= PROT_READ }
            if allows(1, "w") { flags |= PROT_WRITE }
            if allows(2, "x") { flags |= PROT_EXEC }
            strtoul(mode + 4, &rest, 16)  // the offset
            guard let device = rest.flatMap({ strchr($0, Int32(UInt8(ascii: ":"))) }) else { continue }
            strtoul(device + 1, &rest, 16)
            guard let inode = rest else { continue }
            let isFile = strtoul(inode, &rest, 10) != 0
            let isModule = isFile && (flags & PROT_EXEC != 0 || rest.map { strstr($0, ".so") != nil } ?? false)
            maps.append(
                Map(range: start..<end, flags: flags, origin: isModule ? .code : isFile ? .file : .other))
        }
        return maps
    }
}
