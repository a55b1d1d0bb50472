import CLinux
public import CWin32
import Signalbox

// WaitOnAddress: see Sources/CLinux/addresses.c.

@c(WaitOnAddress) @implementation public func __WaitOnAddress(
    _ address: UnsafeMutableRawPointer?, _ compared: PVOID?, _ size: SIZE_T, _ milliseconds: DWORD
) -> BOOL {
    guard let address, let compared, size == 1 || size == 2 || size == 4 || size == 8 else {
        return failure(ERROR_INVALID_PARAMETER)
    }
    enter()
    defer { leave() }
    let deadline = deadline(milliseconds)
    guard signalbox_line_up(address, compared, Int(size)) else { return 1 }
    return AddressWait.sleepInLine(until: deadline) ? 1 : failure(ERROR_TIMEOUT)
}

@c(WakeByAddressSingle) @implementation public func __WakeByAddressSingle(_ address: PVOID?) {
    if let address { signalbox_wake_address(address, false) }
}

@c(WakeByAddressAll) @implementation public func __WakeByAddressAll(_ address: PVOID?) {
    if let address { signalbox_wake_address(address, true) }
}
