// A Swift program on the installed library, as it is written for Windows.
import WinSDK

let event = CreateEventW(nil, true, false, nil)
let thread = CreateThread(nil, 0, { event in SetEvent(event) ? 3 : 0 }, event, 0, nil)
guard let event, let thread else { fatalError("error \(GetLastError())") }
guard WaitForSingleObject(event, INFINITE) == WAIT_OBJECT_0 else { fatalError("error \(GetLastError())") }
guard WaitForSingleObject(thread, INFINITE) == WAIT_OBJECT_0 else { fatalError("error \(GetLastError())") }
var code: DWORD = 0
if !GetExitCodeThread(thread, &code) || code != 3 { fatalError("exit code \(code)") }
if !CloseHandle(event) || !CloseHandle(thread) { fatalError("error \(GetLastError())") }
if CloseHandle(event) || GetLastError() != DWORD(ERROR_INVALID_HANDLE) { fatalError("error \(GetLastError())") }
print("the Swift program works")
