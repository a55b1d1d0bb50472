// Numbers from wide strings and to strings; UTF-8 from wide strings and to them.
#include "text.h"
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <wctype.h>

int signalbox_invalid_parameter(int code);

// ---- from strings

static int digit(unsigned character) {
    if (character >= '0' && character <= '9') return (int)character - '0';
    if (character >= 'a' && character <= 'z') return (int)character - 'a' + 10;
    if (character >= 'A' && character <= 'Z') return (int)character - 'A' + 10;
    return INT_MAX;
}

/// The digits of the number, whether it has a minus, and whether it is too long for 64 bits.
static ULONGLONG parse(const WCHAR *string, WCHAR **end, int base, bool *is_negative, bool *is_too_long) {
    const WCHAR *at = string;
    ULONGLONG value = 0;
    *is_negative = *is_too_long = false;
    if (end) *end = (WCHAR *)string;
    if (!string || base < 0 || base == 1 || base > 36) {
        signalbox_invalid_parameter(EINVAL);
        return 0;
    }
    while (*at && iswspace(*at)) at++;
    if (*at == '-' || *at == '+') *is_negative = *at++ == '-';
    if ((base == 0 || base == 16) && *at == '0' && (at[1] | 32) == 'x' && digit(at[2]) < 16) base = 16, at += 2;
    else if (base == 0) base = *at == '0' ? 8 : 10;
    if (digit(*at) >= base) return 0;
    for (; digit(*at) < base; at++) {
        if (__builtin_mul_overflow(value, (ULONGLONG)base, &value) ||
            __builtin_add_overflow(value, (ULONGLONG)digit(*at), &value)) {
            *is_too_long = true;
        }
    }
    if (end) *end = (WCHAR *)at;
    return value;
}

static LONGLONG to_signed(const WCHAR *string, WCHAR **end, int base, LONGLONG most) {
    bool is_negative, is_too_long;
    ULONGLONG value = parse(string, end, base, &is_negative, &is_too_long);
    if (is_too_long || value > (ULONGLONG)most + is_negative) {
        errno = ERANGE;
        return is_negative ? -most - 1 : most;
    }
    return is_negative ? (LONGLONG)(0 - value) : (LONGLONG)value;
}

static ULONGLONG to_unsigned(const WCHAR *string, WCHAR **end, int base, ULONGLONG most) {
    bool is_negative, is_too_long;
    ULONGLONG value = parse(string, end, base, &is_negative, &is_too_long);
    if (is_too_long || value > most) {
        errno = ERANGE;
        return most;
    }
    return is_negative ? (0 - value) & most : value;
}

LONG_PTR signalbox_wcstol(const WCHAR *string, WCHAR **end, int base) { return to_signed(string, end, base, INT_MAX); }
ULONG_PTR signalbox_wcstoul(const WCHAR *string, WCHAR **end, int base) {
    return to_unsigned(string, end, base, UINT_MAX);
}
LONGLONG signalbox_wcstoll(const WCHAR *string, WCHAR **end, int base) { return to_signed(string, end, base, LLONG_MAX); }
ULONGLONG signalbox_wcstoull(const WCHAR *string, WCHAR **end, int base) {
    return to_unsigned(string, end, base, ULLONG_MAX);
}
LONGLONG _wcstoi64(const WCHAR *string, WCHAR **end, int base) { return to_signed(string, end, base, LLONG_MAX); }
ULONGLONG _wcstoui64(const WCHAR *string, WCHAR **end, int base) { return to_unsigned(string, end, base, ULLONG_MAX); }
LONGLONG _strtoi64(const char *string, char **end, int base) { return strtoll(string, end, base); }
ULONGLONG _strtoui64(const char *string, char **end, int base) { return strtoull(string, end, base); }
int _wtoi(const WCHAR *string) { return (int)to_signed(string, NULL, 10, INT_MAX); }
LONG _wtol(const WCHAR *string) { return (LONG)to_signed(string, NULL, 10, INT_MAX); }
LONGLONG _wtoi64(const WCHAR *string) { return to_signed(string, NULL, 10, LLONG_MAX); }
LONGLONG _atoi64(const char *string) { return strtoll(string, NULL, 10); }

