/* stdio.h: libc's, and what Windows has besides. */
#if defined(__GNUC__)
#pragma GCC system_header
#endif
#include_next <stdio.h>
/* glibc includes its own stdio.h for single types of it. */
#if !defined(SIGNALBOX_CRT_STDIO_H) && defined(_STDIO_H)
#define SIGNALBOX_CRT_STDIO_H
#include "signalbox-crt.h"
#endif
