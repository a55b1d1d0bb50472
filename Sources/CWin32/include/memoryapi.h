/* memoryapi.h: virtual memory. */
#ifndef SIGNALBOX_MEMORYAPI_H
#define SIGNALBOX_MEMORYAPI_H

#include <minwindef.h>

SIGNALBOX_BEGIN

SIGNALBOX_END

#endif
