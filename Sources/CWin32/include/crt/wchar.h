/*
 * wchar.h: the functions for wide characters, which have 16 bits here. libc's take 32.
 *
 * libc's header gets to see other names, which nobody uses; the names that it would declare are declared as ours after
 * it. What we do not have is refused where it is called.
 */
#if defined(__GNUC__)
#pragma GCC system_header
#endif
#if __SIZEOF_WCHAR_T__ != 2
#include_next <wchar.h>
#elif !defined(SIGNALBOX_CRT_WCHAR_H)
#define SIGNALBOX_CRT_WCHAR_H
#if defined(_WCHAR_H) || defined(_WCHAR_H_)
#error "libc's wchar.h is for 32-bit characters: the folder crt comes first, as `pkg-config --cflags signalbox` has it."
#endif
#define wcslen signalbox_libc_wcslen
#define wcsnlen signalbox_libc_wcsnlen
#define wcscpy signalbox_libc_wcscpy
#define wcsncpy signalbox_libc_wcsncpy
#define wcscat signalbox_libc_wcscat
#define wcsncat signalbox_libc_wcsncat
#define wcscmp signalbox_libc_wcscmp
#define wcsncmp signalbox_libc_wcsncmp
#define wcscoll signalbox_libc_wcscoll
#define wcschr signalbox_libc_wcschr
#define wcsrchr signalbox_libc_wcsrchr
#define wcsstr signalbox_libc_wcsstr
#define wcspbrk signalbox_libc_wcspbrk
#define wcsspn signalbox_libc_wcsspn
#define wcscspn signalbox_libc_wcscspn
#define wcstok signalbox_libc_wcstok
#define wcsdup signalbox_libc_wcsdup
#define wcscasecmp signalbox_libc_wcscasecmp
#define wcsncasecmp signalbox_libc_wcsncasecmp
#define wmemchr signalbox_libc_wmemchr
#define wmemcmp signalbox_libc_wmemcmp
#define wmemcpy signalbox_libc_wmemcpy
#define wmemmove signalbox_libc_wmemmove
#define wmemset signalbox_libc_wmemset
#define wcstol signalbox_libc_wcstol
#define wcstoul signalbox_libc_wcstoul
#define wcstoll signalbox_libc_wcstoll
#define wcstoull signalbox_libc_wcstoull
#define wcstod signalbox_libc_wcstod
#define swprintf signalbox_libc_swprintf
#define vswprintf signalbox_libc_vswprintf
#define wprintf signalbox_libc_wprintf
#define vwprintf signalbox_libc_vwprintf
#define fwprintf signalbox_libc_fwprintf
#define vfwprintf signalbox_libc_vfwprintf
#define fputws signalbox_libc_fputws
#define fputwc signalbox_libc_fputwc
#define putwc signalbox_libc_putwc
#define putwchar signalbox_libc_putwchar
#define mbsrtowcs signalbox_libc_mbsrtowcs
#define wcsrtombs signalbox_libc_wcsrtombs
#define mbrtowc signalbox_libc_mbrtowc
#define wcrtomb signalbox_libc_wcrtomb
#define wcsxfrm signalbox_libc_wcsxfrm
#define wcstof signalbox_libc_wcstof
#define wcstold signalbox_libc_wcstold
#define wcsftime signalbox_libc_wcsftime
#define wscanf signalbox_libc_wscanf
#define fwscanf signalbox_libc_fwscanf
#define swscanf signalbox_libc_swscanf
#define vwscanf signalbox_libc_vwscanf
#define vfwscanf signalbox_libc_vfwscanf
#define vswscanf signalbox_libc_vswscanf
#define fgetws signalbox_libc_fgetws
#define fgetwc signalbox_libc_fgetwc
#define getwc signalbox_libc_getwc
#define getwchar signalbox_libc_getwchar
#define ungetwc signalbox_libc_ungetwc
#include_next <wchar.h>
#undef wcslen
#undef wcsnlen
#undef wcscpy
#undef wcsncpy
#undef wcscat
#undef wcsncat
#undef wcscmp
#undef wcsncmp
#undef wcscoll
#undef wcschr
#undef wcsrchr
#undef wcsstr
#undef wcspbrk
#undef wcsspn
#undef wcscspn
#undef wcstok
#undef wcsdup
#undef wcscasecmp
#undef wcsncasecmp
#undef wmemchr
#undef wmemcmp
#undef wmemcpy
#undef wmemmove
#undef wmemset
#undef wcstol
#undef wcstoul
#undef wcstoll
#undef wcstoull
#undef wcstod
#undef swprintf
#undef vswprintf
#undef wprintf
#undef vwprintf
#undef fwprintf
#undef vfwprintf
#undef fputws
#undef fputwc
#undef putwc
#undef putwchar
#undef mbsrtowcs
#undef wcsrtombs
#undef mbrtowc
#undef wcrtomb
#undef wcsxfrm
#undef wcstof
#undef wcstold
#undef wcsftime
#undef wscanf
#undef fwscanf
#undef swscanf
#undef vwscanf
#undef vfwscanf
#undef vswscanf
#undef fgetws
#undef fgetwc
#undef getwc
#undef getwchar
#undef ungetwc
#include <corecrt.h>

