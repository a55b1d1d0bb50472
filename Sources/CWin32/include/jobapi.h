/* jobapi.h: jobs. */
#ifndef SIGNALBOX_JOBAPI_H
#define SIGNALBOX_JOBAPI_H

#include <winbase.h>

SIGNALBOX_BEGIN

SIGNALBOX_API BOOL WINAPI IsProcessInJob(HANDLE ProcessHandle, HANDLE JobHandle, PBOOL Result);

SIGNALBOX_END

#endif
