/* winnt.h: characters, handles, large integers, access rights, status values, interlocked operations. */
#ifndef SIGNALBOX_WINNT_H
#define SIGNALBOX_WINNT_H

#include <minwindef.h>
#include <guiddef.h>

#ifndef VOID
#define VOID void
#endif
#define DECLSPEC_NORETURN __attribute__((noreturn))
#define DECLSPEC_ALIGN(n) __attribute__((aligned(n)))
#define UNREFERENCED_PARAMETER(parameter) ((void)(parameter))
#define ANYSIZE_ARRAY 1
#define ARRAYSIZE(array) (sizeof(array) / sizeof((array)[0]))
#define FIELD_OFFSET(type, field) ((LONG)offsetof(type, field))
#define CONTAINING_RECORD(address, type, field) ((type *)((PCHAR)(address) - offsetof(type, field)))

typedef char CHAR, *PCHAR, *LPCH, *PCH, *NPSTR, *LPSTR, *PSTR;
typedef const char *LPCCH, *PCCH, *LPCSTR, *PCSTR;
typedef short SHORT, *PSHORT;
typedef int LONG, *PLONG;
typedef BYTE BOOLEAN, *PBOOLEAN;
__extension__ typedef long long LONGLONG, *PLONGLONG;
__extension__ typedef unsigned long long ULONGLONG, *PULONGLONG, DWORDLONG, *PDWORDLONG;
typedef void *PVOID;
typedef void *HANDLE;
typedef HANDLE *PHANDLE, *LPHANDLE;
typedef LONG HRESULT;
typedef DWORD ACCESS_MASK, *PACCESS_MASK;

/*
 * A wide character has 16 bits. C and C++ programs that use wide characters are compiled with -fshort-wchar, and WCHAR
 * is wchar_t for them. Without the switch WCHAR is a type that no wide literal converts to, and UNICODE is refused, as
 * glibc's 32-bit wide characters would be misread. Swift is compiled without it and always has the 16-bit integer.
 */
#if !defined(__swift__) && __SIZEOF_WCHAR_T__ == 2
typedef wchar_t WCHAR;
#else
#if !defined(__swift__) && (defined(UNICODE) || defined(_UNICODE))
#error "UNICODE needs 16-bit wide characters: compile with -fshort-wchar, as `pkg-config --cflags signalbox` says."
#endif
typedef unsigned short WCHAR;
#endif
typedef WCHAR *PWCHAR, *LPWCH, *PWCH, *NWPSTR, *LPWSTR, *PWSTR;
typedef const WCHAR *LPCWCH, *PCWCH, *LPCWSTR, *PCWSTR;

#if defined(UNICODE)
typedef WCHAR TCHAR, *PTCHAR;
typedef LPWSTR LPTSTR, PTSTR;
typedef LPCWSTR LPCTSTR, PCTSTR;
#define SIGNALBOX_TEXT(quote) L##quote
#else
typedef char TCHAR, *PTCHAR;
typedef LPSTR LPTSTR, PTSTR;
typedef LPCSTR LPCTSTR, PCTSTR;
#define SIGNALBOX_TEXT(quote) quote
#endif
#define TEXT(quote) SIGNALBOX_TEXT(quote)

typedef union _LARGE_INTEGER {
    __extension__ struct {
        DWORD LowPart;
        LONG HighPart;
    };
    struct {
        DWORD LowPart;
        LONG HighPart;
    } u;
    LONGLONG QuadPart;
} LARGE_INTEGER, *PLARGE_INTEGER;

typedef union _ULARGE_INTEGER {
    __extension__ struct {
        DWORD LowPart;
        DWORD HighPart;
    };
    struct {
        DWORD LowPart;
        DWORD HighPart;
    } u;
    ULONGLONG QuadPart;
} ULARGE_INTEGER, *PULARGE_INTEGER;

