/* profileapi.h: the high-resolution clock. */
#ifndef SIGNALBOX_PROFILEAPI_H
#define SIGNALBOX_PROFILEAPI_H

#include <minwindef.h>

SIGNALBOX_BEGIN

SIGNALBOX_API BOOL WINAPI QueryPerformanceCounter(LARGE_INTEGER *lpPerformanceCount);
SIGNALBOX_API BOOL WINAPI QueryPerformanceFrequency(LARGE_INTEGER *lpFrequency);

SIGNALBOX_END

#endif
