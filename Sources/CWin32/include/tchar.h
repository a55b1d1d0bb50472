/* tchar.h: names that follow _UNICODE. */
#ifndef SIGNALBOX_TCHAR_H
#define SIGNALBOX_TCHAR_H

#include <basetsd.h>

SIGNALBOX_BEGIN

SIGNALBOX_END

#endif