SIGNALBOX_BEGIN

extern size_t wcslen(const wchar_t *string) SIGNALBOX_LIBC_NAME(wcslen);
extern size_t wcsnlen(const wchar_t *string, size_t count) SIGNALBOX_LIBC_NAME(wcsnlen);
extern wchar_t *wcscpy(wchar_t *target, const wchar_t *source) SIGNALBOX_LIBC_NAME(wcscpy);
extern wchar_t *wcsncpy(wchar_t *target, const wchar_t *source, size_t count) SIGNALBOX_LIBC_NAME(wcsncpy);
extern wchar_t *wcscat(wchar_t *target, const wchar_t *source) SIGNALBOX_LIBC_NAME(wcscat);
extern wchar_t *wcsncat(wchar_t *target, const wchar_t *source, size_t count) SIGNALBOX_LIBC_NAME(wcsncat);
extern int wcscmp(const wchar_t *first, const wchar_t *second) SIGNALBOX_LIBC_NAME(wcscmp);
extern int wcsncmp(const wchar_t *first, const wchar_t *second, size_t count) SIGNALBOX_LIBC_NAME(wcsncmp);
extern int wcscoll(const wchar_t *first, const wchar_t *second) SIGNALBOX_LIBC_NAME(wcscoll);
extern size_t wcsspn(const wchar_t *string, const wchar_t *set) SIGNALBOX_LIBC_NAME(wcsspn);
extern size_t wcscspn(const wchar_t *string, const wchar_t *set) SIGNALBOX_LIBC_NAME(wcscspn);
extern wchar_t *wcstok(wchar_t *string, const wchar_t *delimiters, wchar_t **context) SIGNALBOX_LIBC_NAME(wcstok);
extern int wmemcmp(const wchar_t *first, const wchar_t *second, size_t count) SIGNALBOX_LIBC_NAME(wmemcmp);
extern wchar_t *wmemcpy(wchar_t *target, const wchar_t *source, size_t count) SIGNALBOX_LIBC_NAME(wmemcpy);
extern wchar_t *wmemmove(wchar_t *target, const wchar_t *source, size_t count) SIGNALBOX_LIBC_NAME(wmemmove);
extern wchar_t *wmemset(wchar_t *target, wchar_t character, size_t count) SIGNALBOX_LIBC_NAME(wmemset);
extern wchar_t *wcsdup(const wchar_t *string) __asm__("_wcsdup");
extern int wcsicmp(const wchar_t *first, const wchar_t *second) __asm__("_wcsicmp");
extern int wcsnicmp(const wchar_t *first, const wchar_t *second, size_t count) __asm__("_wcsnicmp");
extern int wcscasecmp(const wchar_t *first, const wchar_t *second) __asm__("_wcsicmp");
extern int wcsncasecmp(const wchar_t *first, const wchar_t *second, size_t count) __asm__("_wcsnicmp");
extern long wcstol(const wchar_t *string, wchar_t **end, int base) SIGNALBOX_LIBC_NAME(wcstol);
extern unsigned long wcstoul(const wchar_t *string, wchar_t **end, int base) SIGNALBOX_LIBC_NAME(wcstoul);
__extension__ extern long long wcstoll(const wchar_t *string, wchar_t **end, int base) SIGNALBOX_LIBC_NAME(wcstoll);
__extension__ extern unsigned long long wcstoull(const wchar_t *string, wchar_t **end, int base)
    SIGNALBOX_LIBC_NAME(wcstoull);
