import Glibc
import Signalbox
import WinSDK

/// Prints one measure of what waits of tasks cost: nanoseconds; for a crowd, bytes and nanoseconds a task.
///
/// usage: asyncbench MEASURE [MILLISECONDS]
@main struct AsyncBench {
    static func main() async throws {
        let arguments = CommandLine.arguments
        let budget = arguments.count > 2 ? Int(arguments[2]) ?? 60 : 60
        switch arguments.count > 1 ? arguments[1] : "" {
        case "pingpong-bare": print(await measure(budget, pingPongBare))
        case "pingpong": print(await measure(budget, pingPong))
        case "pingpong-timed": print(await measure(budget, pingPongTimed))
        case "set-wait": print(await measure(budget, setWait))
        case "set-wait-blocking": print(await measure(budget) { count in setWaitBlocking(count) })
        case "loop-bare": print(await measure(budget) { count in LoopEvents.bare(count) })
        case "loop": print(await measure(budget) { count in LoopEvents.ours(count) })
        case "loop-owned": print(await measure(budget) { count in LoopEvents.owned(count) })
        case "crowd-bare": show(await Crowd(.bare).run())
        case "crowd": show(await Crowd(.event).run())
        case "crowd-timed": show(await Crowd(.timed).run())
        default:
            print("usage: asyncbench MEASURE [MILLISECONDS]; the measures are in `run`")
            exit(2)
        }
    }

    private static func show(_ result: (bytes: Double, nanoseconds: Double)) {
        print(result.bytes, result.nanoseconds)
    }

    /// Takes more rounds until they fill the time; nanoseconds a round.
    private static func measure(_ milliseconds: Int, _ rounds: @Sendable (Int) async -> Void) async -> Double {
        let budget = Double(milliseconds) * 1e6
        var count = 64
        while true {
            let start = now()
            await rounds(count)
            let took = Double(now() - start)
            if took > budget / 2 { return took / Double(count) }
            count = took < budget / 16 ? count * 8 : Int(budget / (took / Double(count))) + 1
        }
    }

    // ---- two tasks that wake each other: every wait suspends

    private static func pingPongBare(_ count: Int) async {
        let (ping, pong) = (BareSignal(), BareSignal())
        let peer = Task.detached {
            for _ in 0..<count {
                await ping.wait()
                pong.set()
            }
        }
        let own = Task.detached {
            for _ in 0..<count {
                ping.set()
                await pong.wait()
            }
        }
        await peer.value
        await own.value
    }

    private static func pingPong(_ count: Int) async {
        let (ping, pong) = (EventObject(), EventObject())
        let peer = Task.detached {
            for _ in 0..<count {
                try! await ping.wait()
                pong.set()
            }
        }
        let own = Task.detached {
            for _ in 0..<count {
                ping.set()
                try! await pong.wait()
            }
        }
        await peer.value
        await own.value
    }

    private static func pingPongTimed(_ count: Int) async {
        let (ping, pong) = (EventObject(), EventObject())
        let peer = Task.detached {
            for _ in 0..<count {
                _ = try! await ping.wait(timeout: .seconds(3600))
                pong.set()
            }
        }
        let own = Task.detached {
            for _ in 0..<count {
                ping.set()
                _ = try! await pong.wait(timeout: .seconds(3600))
            }
        }
        await peer.value
        await own.value
    }

    // ---- waits that need not suspend, or block

    private static func setWait(_ count: Int) async {
        let event = EventObject()
        for _ in 0..<count {
            event.set()
            try! await event.wait()
        }
    }

    private static func setWaitBlocking(_ count: Int) {
        let event = CreateEventW(nil, false, false, nil)
        for _ in 0..<count where !SetEvent(event) || WaitForSingleObject(event, INFINITE) != WAIT_OBJECT_0 {
            fatalError("an event that was set could not be waited for")
        }
        _ = CloseHandle(event)
    }
}

/// The clock, in nanoseconds.
func now(_ clock: clockid_t = CLOCK_MONOTONIC) -> Int64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}
