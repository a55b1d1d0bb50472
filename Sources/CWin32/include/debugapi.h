/* debugapi.h: debuggers, and messages to them. */
#ifndef SIGNALBOX_DEBUGAPI_H
#define SIGNALBOX_DEBUGAPI_H

#include <minwindef.h>

SIGNALBOX_BEGIN

SIGNALBOX_END

#endif
