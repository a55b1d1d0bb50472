// The printf of Windows. It differs from libc's in what it makes of lengths: `l` is 32 bits wide, for Windows' long is;
// I64, I32 and I exist; %s is a string of the function's own kind and %S one of the other, %hs is always narrow and %ls
// always wide. %p has all its digits. %n is not there, as it is not on Windows.
#include "text.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum length { NONE, BYTE_LENGTH, SHORT_INTEGER, LONG_32, LONG_64, LONG_FLOAT };

struct conversion {
    bool left, plus, space, alternate, zero;
    int width, precision; // -1: no precision
    enum length length;
    unsigned letter;
};

static void flush(struct sink *sink) {
    if (sink->pending && fwrite(sink->buffer, 1, sink->pending, sink->file) != sink->pending) sink->has_failed = true;
    sink->pending = 0;
}

static void put_to_file(struct sink *sink, unsigned unit) {
    char units[4];
    int count = 1;
    if (sink->is_wide) {
        unsigned scalar = unit;
        if (sink->high) {
            const unsigned high = sink->high;
            sink->high = 0;
            if ((unit & 0xFC00) == 0xDC00) scalar = 0x10000 + ((high & 0x3FF) << 10) + (unit & 0x3FF);
            else put_to_file(sink, REPLACEMENT);
        }
        if ((scalar & 0xFFFFFC00) == 0xD800) {
            sink->high = scalar;
            return;
        }
        count = narrow_units((scalar & 0xFFFFFC00) == 0xDC00 ? REPLACEMENT : scalar, units);
    } else {
        units[0] = (char)unit;
    }
    if (sink->pending + (size_t)count > sizeof sink->buffer) flush(sink);
    memcpy(sink->buffer + sink->pending, units, (size_t)count);
    sink->pending += (size_t)count;
}

static inline void put(struct sink *sink, unsigned unit) {
    if (sink->file) put_to_file(sink, unit);
    else if (sink->count < sink->capacity) {
        if (sink->is_wide) sink->wide[sink->count] = (WCHAR)unit;
        else sink->narrow[sink->count] = (char)unit;
    }
    sink->count++;
}

static void pad(struct sink *sink, unsigned unit, long long count) {
    while (count-- > 0) put(sink, unit);
}

// ---- arguments

static uint32_t word(struct arguments *arguments) {
    return arguments->array ? (uint32_t)*arguments->array++ : va_arg(arguments->list, uint32_t);
}

static uint64_t long_word(struct arguments *arguments) {
    return arguments->array ? *arguments->array++ : va_arg(arguments->list, uint64_t);
}

static const void *address(struct arguments *arguments) {
    return arguments->array ? (const void *)(uintptr_t)*arguments->array++ : va_arg(arguments->list, const void *);
}

static double floating(struct arguments *arguments) {
    if (!arguments->array) return va_arg(arguments->list, double);
    double value;
    memcpy(&value, arguments->array++, sizeof value);
    return value;
}

// ---- conversions

/// A string of either kind. A precision counts what is written, and no character is cut in two.
static void put_string(struct sink *sink, const struct conversion *conversion, const void *string, bool is_wide,
                       size_t given /* (size_t)-1: up to the NUL */) {
    static const WCHAR wide_null[] = {'(', 'n', 'u', 'l', 'l', ')', 0};
    if (!string) string = is_wide ? (const void *)wide_null : "(null)";
    size_t limit = conversion->precision < 0 ? SIZE_MAX : (size_t)conversion->precision, units = 0;
    // once to count, once to write: the padding comes first
    for (int writes = 0; writes < 2; writes++) {
        if (writes && !conversion->left) pad(sink, conversion->zero ? '0' : ' ', conversion->width - (long long)units);
        const char *narrow = string;
        const WCHAR *wide = string;
        size_t written = 0, taken = 0;
        while (written < limit && taken < given) {
            if (given == SIZE_MAX && !(is_wide ? *wide : (unsigned char)*narrow)) break;
            if (is_wide == sink->is_wide) {
                if (writes) put(sink, is_wide ? *wide : (unsigned char)*narrow);
                wide++, narrow++, written++, taken++;
                continue;
            }
            char of_narrow[4];
            WCHAR of_wide[2];
            const char *narrow_start = narrow;
            const WCHAR *wide_start = wide;
            unsigned scalar = is_wide ? next_of_wide(&wide, given == SIZE_MAX ? NULL : wide_start + (given - taken))
                                      : next_of_narrow(&narrow, given == SIZE_MAX ? NULL : narrow_start + (given - taken));
            taken += is_wide ? (size_t)(wide - wide_start) : (size_t)(narrow - narrow_start);
            int count = sink->is_wide ? wide_units(scalar, of_wide) : narrow_units(scalar, of_narrow);
            if (written + (size_t)count > limit) break;
            for (int i = 0; writes && i < count; i++)
                put(sink, sink->is_wide ? of_wide[i] : (unsigned char)of_narrow[i]);
            written += (size_t)count;
        }
        units = written;
    }
    if (conversion->left) pad(sink, ' ', conversion->width - (long long)units);
}

