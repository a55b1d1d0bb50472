/* jobapi2.h: jobs. */
#ifndef SIGNALBOX_JOBAPI2_H
#define SIGNALBOX_JOBAPI2_H

#include <winbase.h>

SIGNALBOX_BEGIN

SIGNALBOX_END

#endif
