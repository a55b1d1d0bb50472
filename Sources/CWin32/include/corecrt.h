/*
 * corecrt.h: the C runtime of Windows, as far as libc lacks it or has it for 32-bit wide characters.
 *
 * Programs include string.h, stdio.h, stdlib.h and wchar.h, which are found in the folder crt beside this one and
 * include what belongs to each. The functions that libc has too are named signalbox_NAME here; those headers give them
 * their names, and no symbol of ours has a name that libc has.
 *
 * Formats are those of Windows, in all functions below: `l` means 32 bits (%ld is for a LONG, %lu for a DWORD), `ll`,
 * `I64` and `j` 64, `I` and `z` as many as a pointer has; %s takes a string of the function's own kind, %S one of the
 * other; %hs is always narrow, %ls and %ws always wide; %p prints 16 digits. %n writes nothing. Narrow strings are
 * UTF-8. printf, sprintf and snprintf remain libc's, for which compilers check the format. For ours they do not: no
 * compiler for Linux knows the format of Windows.
 *
 * The secure functions (…_s) report a wrong argument as documented: errno and the result say EINVAL or ERANGE, and the
 * output is made empty. Windows ends the program then, unless it has set a handler with
 * _set_invalid_parameter_handler; here the handler is called if there is one, and the function returns.
 */
#ifndef SIGNALBOX_CORECRT_H
#define SIGNALBOX_CORECRT_H

#include <minwindef.h>
#include <stdarg.h>

/* glibc declares its own so, and declarations of one function agree. */
#if !defined(__cplusplus)
#define SIGNALBOX_THROW
#elif __cplusplus >= 201103L
#define SIGNALBOX_THROW noexcept(true)
#else
#define SIGNALBOX_THROW throw()
#endif

typedef int errno_t;
typedef size_t rsize_t;

#define _TRUNCATE ((size_t)-1)
#ifndef STRUNCATE
#define STRUNCATE 80
#endif

typedef void (*_invalid_parameter_handler)(
    const WCHAR *expression, const WCHAR *function, const WCHAR *file, unsigned int line, ULONG_PTR reserved);

SIGNALBOX_BEGIN

SIGNALBOX_API _invalid_parameter_handler _set_invalid_parameter_handler(_invalid_parameter_handler handler);
SIGNALBOX_API _invalid_parameter_handler _get_invalid_parameter_handler(void);

/* ---- wide strings, as C has them */
#if !defined(__swift__)
SIGNALBOX_API size_t signalbox_wcslen(const WCHAR *string);
SIGNALBOX_API size_t signalbox_wcsnlen(const WCHAR *string, size_t count);
SIGNALBOX_API WCHAR *signalbox_wcscpy(WCHAR *target, const WCHAR *source);
SIGNALBOX_API WCHAR *signalbox_wcsncpy(WCHAR *target, const WCHAR *source, size_t count);
SIGNALBOX_API WCHAR *signalbox_wcscat(WCHAR *target, const WCHAR *source);
SIGNALBOX_API WCHAR *signalbox_wcsncat(WCHAR *target, const WCHAR *source, size_t count);
SIGNALBOX_API int signalbox_wcscmp(const WCHAR *first, const WCHAR *second);
SIGNALBOX_API int signalbox_wcsncmp(const WCHAR *first, const WCHAR *second, size_t count);
SIGNALBOX_API int signalbox_wcscoll(const WCHAR *first, const WCHAR *second);
SIGNALBOX_API WCHAR *signalbox_wcschr(const WCHAR *string, WCHAR character);
SIGNALBOX_API WCHAR *signalbox_wcsrchr(const WCHAR *string, WCHAR character);
SIGNALBOX_API WCHAR *signalbox_wcsstr(const WCHAR *string, const WCHAR *part);
SIGNALBOX_API WCHAR *signalbox_wcspbrk(const WCHAR *string, const WCHAR *set);
SIGNALBOX_API size_t signalbox_wcsspn(const WCHAR *string, const WCHAR *set);
SIGNALBOX_API size_t signalbox_wcscspn(const WCHAR *string, const WCHAR *set);
SIGNALBOX_API WCHAR *signalbox_wcstok(WCHAR *string, const WCHAR *delimiters, WCHAR **context);
SIGNALBOX_API WCHAR *signalbox_wmemchr(const WCHAR *memory, WCHAR character, size_t count);
SIGNALBOX_API int signalbox_wmemcmp(const WCHAR *first, const WCHAR *second, size_t count);
SIGNALBOX_API WCHAR *signalbox_wmemcpy(WCHAR *target, const WCHAR *source, size_t count);
SIGNALBOX_API WCHAR *signalbox_wmemmove(WCHAR *target, const WCHAR *source, size_t count);
SIGNALBOX_API WCHAR *signalbox_wmemset(WCHAR *target, WCHAR character, size_t count);
#endif

