/* libloaderapi.h: modules. */
#ifndef SIGNALBOX_LIBLOADERAPI_H
#define SIGNALBOX_LIBLOADERAPI_H

#include <minwindef.h>

SIGNALBOX_BEGIN

SIGNALBOX_END

#endif
