/* fileapi.h: files. */
#ifndef SIGNALBOX_FILEAPI_H
#define SIGNALBOX_FILEAPI_H

#include <winbase.h>

SIGNALBOX_BEGIN

SIGNALBOX_END

#endif
