import Signalbox
import Testing

@testable import Systemd

@Suite("What is said of a start or stop that lasts")
struct AnnouncerTests {
    private var announcer = Announcer()

    private func at(_ plugin: String?, _ text: String? = nil, steps: UInt64, _ phase: Progress.Phase = .starting)
        -> Progress.Snapshot
    {
        var snapshot = Progress.Snapshot()
        snapshot.phase = phase
        snapshot.plugin = plugin
        snapshot.steps = steps
        if let plugin, let text { snapshot.texts[plugin] = text }
        return snapshot
    }

    @Test("the first tick says nothing, the second what the host waits for, the next nothing new")
    mutating func firstWord() {
        #expect(announcer.tick(at("a", steps: 1), closed: []) == .init())
        #expect(announcer.tick(at("a", steps: 1), closed: []) == .init(status: "starting: plugin a"))
        #expect(announcer.tick(at("a", steps: 1), closed: []) == .init())
    }

    @Test("each tick with progress asks for more time, one without does not")
    mutating func progress() {
        _ = announcer.tick(at("a", steps: 1), closed: [])
        #expect(
            announcer.tick(at("a", "1 of 2", steps: 2), closed: [])
                == .init(status: "starting: plugin a: 1 of 2", extends: true))
        #expect(announcer.tick(at("a", "1 of 2", steps: 2), closed: []) == .init())
        #expect(announcer.tick(at("a", "1 of 2", steps: 3), closed: []) == .init(extends: true))
    }

    @Test("without progress it complains after 10 ticks, then after 20, and names the gates")
    mutating func complaints() {
        var complaints: [Int: String] = [:]
        for tick in 1...25 {
            let action = announcer.tick(at(nil, steps: 1), closed: ["b: x", "c: y"])
            if let complaint = action.complaint { complaints[tick] = complaint }
        }
        #expect(
            complaints == [
                11: "starting: waiting for b: x, c: y, without progress for 10 s",
                21: "starting: waiting for b: x, c: y, without progress for 20 s",
            ])
    }

    @Test("a stop is told as one")
    func stop() {
        #expect(Announcer.text(at("a", "half", steps: 1, .ending), closed: ["b: x"]) == "stopping: plugin a: half")
        #expect(Announcer.text(at(nil, steps: 1, .ending), closed: ["b: x"]) == "stopping")
    }
}
