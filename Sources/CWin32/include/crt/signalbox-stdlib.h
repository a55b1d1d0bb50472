/*
 * signalbox-stdlib.h: what stdlib.h declares for wide characters, declared as ours before libc's header is read.
 *
 * That header gets to see other names, which nobody uses: so its inline definitions (_FORTIFY_SOURCE), which would call
 * into libc, are not what the program calls.
 */
#ifndef SIGNALBOX_CRT_SIGNALBOX_STDLIB_H
#define SIGNALBOX_CRT_SIGNALBOX_STDLIB_H

#include <corecrt.h>

#if __SIZEOF_WCHAR_T__ == 2
SIGNALBOX_BEGIN

extern size_t mbstowcs(wchar_t *target, const char *source, size_t count) SIGNALBOX_THROW SIGNALBOX_LIBC_NAME(mbstowcs);
extern size_t wcstombs(char *target, const wchar_t *source, size_t count) SIGNALBOX_THROW SIGNALBOX_LIBC_NAME(wcstombs);
extern int mbtowc(wchar_t *target, const char *source, size_t count) SIGNALBOX_THROW SIGNALBOX_LIBC_NAME(mbtowc);
extern int wctomb(char *target, wchar_t source) SIGNALBOX_THROW SIGNALBOX_LIBC_NAME(wctomb);

SIGNALBOX_END

#define mbstowcs signalbox_libc_mbstowcs
#define wcstombs signalbox_libc_wcstombs
#define mbtowc signalbox_libc_mbtowc
#define wctomb signalbox_libc_wctomb
#endif

#endif
