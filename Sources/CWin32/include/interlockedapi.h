/* interlockedapi.h: singly linked lists that need no lock. */
#ifndef SIGNALBOX_INTERLOCKEDAPI_H
#define SIGNALBOX_INTERLOCKEDAPI_H

#include <minwindef.h>

SIGNALBOX_BEGIN

SIGNALBOX_END

#endif
