// Wide strings of 16 bits, the secure string functions, and comparing without regard to case.
#include "text.h"
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <wctype.h>

// ---- wrong arguments of secure functions

static _Atomic(_invalid_parameter_handler) invalid_parameter_handler;

_invalid_parameter_handler _set_invalid_parameter_handler(_invalid_parameter_handler handler) {
    return atomic_exchange(&invalid_parameter_handler, handler);
}

_invalid_parameter_handler _get_invalid_parameter_handler(void) { return atomic_load(&invalid_parameter_handler); }

int signalbox_invalid_parameter(int code) {
    _invalid_parameter_handler handler = atomic_load(&invalid_parameter_handler);
    errno = code;
    // "The values … are NULL when the release version of the CRT library is used" (_set_invalid_parameter_handler)
    if (handler) handler(NULL, NULL, NULL, 0, 0);
    errno = code;
    return code;
}

// ---- as C has them

size_t signalbox_wcslen(const WCHAR *string) {
    size_t length = 0;
    while (string[length]) length++;
    return length;
}

size_t signalbox_wcsnlen(const WCHAR *string, size_t count) {
    size_t length = 0;
    while (length < count && string[length]) length++;
    return length;
}

WCHAR *signalbox_wcscpy(WCHAR *target, const WCHAR *source) {
    return memcpy(target, source, (signalbox_wcslen(source) + 1) * sizeof *source);
}

WCHAR *signalbox_wcsncpy(WCHAR *target, const WCHAR *source, size_t count) {
    size_t i = 0;
    for (; i < count && source[i]; i++) target[i] = source[i];
    for (; i < count; i++) target[i] = 0;
    return target;
}

WCHAR *signalbox_wcscat(WCHAR *target, const WCHAR *source) {
    signalbox_wcscpy(target + signalbox_wcslen(target), source);
    return target;
}

WCHAR *signalbox_wcsncat(WCHAR *target, const WCHAR *source, size_t count) {
    WCHAR *end = target + signalbox_wcslen(target);
    count = signalbox_wcsnlen(source, count);
    memcpy(end, source, count * sizeof *source);
    end[count] = 0;
    return target;
}

int signalbox_wcsncmp(const WCHAR *first, const WCHAR *second, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (first[i] != second[i]) return first[i] < second[i] ? -1 : 1;
        if (!first[i]) break;
    }
    return 0;
}

int signalbox_wcscmp(const WCHAR *first, const WCHAR *second) { return signalbox_wcsncmp(first, second, SIZE_MAX); }
int signalbox_wcscoll(const WCHAR *first, const WCHAR *second) { return signalbox_wcsncmp(first, second, SIZE_MAX); }

WCHAR *signalbox_wcschr(const WCHAR *string, WCHAR character) {
    for (;; string++) {
        if (*string == character) return (WCHAR *)string;
        if (!*string) return NULL;
    }
}

WCHAR *signalbox_wcsrchr(const WCHAR *string, WCHAR character) {
    for (const WCHAR *at = string + signalbox_wcslen(string);; at--) {
        if (*at == character) return (WCHAR *)at;
        if (at == string) return NULL;
    }
}

WCHAR *signalbox_wcsstr(const WCHAR *string, const WCHAR *part) {
    const size_t length = signalbox_wcslen(part);
    if (!length) return (WCHAR *)string;
    for (; (string = signalbox_wcschr(string, *part)); string++)
        if (!signalbox_wcsncmp(string, part, length)) return (WCHAR *)string;
    return NULL;
}

/// How many characters there are up to the first that is in the set or, with `in`, up to the first that is not.
static size_t span(const WCHAR *string, const WCHAR *set, bool in) {
    size_t length = 0;
    while (string[length] && (signalbox_wcschr(set, string[length]) != NULL) == in) length++;
    return length;
}

size_t signalbox_wcsspn(const WCHAR *string, const WCHAR *set) { return span(string, set, true); }
size_t signalbox_wcscspn(const WCHAR *string, const WCHAR *set) { return span(string, set, false); }

WCHAR *signalbox_wcspbrk(const WCHAR *string, const WCHAR *set) {
    string += span(string, set, false);
    return *string ? (WCHAR *)string : NULL;
}

