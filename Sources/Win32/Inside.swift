import CLinux

// A function that allocates, takes a lock other than one object's, or calls what may, begins with
// `enter(); defer { leave() }`; where it calls code of the program's, or sleeps, it does so in `outside`.
// A thread that is suspended or terminated meanwhile is stopped as soon as it has left.

@inline(__always) func enter() { signalbox_enter() }
@inline(__always) func leave() { signalbox_leave() }

@inline(__always) func outside<R>(_ body: () -> R) -> R {
    let inside = signalbox_open()
    defer { signalbox_close(inside) }
    return body()
}
