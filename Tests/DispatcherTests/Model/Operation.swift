/// A step that the model and the dispatcher can both take.
enum Operation: Hashable {
    case set(Int)
    case reset(Int)
    case pulse(Int)
    case releaseMutex(Int, by: Int)
    case releaseSemaphore(Int, count: Int)
    case endThread(Int)
    /// The owner ends.
    case abandon(Int)
    case close(Int)
    /// A waiter begins to wait; if it may not block, its time-out is 0.
    case begin(Int, Model.Wait, mayBlock: Bool)
    case signalAndWait(Int, waiter: Int, Int, mayBlock: Bool)
    case timeOut(Int)
    case cancel(Int)
    case suspend(Int)
    case resume(Int)
    /// Takes nothing; see `Look`.
    case look(Int)
}

/// What an operation returns to its caller, at once. How a wait ends that was blocked is seen at the waiter.
enum Answer: Hashable {
    case done
    case refused(Model.Refusal)
    case previousCount(Int)
    case seen(Look)
    /// The wait had ended already when somebody wanted to end it.
    case tooLate
}

/// What can be seen of an object without taking anything.
enum Look: Hashable {
    case signaled(Bool)
    case semaphore(count: Int)
    case mutex(owner: Int?, recursion: Int, isAbandoned: Bool)
}

extension Model {
    mutating func perform(_ operation: Operation) -> Answer {
        do throws(Refusal) {
            switch operation {
            case .set(let event): try set(event)
            case .reset(let event): try reset(event)
            case .pulse(let event): try pulse(event)
            case .releaseMutex(let mutex, let owner): try release(mutex: mutex, by: owner)
            case .releaseSemaphore(let semaphore, let count):
                return .previousCount(try release(semaphore: semaphore, count: count))
            case .endThread(let thread): try endThread(thread)
            case .abandon(let owner): abandon(owner)
            case .close(let object): close(object)
            case .begin(let waiter, let wait, let mayBlock): try begin(waiter, wait, mayBlock: mayBlock)
            case .signalAndWait(let signal, let waiter, let object, let mayBlock):
                try signalAndWait(signal, waiter, object, mayBlock: mayBlock)
            case .timeOut(let waiter): return interrupt(waiter, .timedOut) ? .done : .tooLate
            case .cancel(let waiter): return interrupt(waiter, .cancelled) ? .done : .tooLate
            case .suspend(let waiter): suspend(waiter)
            case .resume(let waiter): resume(waiter)
            case .look(let object): return .seen(look(object))
            }
        } catch {
            return .refused(error)
        }
        return .done
    }

    func look(_ object: Int) -> Look {
        let object = objects[object]
        return switch object.kind {
        case .event, .thread: .signaled(object.isSignaled)
        case .semaphore: .semaphore(count: object.count)
        case .mutex: .mutex(owner: object.owner, recursion: object.recursion, isAbandoned: object.isAbandoned)
        }
    }
}
