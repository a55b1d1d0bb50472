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
#endif
#ifndef __stdcall
#define __stdcall
#endif
#ifndef __cdecl
#define __cdecl
#endif
#ifndef __fastcall
#define __fastcall
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
typedef void *HGLOBAL;
typedef void *HLOCAL;

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
