import CLinux
import Dispatcher
import Glibc
import TestSupport
import Testing

@testable import Signalbox

@Suite("Security descriptors", .serialized, .alone, .timeLimit(.minutes(2)))
struct SecurityTests {
    private func descriptor(_ text: String) throws -> SecurityDescriptor {
        try SecurityDescriptor(text: Array(text.utf16))
    }

    private func security(_ text: String, _ kind: ObjectKind = .event) throws -> ObjectSecurity {
        try ObjectSecurity(descriptor(text), kind)
    }

    @Test(
        "a descriptor comes to a mode",
        arguments: [
            ("", 0o666), ("D:NO_ACCESS_CONTROL", 0o666), ("D:", 0), ("D:(A;;GA;;;WD)", 0o666),
            ("D:(A;;GX;;;WD)", 0o444), ("D:(A;;GX;;;AU)(A;;GA;;;OW)", 0o644), ("D:(A;;GA;;;CO)(A;;GX;;;CG)", 0o640),
            ("D:(D;;GA;;;WD)(A;;GA;;;CO)", 0), ("D:(A;;GA;;;CO)(D;;GA;;;WD)", 0o600), ("D:(A;IO;GA;;;WD)", 0),
            ("D:(A;;0x2;;;WD)", 0o222), ("D:(A;;GR;;;WD)", 0),
        ])
    func modes(text: String, mode: Int) throws {
        #expect(try security(text).mode == UInt16(mode))
        #expect(try security(text).owner == geteuid() && security(text).group == getegid())
    }

    @Test("generic rights in a list are those of the object's kind")
    func kinds() throws {
        #expect(try security("D:(A;;GW;;;WD)", .event).allowed.contains(.modifyState))
        #expect(try !security("D:(A;;GW;;;WD)", .mutex).allowed.contains(.synchronize))
        #expect(try security("D:(A;;GX;;;WD)", .mutex).mode == 0o666)  // who waits for a mutex may release it
        #expect(try security("D:(A;;GX;;;WD)", .job).mode == 0o444)
        #expect(try security("D:(A;;GA;;;WD)", .semaphore).allowed == Access.all(of: .semaphore))
    }

    @Test("the owner may always read and replace the list")
    func owner() throws {
        #expect(try security("D:").allowed == [.readControl, .writeDAC])
    }

    @Test("a user and a group are named by their numbers; only root gives objects away")
    func numbers() throws {
        let (me, mine) = (geteuid(), getegid())
        let security = try security("O:S-1-22-1-\(me)G:S-1-22-2-4711D:(A;;GA;;;S-1-22-1-\(me))(A;;GX;;;S-1-22-2-4711)")
        #expect(security.owner == me && security.group == 4711 && security.mode == 0o640)
        #expect(try self.security("D:(A;;GX;;;S-1-22-2-\(mine))").allowed.contains(.synchronize))
        #expect(throws: SecurityError.invalidOwner) { try self.security("O:S-1-5-21-1-2-3-1000") }
        if me == 0 {
            let other = try self.security("O:S-1-22-1-4711D:(A;;GA;;;CO)")
            #expect(other.owner == 4711 && other.mode == 0o600 && other.allowed == [])
            #expect(try self.security("O:SYD:(A;;GA;;;BA)").allowed.contains(.modifyState))
        } else {
            #expect(throws: SecurityError.invalidOwner) { try self.security("O:S-1-22-1-\(me + 1)") }
            #expect(throws: SecurityError.invalidOwner) { try self.security("O:SY") }
            #expect(try !self.security("D:(A;;GA;;;SY)").allowed.contains(.modifyState))
        }
    }

    @Test(
        "what is written is read back",
        arguments: [
            "", "D:", "O:BA", "G:SY", "S:",
            "O:BAG:SYD:PAI(A;OICI;GA;;;WD)(D;;0x2;;;S-1-5-21-1-2-3-4)S:AR(AU;SAFA;GW;;;AU)",
        ])
    func roundTrip(text: String) throws {
        var expected = try descriptor(text)
        let read = try expected.bytes.withUnsafeBytes { bytes in
            // Its parts need no alignment.
            try withUnsafeTemporaryAllocation(byteCount: bytes.count + 1, alignment: 8) { copy in
                let place = copy.baseAddress! + 1
                place.copyMemory(from: bytes.baseAddress!, byteCount: bytes.count)
                return try SecurityDescriptor(at: place)
            }
        }
        expected.control |= SecurityDescriptor.Control.selfRelative
        #expect(read == expected)
    }

    @Test("text at random is read or refused, and what is read is written and read back")
    func random() throws {
        var seed = UInt64.random(in: .min ... .max)
        print("seed \(seed)")
        let pieces = [
            "O:", "G:", "D:", "S:", "P", "AI", "AR", "(", ")", ";", "A", "D", "AU", "GA", "GR", "0x1f", "WD", "BA",
            "SY",
            "S-1-", "5", "-", "32", "544", " ", "(A;;GA;;;WD)", "(D;OI;0x3;;;S-1-1-0)", "NO_ACCESS_CONTROL", "é", "x",
        ]
        var taken = 0
        for _ in 0..<20_000 {
            var text = ""
            while true {
                seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                let choice = Int(seed >> 33) % (pieces.count + 4)
                guard choice < pieces.count else { break }
                text += pieces[choice]
            }
            guard let one = try? descriptor(text) else { continue }
            taken += 1
            let other = try one.bytes.withUnsafeBytes { try SecurityDescriptor(at: $0.baseAddress!) }
            #expect(other.owner == one.owner && other.dacl == one.dacl && other.sacl == one.sacl, "\(text)")
        }
        #expect(taken > 100)
    }

    @Test("a named object keeps what its descriptor comes to, for as long as it is named")
    func kept() throws {
        let name = Array("security: kept".utf16)
        let given = try security("D:(A;;GX;;;WD)")
        let (object, granted, existed) = try ObjectNames.openOrMake(name, .event, [.genericAll], given) {
            () throws(DispatcherError) in try Arena.prepared().makeObject(.event, handles: 1)
        }
        #expect(granted == Access.all(of: .event) && !existed)
        #expect(ObjectNames.security(of: object) == given)
        #expect(throws: NameFault.accessDenied) { try ObjectNames.open(name, .event, .modifyState) }
        // An actor has all rights.
        #expect(throws: ObjectNameError.accessDenied("security: kept")) { try EventObject.open("security: kept") }
        let (other, least) = try ObjectNames.open(name, .event, .synchronize)
        #expect(other == object && least == .synchronize)
        HandleTable.releaseHandle(other)
        HandleTable.releaseHandle(object)
        #expect(throws: NameFault.notFound) { try ObjectNames.open(name, .event, .synchronize) }
        let plain = try ObjectNames.openOrMake(name, .event, .synchronize) {
            () throws(DispatcherError) in try Arena.prepared().makeObject(.event, handles: 1)
        }
        #expect(ObjectNames.security(of: plain.object) == nil)
        HandleTable.releaseHandle(plain.object)
    }
}
