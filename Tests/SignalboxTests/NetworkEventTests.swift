import Signalbox
import Testing

@Suite("Reports of sockets")
struct NetworkEventTests {
    private func note(_ events: inout NetworkEvents, _ ready: SocketReadiness) -> Bool {
        events.note(ready, connectError: 111, closeError: 104)
    }

    @Test("what is ready is reported once, until the call that enables it")
    func once() {
        var events = NetworkEvents()
        events.select([.receive, .send], isConnecting: false)
        #expect(note(&events, .receive))
        #expect(!note(&events, .receive))
        #expect(events.take().recorded == .receive)
        #expect(events.take().recorded == [])
        #expect(!note(&events, .receive))
        events.enable(.receive)
        #expect(!note(&events, []))
        #expect(note(&events, [.receive, .send]))
        #expect(events.take().recorded == [.receive, .send])
    }

    @Test("what was not asked for is not reported")
    func unwanted() {
        var events = NetworkEvents()
        #expect(!note(&events, .receive))
        events.select(.close, isConnecting: false)
        #expect(!note(&events, [.receive, .send, .urgent, .accept, .connect]))
        #expect(note(&events, [.receive, .close]))
        let taken = events.take()
        #expect(taken.recorded == .close)
        #expect(taken.closeError == 104)
    }

    @Test("a connection that was there before is not reported, and one that is being made is")
    func connecting() {
        var events = NetworkEvents()
        events.select(.connect, isConnecting: false)
        #expect(!note(&events, .connect))
        events.enable(.connect)
        #expect(note(&events, .connect))
        let taken = events.take()
        #expect(taken.recorded == .connect)
        #expect(taken.connectError == 111)
        #expect(!note(&events, .connect))
        events.select(.connect, isConnecting: true)
        #expect(note(&events, .connect))
    }

    @Test("selecting anew forgets what was recorded, and reports it anew")
    func anew() {
        var events = NetworkEvents()
        events.select(.receive, isConnecting: false)
        #expect(note(&events, .receive))
        events.select(.receive, isConnecting: false)
        #expect(events.take().recorded == [])
        #expect(note(&events, .receive))
    }
}
