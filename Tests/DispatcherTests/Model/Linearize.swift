// Whether what several threads saw can be told as a story in which one thing happened after another.
//
// A *history* is a list of calls, each with the moments at which it was made and at which it returned, and what it
// returned. It is linearizable if every call can be given one moment between its two at which all of it happened, such
// that the model, taking the calls in that order, returns the same. A wait that blocks happens in two moments: it
// *begins* (looks, and stands in line or not), and it *ends*, either within the step of somebody else that satisfies
// it, or by its time-out. So a call may be: not begun; begun, and pending; done. An owner that ends leaves its mutexes
// behind one by one, each at a moment of its own.
//
// What a history proves of a wait:
// - satisfied: the model's wait, begun at some moment of the call, was satisfied in the same way before its return;
// - timed out: there was a moment, between the call and its return and not before the deadline, at which the wait was
//   pending. The deadline makes this strong: a signal that was there before it, and that nobody took, must be found.
//   (A wait that is pending and then times out changes nothing for the others. So if a wait that only waits could have
//   begun at an earlier moment, it could as well have begun when it timed out; it is one step then, which halves the
//   search. One that signals, too, keeps its two.)
// What it does not: the order of two waits that were pending at once, as nobody can tell which began first. The
// exhaustive check proves that lines are first in, first out.
//
// The search is Wing and Gong's, with Lowe's memory of the states from which it has failed: whichever calls may come
// next, because no other has returned before they were made, are tried in turn.

struct Call: Hashable {
    enum Outcome: Hashable {
        case answer(Answer)
        /// Of a wait.
        case verdict(Model.Verdict)
    }

    var operation: Operation
    var outcome: Outcome
    /// Stamps of one clock; no two are the same.
    var invoked: Int
    var returned: Int
    /// The wait's deadline was not over at this moment.
    var deadlineAfter = 0
}

enum Linearization: Equatable {
    /// The calls, by their place in the history, in the order in which they may have begun.
    case order([Int])
    case impossible
    /// The search was given up after so many states.
    case undecided
}

/// Looks for an order in which the model, from `start`, does what the history says.
func linearize(_ history: [Call], from start: Model, limit: Int = 1_000_000) -> Linearization {
    precondition(history.count <= 64, "the search keeps a call in a bit")
    var search = Search(calls: history.map(\.inOneStep), limit: limit)
    let found = search.run(Search.State(model: start))
    return search.isGivenUp ? .undecided : found ? .order(search.order.reversed()) : .impossible
}

extension Call {
    /// See the head of the file.
    fileprivate var inOneStep: Call {
        guard case .begin(let waiter, let wait, mayBlock: true) = operation, outcome == .verdict(.timedOut) else {
            return self
        }
        var call = self
        call.operation = .begin(waiter, wait, mayBlock: false)
        call.invoked = max(invoked, deadlineAfter)
        return call
    }

    /// Who waits, if it is a wait.
    var waiter: Int? {
        switch operation {
        case .begin(let waiter, _, _), .signalAndWait(_, let waiter, _, _): waiter
        default: nil
        }
    }
}

private struct Search {
    struct State: Hashable {
        var model: Model
        var begun: UInt64 = 0
        var done: UInt64 = 0
    }

    let calls: [Call]
    let limit: Int
    /// The way to the end, last first.
    private(set) var order: [Int] = []
    private(set) var isGivenUp = false
    private var failed: Set<State> = []

    init(calls: [Call], limit: Int) {
        self.calls = calls
        self.limit = limit
    }

    mutating func run(_ state: State) -> Bool {
        let open = calls.indices.filter { state.done & 1 << $0 == 0 }
        guard let firstReturn = open.map({ calls[$0].returned }).min() else { return true }
        guard failed.insert(state).inserted else { return false }
        if failed.count > limit { isGivenUp = true }
        for call in open where !isGivenUp {
            let hasBegun = state.begun & 1 << call != 0
            let next =
                switch calls[call].operation {
                case .abandon(let owner): abandon(call, owner, state, firstReturn)
                default: hasBegun ? timeOut(call, state, firstReturn) : begin(call, state, firstReturn)
                }
            guard let next else { continue }
            if run(next) {
                if !hasBegun { order.append(call) }
                return true
            }
        }
        return false
    }

    private func begin(_ number: Int, _ state: State, _ firstReturn: Int) -> State? {
        let call = calls[number]
        guard call.invoked < firstReturn else { return nil }
        var next = state
        next.begun |= 1 << number
        let answer = next.model.perform(call.operation)
        switch call.outcome {
        case .answer(let expected):
            guard answer == expected else { return nil }
            next.done |= 1 << number
        case .verdict:
            guard answer == .done else { return nil }
        }
        return settle(&next) ? next : nil
    }

    private func abandon(_ number: Int, _ owner: Int, _ state: State, _ firstReturn: Int) -> State? {
        guard calls[number].invoked < firstReturn else { return nil }
        var next = state
        next.model.abandonLast(of: owner)
        next.begun |= 1 << number
        if next.model.owned[owner].isEmpty { next.done |= 1 << number }
        return settle(&next) ? next : nil
    }

    private func timeOut(_ number: Int, _ state: State, _ firstReturn: Int) -> State? {
        let call = calls[number]
        guard call.outcome == .verdict(.timedOut), call.deadlineAfter < firstReturn else { return nil }
        var next = state
        guard next.model.interrupt(call.waiter!, .timedOut) else { return nil }
        return settle(&next) ? next : nil
    }

    /// Whoever's wait has ended returns; false if it did not return so.
    private func settle(_ state: inout State) -> Bool {
        for call in calls.indices where (state.begun & ~state.done) & 1 << call != 0 {
            guard let waiter = calls[call].waiter, let verdict = state.model.collect(waiter) else { continue }
            guard calls[call].outcome == .verdict(verdict) else { return false }
            state.done |= 1 << call
        }
        return true
    }
}
