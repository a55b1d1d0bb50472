/// Callbacks that wait for a worker: by priority, and first in, first out. Pure; under the pool's lock.
struct PoolQueue<Element> {
    private struct Line {
        private var elements: [Element?] = []
        private var first = 0

        var isEmpty: Bool { first == elements.count }
        mutating func append(_ element: Element) { elements.append(element) }
        mutating func pop() -> Element? {
            guard first < elements.count else { return nil }
            let element = elements[first].take()
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

    init(priorities: Int) { lines = Array(repeating: Line(), count: priorities) }

    var isEmpty: Bool { lines.allSatisfy(\.isEmpty) }

    /// `priority`: 0 comes first.
    mutating func append(_ element: Element, priority: Int) { lines[priority].append(element) }

    mutating func pop() -> Element? {
        for line in lines.indices {
            if let element = lines[line].pop() { return element }
        }
        return nil
    }
}
