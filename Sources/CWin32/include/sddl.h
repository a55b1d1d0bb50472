/* sddl.h: security descriptors as text. */
#ifndef SIGNALBOX_SDDL_H
#define SIGNALBOX_SDDL_H

#include <winbase.h>

SIGNALBOX_BEGIN

SIGNALBOX_END

#endif
