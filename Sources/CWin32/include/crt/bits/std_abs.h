/*
 * bits/std_abs.h: libstdc++'s, which reads libc's stdlib.h past the one in this folder. What that declares for wide
 * characters is declared as ours before, as in stdlib.h.
 */
#if defined(__GNUC__)
#pragma GCC system_header
#endif
#include "../signalbox-stdlib.h"
#include_next <bits/std_abs.h>
#undef mbstowcs
#undef wcstombs
#undef mbtowc
#undef wctomb
