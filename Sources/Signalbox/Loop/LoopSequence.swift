import Dispatcher
import Synchronization

/// Events of an ``EventLoop``, one after the other, for one task.
///
/// The sequence ends when the loop does, and for a task that was cancelled. It holds its sources: when it and its iterator
/// are dropped, they go.
public struct LoopSequence<Element: Sendable>: AsyncSequence, Sendable {
    /// It ends, but never fails.
    public typealias Failure = Never
    private let stream: AsyncStream<Element>
    private let feed: LoopFeed<Element>

    fileprivate init(_ stream: AsyncStream<Element>, _ feed: LoopFeed<Element>) {
        self.stream = stream
        self.feed = feed
    }

    /// The only iterator: two of them would race for the elements.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(base: stream.makeAsyncIterator(), feed: feed) }

    /// Takes the events.
    public struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate var base: AsyncStream<Element>.Iterator
        fileprivate let feed: LoopFeed<Element>

        /// Waits for the next event; nil: there will be none, or the task was cancelled.
        public mutating func next() async -> Element? { await next(isolation: #isolation) }

        /// As above, on the caller's actor.
        public mutating func next(isolation actor: isolated (any Actor)?) async -> Element? {
            if let overflow = feed.takeOverflow() { return overflow }
            guard let element = await base.next(isolation: actor) else { return nil }
            feed.taken()
            return element
        }
    }
}

/// What stands between handlers and a task that takes events.
///
/// Sendable: `sources` is set before it is shared; all else is atomic or constant.
private final class LoopFeed<Element: Sendable>: @unchecked Sendable {
    let continuation: AsyncStream<Element>.Continuation
    var sources: [EventSource] = []
    /// Said of what is lost; nil: nothing is.
    let overflow: Element?
    /// Sources are off while more wait than that; nil: never.
    let capacity: Int?
    private let isOverflown = Atomic(false)
    private let waiting = Atomic(0)
    private let isHeld = Atomic(false)

    init(_ continuation: AsyncStream<Element>.Continuation, overflow: Element? = nil, capacity: Int? = nil) {
        self.continuation = continuation
        self.overflow = overflow
        self.capacity = capacity
    }

    // ---- on the loop

    func give(_ element: Element) {
        if case .dropped = continuation.yield(element), overflow != nil {
            isOverflown.store(true, ordering: .sequentiallyConsistent)
        }
        guard let capacity else { return }
        guard waiting.add(1, ordering: .sequentiallyConsistent).newValue >= capacity else { return }
        isHeld.store(true, ordering: .sequentiallyConsistent)
        for source in sources { source.mode = .off }
        // The task may have taken them all before it could see that they are held.
        if mayRelease { release() }
    }

    private func release() { for source in sources { source.mode = .on } }

    // ---- in the task

    func takeOverflow() -> Element? {
        guard let overflow, isOverflown.load(ordering: .relaxed) else { return nil }
        return isOverflown.exchange(false, ordering: .sequentiallyConsistent) ? overflow : nil
    }

    func taken() {
        guard capacity != nil else { return }
        waiting.subtract(1, ordering: .sequentiallyConsistent)
        if mayRelease { sources.first?.executor?.post { self.release() } }
    }

    /// Whether sources are held, and it is for the caller to release them.
    private var mayRelease: Bool {
        waiting.load(ordering: .sequentiallyConsistent) <= (capacity ?? 0) / 2
            && isHeld.exchange(false, ordering: .sequentiallyConsistent)
    }
}

extension EventLoop {
    /// The ticks of a timer, the first after `interval`. What comes while the task does other work is one tick, the last,
    /// whose ``TimerTick/number`` tells how many there were.
    ///
    /// - Throws: as ``addTimer(_:after:every:accuracy:name:priority:handler:)``.
    public func ticks(
        every interval: Duration, _ clock: LoopClock = .monotonic, accuracy: Duration = .milliseconds(1),
        priority: LoopPriority = .normal
    ) throws(IOError) -> LoopSequence<TimerTick> {
        let (stream, continuation) = AsyncStream.makeStream(of: TimerTick.self, bufferingPolicy: .bufferingNewest(1))
        let feed = LoopFeed(continuation)
        let source = try addTimer(
            clock, after: interval, every: interval, accuracy: accuracy, name: "ticks", priority: priority
        ) { _, tick in continuation.yield(tick) }
        return sequence(stream, feed, [source])
    }

    /// The signals of these numbers, in the order in which the loop takes them. When 64 of them wait for the task, no more
    /// are taken until half of them are gone: the kernel keeps them meanwhile, one of each standard signal.
    ///
    /// - Throws: as ``addSignal(_:name:priority:handler:)``.
    public func signals(_ numbers: Int32..., priority: LoopPriority = .normal) throws(IOError)
        -> LoopSequence<SignalInfo>
    {
        let (stream, continuation) = AsyncStream.makeStream(of: SignalInfo.self, bufferingPolicy: .unbounded)
        let feed = LoopFeed(continuation, capacity: 64)
        var sources: [EventSource] = []
        for number in numbers {
            sources.append(try addSignal(number, priority: priority) { [weak feed] _, signal in feed?.give(signal) })
        }
        return sequence(stream, feed, sources)
    }

    /// The changes of a file or folder, in their order. When 1024 of them wait for the task, further ones are lost, and the
    /// next element is an ``FileChange/Kinds/overflow``: then look at everything again.
    ///
    /// - Throws: as ``addInotify(_:_:name:priority:handler:)``.
    public func changes(of path: String, _ kinds: FileChange.Kinds, priority: LoopPriority = .normal) throws(IOError)
        -> LoopSequence<FileChange>
    {
        let (stream, continuation) = AsyncStream.makeStream(
            of: FileChange.self, bufferingPolicy: .bufferingOldest(1024))
        let feed = LoopFeed(continuation, overflow: FileChange(kinds: .overflow))
        let source = try addInotify(path, kinds, priority: priority) { [weak feed] _, change in feed?.give(change) }
        return sequence(stream, feed, [source])
    }

    private func sequence<Element>(
        _ stream: AsyncStream<Element>, _ feed: LoopFeed<Element>, _ sources: [EventSource]
    ) -> LoopSequence<Element> {
        feed.sources = sources
        for source in sources {
            source.core.onRemoval = { [continuation = feed.continuation] in continuation.finish() }
        }
        return LoopSequence(stream, feed)
    }
}