WCHAR *signalbox_wcstok(WCHAR *string, const WCHAR *delimiters, WCHAR **context) {
    if (!string) string = *context;
    if (!string) return NULL;
    string += span(string, delimiters, true);
    if (!*string) {
        *context = string;
        return NULL;
    }
    WCHAR *end = string + span(string, delimiters, false);
    *context = *end ? end + 1 : end;
    *end = 0;
    return string;
}

WCHAR *signalbox_wmemchr(const WCHAR *memory, WCHAR character, size_t count) {
    for (; count > 0; count--, memory++)
        if (*memory == character) return (WCHAR *)memory;
    return NULL;
}

int signalbox_wmemcmp(const WCHAR *first, const WCHAR *second, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (first[i] != second[i]) return first[i] < second[i] ? -1 : 1;
    return 0;
}

WCHAR *signalbox_wmemcpy(WCHAR *target, const WCHAR *source, size_t count) {
    return memcpy(target, source, count * sizeof *source);
}

WCHAR *signalbox_wmemmove(WCHAR *target, const WCHAR *source, size_t count) {
    return memmove(target, source, count * sizeof *source);
}

WCHAR *signalbox_wmemset(WCHAR *target, WCHAR character, size_t count) {
    for (size_t i = 0; i < count; i++) target[i] = character;
    return target;
}

// ---- case

static int lower(int character) { return character >= 'A' && character <= 'Z' ? character + 32 : character; }
static int upper(int character) { return character >= 'a' && character <= 'z' ? character - 32 : character; }

/// Beyond ASCII as the locale's table says, if the other letter has 16 bits as well.
static WCHAR wide_lower(WCHAR character) {
    if (character < 0x80) return (WCHAR)lower(character);
    wint_t other = towlower(character);
    return other < 0x10000 ? (WCHAR)other : character;
}

static WCHAR wide_upper(WCHAR character) {
    if (character < 0x80) return (WCHAR)upper(character);
    wint_t other = towupper(character);
    return other < 0x10000 ? (WCHAR)other : character;
}

enum { NO_ORDER = 0x7FFFFFFF }; // _NLSCMPERROR

int _strnicmp(const char *first, const char *second, size_t count) {
    if (!first || !second) return signalbox_invalid_parameter(EINVAL), NO_ORDER;
    for (size_t i = 0; i < count; i++) {
        int a = lower((unsigned char)first[i]), b = lower((unsigned char)second[i]);
        if (a != b) return a - b;
        if (!a) break;
    }
    return 0;
}

int _wcsnicmp(const WCHAR *first, const WCHAR *second, size_t count) {
    if (!first || !second) return signalbox_invalid_parameter(EINVAL), NO_ORDER;
    for (size_t i = 0; i < count; i++) {
        int a = wide_lower(first[i]), b = wide_lower(second[i]);
        if (a != b) return a - b;
        if (!a) break;
    }
    return 0;
}

int _stricmp(const char *first, const char *second) { return _strnicmp(first, second, SIZE_MAX); }
int _wcsicmp(const WCHAR *first, const WCHAR *second) { return _wcsnicmp(first, second, SIZE_MAX); }

#define CHANGE_CASE(name, type, change, convert, length) \
    type *name(type *string) { \
        if (!string) return signalbox_invalid_parameter(EINVAL), NULL; \
        for (type *at = string; *at; at++) *at = (type)change((convert)*at); \
        return string; \
    } \
    errno_t name##_s(type *string, size_t size) { \
        if (!string || length(string, size) == size) { \
            if (string && size) *string = 0; \
            return signalbox_invalid_parameter(string ? ERANGE : EINVAL); \
        } \
        name(string); \
        return 0; \
    }
CHANGE_CASE(_strlwr, char, lower, unsigned char, strnlen)
CHANGE_CASE(_strupr, char, upper, unsigned char, strnlen)
CHANGE_CASE(_wcslwr, WCHAR, wide_lower, WCHAR, signalbox_wcsnlen)
CHANGE_CASE(_wcsupr, WCHAR, wide_upper, WCHAR, signalbox_wcsnlen)

char *_strdup(const char *string) {
    if (!string) return NULL;
    signalbox_enter();
    char *copy = strdup(string);
    signalbox_leave();
    return copy;
}

