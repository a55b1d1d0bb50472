// The other process of SharedArenaTests: joins the arena that it inherits as a descriptor, and plays one part with the
// objects that it is told. Exit status: 0, or the line of the check that failed.
//
//     ArenaPeer <part> <descriptor> <size> <name's bits>...
import CLinux
import Dispatcher
import Glibc

func check(_ holds: Bool, line: Int = #line) {
    if !holds { exit(Int32(min(line, 250))) }
}

let arguments = CommandLine.arguments
check(arguments.count >= 4)
let memory = mmap(nil, Int(arguments[3])!, PROT_READ | PROT_WRITE, MAP_SHARED, Int32(arguments[2])!, 0)!
check(memory != MAP_FAILED)
let names = arguments.dropFirst(4).map { ObjectName(bits: UInt64($0)!) }

guard let arena = Arena(joining: memory) else {
    check(arguments[1] == "be-refused")
    exit(0)
}

func soon() -> UInt64 { Deadline.after(nanoseconds: 20_000_000_000) }

func wait(_ names: [ObjectName], all: Bool = false, until deadline: UInt64 = soon()) -> Verdict? {
    try? names.withUnsafeBufferPointer { try arena.block(on: $0, all: all, until: deadline) }
}

func isStale(_ name: ObjectName) -> Bool {
    func isRefused(_ body: () throws -> Void) -> Bool {
        do { try body() } catch { return error as? DispatcherError == .noSuchObject(0) }
        return false
    }
    return !arena.exists(name) && isRefused { try arena.setEvent(name) } && isRefused { try arena.resetEvent(name) }
        && isRefused { _ = try arena.block(on: name, until: Deadline.now) }
        && isRefused { _ = try arena.block(on: name, until: soon()) }
}

switch arguments[1] {
case "ping-pong":
    // names: ping, pong, and how many rounds
    for _ in 0..<names[2].bits {
        check(wait([names[0]]) == .satisfied(0))
        try arena.setEvent(names[1])
    }
case "signal":
    // names: the event that tells us to begin, and those to set, in order
    check(wait([names[0]]) == .satisfied(0))
    for name in names.dropFirst() { try arena.setEvent(name) }
case "wait-any":
    // names: what to wait for, and (last) what to set when the wait is satisfied by the one before the last
    let events = Array(names.dropLast())
    check(wait(events) == .satisfied(events.count - 1))
    try arena.setEvent(names.last!)
case "wait-all":
    let events = Array(names.dropLast())
    check(wait(events, all: true) == .satisfied(0))
    try arena.setEvent(names.last!)
case "time-out":
    check(wait(names, until: Deadline.after(nanoseconds: 2_000_000)) == .timedOut)
    check(wait(names, all: true, until: Deadline.after(nanoseconds: 2_000_000)) == .timedOut)
case "find-stale":
    for name in names { check(isStale(name)) }
case "make-stale":
    // the last reference is dropped here
    check(arena.exists(names[0]))
    arena.release(names[0])
    check(isStale(names[0]))
case "hold-token":
    // names: the token, and how often to take and give it
    for _ in 0..<names[1].bits {
        check(wait([names[0]]) == .satisfied(0))
        try arena.setEvent(names[0])
    }
default: check(false)
}
