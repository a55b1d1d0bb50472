import Dispatcher

/// The signals of an object that takes one per wait, in the order in which they come: each element is a wait that was
/// satisfied. Several iterators share them: each signal goes to one.
///
/// The sequence ends when the task that iterates is cancelled, and not otherwise.
///
/// ```swift
/// for await _ in changed.signals { reload() }
/// ```
public struct Signals<Object: NamedKernelObject>: AsyncSequence, Sendable {
    public typealias Element = Void
    public typealias Failure = Never
    private let object: Object

    init(of object: Object) {
        precondition(
            Arena.local.word(object.object).bits & Word.manualReset == 0,
            "what resets by hand has no sequence of signals: waits leave it signaled")
        self.object = object
    }

    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(object: object) }

    public struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let object: Object

        /// Waits for the next signal and takes it; nil when the task was cancelled first.
        public mutating func next() async -> Void? { await next(isolation: #isolation) }

        public mutating func next(isolation actor: isolated (any Actor)?) async -> Void? {
            do {
                return try await object.wait()
            } catch is CancellationError {
                return nil
            } catch {
                fatalError("\(error)")  // no records: nothing can go on
            }
        }
    }
}
