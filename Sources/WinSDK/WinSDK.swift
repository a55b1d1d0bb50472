// The Win32 API as Swift on Windows has it: the C names, with `Bool` for BOOL. Sources written for Windows import
// WinSDK and compile. Types and constants come from CWin32; Functions.swift has the functions, each with a call of the
// C function, which has two more underscores there.
//
// An overlay that only re-exported the C functions would not do: `if !CloseHandle(handle)` needs a Bool.

@_exported public import CWin32
// The host and the stock plugins, started on first use.
import SignalboxLibrary

/// `(HANDLE)-1`.
public var INVALID_HANDLE_VALUE: HANDLE { HANDLE(bitPattern: -1)! }
