// The functions that format, for memory and for files.
#include "text.h"
#include <errno.h>

int signalbox_invalid_parameter(int code);

// A file may make its writer wait: so that is as with libc's printf, and not done inside.
static int format_narrow(struct sink sink, const char *format, va_list list) {
    struct arguments arguments = {.array = NULL};
    va_copy(arguments.list, list);
    const bool is_inside = !sink.file;
    if (is_inside) signalbox_enter();
    int count = format_text(&sink, DIALECT_CRT, format, NULL, &arguments);
    if (is_inside) signalbox_leave();
    va_end(arguments.list);
    return count;
}

static int format_wide(struct sink sink, const WCHAR *format, va_list list) {
    struct arguments arguments = {.array = NULL};
    sink.is_wide = true;
    va_copy(arguments.list, list);
    const bool is_inside = !sink.file;
    if (is_inside) signalbox_enter();
    int count = format_text(&sink, DIALECT_CRT, NULL, format, &arguments);
    if (is_inside) signalbox_leave();
    va_end(arguments.list);
    return count;
}

/// -1, if there is no format.
#define NEEDS(condition) \
    if (!(condition)) { \
        signalbox_invalid_parameter(EINVAL); \
        return -1; \
    }

#define VARIADIC(call) \
    va_list arguments; \
    va_start(arguments, format); \
    int count_of_call = call; \
    va_end(arguments); \
    return count_of_call;

// ---- memory: what does not fit makes the result -1. _snprintf then writes no NUL; swprintf does.

#define DEFINE_BOUNDED(type, run, field, vcount, vno_nul, vsecure, vsecure_count) \
    int vcount(const type *format, va_list arguments) { \
        NEEDS(format) \
        return run((struct sink){.capacity = 0}, format, arguments); \
    } \
    int vno_nul(type *buffer, size_t count, const type *format, va_list arguments) { \
        NEEDS(format && (buffer || !count)) \
        int length = run((struct sink){.field = buffer, .capacity = count}, format, arguments); \
        if (length < 0 || !buffer) return length; \
        if ((size_t)length > count) return -1; \
        if ((size_t)length < count) buffer[length] = 0; \
        return length; \
    } \
    int vsecure_count(type *buffer, size_t size, size_t count, const type *format, va_list arguments) { \
        if (format && !buffer && !size && !count) return 0; \
        NEEDS(buffer && size) \
        if (!format) *buffer = 0; \
        NEEDS(format) \
        size_t capacity = count < size ? count : size - 1; \
        int length = run((struct sink){.field = buffer, .capacity = capacity}, format, arguments); \
        if (length < 0) { \
            *buffer = 0; \
            return -1; \
        } \
        if ((size_t)length <= capacity) { \
            buffer[length] = 0; \
            return length; \
        } \
        buffer[capacity] = 0; \
        if (count < size || count == _TRUNCATE) return -1; \
        *buffer = 0; \
        signalbox_invalid_parameter(ERANGE); \
        return -1; \
    } \
    int vsecure(type *buffer, size_t size, const type *format, va_list arguments) { \
        NEEDS(buffer && size) \
        return vsecure_count(buffer, size, SIZE_MAX - 1, format, arguments); \
    }
DEFINE_BOUNDED(char, format_narrow, narrow, _vscprintf, _vsnprintf, vsprintf_s, _vsnprintf_s)
DEFINE_BOUNDED(WCHAR, format_wide, wide, _vscwprintf, _vsnwprintf, vswprintf_s, _vsnwprintf_s)

int signalbox_vswprintf(WCHAR *buffer, size_t count, const WCHAR *format, va_list arguments) {
    NEEDS(format && (buffer || !count))
    int length = format_wide((struct sink){.wide = buffer, .capacity = count ? count - 1 : 0}, format, arguments);
    if (!buffer) return length;
    if (!count) return -1;
    buffer[length < 0 || (size_t)length >= count ? count - 1 : (size_t)length] = 0;
    return length < 0 || (size_t)length >= count ? -1 : length;
}

int _vswprintf(WCHAR *buffer, const WCHAR *format, va_list arguments) {
    NEEDS(buffer && format)
    int length = format_wide((struct sink){.wide = buffer, .capacity = SIZE_MAX}, format, arguments);
    if (length >= 0) buffer[length] = 0;
    return length;
}

