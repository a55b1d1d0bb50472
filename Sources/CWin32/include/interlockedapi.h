/* interlockedapi.h: singly linked lists that need no lock. */
#ifndef SIGNALBOX_INTERLOCKEDAPI_H
#define SIGNALBOX_INTERLOCKEDAPI_H

#include <minwindef.h>

SIGNALBOX_BEGIN

/*
 * The header and all entries are aligned to MEMORY_ALLOCATION_ALIGNMENT. An entry that was popped may be freed at once.
 * The depth is counted modulo 65536.
 */
SIGNALBOX_API void WINAPI InitializeSListHead(PSLIST_HEADER ListHead);
SIGNALBOX_API PSLIST_ENTRY WINAPI InterlockedPushEntrySList(PSLIST_HEADER ListHead, PSLIST_ENTRY ListEntry);
SIGNALBOX_API PSLIST_ENTRY WINAPI InterlockedPopEntrySList(PSLIST_HEADER ListHead);
SIGNALBOX_API PSLIST_ENTRY WINAPI InterlockedFlushSList(PSLIST_HEADER ListHead);
SIGNALBOX_API USHORT WINAPI QueryDepthSList(PSLIST_HEADER ListHead);

SIGNALBOX_END

#endif
