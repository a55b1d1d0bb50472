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
