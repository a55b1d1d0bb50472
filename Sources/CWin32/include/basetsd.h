/*
 * basetsd.h: integer types of an exact or of a pointer's width, and how this library declares its functions.
 *
 * Widths are those of 64-bit Windows (LLP64), so no type here is a bare `long`: on Linux that has 64 bits.
 */
#ifndef SIGNALBOX_BASETSD_H
#define SIGNALBOX_BASETSD_H

#include <stddef.h>

/* C++98 has no long long, and gcc minds it even where it is marked as an extension. */
#if defined(__GNUC__) && defined(__cplusplus) && __cplusplus < 201103L
#pragma GCC diagnostic ignored "-Wlong-long"
#endif

#if !defined(__LP64__)
#error "Signalbox needs a 64-bit target."
#endif

/*
 * Every function of the library is declared with SIGNALBOX_API. Swift sees it with two leading underscores: the module
 * WinSDK has the plain name, with Bool where Win32 has BOOL.
 *
 * A function that libc has too is declared with SIGNALBOX_LIBC_NAME as well. The name in the source stays Win32's; the
 * symbol is signalbox_NAME, so that no library of the process is given our function in place of libc's.
 */
#if defined(__swift__)
#define SIGNALBOX_API extern __attribute__((visibility("default"), swift_private))
#define SIGNALBOX_INLINE static __inline__ __attribute__((always_inline, swift_private))
#else
#define SIGNALBOX_API extern __attribute__((visibility("default")))
#define SIGNALBOX_INLINE static __inline__ __attribute__((always_inline))
#endif
#define SIGNALBOX_LIBC_NAME(name) __asm__("signalbox_" #name)

#if defined(__cplusplus)
#define SIGNALBOX_BEGIN extern "C" {
#define SIGNALBOX_END }
#else
#define SIGNALBOX_BEGIN
#define SIGNALBOX_END
#endif

typedef signed char INT8, *PINT8;
typedef signed short INT16, *PINT16;
typedef signed int INT32, *PINT32;
__extension__ typedef signed long long INT64, *PINT64;
typedef unsigned char UINT8, *PUINT8;
typedef unsigned short UINT16, *PUINT16;
typedef unsigned int UINT32, *PUINT32;
__extension__ typedef unsigned long long UINT64, *PUINT64;

typedef signed int LONG32, *PLONG32;
typedef unsigned int ULONG32, *PULONG32;
typedef unsigned int DWORD32, *PDWORD32;
__extension__ typedef signed long long LONG64, *PLONG64;
__extension__ typedef unsigned long long ULONG64, *PULONG64;
__extension__ typedef unsigned long long DWORD64, *PDWORD64;

/*
 * In C and C++ the types of a pointer's width are the same types as intptr_t, uintptr_t and size_t, as they are on
 * Windows: programs pass a `size_t *` for a completion key. Swift has them as Int64 and UInt64, as on Windows.
 */
#if defined(__swift__)
typedef signed long long INT_PTR, *PINT_PTR;
typedef unsigned long long UINT_PTR, *PUINT_PTR;
typedef signed long long LONG_PTR, *PLONG_PTR;
typedef unsigned long long ULONG_PTR, *PULONG_PTR;
#else
typedef __INTPTR_TYPE__ INT_PTR, *PINT_PTR;
typedef __UINTPTR_TYPE__ UINT_PTR, *PUINT_PTR;
typedef __INTPTR_TYPE__ LONG_PTR, *PLONG_PTR;
typedef __UINTPTR_TYPE__ ULONG_PTR, *PULONG_PTR;
#endif
typedef ULONG_PTR DWORD_PTR, *PDWORD_PTR;
typedef ULONG_PTR SIZE_T, *PSIZE_T;
typedef LONG_PTR SSIZE_T, *PSSIZE_T;

#endif