/* ---- numbers. Windows' long has 32 bits, and so has the range of wcstol; C's own result type is kept. */
#if !defined(__swift__)
SIGNALBOX_API LONG_PTR signalbox_wcstol(const WCHAR *string, WCHAR **end, int base);
SIGNALBOX_API ULONG_PTR signalbox_wcstoul(const WCHAR *string, WCHAR **end, int base);
SIGNALBOX_API LONGLONG signalbox_wcstoll(const WCHAR *string, WCHAR **end, int base);
SIGNALBOX_API ULONGLONG signalbox_wcstoull(const WCHAR *string, WCHAR **end, int base);
SIGNALBOX_API double signalbox_wcstod(const WCHAR *string, WCHAR **end);
#endif
SIGNALBOX_API LONGLONG _wcstoi64(const WCHAR *string, WCHAR **end, int base);
SIGNALBOX_API ULONGLONG _wcstoui64(const WCHAR *string, WCHAR **end, int base);
SIGNALBOX_API LONGLONG _strtoi64(const char *string, char **end, int base);
SIGNALBOX_API ULONGLONG _strtoui64(const char *string, char **end, int base);
SIGNALBOX_API int _wtoi(const WCHAR *string);
SIGNALBOX_API LONG _wtol(const WCHAR *string);
SIGNALBOX_API LONGLONG _wtoi64(const WCHAR *string);
SIGNALBOX_API double _wtof(const WCHAR *string);
SIGNALBOX_API LONGLONG _atoi64(const char *string);

#define SIGNALBOX_TO_TEXT(name, wide_name, type) \
    SIGNALBOX_API char *name(type value, char *buffer, int radix); \
    SIGNALBOX_API WCHAR *wide_name(type value, WCHAR *buffer, int radix); \
    SIGNALBOX_API errno_t name##_s(type value, char *buffer, size_t size, int radix); \
    SIGNALBOX_API errno_t wide_name##_s(type value, WCHAR *buffer, size_t size, int radix);
SIGNALBOX_TO_TEXT(_itoa, _itow, int)
SIGNALBOX_TO_TEXT(_ltoa, _ltow, LONG)
SIGNALBOX_TO_TEXT(_ultoa, _ultow, ULONG)
SIGNALBOX_TO_TEXT(_i64toa, _i64tow, LONGLONG)
SIGNALBOX_TO_TEXT(_ui64toa, _ui64tow, ULONGLONG)
#undef SIGNALBOX_TO_TEXT

/* ---- without regard to case. ASCII letters alone are equal to one another for narrow strings. */
SIGNALBOX_API int _stricmp(const char *first, const char *second);
SIGNALBOX_API int _strnicmp(const char *first, const char *second, size_t count);
SIGNALBOX_API int _wcsicmp(const WCHAR *first, const WCHAR *second);
SIGNALBOX_API int _wcsnicmp(const WCHAR *first, const WCHAR *second, size_t count);
SIGNALBOX_API char *_strlwr(char *string);
SIGNALBOX_API char *_strupr(char *string);
SIGNALBOX_API WCHAR *_wcslwr(WCHAR *string);
SIGNALBOX_API WCHAR *_wcsupr(WCHAR *string);
SIGNALBOX_API char *_strdup(const char *string);
SIGNALBOX_API WCHAR *_wcsdup(const WCHAR *string);

/* ---- secure strings */
SIGNALBOX_API size_t strnlen_s(const char *string, size_t size);
SIGNALBOX_API size_t wcsnlen_s(const WCHAR *string, size_t size);
SIGNALBOX_API errno_t strcpy_s(char *target, rsize_t size, const char *source);
SIGNALBOX_API errno_t strncpy_s(char *target, rsize_t size, const char *source, rsize_t count);
SIGNALBOX_API errno_t strcat_s(char *target, rsize_t size, const char *source);
SIGNALBOX_API errno_t strncat_s(char *target, rsize_t size, const char *source, rsize_t count);
SIGNALBOX_API char *strtok_s(char *string, const char *delimiters, char **context);
SIGNALBOX_API errno_t wcscpy_s(WCHAR *target, rsize_t size, const WCHAR *source);
SIGNALBOX_API errno_t wcsncpy_s(WCHAR *target, rsize_t size, const WCHAR *source, rsize_t count);
SIGNALBOX_API errno_t wcscat_s(WCHAR *target, rsize_t size, const WCHAR *source);
SIGNALBOX_API errno_t wcsncat_s(WCHAR *target, rsize_t size, const WCHAR *source, rsize_t count);
SIGNALBOX_API WCHAR *wcstok_s(WCHAR *string, const WCHAR *delimiters, WCHAR **context);
SIGNALBOX_API errno_t memcpy_s(void *target, rsize_t size, const void *source, rsize_t count);
SIGNALBOX_API errno_t memmove_s(void *target, rsize_t size, const void *source, rsize_t count);
SIGNALBOX_API errno_t _strlwr_s(char *string, size_t size);
SIGNALBOX_API errno_t _strupr_s(char *string, size_t size);
SIGNALBOX_API errno_t _wcslwr_s(WCHAR *string, size_t size);
SIGNALBOX_API errno_t _wcsupr_s(WCHAR *string, size_t size);