double signalbox_wcstod(const WCHAR *string, WCHAR **end) {
    // What strtod can read is ASCII, so a copy of that is as long as the original.
    char copy[512];
    const WCHAR *start = string;
    size_t length = 0;
    if (end) *end = (WCHAR *)string;
    if (!string) {
        signalbox_invalid_parameter(EINVAL);
        return 0;
    }
    while (*start && iswspace(*start)) start++;
    for (; length < sizeof copy - 1 && start[length] && start[length] < 0x80; length++) copy[length] = (char)start[length];
    copy[length] = 0;
    char *stop;
    signalbox_enter();
    double value = strtod(copy, &stop);
    signalbox_leave();
    if (end && stop != copy) *end = (WCHAR *)start + (stop - copy);
    return value;
}

double _wtof(const WCHAR *string) { return signalbox_wcstod(string, NULL); }

// ---- to strings

/// The number from its last digit on; returns how many characters there are.
static int digits_of(ULONGLONG value, bool is_negative, int radix, char reversed[65]) {
    int count = 0;
    do reversed[count++] = "0123456789abcdefghijklmnopqrstuvwxyz"[value % (unsigned)radix];
    while (value /= (unsigned)radix);
    if (is_negative) reversed[count++] = '-';
    return count;
}

static errno_t to_text(ULONGLONG value, bool is_negative, char *narrow, WCHAR *wide, size_t size, int radix) {
    char reversed[66];
    if ((!narrow && !wide) || !size) return signalbox_invalid_parameter(EINVAL);
    if (narrow) *narrow = 0;
    else *wide = 0;
    if (radix < 2 || radix > 36) return signalbox_invalid_parameter(EINVAL);
    const int count = digits_of(is_negative ? 0 - value : value, is_negative, radix, reversed);
    if ((size_t)count >= size) return signalbox_invalid_parameter(ERANGE);
    for (int i = 0; i <= count; i++) {
        const char unit = i < count ? reversed[count - 1 - i] : 0;
        if (narrow) narrow[i] = unit;
        else wide[i] = (WCHAR)unit;
    }
    return 0;
}

// A negative number has its minus with the radix 10 alone; else its bits are printed.
#define DEFINE_TO_TEXT(name, wide_name, type, bits) \
    errno_t name##_s(type value, char *buffer, size_t size, int radix) { \
        bool is_negative = radix == 10 && value < (type)1 && value != 0; \
        return to_text(is_negative ? (ULONGLONG)value : (ULONGLONG)(bits)value, is_negative, buffer, NULL, size, radix); \
    } \
    errno_t wide_name##_s(type value, WCHAR *buffer, size_t size, int radix) { \
        bool is_negative = radix == 10 && value < (type)1 && value != 0; \
        return to_text(is_negative ? (ULONGLONG)value : (ULONGLONG)(bits)value, is_negative, NULL, buffer, size, radix); \
    } \
    char *name(type value, char *buffer, int radix) { \
        name##_s(value, buffer, 66, radix); \
        return buffer; \
    } \
    WCHAR *wide_name(type value, WCHAR *buffer, int radix) { \
        wide_name##_s(value, buffer, 66, radix); \
        return buffer; \
    }
DEFINE_TO_TEXT(_itoa, _itow, int, unsigned)
DEFINE_TO_TEXT(_ltoa, _ltow, LONG, ULONG)
DEFINE_TO_TEXT(_ultoa, _ultow, ULONG, ULONG)
DEFINE_TO_TEXT(_i64toa, _i64tow, LONGLONG, ULONGLONG)
DEFINE_TO_TEXT(_ui64toa, _ui64tow, ULONGLONG, ULONGLONG)

// ---- UTF-8 and UTF-16

/// Whether the character at `text`, which was read as U+FFFD, is malformed: U+FFFD itself may be written.
static bool is_malformed(const char *text, const char *after) { return after - text != 3 || memcmp(text, "\xEF\xBF\xBD", 3); }

