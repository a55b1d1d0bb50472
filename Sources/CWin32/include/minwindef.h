/* minwindef.h: the basic types and macros. */
#ifndef SIGNALBOX_MINWINDEF_H
#define SIGNALBOX_MINWINDEF_H

#include <basetsd.h>

/* There is one calling convention. */
#define WINAPI
#define WINAPIV
#define NTAPI
#define APIENTRY
#define CALLBACK
#define PASCAL
#define CDECL
#define FAR
#define NEAR

#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wkeyword-macro"
#pragma clang diagnostic ignored "-Wreserved-macro-identifier"
#endif
#ifndef __stdcall
#define __stdcall
#endif
#ifndef __cdecl
#define __cdecl
#endif
#ifndef _cdecl
#define _cdecl
#endif
#ifndef __fastcall
#define __fastcall
#endif
#ifndef __thiscall
#define __thiscall
#endif
#ifndef __vectorcall
#define __vectorcall
#endif

/* What Microsoft's compilers call attributes and types. */
#if !defined(__declspec) && !defined(__swift__)
#define __declspec(attribute) SIGNALBOX_DECLSPEC_##attribute
#endif
#define SIGNALBOX_DECLSPEC_dllexport __attribute__((visibility("default")))
#define SIGNALBOX_DECLSPEC_dllimport
#define SIGNALBOX_DECLSPEC_noreturn __attribute__((noreturn))
#define SIGNALBOX_DECLSPEC_noinline __attribute__((noinline))
#define SIGNALBOX_DECLSPEC_nothrow __attribute__((nothrow))
#define SIGNALBOX_DECLSPEC_selectany __attribute__((weak))
#define SIGNALBOX_DECLSPEC_thread __thread
#define SIGNALBOX_DECLSPEC_align(bytes) __attribute__((aligned(bytes)))
#define SIGNALBOX_DECLSPEC_deprecated __attribute__((deprecated))
#define SIGNALBOX_DECLSPEC_restrict __attribute__((malloc))
#define SIGNALBOX_DECLSPEC_noalias
#define SIGNALBOX_DECLSPEC_novtable
#define SIGNALBOX_DECLSPEC_uuid(text)
#if !defined(__forceinline)
#define __forceinline static __inline__ __attribute__((always_inline))
#endif
#if !defined(__int64)
#define __int64 long long
#endif
#if !defined(__int32)
#define __int32 int
#endif
#if !defined(__int16)
#define __int16 short
#endif
#if !defined(__int8)
#define __int8 char
#endif
#if defined(__clang__)
#pragma clang diagnostic pop
#endif

#ifndef IN
#define IN
#endif
#ifndef OUT
#define OUT
#endif
#ifndef OPTIONAL
#define OPTIONAL
#endif
#ifndef CONST
#define CONST const
#endif
#ifndef FALSE
#define FALSE 0
#endif
#ifndef TRUE
#define TRUE 1
#endif
#ifndef MAX_PATH
#define MAX_PATH 260
#endif

typedef int BOOL, *PBOOL, *LPBOOL;
typedef unsigned char BYTE, *PBYTE, *LPBYTE;
typedef unsigned short WORD, *PWORD, *LPWORD;
typedef unsigned int DWORD, *PDWORD, *LPDWORD;
typedef int INT, *PINT, *LPINT;
typedef unsigned int UINT, *PUINT, *LPUINT;
typedef unsigned char UCHAR, *PUCHAR;
typedef unsigned short USHORT, *PUSHORT;
typedef unsigned int ULONG, *PULONG;
typedef float FLOAT, *PFLOAT;
typedef int *LPLONG;
typedef void *LPVOID;
typedef const void *LPCVOID;

/* A module. (On Windows it is where the module lies in memory, and it is here.) */
typedef struct HINSTANCE__ *HINSTANCE;
typedef HINSTANCE HMODULE;

/* A function of a module, to be cast to what it is. */
#if defined(__cplusplus)
typedef INT_PTR (*FARPROC)();
#else
typedef INT_PTR (*FARPROC)(void);
#endif
typedef void *HGLOBAL, *HLOCAL;

typedef UINT_PTR WPARAM;
typedef LONG_PTR LPARAM;
typedef LONG_PTR LRESULT;
typedef WORD ATOM;

/* A time: 100 ns since 1601 in UTC, in two halves. */
typedef struct _FILETIME {
    DWORD dwLowDateTime;
    DWORD dwHighDateTime;
} FILETIME, *PFILETIME, *LPFILETIME;

#define MAKEWORD(low, high) \
    ((WORD)(((BYTE)((DWORD_PTR)(low) & 0xff)) | ((WORD)((BYTE)((DWORD_PTR)(high) & 0xff))) << 8))
#define MAKELONG(low, high) \
    ((LONG)(((WORD)((DWORD_PTR)(low) & 0xffff)) | ((DWORD)((WORD)((DWORD_PTR)(high) & 0xffff))) << 16))
#define LOWORD(value) ((WORD)((DWORD_PTR)(value) & 0xffff))
#define HIWORD(value) ((WORD)(((DWORD_PTR)(value) >> 16) & 0xffff))
#define LOBYTE(value) ((BYTE)((DWORD_PTR)(value) & 0xff))
#define HIBYTE(value) ((BYTE)(((DWORD_PTR)(value) >> 8) & 0xff))

#if !defined(NOMINMAX) && !defined(__cplusplus) && !defined(__swift__)
#ifndef max
#define max(a, b) (((a) > (b)) ? (a) : (b))
#endif
#ifndef min
#define min(a, b) (((a) < (b)) ? (a) : (b))
#endif
#endif

#include <winnt.h>

#endif
