import Testing

@testable import Dispatcher

@Suite("Transitions of an object's word")
struct TransitionTests {
    func word(signaled: Bool, manualReset: Bool) -> Word {
        Word(kind: .event, generation: 7, signaled: signaled, manualReset: manualReset)
    }

    @Test("signal and reset change the signal and nothing else", arguments: [false, true], [false, true])
    func signalAndReset(signaled: Bool, manualReset: Bool) {
        var changed = word(signaled: signaled, manualReset: manualReset)
        changed.signal()
        // The count of signals is the one other thing that a signal changes.
        #expect(changed == Word(kind: .event, generation: 7, signaled: true, manualReset: manualReset, count: 1))
        changed.reset()
        #expect(changed == Word(kind: .event, generation: 7, signaled: false, manualReset: manualReset, count: 1))
    }

    @Test("the count of signals goes round without touching anything else")
    func countOfSignals() {
        var event = Word(kind: .event, generation: 0xFF_FFFF, signaled: true, count: 0x7FFF_FFFF)
        event.signal()
        #expect(event == Word(kind: .event, generation: 0xFF_FFFF, signaled: true))
    }

    @Test("a semaphore is signaled while its count is not 0, and counts 31 bits")
    func semaphore() {
        var semaphore = Word(kind: .semaphore, generation: 0xFF_FFFF)
        semaphore.add(0)
        #expect(!semaphore.isSignaled)
        semaphore.add(0x7FFF_FFFF)
        #expect(semaphore.isSignaled && semaphore.count == 0x7FFF_FFFF && semaphore.generation == 0xFF_FFFF)
        for _ in 0..<2 { semaphore.consume(for: .none) }
        #expect(semaphore.isSignaled && semaphore.count == 0x7FFF_FFFD)
        semaphore = Word(kind: .semaphore, generation: 0xFF_FFFF, signaled: true, count: 1)
        semaphore.consume(for: .none)
        #expect(semaphore == Word(kind: .semaphore, generation: 0xFF_FFFF))
    }

    @Test("a mutex is its owner's until he disowns or abandons it; the next owner takes the abandonment away")
    func mutex() {
        let (one, other) = (Owner(index: 0xFF_FFFF), Owner(index: 5))
        let free = Word(kind: .mutex, generation: 0xFF_FFFF, signaled: true)
        #expect(!free.isOwned && free.isSignaled(for: one) && !free.isAbandoned)
        var mutex = free
        mutex.consume(for: one)
        #expect(mutex.isOwned && mutex.owner == one && !mutex.isSignaled && mutex.generation == 0xFF_FFFF)
        #expect(mutex.isSignaled(for: one) && !mutex.isSignaled(for: other) && !mutex.isSignaled(for: .none))
        var disowned = mutex
        disowned.disown()
        #expect(disowned == free)
        mutex.abandon()
        #expect(mutex.isAbandoned && !mutex.isOwned && mutex.isSignaled && mutex.owner == .none)
        mutex.consume(for: other)
        #expect(mutex.owner == other && !mutex.isAbandoned)
    }

    @Test("a satisfied wait takes the signal of an automatic-reset object, and leaves a manual-reset one's")
    func consume() {
        var automatic = word(signaled: true, manualReset: false)
        automatic.consume(for: .none)
        #expect(!automatic.isSignaled)
        var manual = word(signaled: true, manualReset: true)
        manual.consume(for: .none)
        #expect(manual.isSignaled)
    }

    @Test("a name belongs to one generation of one record, and to no free one")
    func names() {
        let live = word(signaled: false, manualReset: false)
        let name = ObjectName(index: 9, generation: 7)
        #expect(name.index == 9 && name.generation == 7)
        #expect(live.belongs(to: name) && live.isNamed(name, .event))
        #expect(!live.belongs(to: ObjectName(index: 9, generation: 8)))
        #expect(!live.retired.belongs(to: name))
        #expect(!Word(bits: 0).belongs(to: .none))
    }

    @Test("generations go round without ever being 0")
    func generations() {
        let last = Word(kind: .event, generation: 0xFF_FFFF, signaled: false, manualReset: false)
        #expect(last.retired.generation == 1)
    }

    @Test("queued and locked words are left alone by the fast paths")
    func busy() {
        var busy = word(signaled: true, manualReset: false)
        #expect(busy.isFree)
        busy.setQueued(true)
        #expect(!busy.isFree)
        busy.setQueued(false)
        #expect(!Word(bits: busy.bits | Word.locked).isFree)
    }

    @Test("a claim keeps number, state and position apart")
    func claims() {
        let claim = Claim(wait: 0xFFFF_FFFF, .satisfied, position: 99_999)
        #expect(claim.wait == 0xFFFF_FFFF && claim.state == .satisfied && claim.position == 99_999)
        #expect(claim.verdict == .satisfied(99_999) && !claim.isOpen)
    }
}
