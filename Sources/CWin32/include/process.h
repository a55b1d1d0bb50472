/* process.h: the C run-time library's threads. */
#ifndef SIGNALBOX_PROCESS_H
#define SIGNALBOX_PROCESS_H

#include <basetsd.h>

typedef void (*_beginthread_proc_type)(void *);
typedef unsigned (*_beginthreadex_proc_type)(void *);

SIGNALBOX_BEGIN

/* The thread's handle, which is closed when the thread ends; (uintptr_t)-1 with errno on failure. */
SIGNALBOX_API UINT_PTR _beginthread(_beginthread_proc_type start_address, unsigned stack_size, void *arglist);
/* A handle, which the caller closes; 0 with errno on failure. */
SIGNALBOX_API UINT_PTR _beginthreadex(
    void *security, unsigned stack_size, _beginthreadex_proc_type start_address, void *arglist, unsigned initflag,
    unsigned *thrdaddr);
SIGNALBOX_API __attribute__((noreturn)) void _endthread(void);
SIGNALBOX_API __attribute__((noreturn)) void _endthreadex(unsigned retval);

SIGNALBOX_END

#endif