/* Access rights. */
#define DELETE 0x00010000
#define READ_CONTROL 0x00020000
#define WRITE_DAC 0x00040000
#define WRITE_OWNER 0x00080000
#define SYNCHRONIZE 0x00100000
#define STANDARD_RIGHTS_REQUIRED 0x000F0000
#define STANDARD_RIGHTS_READ READ_CONTROL
#define STANDARD_RIGHTS_WRITE READ_CONTROL
#define STANDARD_RIGHTS_EXECUTE READ_CONTROL
#define STANDARD_RIGHTS_ALL 0x001F0000
#define MAXIMUM_ALLOWED 0x02000000
#define GENERIC_READ 0x80000000
#define GENERIC_WRITE 0x40000000
#define GENERIC_EXECUTE 0x20000000
#define GENERIC_ALL 0x10000000
#define EVENT_MODIFY_STATE 0x0002
#define EVENT_ALL_ACCESS 0x001F0003

#define DUPLICATE_CLOSE_SOURCE 0x00000001
#define DUPLICATE_SAME_ACCESS 0x00000002

#define MAXIMUM_WAIT_OBJECTS 64
#define MINCHAR 0x80
#define MAXCHAR 0x7f
#define MAXWORD 0xffff
#define MAXDWORD 0xffffffff
#define MAXLONG 0x7fffffff

/* Values that waits and exit codes take. */
#define STATUS_WAIT_0 ((DWORD)0x00000000)
#define STATUS_ABANDONED_WAIT_0 ((DWORD)0x00000080)
#define STATUS_USER_APC ((DWORD)0x000000C0)
#define STATUS_TIMEOUT ((DWORD)0x00000102)
#define STATUS_PENDING ((DWORD)0x00000103)
#define STATUS_CONTROL_C_EXIT ((DWORD)0xC000013A)

#define PROCESSOR_ARCHITECTURE_INTEL 0
#define PROCESSOR_ARCHITECTURE_AMD64 9
#define PROCESSOR_ARCHITECTURE_ARM64 12
#define PROCESSOR_ARCHITECTURE_UNKNOWN 0xFFFF
#define PROCESSOR_AMD_X8664 8664

/* Interlocked operations: each is a full barrier. Increment and Decrement return the new value, the others the old. */
SIGNALBOX_BEGIN

SIGNALBOX_INLINE LONG InterlockedIncrement(LONG volatile *addend) { return __sync_add_and_fetch(addend, 1); }
SIGNALBOX_INLINE LONG InterlockedDecrement(LONG volatile *addend) { return __sync_sub_and_fetch(addend, 1); }
SIGNALBOX_INLINE LONG InterlockedExchange(LONG volatile *target, LONG value) {
    return __atomic_exchange_n(target, value, __ATOMIC_SEQ_CST);
}
SIGNALBOX_INLINE LONG InterlockedExchangeAdd(LONG volatile *addend, LONG value) {
    return __sync_fetch_and_add(addend, value);
}
SIGNALBOX_INLINE LONG InterlockedCompareExchange(LONG volatile *destination, LONG exchange, LONG comperand) {
    return __sync_val_compare_and_swap(destination, comperand, exchange);
}

SIGNALBOX_INLINE LONG64 InterlockedIncrement64(LONG64 volatile *addend) { return __sync_add_and_fetch(addend, 1); }
SIGNALBOX_INLINE LONG64 InterlockedDecrement64(LONG64 volatile *addend) { return __sync_sub_and_fetch(addend, 1); }
SIGNALBOX_INLINE LONG64 InterlockedExchange64(LONG64 volatile *target, LONG64 value) {
    return __atomic_exchange_n(target, value, __ATOMIC_SEQ_CST);
}
SIGNALBOX_INLINE LONG64 InterlockedExchangeAdd64(LONG64 volatile *addend, LONG64 value) {
    return __sync_fetch_and_add(addend, value);
}
SIGNALBOX_INLINE LONG64 InterlockedCompareExchange64(
    LONG64 volatile *destination, LONG64 exchange, LONG64 comperand) {
    return __sync_val_compare_and_swap(destination, comperand, exchange);
}

/* Tells the processor that this is a spinning loop. */
SIGNALBOX_INLINE void YieldProcessor(void) {
#if defined(__x86_64__)
    __asm__ __volatile__("pause" : : : "memory");
#elif defined(__aarch64__)
    __asm__ __volatile__("yield" : : : "memory");
#endif
}

SIGNALBOX_END

#endif
