// A few lines with each kind of object. `swift run Objects` prints what they come to.

import Signalbox

// snippet.event
let ready = EventObject()
let waiting = Task { try await ready.wait() }
ready.set()
try await waiting.value
// snippet.end

// snippet.mutex
let ledger = MutexObject()
let wasWhole = try await ledger.withLock { wasAbandoned in !wasAbandoned }
let owner = MutexOwner()
guard try await waitAll([ledger, EventObject(signaled: true)], for: owner) == .satisfied(0) else { fatalError() }
try ledger.release(by: owner)
// snippet.end

// snippet.semaphore
let uploads = SemaphoreObject(count: 4)
let left = try await uploads.withPermits(3) { uploads.count }
// snippet.end

// snippet.timer
let timer = TimerObject()
timer.set(after: .milliseconds(1), every: .milliseconds(1))
var ticks = 0
for await _ in timer.ticks {
    ticks += 1
    if ticks == 3 { break }
}
timer.cancel()
// snippet.end

// snippet.thread
let answer = try await ThreadObject.run(name: "think") { stop in stop.isSet ? 0 : 42 }
let thread = try ThreadObject { print("on a thread of its own") }
try await thread.wait()
// snippet.end

// snippet.process
let process = try ProcessObject("true")
guard try await process.exit() == .exited(0) else { fatalError() }
// snippet.end

// snippet.port
let port = PortObject()
try port.post(.init(key: 1, bytes: 5))
for await packet in port.packets {
    print("packet of \(packet.bytes) bytes")
    port.close()
}
// snippet.end

// snippet.several
let stop = StopEvent()
stop.set()
let first = try await waitAny(uploads, stop, timeout: .seconds(1))
// snippet.end

// snippet.names
let named = try EventObject(named: "configuration changed")
let handle = try named.makeHandle()  // for C code, which closes it
let same = try EventObject.open(handle: handle).object == EventObject.open("configuration changed").object
// snippet.end

print(wasWhole, left, ticks, answer, first, same)