static void put_character(struct sink *sink, const struct conversion *conversion, unsigned value, bool is_wide) {
    struct conversion whole = *conversion;
    whole.precision = -1;
    WCHAR wide = (WCHAR)value;
    char narrow = (char)value;
    // A byte that is no character of its own stands for itself.
    if (sink->is_wide && !is_wide) wide = (unsigned char)value, is_wide = true;
    put_string(sink, &whole, is_wide ? (const void *)&wide : &narrow, is_wide, 1);
}

static void put_integer(struct sink *sink, const struct conversion *conversion, uint64_t value, bool is_negative) {
    char digits[24];
    int count = 0, base = 10, prefix = 0;
    bool is_upper = conversion->letter == 'X' || conversion->letter == 'p';
    switch (conversion->letter) {
    case 'o': base = 8; break;
    case 'x': case 'X': case 'p': base = 16; break;
    }
    char sign = is_negative ? '-' : 0;
    if (conversion->letter == 'd') sign = is_negative ? '-' : conversion->plus ? '+' : conversion->space ? ' ' : 0;
    if (conversion->alternate && base == 16 && (value || conversion->letter == 'p')) prefix = 2;
    for (; value; value /= (unsigned)base)
        digits[count++] = (is_upper ? "0123456789ABCDEF" : "0123456789abcdef")[value % (unsigned)base];
    long long least = conversion->precision < 0 ? 1 : conversion->precision;
    if (conversion->alternate && base == 8 && least <= count) least = count + 1;
    long long zeros = least > count ? least - count : 0;
    long long rest = conversion->width - (sign != 0) - prefix - zeros - count;
    if (conversion->zero && !conversion->left && conversion->precision < 0 && rest > 0) zeros += rest, rest = 0;
    if (!conversion->left) pad(sink, ' ', rest);
    if (sign) put(sink, (unsigned)sign);
    if (prefix) put(sink, '0'), put(sink, is_upper ? 'X' : 'x');
    pad(sink, '0', zeros);
    while (count > 0) put(sink, (unsigned)digits[--count]);
    if (conversion->left) pad(sink, ' ', rest);
}

static void put_floating(struct sink *sink, const struct conversion *conversion, struct arguments *arguments) {
    char format[16], *end = format, room[400], *text = room;
    *end++ = '%';
    if (conversion->left) *end++ = '-';
    if (conversion->plus) *end++ = '+';
    if (conversion->space) *end++ = ' ';
    if (conversion->alternate) *end++ = '#';
    if (conversion->zero) *end++ = '0';
    memcpy(end, "*.*", 3);
    end += 3;
    bool is_long = conversion->length == LONG_FLOAT && !arguments->array;
    if (is_long) *end++ = 'L';
    *end++ = (char)conversion->letter;
    *end = 0;
    long double long_value = is_long ? va_arg(arguments->list, long double) : 0;
    double value = is_long ? 0 : floating(arguments);
    for (int size = sizeof room;;) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        int count = is_long ? snprintf(text, (size_t)size, format, conversion->width, conversion->precision, long_value)
                            : snprintf(text, (size_t)size, format, conversion->width, conversion->precision, value);
#pragma GCC diagnostic pop
        if (count < 0 || (count >= size && text != room)) {
            sink->has_failed = true;
            break;
        }
        if (count < size) {
            for (int i = 0; i < count; i++) put(sink, (unsigned char)text[i]);
            break;
        }
        size = count + 1;
        if (!(text = malloc((size_t)size))) {
            sink->has_failed = true;
            return;
        }
    }
    if (text != room) free(text);
}

// ---- the format

struct reader {
    const char *narrow;
    const WCHAR *wide;
};

static unsigned at(const struct reader *reader, int ahead) {
    return reader->wide ? reader->wide[ahead] : (unsigned char)reader->narrow[ahead];
}

static void skip(struct reader *reader, int count) {
    if (reader->wide) reader->wide += count;
    else reader->narrow += count;
}

static bool accept(struct reader *reader, const char *text) {
    int count = 0;
    for (; text[count]; count++)
        if (at(reader, count) != (unsigned char)text[count]) return false;
    skip(reader, count);
    return true;
}

static int number(struct reader *reader, struct arguments *arguments) {
    if (accept(reader, "*")) return (int)word(arguments);
    long long value = 0;
    for (; at(reader, 0) >= '0' && at(reader, 0) <= '9'; skip(reader, 1))
        if (value < INT_MAX) value = value * 10 + (at(reader, 0) - '0');
    return value > INT_MAX ? INT_MAX : (int)value;
}

