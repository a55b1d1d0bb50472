/* string.h: libc's, and what Windows has besides. */
#ifndef SIGNALBOX_CRT_STRING_H
#define SIGNALBOX_CRT_STRING_H

#if defined(__GNUC__)
#pragma GCC system_header
#endif
#include_next <string.h>
#include "signalbox-crt.h"

#endif