size_t signalbox_mbstowcs(WCHAR *target, const char *source, size_t count) {
    if (!source) return signalbox_invalid_parameter(EINVAL), (size_t)-1;
    size_t written = 0;
    while (!target || written < count) {
        const char *start = source;
        WCHAR units[2];
        const unsigned scalar = next_of_narrow(&source, NULL);
        if (scalar == REPLACEMENT && is_malformed(start, source)) {
            errno = EILSEQ;
            return (size_t)-1;
        }
        const int length = wide_units(scalar, units);
        if (target && written + (size_t)length > count) break;
        if (target) memcpy(target + written, units, (size_t)length * sizeof *units);
        if (!scalar) break;
        written += (size_t)length;
    }
    return written;
}

size_t signalbox_wcstombs(char *target, const WCHAR *source, size_t count) {
    if (!source) return signalbox_invalid_parameter(EINVAL), (size_t)-1;
    size_t written = 0;
    while (!target || written < count) {
        const WCHAR first = *source;
        char units[4];
        const unsigned scalar = next_of_wide(&source, NULL);
        if (scalar == REPLACEMENT && first != REPLACEMENT) {
            errno = EILSEQ;
            return (size_t)-1;
        }
        const int length = narrow_units(scalar, units);
        if (target && written + (size_t)length > count) break;
        if (target) memcpy(target + written, units, (size_t)length);
        if (!scalar) break;
        written += (size_t)length;
    }
    return written;
}

int signalbox_mbtowc(WCHAR *target, const char *source, size_t count) {
    if (!source || !count) return 0; // no shift states
    const char *after = source;
    WCHAR units[2];
    const unsigned scalar = next_of_narrow(&after, source + count);
    if ((scalar == REPLACEMENT && is_malformed(source, after)) || wide_units(scalar, units) > 1) {
        errno = EILSEQ; // or it takes two of our wide characters
        return -1;
    }
    if (target) *target = units[0];
    return scalar ? (int)(after - source) : 0;
}

int signalbox_wctomb(char *target, WCHAR source) {
    if (!target) return 0;
    if ((source & 0xF800) == 0xD800) {
        errno = EILSEQ;
        return -1;
    }
    return narrow_units(source, target);
}

// Both make the target end with a NUL, and count it.
#define DEFINE_CONVERT(name, convert, to, from, unit_limit) \
    errno_t name(size_t *converted, to *target, size_t size, const from *source, size_t count) { \
        if (converted) *converted = 0; \
        if ((target == NULL) != (size == 0)) return signalbox_invalid_parameter(EINVAL); \
        if (target) *target = 0; \
        if (!source) return signalbox_invalid_parameter(EINVAL); \
        size_t whole = convert(NULL, source, 0); \
        if (whole == (size_t)-1) return EILSEQ; \
        if (!target) { \
            if (converted) *converted = whole + 1; \
            return 0; \
        } \
        size_t wanted = count == _TRUNCATE || count > whole ? whole : count; \
        bool is_cut = wanted >= size; \
        if (is_cut && count != _TRUNCATE) return signalbox_invalid_parameter(ERANGE); \
        if (is_cut) wanted = size - 1; \
        wanted = convert(target, source, wanted); \
        target[wanted] = 0; \
        if (converted) *converted = wanted + 1; \
        return is_cut ? STRUNCATE : 0; \
    }
DEFINE_CONVERT(mbstowcs_s, signalbox_mbstowcs, WCHAR, char, 2)
DEFINE_CONVERT(wcstombs_s, signalbox_wcstombs, char, WCHAR, 4)

// ---- wmain

int signalbox_call_wmain(int count, char **arguments, int (*wmain)(int, WCHAR **, WCHAR **)) {
    extern char **environ;
    WCHAR **lists[2] = {NULL, NULL};
    char **sources[2] = {arguments, environ};
    for (int list = 0; list < 2; list++) {
        size_t entries = 0;
        if (list == 0) entries = (size_t)count;
        else while (environ && environ[entries]) entries++;
        lists[list] = calloc(entries + 1, sizeof *lists[list]);
        for (size_t i = 0; lists[list] && i < entries; i++) {
            // A wide string has no more units than the narrow one has bytes.
            const char *at = sources[list][i];
            WCHAR *to = malloc((strlen(at) + 1) * sizeof *to);
            if (!(lists[list][i] = to)) abort();
            while (*at) to += wide_units(next_of_narrow(&at, NULL), to);
            *to = 0;
        }
        if (!lists[list]) abort();
    }
    return wmain(count, lists[0], lists[1]);
}