static struct conversion read_conversion(struct reader *reader, enum dialect dialect, struct arguments *arguments) {
    struct conversion conversion = {.precision = -1};
    for (;; skip(reader, 1)) {
        unsigned flag = at(reader, 0);
        if (flag == '-') conversion.left = true;
        else if (flag == '#') conversion.alternate = true;
        else if (flag == '0') conversion.zero = true;
        else if (flag == '+' && dialect == DIALECT_CRT) conversion.plus = true;
        else if (flag == ' ' && dialect == DIALECT_CRT) conversion.space = true;
        else break;
    }
    conversion.width = number(reader, arguments);
    if (conversion.width < 0) {
        conversion.left = true;
        conversion.width = conversion.width == INT_MIN ? INT_MAX : -conversion.width;
    }
    if (accept(reader, ".")) {
        conversion.precision = number(reader, arguments);
        if (conversion.precision < 0) conversion.precision = -1;
    }
    if (accept(reader, "I64") || accept(reader, "ll")) conversion.length = LONG_64;
    else if (accept(reader, "I32") || accept(reader, "l") || accept(reader, "w")) conversion.length = LONG_32;
    else if (accept(reader, "I") || accept(reader, "z") || accept(reader, "j") || accept(reader, "t"))
        conversion.length = LONG_64;
    else if (accept(reader, "hh")) conversion.length = BYTE_LENGTH;
    else if (accept(reader, "h")) conversion.length = SHORT_INTEGER;
    else if (accept(reader, "L")) conversion.length = LONG_FLOAT;
    conversion.letter = at(reader, 0);
    if (conversion.letter) skip(reader, 1);
    return conversion;
}

static void convert(struct sink *sink, struct conversion conversion, struct arguments *arguments, enum dialect dialect) {
    bool is_own = true; // a string or a character of the function's own kind
    switch (conversion.letter) {
    case 'C': case 'S': is_own = false; // and on
    case 'c': case 's': {
        bool is_wide = conversion.length == SHORT_INTEGER || conversion.length == BYTE_LENGTH ? false
                       : conversion.length == LONG_32 || conversion.length == LONG_64  ? true
                                                                                        : is_own == sink->is_wide;
        if (conversion.letter == 'c' || conversion.letter == 'C') put_character(sink, &conversion, word(arguments), is_wide);
        else put_string(sink, &conversion, address(arguments), is_wide, SIZE_MAX);
        return;
    }
    case 'i': conversion.letter = 'd'; // and on
    case 'd': case 'u': case 'o': case 'x': case 'X': {
        uint64_t value = conversion.length == LONG_64 || conversion.length == LONG_FLOAT ? long_word(arguments)
                                                                                         : word(arguments);
        bool is_negative = false;
        if (conversion.letter == 'd') {
            int64_t number = conversion.length == BYTE_LENGTH            ? (signed char)value
                             : conversion.length == SHORT_INTEGER ? (short)value
                             : conversion.length == LONG_64 || conversion.length == LONG_FLOAT ? (int64_t)value
                                                                                                : (int32_t)value;
            is_negative = number < 0;
            value = is_negative ? 0 - (uint64_t)number : (uint64_t)number;
        } else if (conversion.length == BYTE_LENGTH) {
            value = (unsigned char)value;
        } else if (conversion.length == SHORT_INTEGER) {
            value = (unsigned short)value;
        }
        put_integer(sink, &conversion, value, is_negative);
        return;
    }
    case 'p':
        conversion.precision = 16;
        put_integer(sink, &conversion, (uint64_t)(uintptr_t)address(arguments), false);
        return;
    case 'e': case 'E': case 'f': case 'F': case 'g': case 'G': case 'a': case 'A':
        if (dialect == DIALECT_CRT) {
            put_floating(sink, &conversion, arguments);
            return;
        }
        put(sink, conversion.letter);
        return;
    case 'n': // writes nothing, and no memory either
        if (dialect == DIALECT_CRT) address(arguments);
        else put(sink, 'n');
        return;
    case 0: return;
    default: put(sink, conversion.letter); // "%%" too
    }
}

int format_text(struct sink *sink, enum dialect dialect, const char *format, const WCHAR *wide_format,
                struct arguments *arguments) {
    struct reader reader = {format, wide_format};
    if (sink->file) flockfile(sink->file);
    while (at(&reader, 0)) {
        unsigned unit = at(&reader, 0);
        skip(&reader, 1);
        if (unit != '%') put(sink, unit);
        else convert(sink, read_conversion(&reader, dialect, arguments), arguments, dialect);
    }
    if (sink->file) {
        if (sink->high) {
            sink->high = 0;
            put_to_file(sink, REPLACEMENT);
        }
        flush(sink);
        funlockfile(sink->file);
    }
    return sink->has_failed || sink->count > INT_MAX ? -1 : (int)sink->count;
}