/* ---- UTF-8 and UTF-16 */
#if !defined(__swift__)
SIGNALBOX_API size_t signalbox_mbstowcs(WCHAR *target, const char *source, size_t count);
SIGNALBOX_API size_t signalbox_wcstombs(char *target, const WCHAR *source, size_t count);
SIGNALBOX_API int signalbox_mbtowc(WCHAR *target, const char *source, size_t count);
SIGNALBOX_API int signalbox_wctomb(char *target, WCHAR source);
#endif
SIGNALBOX_API errno_t mbstowcs_s(size_t *converted, WCHAR *target, size_t size, const char *source, size_t count);
SIGNALBOX_API errno_t wcstombs_s(size_t *converted, char *target, size_t size, const WCHAR *source, size_t count);

/* ---- formatted text in memory */
#if !defined(__swift__)
SIGNALBOX_API int signalbox_swprintf(WCHAR *buffer, size_t count, const WCHAR *format, ...);
SIGNALBOX_API int signalbox_vswprintf(WCHAR *buffer, size_t count, const WCHAR *format, va_list arguments);
#endif
SIGNALBOX_API int _swprintf(WCHAR *buffer, const WCHAR *format, ...);
SIGNALBOX_API int _vswprintf(WCHAR *buffer, const WCHAR *format, va_list arguments);
SIGNALBOX_API int _snwprintf(WCHAR *buffer, size_t count, const WCHAR *format, ...);
SIGNALBOX_API int _vsnwprintf(WCHAR *buffer, size_t count, const WCHAR *format, va_list arguments);
SIGNALBOX_API int _scwprintf(const WCHAR *format, ...);
SIGNALBOX_API int _vscwprintf(const WCHAR *format, va_list arguments);
SIGNALBOX_API int _snprintf(char *buffer, size_t count, const char *format, ...);
SIGNALBOX_API int _vsnprintf(char *buffer, size_t count, const char *format, va_list arguments);
SIGNALBOX_API int _scprintf(const char *format, ...);
SIGNALBOX_API int _vscprintf(const char *format, va_list arguments);
SIGNALBOX_API int sprintf_s(char *buffer, size_t size, const char *format, ...);
SIGNALBOX_API int vsprintf_s(char *buffer, size_t size, const char *format, va_list arguments);
SIGNALBOX_API int swprintf_s(WCHAR *buffer, size_t size, const WCHAR *format, ...);
SIGNALBOX_API int vswprintf_s(WCHAR *buffer, size_t size, const WCHAR *format, va_list arguments);
SIGNALBOX_API int _snprintf_s(char *buffer, size_t size, size_t count, const char *format, ...);
SIGNALBOX_API int _vsnprintf_s(char *buffer, size_t size, size_t count, const char *format, va_list arguments);
SIGNALBOX_API int _snwprintf_s(WCHAR *buffer, size_t size, size_t count, const WCHAR *format, ...);
SIGNALBOX_API int _vsnwprintf_s(WCHAR *buffer, size_t size, size_t count, const WCHAR *format, va_list arguments);

/* ---- formatted text in files, whatever their orientation: wide text is written as UTF-8. `file` is a FILE. */
#if !defined(__swift__)
SIGNALBOX_API int signalbox_wprintf(const WCHAR *format, ...);
SIGNALBOX_API int signalbox_vwprintf(const WCHAR *format, va_list arguments);
SIGNALBOX_API int signalbox_fwprintf(void *file, const WCHAR *format, ...);
SIGNALBOX_API int signalbox_vfwprintf(void *file, const WCHAR *format, va_list arguments);
SIGNALBOX_API int signalbox_fputws(const WCHAR *string, void *file);
SIGNALBOX_API unsigned int signalbox_fputwc(WCHAR character, void *file);
SIGNALBOX_API unsigned int signalbox_putwchar(WCHAR character);
#endif
SIGNALBOX_API int _putws(const WCHAR *string);
SIGNALBOX_API int printf_s(const char *format, ...);
SIGNALBOX_API int vprintf_s(const char *format, va_list arguments);
SIGNALBOX_API int fprintf_s(void *file, const char *format, ...);
SIGNALBOX_API int vfprintf_s(void *file, const char *format, va_list arguments);
SIGNALBOX_API int wprintf_s(const WCHAR *format, ...);
SIGNALBOX_API int vwprintf_s(const WCHAR *format, va_list arguments);
SIGNALBOX_API int fwprintf_s(void *file, const WCHAR *format, ...);
SIGNALBOX_API int vfwprintf_s(void *file, const WCHAR *format, va_list arguments);

/* Calls wmain with the arguments as wide strings: what `main` does in a program whose _tmain is wide. */
#if !defined(__swift__)
SIGNALBOX_API int signalbox_call_wmain(int count, char **arguments, int (*wmain)(int, WCHAR **, WCHAR **));
#endif

SIGNALBOX_END

#endif
