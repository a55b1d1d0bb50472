/* stringapiset.h: code pages. */
#ifndef SIGNALBOX_STRINGAPISET_H
#define SIGNALBOX_STRINGAPISET_H

#include <minwindef.h>

SIGNALBOX_BEGIN

SIGNALBOX_END

#endif
