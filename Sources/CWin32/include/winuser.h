/* winuser.h: wsprintf. */
#ifndef SIGNALBOX_WINUSER_H
#define SIGNALBOX_WINUSER_H

#include <windef.h>

SIGNALBOX_BEGIN

SIGNALBOX_END

#endif
