/* stdlib.h: libc's, and what Windows has besides; mbstowcs and its like are those for 16-bit wide characters. */
#if defined(__GNUC__)
#pragma GCC system_header
#endif
#if !defined(SIGNALBOX_CRT_STDLIB_H) && !defined(__need_malloc_and_calloc)
#define SIGNALBOX_CRT_STDLIB_H
#include "signalbox-stdlib.h"
#include_next <stdlib.h>
#undef mbstowcs
#undef wcstombs
#undef mbtowc
#undef wctomb
#include "signalbox-crt.h"

#define _countof(array) (sizeof(array) / sizeof((array)[0]))
#define _MAX_PATH 260
#define _MAX_DRIVE 3
#define _MAX_DIR 256
#define _MAX_FNAME 256
#define _MAX_EXT 256
#else
#include_next <stdlib.h>
#endif
