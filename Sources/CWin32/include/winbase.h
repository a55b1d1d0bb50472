/* winbase.h: the constants of waits, of critical sections and of thread creation. */
#ifndef SIGNALBOX_WINBASE_H
#define SIGNALBOX_WINBASE_H

#include <minwinbase.h>
#include <winerror.h>

#define INFINITE 0xFFFFFFFF
#define WAIT_FAILED ((DWORD)0xFFFFFFFF)
#define WAIT_OBJECT_0 ((DWORD)0x00000000)
#define WAIT_ABANDONED ((DWORD)0x00000080)
#define WAIT_ABANDONED_0 ((DWORD)0x00000080)
#define WAIT_IO_COMPLETION ((DWORD)0x000000C0)

#define CRITICAL_SECTION_NO_DEBUG_INFO RTL_CRITICAL_SECTION_FLAG_NO_DEBUG_INFO

#define STILL_ACTIVE ((DWORD)0x00000103)

#define STACK_SIZE_PARAM_IS_A_RESERVATION 0x00010000

#endif
