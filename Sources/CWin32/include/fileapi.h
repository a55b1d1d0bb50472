/* fileapi.h: files. */
#ifndef SIGNALBOX_FILEAPI_H
#define SIGNALBOX_FILEAPI_H

#include <winbase.h>

SIGNALBOX_BEGIN

SIGNALBOX_API DWORD WINAPI GetTempPathA(DWORD nBufferLength, LPSTR lpBuffer);
SIGNALBOX_API DWORD WINAPI GetTempPathW(DWORD nBufferLength, LPWSTR lpBuffer);

SIGNALBOX_END

#if defined(UNICODE)
#define GetTempPath GetTempPathW
#else
#define GetTempPath GetTempPathA
#endif

#endif
