/* heapapi.h: heaps. */
#ifndef SIGNALBOX_HEAPAPI_H
#define SIGNALBOX_HEAPAPI_H

#include <minwindef.h>

SIGNALBOX_BEGIN

SIGNALBOX_END

#endif
