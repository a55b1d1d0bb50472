/*
 * heapapi.h: heaps.
 *
 * HEAP_GENERATE_EXCEPTIONS is accepted and has no effect: a failed allocation returns NULL. HEAP_NO_SERIALIZE is
 * accepted, and the heap is safe for several threads all the same.
 */
#ifndef SIGNALBOX_HEAPAPI_H
#define SIGNALBOX_HEAPAPI_H

#include <minwindef.h>

SIGNALBOX_BEGIN

SIGNALBOX_API HANDLE WINAPI GetProcessHeap(void);
SIGNALBOX_API HANDLE WINAPI HeapCreate(DWORD flOptions, SIZE_T dwInitialSize, SIZE_T dwMaximumSize);
SIGNALBOX_API BOOL WINAPI HeapDestroy(HANDLE hHeap);
SIGNALBOX_API LPVOID WINAPI HeapAlloc(HANDLE hHeap, DWORD dwFlags, SIZE_T dwBytes);
SIGNALBOX_API LPVOID WINAPI HeapReAlloc(HANDLE hHeap, DWORD dwFlags, LPVOID lpMem, SIZE_T dwBytes);
SIGNALBOX_API BOOL WINAPI HeapFree(HANDLE hHeap, DWORD dwFlags, LPVOID lpMem);
SIGNALBOX_API SIZE_T WINAPI HeapSize(HANDLE hHeap, DWORD dwFlags, LPCVOID lpMem);
SIGNALBOX_API BOOL WINAPI HeapValidate(HANDLE hHeap, DWORD dwFlags, LPCVOID lpMem);

SIGNALBOX_END

#endif
