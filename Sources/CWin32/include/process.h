/* process.h: the C run-time library's threads. */
#ifndef SIGNALBOX_PROCESS_H
#define SIGNALBOX_PROCESS_H

#include <basetsd.h>

SIGNALBOX_BEGIN

SIGNALBOX_END

#endif
