/* signalbox-crt.h: the C runtime of Windows, for the headers beside this one; and what C++ has of it besides. */
#ifndef SIGNALBOX_CRT_SIGNALBOX_CRT_H
#define SIGNALBOX_CRT_SIGNALBOX_CRT_H

#include <corecrt.h>
#if __SIZEOF_WCHAR_T__ == 2
#include <wchar.h>
#endif

#if defined(__cplusplus)
/* The size of an array need not be said. */
template <size_t size>
inline errno_t strcpy_s(char (&target)[size], const char *source) {
    return strcpy_s(target, size, source);
}
template <size_t size>
inline errno_t strcat_s(char (&target)[size], const char *source) {
    return strcat_s(target, size, source);
}
template <size_t size>
inline errno_t wcscpy_s(WCHAR (&target)[size], const WCHAR *source) {
    return wcscpy_s(target, size, source);
}
template <size_t size>
inline errno_t wcscat_s(WCHAR (&target)[size], const WCHAR *source) {
    return wcscat_s(target, size, source);
}
template <size_t size>
inline errno_t strncpy_s(char (&target)[size], const char *source, size_t count) {
    return strncpy_s(target, size, source, count);
}
template <size_t size>
inline errno_t strncat_s(char (&target)[size], const char *source, size_t count) {
    return strncat_s(target, size, source, count);
}
template <size_t size>
inline errno_t wcsncpy_s(WCHAR (&target)[size], const WCHAR *source, size_t count) {
    return wcsncpy_s(target, size, source, count);
}
template <size_t size>
inline errno_t wcsncat_s(WCHAR (&target)[size], const WCHAR *source, size_t count) {
    return wcsncat_s(target, size, source, count);
}
template <size_t size>
inline int sprintf_s(char (&buffer)[size], const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    const int count = vsprintf_s(buffer, size, format, arguments);
    va_end(arguments);
    return count;
}
template <size_t size>
inline int vsprintf_s(char (&buffer)[size], const char *format, va_list arguments) {
    return vsprintf_s(buffer, size, format, arguments);
}
template <size_t size>
inline int swprintf_s(WCHAR (&buffer)[size], const WCHAR *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    const int count = vswprintf_s(buffer, size, format, arguments);
    va_end(arguments);
    return count;
}
template <size_t size>
inline int vswprintf_s(WCHAR (&buffer)[size], const WCHAR *format, va_list arguments) {
    return vswprintf_s(buffer, size, format, arguments);
}
template <size_t size>
inline int _snprintf_s(char (&buffer)[size], size_t count, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    const int length = _vsnprintf_s(buffer, size, count, format, arguments);
    va_end(arguments);
    return length;
}
template <size_t size>
inline int _snwprintf_s(WCHAR (&buffer)[size], size_t count, const WCHAR *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    const int length = _vsnwprintf_s(buffer, size, count, format, arguments);
    va_end(arguments);
    return length;
}
#endif

#endif