WCHAR *_wcsdup(const WCHAR *string) {
    if (!string) return NULL;
    const size_t size = (signalbox_wcslen(string) + 1) * sizeof *string;
    signalbox_enter();
    WCHAR *copy = malloc(size);
    if (copy) memcpy(copy, string, size);
    signalbox_leave();
    return copy;
}

// ---- secure strings

size_t strnlen_s(const char *string, size_t size) { return string ? strnlen(string, size) : 0; }
size_t wcsnlen_s(const WCHAR *string, size_t size) { return string ? signalbox_wcsnlen(string, size) : 0; }

/// Copies up to `count` characters behind the `start` characters that are there. With _TRUNCATE what does not fit is
/// left out; else the target is made empty then.
#define DEFINE_SECURE(type, length, copy, append, copy_some, append_some, place) \
    static errno_t place(type *target, size_t size, size_t start, const type *source, size_t count) { \
        if (!source) { \
            *target = 0; \
            return signalbox_invalid_parameter(EINVAL); \
        } \
        size_t room = size - start; \
        size_t wanted = length(source, count == _TRUNCATE || count > room ? room : count); \
        if (wanted >= room && count != _TRUNCATE) { \
            *target = 0; \
            return signalbox_invalid_parameter(ERANGE); \
        } \
        bool is_cut = wanted >= room; \
        if (is_cut) wanted = room - 1; \
        memmove(target + start, source, wanted * sizeof *source); \
        target[start + wanted] = 0; \
        return is_cut ? STRUNCATE : 0; \
    } \
    errno_t copy(type *target, rsize_t size, const type *source) { \
        if (!target || !size) return signalbox_invalid_parameter(EINVAL); \
        return place(target, size, 0, source, SIZE_MAX - 1); \
    } \
    errno_t copy_some(type *target, rsize_t size, const type *source, rsize_t count) { \
        if (!target && !size && !count) return 0; \
        if (!target || !size) return signalbox_invalid_parameter(EINVAL); \
        if (!count) { \
            *target = 0; \
            return 0; \
        } \
        return place(target, size, 0, source, count); \
    } \
    errno_t append_some(type *target, rsize_t size, const type *source, rsize_t count) { \
        if (!target && !size && !count) return 0; \
        size_t start = target ? length(target, size) : 0; \
        if (!target || !size || start == size) { \
            if (target && size) *target = 0; \
            return signalbox_invalid_parameter(EINVAL); \
        } \
        if (!count && !source) return 0; \
        return place(target, size, start, source, count); \
    } \
    errno_t append(type *target, rsize_t size, const type *source) { \
        if (!target || !size) return signalbox_invalid_parameter(EINVAL); \
        return append_some(target, size, source, SIZE_MAX - 1); \
    }
DEFINE_SECURE(char, strnlen, strcpy_s, strcat_s, strncpy_s, strncat_s, place_narrow)
DEFINE_SECURE(WCHAR, signalbox_wcsnlen, wcscpy_s, wcscat_s, wcsncpy_s, wcsncat_s, place_wide)

char *strtok_s(char *string, const char *delimiters, char **context) {
    if (!context || !delimiters || (!string && !*context)) return signalbox_invalid_parameter(EINVAL), NULL;
    return strtok_r(string, delimiters, context);
}

WCHAR *wcstok_s(WCHAR *string, const WCHAR *delimiters, WCHAR **context) {
    if (!context || !delimiters || (!string && !*context)) return signalbox_invalid_parameter(EINVAL), NULL;
    return signalbox_wcstok(string, delimiters, context);
}

static errno_t copy_secure(void *target, rsize_t size, const void *source, rsize_t count, bool clears) {
    if (!count) return 0;
    if (!target) return signalbox_invalid_parameter(EINVAL);
    if (!source || size < count) {
        if (clears) memset(target, 0, size);
        return signalbox_invalid_parameter(source ? ERANGE : EINVAL);
    }
    memmove(target, source, count);
    return 0;
}

errno_t memcpy_s(void *target, rsize_t size, const void *source, rsize_t count) {
    return copy_secure(target, size, source, count, true);
}

errno_t memmove_s(void *target, rsize_t size, const void *source, rsize_t count) {
    return copy_secure(target, size, source, count, false);
}