extern double wcstod(const wchar_t *string, wchar_t **end) SIGNALBOX_LIBC_NAME(wcstod);
extern int swprintf(wchar_t *buffer, size_t count, const wchar_t *format, ...) SIGNALBOX_LIBC_NAME(swprintf);
extern int vswprintf(wchar_t *buffer, size_t count, const wchar_t *format, va_list arguments)
    SIGNALBOX_LIBC_NAME(vswprintf);
extern int wprintf(const wchar_t *format, ...) SIGNALBOX_LIBC_NAME(wprintf);
extern int vwprintf(const wchar_t *format, va_list arguments) SIGNALBOX_LIBC_NAME(vwprintf);
extern int fwprintf(__FILE *file, const wchar_t *format, ...) SIGNALBOX_LIBC_NAME(fwprintf);
extern int vfwprintf(__FILE *file, const wchar_t *format, va_list arguments) SIGNALBOX_LIBC_NAME(vfwprintf);
extern int fputws(const wchar_t *string, __FILE *file) SIGNALBOX_LIBC_NAME(fputws);
extern wint_t fputwc(wchar_t character, __FILE *file) SIGNALBOX_LIBC_NAME(fputwc);
extern wint_t putwc(wchar_t character, __FILE *file) SIGNALBOX_LIBC_NAME(fputwc);
extern wint_t putwchar(wchar_t character) SIGNALBOX_LIBC_NAME(putwchar);

