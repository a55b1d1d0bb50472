/*
 * libloaderapi.h: modules, which are ELF shared objects here. A module that exports DllMain, and is loaded by
 * LoadLibrary, is called as a DLL is.
 */
#ifndef SIGNALBOX_LIBLOADERAPI_H
#define SIGNALBOX_LIBLOADERAPI_H

#include <minwindef.h>

#define GET_MODULE_HANDLE_EX_FLAG_PIN 0x00000001
#define GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT 0x00000002
#define GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS 0x00000004

SIGNALBOX_BEGIN

SIGNALBOX_API HMODULE WINAPI LoadLibraryA(LPCSTR lpLibFileName);
SIGNALBOX_API HMODULE WINAPI LoadLibraryW(LPCWSTR lpLibFileName);
SIGNALBOX_API BOOL WINAPI FreeLibrary(HMODULE hLibModule);
SIGNALBOX_API FARPROC WINAPI GetProcAddress(HMODULE hModule, LPCSTR lpProcName);
SIGNALBOX_API BOOL WINAPI DisableThreadLibraryCalls(HMODULE hLibModule);
SIGNALBOX_API HMODULE WINAPI GetModuleHandleA(LPCSTR lpModuleName);
SIGNALBOX_API HMODULE WINAPI GetModuleHandleW(LPCWSTR lpModuleName);
SIGNALBOX_API BOOL WINAPI GetModuleHandleExA(DWORD dwFlags, LPCSTR lpModuleName, HMODULE *phModule);
SIGNALBOX_API BOOL WINAPI GetModuleHandleExW(DWORD dwFlags, LPCWSTR lpModuleName, HMODULE *phModule);
SIGNALBOX_API DWORD WINAPI GetModuleFileNameA(HMODULE hModule, LPSTR lpFilename, DWORD nSize);
SIGNALBOX_API DWORD WINAPI GetModuleFileNameW(HMODULE hModule, LPWSTR lpFilename, DWORD nSize);

SIGNALBOX_END

#if defined(UNICODE)
#define LoadLibrary LoadLibraryW
#define GetModuleHandle GetModuleHandleW
#define GetModuleHandleEx GetModuleHandleExW
#define GetModuleFileName GetModuleFileNameW
#else
#define LoadLibrary LoadLibraryA
#define GetModuleHandle GetModuleHandleA
#define GetModuleHandleEx GetModuleHandleExA
#define GetModuleFileName GetModuleFileNameA
#endif

#endif
