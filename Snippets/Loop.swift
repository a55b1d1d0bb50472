// What the event loop waits for, where it runs, and what drives it. `swift run Loop` prints what happened.

import Glibc
import Signalbox

let loop = try EventLoop()

// snippet.descriptor
/// Reads what comes by a pipe: an actor of the loop, which owns its sources, and whose handlers are isolated to it.
actor Reader {
    private let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.unownedExecutor }
    private var source: IOSource?
    private(set) var bytes = 0

    init(_ loop: EventLoop) { self.loop = loop }

    func start(_ descriptor: Int32) async throws {
        source = try await loop.addIO(descriptor, events: .readable, name: "pipe", on: self) { reader, _ in
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = read(descriptor, &buffer, buffer.count)
            guard count >= 0 else { throw IOError(code: errno, "reading the pipe") }  // logged, and the source is off
            reader.bytes += count
            if count == 0 { reader.source?.cancel() }
        }
    }
}
// snippet.end

var ends: [Int32] = [0, 0]
pipe(&ends)
let reader = Reader(loop)
try await reader.start(ends[0])
write(ends[1], "hello", 5)
close(ends[1])

// snippet.sequences
for await tick in try await loop.ticks(every: .milliseconds(1)) where tick.number >= 3 {
    print("tick")
    break
}
// snippet.end

// snippet.caller
/// A loop on this thread: it sets its sources up, runs, and returns a code.
func runHere() throws -> Int32 {
    let loop = try EventLoop(driver: .caller)
    let sources = try loop.withIsolation { loop in
        [
            try loop.addExit { _ in print("exit") },
            try loop.addTimer(after: .milliseconds(1)) { loop, _ in loop.exit(code: 3) },
        ]
    }
    return withExtendedLifetime(sources) { loop.runOnCurrentThread() }
}
// snippet.end

// snippet.embedded
/// A loop that poll(2) drives.
func drive(_ loop: EventLoop) {
    while !loop.hasEnded {
        let mayNotSleep = loop.prepare()
        var ready = pollfd(fd: loop.descriptor, events: Int16(POLLIN), revents: 0)
        if poll(&ready, 1, mayNotSleep ? 0 : -1) > 0 || mayNotSleep { loop.dispatch() }
    }
}
let driven = try EventLoop(driver: .caller)
let driver = try ThreadObject { drive(driven) }
let sum = await driven.run { 1 + 2 }  // on the thread that polls
await driven.exit()
try await driver.wait()
// snippet.end

let code = try runHere()
while await reader.bytes < 5 { await Task.yield() }
print("read \(await reader.bytes) bytes, exited with \(code), sum \(sum)")
await loop.exit()
try await loop.ended.wait()
