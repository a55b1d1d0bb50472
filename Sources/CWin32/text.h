// text.h: what the C sources of this folder share: UTF-8 and UTF-16, and the printf of Windows.
#pragma once
#include <CLinux.h>
#include <corecrt.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#define REPLACEMENT 0xFFFDu
#define HIDDEN __attribute__((visibility("hidden")))

/// The character at `*text`, which moves past it: U+FFFD for a malformed piece. `end` may be NULL where a NUL ends.
HIDDEN unsigned next_of_narrow(const char **text, const char *end);
HIDDEN unsigned next_of_wide(const WCHAR **text, const WCHAR *end);
/// The units of a character, and how many there are: at most 4 or 2.
HIDDEN int narrow_units(unsigned scalar, char units[4]);
HIDDEN int wide_units(unsigned scalar, WCHAR units[2]);

/// Whose format it is. The printf functions have all of C's; wsprintf and FormatMessage know less.
enum dialect { DIALECT_CRT, DIALECT_USER };

/// Where formatted text goes: into one of the two buffers, as far as `capacity`, or to the file. `count` is what there
/// was to write.
struct sink {
    WCHAR *wide;
    char *narrow;
    FILE *file;
    bool is_wide;
    bool has_failed;
    size_t capacity, count;
    unsigned high;      // the first half of a pair, on its way to the file
    size_t pending;
    char buffer[256];
};

/// The values to format: of a variable argument list, or 64 bits each.
struct arguments {
    va_list list;
    const uint64_t *array;
};

/// One of `format` and `wide_format` is NULL. Returns how many units there were, or -1.
HIDDEN int format_text(struct sink *sink, enum dialect dialect, const char *format, const WCHAR *wide_format,
                       struct arguments *arguments);
