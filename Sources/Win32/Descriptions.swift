import CLinux
public import CWin32
import Dispatcher
import Glibc
import Signalbox

// Descriptions of threads, by the name of the thread's object. One that outlives its thread's object is swept.

private let descriptions = Guarded<(texts: [UInt64: [WCHAR]], sweepAt: Int)>(([:], 64))

/// An HRESULT of an NT status.
private func result(_ status: UInt32) -> HRESULT { HRESULT(bitPattern: status | 0x1000_0000) }
private func failedResult() -> HRESULT {
    let isDenied = __GetLastError() == DWORD(ERROR_ACCESS_DENIED)
    return result(isDenied ? IOStatus.accessDenied.rawValue : IOStatus.invalidHandle.rawValue)
}

/// Runs `body` with the last error as it was: these functions say what failed by what they return.
private func withoutLastError(_ body: () -> HRESULT) -> HRESULT {
    let lastError = signalbox_thread().pointee.lastError
    defer { signalbox_thread().pointee.lastError = lastError }
    return body()
}

@c(SetThreadDescription) @implementation
public func __SetThreadDescription(_ thread: HANDLE?, _ description: PCWSTR?) -> HRESULT {
    enter()
    defer { leave() }
    return withoutLastError {
        let object = threadObject(thread, oneOf: THREAD_SET_INFORMATION | THREAD_SET_LIMITED_INFORMATION)
        guard object != .none else { return failedResult() }
        var text: [WCHAR] = []
        if let description {
            var length = 0
            while description[length] != 0 { length += 1 }
            text = Array(UnsafeBufferPointer(start: description, count: length))
        }
        // A UNICODE_STRING's limit.
        guard text.count < 1 << 15 else { return result(IOStatus.invalidParameter.rawValue) }
        let stored = text
        descriptions.withLock { state in
            state.texts[object.bits] = stored
            guard state.texts.count >= state.sweepAt else { return }
            state.texts = state.texts.filter { Arena.local.kind(of: ObjectName(bits: $0.key)) == .thread }
            state.sweepAt = max(64, 2 * state.texts.count)
        }
        if let id = Dispatcher.Threads.id(object) { setName(id, String(decoding: text, as: UTF16.self)) }
        return 0
    }
}

/// What ps(1) and debuggers show: the first 15 bytes, in whole characters.
private func setName(_ id: UInt32, _ text: String) {
    var bytes = Array(text.utf8.prefix(15))
    while String(validating: bytes, as: UTF8.self) == nil { bytes.removeLast() }
    let fd = open("/proc/self/task/\(id)/comm", O_WRONLY | O_CLOEXEC)
    guard fd >= 0 else { return }  // it has ended
    _ = write(fd, bytes, bytes.count)
    close(fd)
}

@c(GetThreadDescription) @implementation
public func __GetThreadDescription(_ thread: HANDLE?, _ description: UnsafeMutablePointer<PWSTR?>?) -> HRESULT {
    enter()
    defer { leave() }
    return withoutLastError {
        let object = threadObject(thread, oneOf: threadQuery)
        guard object != .none else { return failedResult() }
        guard let description else { return result(IOStatus.invalidParameter.rawValue) }
        let text = descriptions.withLock { $0.texts[object.bits] } ?? []
        guard let copy = malloc((text.count + 1) * MemoryLayout<WCHAR>.size) else {
            return result(IOStatus.insufficientResources.rawValue)
        }
        let characters = copy.assumingMemoryBound(to: WCHAR.self)
        for (place, character) in text.enumerated() { characters[place] = character }
        characters[text.count] = 0
        description.pointee = characters
        return 0
    }
}
