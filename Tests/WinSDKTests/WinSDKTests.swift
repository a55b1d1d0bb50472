import WinSDK
import XCTest

// Not swift-testing: it looks for an overlay of its own wherever a module named WinSDK is imported, and Linux has none.

/// The Win32 functions as Swift on Windows has them.
final class WinSDKTests: XCTestCase {
    /// An event is made, set, waited for, reset and closed.
    func testEvents() {
        let event = CreateEventW(nil, true, false, nil)
        XCTAssert(event != nil)
        XCTAssert(WaitForSingleObject(event, 0) == DWORD(WAIT_TIMEOUT))
        XCTAssert(SetEvent(event))
        XCTAssert(WaitForSingleObject(event, INFINITE) == WAIT_OBJECT_0)
        XCTAssert(ResetEvent(event))
        XCTAssert(WaitForSingleObject(event, 0) == DWORD(WAIT_TIMEOUT))
        XCTAssert(CloseHandle(event))
        XCTAssert(!CloseHandle(event) && GetLastError() == DWORD(ERROR_INVALID_HANDLE))
    }

    /// A thread is started, waited for with others, and leaves its exit code.
    func testThreads() {
        let event = CreateEventW(nil, false, true, nil)
        let thread = CreateThread(
            nil, 0, { argument in DWORD(UInt(bitPattern: argument)) }, .init(bitPattern: 42), 0, nil)
        let handles: [HANDLE?] = [thread, event]
        XCTAssert(WaitForMultipleObjects(2, handles, true, 20_000) == WAIT_OBJECT_0)
        var code: DWORD = 0
        XCTAssert(GetExitCodeThread(thread, &code) && code == 42)
        XCTAssert(CloseHandle(thread) && CloseHandle(event))
    }

    /// A mutex and a semaphore are made, taken, released and closed.
    func testMutexesAndSemaphores() {
        let mutex = CreateMutexW(nil, true, nil)
        XCTAssert(WaitForSingleObject(mutex, 0) == WAIT_OBJECT_0)
        XCTAssert(ReleaseMutex(mutex) && ReleaseMutex(mutex))
        XCTAssert(!ReleaseMutex(mutex) && GetLastError() == DWORD(ERROR_NOT_OWNER))
        let semaphore = CreateSemaphoreW(nil, 0, 1, nil)
        var before: LONG = -1
        XCTAssert(ReleaseSemaphore(semaphore, 1, &before) && before == 0)
        XCTAssert(!ReleaseSemaphore(semaphore, 1, nil) && GetLastError() == DWORD(ERROR_TOO_MANY_POSTS))
        let handles: [HANDLE?] = [mutex, semaphore]
        XCTAssert(WaitForMultipleObjectsEx(2, handles, true, INFINITE, true) == WAIT_OBJECT_0)
        XCTAssert(SignalObjectAndWait(semaphore, semaphore, INFINITE, false) == WAIT_OBJECT_0)
        XCTAssert(ReleaseMutex(mutex))
        XCTAssert(CloseHandle(mutex) && CloseHandle(semaphore))
    }

    /// A timer expires and has its routine called, beside a call that was queued.
    func testTimersAndCalls() {
        let timer = CreateWaitableTimerW(nil, true, nil)
        var due = LARGE_INTEGER(QuadPart: -10_000)
        let counts = UnsafeMutablePointer<Int>.allocate(capacity: 2)
        counts.initialize(repeating: 0, count: 2)
        defer { counts.deallocate() }
        XCTAssert(
            SetWaitableTimer(
                timer, &due, 0, { argument, _, _ in argument!.assumingMemoryBound(to: Int.self).pointee += 1 }, counts,
                false))
        XCTAssert(WaitForSingleObject(timer, INFINITE) == WAIT_OBJECT_0)
        XCTAssert(
            QueueUserAPC(
                { UnsafeMutablePointer<Int>(bitPattern: UInt($0))!.pointee += 1 }, GetCurrentThread(),
                ULONG_PTR(UInt(bitPattern: counts + 1))) != 0)
        while counts[0] == 0 || counts[1] == 0 { XCTAssert(SleepEx(INFINITE, true) == DWORD(WAIT_IO_COMPLETION)) }
        XCTAssert(counts[0] == 1 && counts[1] == 1)
        XCTAssert(CancelWaitableTimer(timer) && CloseHandle(timer))
    }

    /// A packet that is posted to a port comes out of it.
    func testPorts() {
        let port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, nil, 0, 1)
        XCTAssert(PostQueuedCompletionStatus(port, 12, 34, nil))
        var (bytes, key): (DWORD, ULONG_PTR) = (0, 0)
        var overlapped: LPOVERLAPPED?
        XCTAssert(GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, 0))
        XCTAssert(bytes == 12 && key == 34 && overlapped == nil)
        XCTAssert(!GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, 0))
        XCTAssert(GetLastError() == DWORD(WAIT_TIMEOUT))
        XCTAssert(CloseHandle(port))
    }
}