/* Calls of these do not compile or, where nothing is optimised, do not link. */
#define SIGNALBOX_LACKS(name) \
    __asm__("signalbox_lacks_" #name) __attribute__((__error__("Signalbox has no " #name ", and libc's is for 32 bits")))
extern size_t mbsrtowcs(wchar_t *, const char **, size_t, mbstate_t *) SIGNALBOX_LACKS(mbsrtowcs);
extern size_t wcsrtombs(char *, const wchar_t **, size_t, mbstate_t *) SIGNALBOX_LACKS(wcsrtombs);
extern size_t mbrtowc(wchar_t *, const char *, size_t, mbstate_t *) SIGNALBOX_LACKS(mbrtowc);
extern size_t wcrtomb(char *, wchar_t, mbstate_t *) SIGNALBOX_LACKS(wcrtomb);
extern size_t wcsxfrm(wchar_t *, const wchar_t *, size_t) SIGNALBOX_LACKS(wcsxfrm);
extern float wcstof(const wchar_t *, wchar_t **) SIGNALBOX_LACKS(wcstof);
extern long double wcstold(const wchar_t *, wchar_t **) SIGNALBOX_LACKS(wcstold);
extern size_t wcsftime(wchar_t *, size_t, const wchar_t *, const struct tm *) SIGNALBOX_LACKS(wcsftime);
extern int wscanf(const wchar_t *, ...) SIGNALBOX_LACKS(wscanf);
extern int fwscanf(__FILE *, const wchar_t *, ...) SIGNALBOX_LACKS(fwscanf);
extern int swscanf(const wchar_t *, const wchar_t *, ...) SIGNALBOX_LACKS(swscanf);
extern int vwscanf(const wchar_t *, va_list) SIGNALBOX_LACKS(vwscanf);
extern int vfwscanf(__FILE *, const wchar_t *, va_list) SIGNALBOX_LACKS(vfwscanf);
extern int vswscanf(const wchar_t *, const wchar_t *, va_list) SIGNALBOX_LACKS(vswscanf);
extern wchar_t *fgetws(wchar_t *, int, __FILE *) SIGNALBOX_LACKS(fgetws);
extern wint_t fgetwc(__FILE *) SIGNALBOX_LACKS(fgetwc);
extern wint_t getwc(__FILE *) SIGNALBOX_LACKS(getwc);
extern wint_t getwchar(void) SIGNALBOX_LACKS(getwchar);
extern wint_t ungetwc(wint_t, __FILE *) SIGNALBOX_LACKS(ungetwc);

SIGNALBOX_END

#if defined(__cplusplus)
/* For C++'s own header: both forms are here. */
#if !defined(__CORRECT_ISO_CPP_WCHAR_H_PROTO)
#define __CORRECT_ISO_CPP_WCHAR_H_PROTO
#endif
extern "C++" wchar_t *wcschr(wchar_t *string, wchar_t character) SIGNALBOX_LIBC_NAME(wcschr);
extern "C++" const wchar_t *wcschr(const wchar_t *string, wchar_t character) SIGNALBOX_LIBC_NAME(wcschr);
extern "C++" wchar_t *wcsrchr(wchar_t *string, wchar_t character) SIGNALBOX_LIBC_NAME(wcsrchr);
extern "C++" const wchar_t *wcsrchr(const wchar_t *string, wchar_t character) SIGNALBOX_LIBC_NAME(wcsrchr);
extern "C++" wchar_t *wcsstr(wchar_t *string, const wchar_t *part) SIGNALBOX_LIBC_NAME(wcsstr);
extern "C++" const wchar_t *wcsstr(const wchar_t *string, const wchar_t *part) SIGNALBOX_LIBC_NAME(wcsstr);
extern "C++" wchar_t *wcspbrk(wchar_t *string, const wchar_t *set) SIGNALBOX_LIBC_NAME(wcspbrk);
extern "C++" const wchar_t *wcspbrk(const wchar_t *string, const wchar_t *set) SIGNALBOX_LIBC_NAME(wcspbrk);
extern "C++" wchar_t *wmemchr(wchar_t *string, wchar_t character, size_t count) SIGNALBOX_LIBC_NAME(wmemchr);
extern "C++" const wchar_t *wmemchr(const wchar_t *string, wchar_t character, size_t count) SIGNALBOX_LIBC_NAME(wmemchr);
/* What Microsoft's compiler accepts besides: no count. */
extern "C++" int swprintf(wchar_t *buffer, const wchar_t *format, ...) __asm__("_swprintf");
#else
extern wchar_t *wcschr(const wchar_t *string, wchar_t character) SIGNALBOX_LIBC_NAME(wcschr);
extern wchar_t *wcsrchr(const wchar_t *string, wchar_t character) SIGNALBOX_LIBC_NAME(wcsrchr);
extern wchar_t *wcsstr(const wchar_t *string, const wchar_t *part) SIGNALBOX_LIBC_NAME(wcsstr);
extern wchar_t *wcspbrk(const wchar_t *string, const wchar_t *set) SIGNALBOX_LIBC_NAME(wcspbrk);
extern wchar_t *wmemchr(const wchar_t *string, wchar_t character, size_t count) SIGNALBOX_LIBC_NAME(wmemchr);
#endif

/*
 * Windows starts a program at its wmain, if it has one. Here the name, where the function is defined, stands for a `main`
 * that calls it as well; so wmain is not declared anywhere else.
 */
#if !defined(wmain)
#if defined(__cplusplus)
#define SIGNALBOX_C extern "C"
#else
#define SIGNALBOX_C
#endif
#define wmain \
    signalbox_wmain_follows(void); \
    SIGNALBOX_C int signalbox_program_wmain(int, wchar_t **, wchar_t **) __asm__("wmain"); \
    int main(int count, char **arguments) { \
        return signalbox_call_wmain(count, arguments, signalbox_program_wmain); \
    } \
    SIGNALBOX_C int wmain
#endif

#include "signalbox-crt.h"
#else
#include_next <wchar.h>
#endif
