/* securitybaseapi.h: security descriptors. */
#ifndef SIGNALBOX_SECURITYBASEAPI_H
#define SIGNALBOX_SECURITYBASEAPI_H

#include <winbase.h>

SIGNALBOX_BEGIN

SIGNALBOX_END

#endif
