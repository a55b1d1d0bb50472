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
        #expect(changed == word(signaled: true, manualReset: manualReset))
        changed.reset()
        #expect(changed == word(signaled: false, manualReset: manualReset))
    }

    @Test("a satisfied wait takes the signal of an automatic-reset object, and leaves a manual-reset one's")
    func consume() {
        var automatic = word(signaled: true, manualReset: false)
        automatic.consume()
        #expect(!automatic.isSignaled)
        var manual = word(signaled: true, manualReset: true)
        manual.consume()
        #expect(manual.isSignaled)
    }

    @Test("a name belongs to one generation of one record, and to no free one")
    func names() {
        let live = word(signaled: false, manualReset: false)
        let name = ObjectName(index: 9, generation: 7)
        #expect(name.index == 9 && name.generation == 7)
        #expect(live.belongs(to: name) && live.isEvent(named: name))
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
