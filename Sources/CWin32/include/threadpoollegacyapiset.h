/* threadpoollegacyapiset.h: timer queues, work items, registered waits. */
#ifndef SIGNALBOX_THREADPOOLLEGACYAPISET_H
#define SIGNALBOX_THREADPOOLLEGACYAPISET_H

#include <winbase.h>

SIGNALBOX_BEGIN

SIGNALBOX_END

#endif
