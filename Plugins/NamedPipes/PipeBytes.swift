import CLinux
import Glibc
import Signalbox

/// What was written and is not read yet: a copy, in memory of ours.
///
/// `@unchecked Sendable`: nothing is written after `init`.
final class PipeBytes: @unchecked Sendable {
    private let memory: UnsafeMutableRawPointer
    let count: Int

    /// Copies the caller's buffers; or why not: they are not all memory of this process, or there is no room.
    static func copying(_ buffers: [UnsafeMutableRawBufferPointer]) -> Result<PipeBytes, Failure> {
        let count = buffers.reduce(0) { $0 + $1.count }
        guard let memory = malloc(max(count, 1)) else { return .failure(Failure(status: .insufficientResources)) }
        let bytes = PipeBytes(memory, count)
        var place = memory
        for buffer in buffers where buffer.count > 0 {
            let code = signalbox_copy_from(place, buffer.baseAddress!, buffer.count)
            guard code == 0 else { return .failure(Failure(status: IOStatus(errno: code))) }
            place += buffer.count
        }
        return .success(bytes)
    }

    struct Failure: Error {
        let status: IOStatus
    }

    private init(_ memory: UnsafeMutableRawPointer, _ count: Int) { (self.memory, self.count) = (memory, count) }

    deinit { free(memory) }

    /// A copy of the first bytes; nil: there is no room.
    func prefix(_ count: Int) -> PipeBytes? {
        guard let copy = malloc(max(count, 1)) else { return nil }
        copy.copyMemory(from: memory, byteCount: count)
        return PipeBytes(copy, count)
    }

    /// `.accessViolation`: some of that is not memory of this process.
    func copy(from offset: Int, _ count: Int, to target: UnsafeMutableRawPointer) -> IOStatus {
        IOStatus(errno: signalbox_copy_to(target, memory + offset, count))
    }
}

/// First in, first out.
struct Fifo<Element: Sendable>: Sendable {
    private var items: [Element?] = []
    private var head = 0

    var isEmpty: Bool { head == items.count }
    var count: Int { items.count - head }
    var first: Element? { isEmpty ? nil : items[head] }

    mutating func append(_ item: Element) { items.append(item) }
    mutating func replaceFirst(_ item: Element) { items[head] = item }
    mutating func removeFirst() {
        items[head] = nil
        head += 1
        if isEmpty {
            items.removeAll(keepingCapacity: head <= 64)
            head = 0
        } else if head > 64 && head > items.count / 2 {
            items.removeFirst(head)
            head = 0
        }
    }

    /// From the first to the last, until `body` returns false.
    func forEach(while body: (Element) -> Bool) {
        for item in items[head...] where !body(item!) { return }
    }

    mutating func updateLast(_ body: (inout Element) -> Void) { body(&items[items.count - 1]!) }
    mutating func updateEach(_ body: (inout Element) -> Void) {
        for index in items.indices[head...] { body(&items[index]!) }
    }

    /// Takes out those that are meant.
    mutating func removeAll(where isMeant: (Element) -> Bool) -> [Element] {
        var (taken, kept): ([Element], [Element?]) = ([], [])
        for item in items[head...] {
            if isMeant(item!) { taken.append(item!) } else { kept.append(item) }
        }
        if taken.isEmpty { return [] }
        items = kept
        head = 0
        return taken
    }
}
