// UTF-8 and UTF-16, a character at a time.
#include "text.h"

unsigned next_of_narrow(const char **text, const char *end) {
    const unsigned char *at = (const unsigned char *)*text;
    unsigned first = *at++, low = 0x80, high = 0xBF;
    *text = (const char *)at;
    if (first < 0x80) return first;
    if (first < 0xC2 || first > 0xF4) return REPLACEMENT;
    int following = first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3;
    unsigned scalar = first & (0x3Fu >> following);
    // Overlong forms, surrogates and what is beyond U+10FFFF show in the second byte.
    if (first == 0xE0) low = 0xA0;
    if (first == 0xED) high = 0x9F;
    if (first == 0xF0) low = 0x90;
    if (first == 0xF4) high = 0x8F;
    while (following-- > 0) {
        if ((const char *)at == end || *at < low || *at > high) return REPLACEMENT;
        scalar = scalar << 6 | (*at++ & 0x3F);
        *text = (const char *)at;
        low = 0x80, high = 0xBF;
    }
    return scalar;
}

unsigned next_of_wide(const WCHAR **text, const WCHAR *end) {
    unsigned unit = *(*text)++;
    if ((unit & 0xF800) != 0xD800) return unit;
    if (unit >= 0xDC00 || *text == end || (**text & 0xFC00) != 0xDC00) return REPLACEMENT;
    return 0x10000 + ((unit & 0x3FF) << 10) + (*(*text)++ & 0x3FFu);
}

int narrow_units(unsigned scalar, char units[4]) {
    if (scalar < 0x80) {
        units[0] = (char)scalar;
        return 1;
    }
    int count = scalar < 0x800 ? 2 : scalar < 0x10000 ? 3 : 4;
    for (int i = count; i-- > 1; scalar >>= 6) units[i] = (char)(0x80 | (scalar & 0x3F));
    units[0] = (char)(0xF00 >> count | scalar);
    return count;
}

int wide_units(unsigned scalar, WCHAR units[2]) {
    if (scalar < 0x10000) {
        units[0] = (WCHAR)scalar;
        return 1;
    }
    units[0] = (WCHAR)(0xD800 + ((scalar - 0x10000) >> 10));
    units[1] = (WCHAR)(0xDC00 + ((scalar - 0x10000) & 0x3FF));
    return 2;
}