int signalbox_swprintf(WCHAR *buffer, size_t count, const WCHAR *format, ...) {
    VARIADIC(signalbox_vswprintf(buffer, count, format, arguments))
}
int _swprintf(WCHAR *buffer, const WCHAR *format, ...) { VARIADIC(_vswprintf(buffer, format, arguments)) }
int _snwprintf(WCHAR *buffer, size_t count, const WCHAR *format, ...) {
    VARIADIC(_vsnwprintf(buffer, count, format, arguments))
}
int _snprintf(char *buffer, size_t count, const char *format, ...) {
    VARIADIC(_vsnprintf(buffer, count, format, arguments))
}
int _scwprintf(const WCHAR *format, ...) { VARIADIC(_vscwprintf(format, arguments)) }
int _scprintf(const char *format, ...) { VARIADIC(_vscprintf(format, arguments)) }
int sprintf_s(char *buffer, size_t size, const char *format, ...) { VARIADIC(vsprintf_s(buffer, size, format, arguments)) }
int swprintf_s(WCHAR *buffer, size_t size, const WCHAR *format, ...) {
    VARIADIC(vswprintf_s(buffer, size, format, arguments))
}
int _snprintf_s(char *buffer, size_t size, size_t count, const char *format, ...) {
    VARIADIC(_vsnprintf_s(buffer, size, count, format, arguments))
}
int _snwprintf_s(WCHAR *buffer, size_t size, size_t count, const WCHAR *format, ...) {
    VARIADIC(_vsnwprintf_s(buffer, size, count, format, arguments))
}

// ---- files

int signalbox_vfwprintf(void *file, const WCHAR *format, va_list arguments) {
    NEEDS(file && format)
    return format_wide((struct sink){.file = file}, format, arguments);
}
int vfprintf_s(void *file, const char *format, va_list arguments) {
    NEEDS(file && format)
    return format_narrow((struct sink){.file = file}, format, arguments);
}

int signalbox_vwprintf(const WCHAR *format, va_list arguments) { return signalbox_vfwprintf(stdout, format, arguments); }
int vfwprintf_s(void *file, const WCHAR *format, va_list arguments) {
    return signalbox_vfwprintf(file, format, arguments);
}
int vwprintf_s(const WCHAR *format, va_list arguments) { return signalbox_vfwprintf(stdout, format, arguments); }
int vprintf_s(const char *format, va_list arguments) { return vfprintf_s(stdout, format, arguments); }
int signalbox_wprintf(const WCHAR *format, ...) { VARIADIC(signalbox_vwprintf(format, arguments)) }
int signalbox_fwprintf(void *file, const WCHAR *format, ...) { VARIADIC(signalbox_vfwprintf(file, format, arguments)) }
int wprintf_s(const WCHAR *format, ...) { VARIADIC(signalbox_vwprintf(format, arguments)) }
int fwprintf_s(void *file, const WCHAR *format, ...) { VARIADIC(signalbox_vfwprintf(file, format, arguments)) }
int printf_s(const char *format, ...) { VARIADIC(vfprintf_s(stdout, format, arguments)) }
int fprintf_s(void *file, const char *format, ...) { VARIADIC(vfprintf_s(file, format, arguments)) }

static const WCHAR string_format[] = {'%', 's', 0}, line_format[] = {'%', 's', '\n', 0}, character_format[] = {'%', 'c', 0};

int signalbox_fputws(const WCHAR *string, void *file) {
    NEEDS(string && file)
    return signalbox_fwprintf(file, string_format, string) < 0 ? -1 : 0;
}

int _putws(const WCHAR *string) {
    NEEDS(string)
    return signalbox_fwprintf(stdout, line_format, string) < 0 ? -1 : 0;
}

unsigned int signalbox_fputwc(WCHAR character, void *file) {
    return !file || signalbox_fwprintf(file, character_format, character) < 0 ? 0xFFFFFFFFu : character;
}

unsigned int signalbox_putwchar(WCHAR character) { return signalbox_fputwc(character, stdout); }
