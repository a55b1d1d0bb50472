package import Dispatcher

/// What a handle allows: an access mask of Win32, whose lower 16 bits are the object's kind's own.
///
/// Each handle keeps the mask that it was granted, see `HandleTable.access`. Generic rights are mapped when it is made
/// and never kept, so that a right is there if its bits are.
package struct Access: OptionSet, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    package static var readControl: Access { Access(rawValue: 0x2_0000) }
    package static var writeDAC: Access { Access(rawValue: 0x4_0000) }
    package static var synchronize: Access { Access(rawValue: 0x10_0000) }
    /// Of events, semaphores, timers and ports: the right to change the state.
    package static var modifyState: Access { Access(rawValue: 2) }
    /// As much as the caller may have.
    package static var maximumAllowed: Access { Access(rawValue: 0x200_0000) }
    package static var genericRead: Access { Access(rawValue: 0x8000_0000) }
    package static var genericWrite: Access { Access(rawValue: 0x4000_0000) }
    package static var genericExecute: Access { Access(rawValue: 0x2000_0000) }
    package static var genericAll: Access { Access(rawValue: 0x1000_0000) }
    private static var threadSetContext: Access { Access(rawValue: 0x10) }

    /// What the generic rights stand for, by kind of object (GENERIC_MAPPING of the object types of NT).
    private struct Mapping {
        let read, write, execute, all: UInt32

        init(_ kind: ObjectKind) {
            (read, write, execute, all) =
                switch kind {
                case .mutex: (0x2_0001, 0x2_0000, 0x12_0000, 0x1F_0001)
                case .thread: (0x2_0048, 0x2_0437, 0x12_1800, 0x1F_FFFF)
                case .process: (0x2_0410, 0x2_0BEA, 0x12_1001, 0x1F_FFFF)
                case .job: (0x2_0004, 0x2_000B, 0x12_0000, 0x1F_001F)
                case .source: (0x12_0089, 0x12_0116, 0x12_00A0, 0x1F_01FF)
                default: (0x2_0001, 0x2_0002, 0x12_0000, 0x1F_0003)
                }
        }
    }

    /// All rights that objects of the kind have.
    @inline(__always) package static func all(of kind: ObjectKind) -> Access { Access(rawValue: Mapping(kind).all) }

    /// The right to change the state of an object of the kind.
    static func modification(of kind: ObjectKind) -> Access {
        // Who has a mutex may release it; MUTEX_MODIFY_STATE is bit 0, and nothing takes it.
        kind == .mutex ? .synchronize : .modifyState
    }

    /// What is granted if the mask is asked for: generic rights mapped, what the kind does not have left out.
    package func mapped(for kind: ObjectKind) -> Access {
        let mapping = Mapping(kind)
        if !isDisjoint(with: [.maximumAllowed, .genericAll]) { return Access(rawValue: mapping.all) }
        var mask = rawValue
        if contains(.genericRead) { mask |= mapping.read }
        if contains(.genericWrite) { mask |= mapping.write }
        if contains(.genericExecute) { mask |= mapping.execute }
        mask &= mapping.all
        // "A handle that has the PROCESS_QUERY_INFORMATION access right is automatically granted
        // PROCESS_QUERY_LIMITED_INFORMATION" (Process Security and Access Rights); threads likewise.
        switch kind {
        case .process:
            if mask & 0x400 != 0 { mask |= 0x1000 }
            if mask & 0x200 != 0 { mask |= 0x2000 }
        case .thread:
            if mask & 0x40 != 0 { mask |= 0x800 }
            if mask & 0x20 != 0 { mask |= 0x400 }
            if mask & 0x2 != 0 { mask |= 0x1000 }
        default: break
        }
        return Access(rawValue: mask)
    }

    /// The bits of a slot by which the paths that must be fast check the right.
    @inline(__always) func rights(of kind: ObjectKind) -> HandleTable.Rights {
        var rights: HandleTable.Rights = []
        if contains(.synchronize) { rights.insert(.synchronize) }
        // Bit 1 says so for all kinds that have it: EVENT_MODIFY_STATE, SEMAPHORE_MODIFY_STATE, TIMER_MODIFY_STATE,
        // THREAD_SUSPEND_RESUME, IO_COMPLETION_MODIFY_STATE, FILE_WRITE_DATA.
        if contains(.modifyState) { rights.insert(.modify) }
        if kind == .thread && contains(.threadSetContext) { rights.insert(.setContext) }
        return rights
    }
}
