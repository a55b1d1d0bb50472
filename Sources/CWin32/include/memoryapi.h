/* memoryapi.h: virtual memory. */
#ifndef SIGNALBOX_MEMORYAPI_H
#define SIGNALBOX_MEMORYAPI_H

#include <minwindef.h>

SIGNALBOX_BEGIN

SIGNALBOX_API LPVOID WINAPI VirtualAlloc(LPVOID lpAddress, SIZE_T dwSize, DWORD flAllocationType, DWORD flProtect);
SIGNALBOX_API BOOL WINAPI VirtualFree(LPVOID lpAddress, SIZE_T dwSize, DWORD dwFreeType);
SIGNALBOX_API BOOL WINAPI VirtualProtect(
    LPVOID lpAddress, SIZE_T dwSize, DWORD flNewProtect, PDWORD lpflOldProtect);
SIGNALBOX_API SIZE_T WINAPI VirtualQuery(
    LPCVOID lpAddress, PMEMORY_BASIC_INFORMATION lpBuffer, SIZE_T dwLength);

SIGNALBOX_END

#endif
