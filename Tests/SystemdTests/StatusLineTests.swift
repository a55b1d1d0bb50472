import Testing

@testable import Systemd

@Suite("What the service manager takes as a status")
struct StatusLineTests {
    @Test("it is cut between two code points, so that what goes with it has room in a message")
    func length() {
        #expect(line(String(repeating: "x", count: 3500)).utf8.count == 3500)
        #expect(line(String(repeating: "x", count: 3501)).utf8.count == 3500)
        #expect(line(String(repeating: "\u{1F600}", count: 1000)) == String(repeating: "\u{1F600}", count: 875))
        #expect(line("x" + String(repeating: "\u{1F600}", count: 1000)).utf8.count == 3497)
        // One character to Swift.
        #expect(line("e" + String(repeating: "\u{301}", count: 5000)).utf8.count == 3499)
    }

    @Test("what is no character of a line is a blank")
    func characters() {
        #expect(line("a\0b\nc\td\u{7F}e\u{85}f\u{2028}g") == "a b c d e f g")
        // Noncharacters, which no literal may have.
        for code in [0xFDD0, 0x1FFFF] as [UInt32] {
            #expect(line("a\(Unicode.Scalar(code)!)b") == "a b")
        }
        #expect(line("ä \u{1F600} ñ") == "ä \u{1F600} ñ" && line("") == "")
    }

    @Test("durations beyond what the unit holds are the longest there is")
    func durations() {
        #expect(microseconds(.seconds(-1)) == 0 && microseconds(.milliseconds(1500)) == 1_500_000)
        #expect(microseconds(.seconds(Int64.max)) == .max)
        let brim = Duration(secondsComponent: 18_446_744_073_709, attosecondsComponent: 999_999_000_000_000_000)
        #expect(microseconds(brim) == .max)
        #expect(deadline(in: .seconds(1 << 40)) == .max && deadline(in: .seconds(Int64.max)) == .max)
        #expect(deadline(in: .seconds(18_446_744_073)) == .max)
    }
}
