extension Model {
    /// The state as a number, the same for states that differ in nothing but the waiters' names: the least of all ways
    /// to name them. For up to three objects and three waiters, and small counts.
    func canonical(shapes: [Wait: Int]) -> UInt128 {
        Model.namings[waiters.count].lazy.map { encoded($0, shapes) }.min()!
    }

    /// Every way to name so many waiters; `[n][m]` is waiter n's new name.
    private static let namings: [[[Int]]] = [
        [[]], [[0]], [[0, 1], [1, 0]],
        [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]],
    ]

    private func encoded(_ naming: [Int], _ shapes: [Wait: Int]) -> UInt128 {
        var code = Code()
        for (number, object) in objects.enumerated() {
            code.append(exists(number) ? 1 : 0, below: 2)
            // Nothing of an object that is gone matters.
            if !exists(number) { continue }
            code.append(object.isOpen ? 1 : 0, below: 2)
            code.append(object.isSignaled ? 1 : 0, below: 2)
            code.append(object.count, below: 4)
            code.append(object.owner.map { naming[$0] + 1 } ?? 0, below: 4)
            code.append(object.recursion, below: 8)
            code.append(object.isAbandoned ? 1 : 0, below: 2)
            code.append(object.queue.count, below: 4)
            for waiter in object.queue { code.append(naming[waiter], below: 3) }
        }
        for name in waiters.indices {
            let number = naming.firstIndex(of: name)!
            // in which order it got two or three; which, the objects tell
            if owned[number].count > 1 { for mutex in owned[number] { code.append(mutex, below: 3) } }
            switch waiters[number] {
            case .idle: code.append(0, below: 4)
            case .waiting(let wait):
                code.append(1, below: 4)
                code.append(shapes[wait]!, below: 32)
            case .suspended(let wait):
                code.append(2, below: 4)
                code.append(shapes[wait]!, below: 32)
            case .ended(let verdict):
                code.append(3, below: 4)
                switch verdict {
                case .timedOut: code.append(0, below: 8)
                case .cancelled: code.append(1, below: 8)
                case .satisfied(let position): code.append(2 + position, below: 8)
                case .abandoned(let position): code.append(5 + position, below: 8)
                }
            }
        }
        return code.bits
    }

    private struct Code {
        var bits: UInt128 = 1

        mutating func append(_ value: Int, below limit: UInt128) {
            precondition(value >= 0 && value < limit, "the state does not fit its code")
            bits = bits * limit + UInt128(value)
        }
    }
}
