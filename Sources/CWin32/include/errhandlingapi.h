/* errhandlingapi.h: the last error of the calling thread. */
#ifndef SIGNALBOX_ERRHANDLINGAPI_H
#define SIGNALBOX_ERRHANDLINGAPI_H

#include <minwindef.h>

SIGNALBOX_BEGIN

SIGNALBOX_API DWORD WINAPI GetLastError(void);
SIGNALBOX_API void WINAPI SetLastError(DWORD dwErrCode);

SIGNALBOX_END

#endif
