/// Callbacks that wait for a worker: by priority, and first in, first out; but who has waited for as long as `patience`
/// comes first, so that none waits for ever because others never end. Pure; under the pool's lock.
struct PoolQueue<Element> {
    private struct Line {
        private var elements: [(element: Element, since: UInt64)?] = []
        private var first = 0

        var isEmpty: Bool { first == elements.count }
        /// When the first one came.
        var since: UInt64? { isEmpty ? nil : elements[first]?.since }
        mutating func append(_ element: Element, _ now: UInt64) { elements.append((element, now)) }
        mutating func pop() -> Element? {
            guard first < elements.count else { return nil }
            let element = elements[first].take()?.element
            first += 1
            if first == elements.count {
                elements.removeAll(keepingCapacity: first <= 1024)
                first = 0
            } else if first >= 1024 && first * 2 > elements.count {
                elements.removeFirst(first)
                first = 0
            }
            return element
        }
    }
    private var lines: [Line]
    private let patience: UInt64

    /// `patience`: in the unit of the times that the functions are given.
    init(priorities: Int, patience: UInt64) {
        lines = Array(repeating: Line(), count: priorities)
        self.patience = patience
    }

    var isEmpty: Bool { lines.allSatisfy(\.isEmpty) }

    /// `priority`: 0 comes first.
    mutating func append(_ element: Element, priority: Int, at now: UInt64) { lines[priority].append(element, now) }

    mutating func pop(at now: UInt64) -> Element? {
        guard var chosen = lines.firstIndex(where: { !$0.isEmpty }) else { return nil }
        for line in lines.indices.dropFirst(chosen + 1) {
            if let since = lines[line].since, now >= since, now - since >= patience { chosen = line }
        }
        return lines[chosen].pop()
    }
}
