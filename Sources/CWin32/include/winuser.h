/* winuser.h: wsprintf. */
#ifndef SIGNALBOX_WINUSER_H
#define SIGNALBOX_WINUSER_H

#include <stdarg.h>
#include <windef.h>

SIGNALBOX_BEGIN

/*
 * Formats as corecrt.h has them, without floating-point numbers: at most 1,024 characters, the final NUL included, are
 * written.
 */
SIGNALBOX_API int WINAPIV wsprintfA(LPSTR lpOut, LPCSTR lpFmt, ...);
SIGNALBOX_API int WINAPIV wsprintfW(LPWSTR lpOut, LPCWSTR lpFmt, ...);
SIGNALBOX_API int WINAPI wvsprintfA(LPSTR lpOut, LPCSTR lpFmt, va_list arglist);
SIGNALBOX_API int WINAPI wvsprintfW(LPWSTR lpOut, LPCWSTR lpFmt, va_list arglist);

SIGNALBOX_END

#if defined(UNICODE)
#define wsprintf wsprintfW
#define wvsprintf wvsprintfW
#else
#define wsprintf wsprintfA
#define wvsprintf wvsprintfA
#endif

#endif
