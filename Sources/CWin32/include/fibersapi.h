/* fibersapi.h: fiber-local storage. */
#ifndef SIGNALBOX_FIBERSAPI_H
#define SIGNALBOX_FIBERSAPI_H

#include <minwindef.h>

SIGNALBOX_BEGIN

SIGNALBOX_END

#endif
