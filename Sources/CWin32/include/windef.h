/* windef.h: what programs include for the basic types alone. */
#ifndef SIGNALBOX_WINDEF_H
#define SIGNALBOX_WINDEF_H

#include <minwindef.h>

DECLARE_HANDLE(HWND);

#endif
