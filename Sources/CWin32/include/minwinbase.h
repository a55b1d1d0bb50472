/* minwinbase.h: the structures that several families of functions share. */
#ifndef SIGNALBOX_MINWINBASE_H
#define SIGNALBOX_MINWINBASE_H

#include <minwindef.h>

typedef struct _SECURITY_ATTRIBUTES {
    DWORD nLength;
    LPVOID lpSecurityDescriptor;
    BOOL bInheritHandle;
} SECURITY_ATTRIBUTES, *PSECURITY_ATTRIBUTES, *LPSECURITY_ATTRIBUTES;

typedef struct _OVERLAPPED {
    ULONG_PTR Internal;
    ULONG_PTR InternalHigh;
    __extension__ union {
        __extension__ struct {
            DWORD Offset;
            DWORD OffsetHigh;
        };
        PVOID Pointer;
    };
    HANDLE hEvent;
} OVERLAPPED, *LPOVERLAPPED;

typedef RTL_CRITICAL_SECTION CRITICAL_SECTION;
typedef PRTL_CRITICAL_SECTION PCRITICAL_SECTION, LPCRITICAL_SECTION;

#define MoveMemory(destination, source, length) ((void)__builtin_memmove((destination), (source), (length)))
#define CopyMemory(destination, source, length) ((void)__builtin_memcpy((destination), (source), (length)))
#define FillMemory(destination, length, fill) ((void)__builtin_memset((destination), (fill), (length)))
#define ZeroMemory(destination, length) ((void)__builtin_memset((destination), 0, (length)))

#endif
