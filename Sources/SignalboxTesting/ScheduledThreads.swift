#if DEBUG || SCHEDULED
    import CLinux
    import Dispatcher
    import Glibc
    package import Signalbox
    import Synchronization

    /// Threads that run one at a time; a seed decides after which step which of them goes on: the same seed brings the
    /// same schedule. Time stands still, until a thread that sleeps is to see its deadline.
    ///
    /// Whoever has the *baton* runs, and alone touches the state; he hands it on, and sleeps until he gets it back.
    package final class ScheduledThreads: Seam.Scheduler, @unchecked Sendable {
        // Sendable: `members`, `random`, `now` and the rest belong to whoever has the baton, which is passed with release
        // and acquire; the batons are atomics that live as long as this, to which the threads refer until they end.

        private struct Member {
            var isDone = true
            /// It sleeps, until this.
            var isReady: (() -> Bool)?
            var deadline = UInt64.max
            var hasTimedOut = false
        }
        private var members: [Member]
        private let batons: [UnsafeMutablePointer<Atomic<UInt32>>]
        private let timePassesEarly: Bool
        private var body: @Sendable (Int) -> Void = { _ in }
        private var isOver = false
        private var threads: [ThreadObject] = []
        private var current: Int
        private var random = SeededGenerator(seed: 0)
        /// One step in so many is followed by another thread's.
        private var patience: UInt64 = 1
        package private(set) var now: UInt64 = 1
        /// Who went on at each choice.
        package private(set) var choices: [Int] = []
        /// Who slept when nobody could go on, and no time-out would help; nil: that has not been. From then on sleeps
        /// without a deadline time out too, so that the threads come to their ends.
        package private(set) var deadlocked: [Int]?
        /// How often a sleep without a deadline has timed out.
        private var rescues = 0
        private static let mostRescues = 1_000
        /// Some threads cannot be brought to their end, and sleep for ever.
        private var isAbandoned = false

        /// `timePassesEarly`: a time-out may come while another thread could go on.
        package init(count: Int, timePassesEarly: Bool) throws(ThreadError) {
            precondition(Seam.scheduler == nil, "other scheduled threads have not ended")
            members = Array(repeating: Member(), count: count)
            current = count
            self.timePassesEarly = timePassesEarly
            batons = (0...count).map { _ in
                let baton = UnsafeMutablePointer<Atomic<UInt32>>.allocate(capacity: 1)
                baton.initialize(to: Atomic(0))
                return baton
            }
            Seam.scheduler = self
            do throws(ThreadError) {
                for number in 0..<count {
                    threads.append(try ThreadObject(name: "scheduled") { [self] in serve(number) })
                }
            } catch {
                _ = dismiss()
                throw error
            }
        }

        deinit { batons.forEach { $0.deallocate() } }

        private func serve(_ number: Int) {
            signalbox_pin_to_one_processor()  // nobody need be woken on another
            while true {
                receive(number)
                if isOver { return }
                signalbox_thread().pointee.isScheduled = true
                body(number)
                signalbox_thread().pointee.isScheduled = false
                members[number].isDone = true
                hand(to: pick())
            }
        }

        /// Runs `body` on each thread, in the order that the seed decides, until all have returned.
        package func run(seed: UInt64, _ body: @escaping @Sendable (Int) -> Void) {
            precondition(!isAbandoned, "some of the threads sleep for ever")
            self.body = body
            random = SeededGenerator(seed: seed)
            patience = [1, 2, 4, 8, 16].randomElement(using: &random)!
            (now, deadlocked, rescues) = (1, nil, 0)
            choices.removeAll(keepingCapacity: true)
            for number in members.indices { members[number] = Member(isDone: false) }
            hand(to: pick())
            receive(batons.count - 1)
            self.body = { _ in }  // it may refer to this
        }

        /// Lets the threads end, and returns them; none, if some cannot.
        func dismiss() -> [ThreadObject] {
            defer { threads = [] }
            Seam.scheduler = nil  // nobody is scheduled any more, or will be
            if isAbandoned { return [] }
            isOver = true
            for number in threads.indices { pass(batons[number]) }
            return threads
        }

        /// Lets the threads end, and returns when they have; a cancelled task does not wait for it.
        package func end() async {
            for thread in dismiss() { try? await thread.wait() }
        }

        // ---- for who runs

        package func step() {
            guard random.next() % patience == 0 else { return }
            goOn(as: current)
        }

        package func sleep(until deadline: UInt64, _ isReady: () -> Bool) -> Bool {
            let me = current
            // It is called while this thread sleeps in here, and never after.
            return withoutActuallyEscaping(isReady) { isReady in
                members[me].isReady = isReady
                members[me].deadline = deadline
                members[me].hasTimedOut = false
                goOn(as: me)
                members[me].isReady = nil
                return !members[me].hasTimedOut
            }
        }

        /// Lets the seed choose who is next, and returns when it is the caller's turn.
        private func goOn(as me: Int) {
            let next = pick()
            guard next != me else { return }
            hand(to: next)
            receive(me)
        }

        private func pick() -> Int {
            let next = choose()
            if next < members.count { choices.append(next) }
            return next
        }

        /// Who goes on; the last baton's owner, if nobody ever will.
        private func choose() -> Int {
            if members.allSatisfy(\.isDone) { return members.count }
            let ready = members.indices.filter { !members[$0].isDone && members[$0].isReady?() ?? true }
            let sleepers = members.indices.filter { number in
                !members[number].isDone && members[number].isReady != nil && members[number].deadline != .max
                    && !ready.contains(number)
            }
            // Time may pass while somebody could go on.
            if !sleepers.isEmpty && (ready.isEmpty || timePassesEarly && random.next() % 16 == 0) {
                let first = sleepers.min { members[$0].deadline < members[$1].deadline }!
                now = max(now, members[first].deadline)
                members[first].hasTimedOut = true
                return first
            }
            return ready.randomElement(using: &random) ?? rescue()
        }

        private func rescue() -> Int {
            let asleep = members.indices.filter { !members[$0].isDone }
            deadlocked = deadlocked ?? asleep
            rescues += 1
            if rescues > Self.mostRescues {
                isAbandoned = true
                return members.count
            }
            members[asleep[0]].hasTimedOut = true
            return asleep[0]
        }

        private func hand(to next: Int) {
            current = next
            pass(batons[next])
        }
        private func pass(_ baton: UnsafeMutablePointer<Atomic<UInt32>>) {
            baton.pointee.store(1, ordering: .releasing)
            signalbox_futex_wake(baton, 1, false)
        }
        private func receive(_ number: Int) {
            while batons[number].pointee.exchange(0, ordering: .acquiring) == 0 {
                _ = signalbox_futex_wait(batons[number], 0, .max, false)
            }
        }
    }
#endif
