/* threadpoolapiset.h: the thread pool. */
#ifndef SIGNALBOX_THREADPOOLAPISET_H
#define SIGNALBOX_THREADPOOLAPISET_H

#include <winbase.h>

SIGNALBOX_BEGIN

SIGNALBOX_END

#endif
