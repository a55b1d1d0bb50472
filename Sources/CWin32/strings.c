// lstrlen and the others, and wsprintf.
#include "text.h"
#include <string.h>
#include <windows.h>

// Windows catches what a wrong pointer causes, and returns 0. A NULL is the wrong pointer that programs pass.

int lstrlenA(LPCSTR string) { return string ? (int)strlen(string) : 0; }
int lstrlenW(LPCWSTR string) { return string ? (int)signalbox_wcslen(string) : 0; }

#define DEFINE_COPIES(type, length, copy, copy_some, append) \
    type *copy(type *target, const type *source) { \
        if (!target || !source) return NULL; \
        memmove(target, source, ((size_t)length(source) + 1) * sizeof *source); \
        return target; \
    } \
    type *copy_some(type *target, const type *source, int size) { \
        if (!target || !source) return NULL; \
        if (size <= 0) return target; \
        int i = 0; \
        for (; i < size - 1 && source[i]; i++) target[i] = source[i]; \
        target[i] = 0; \
        return target; \
    } \
    type *append(type *target, const type *source) { \
        if (!target || !source) return NULL; \
        copy(target + length(target), source); \
        return target; \
    }
DEFINE_COPIES(CHAR, lstrlenA, lstrcpyA, lstrcpynA, lstrcatA)
DEFINE_COPIES(WCHAR, lstrlenW, lstrcpyW, lstrcpynW, lstrcatW)

// ---- comparing by letter

/// Signs, then digits, then letters, then all that is not ASCII.
static unsigned rank(unsigned character) {
    if (character >= 0x80) return character + 0x10000;
    if (character >= 'A' && character <= 'Z') return character + 32 + 0x1000;
    if (character >= 'a' && character <= 'z') return character + 0x1000;
    return character >= '0' && character <= '9' ? character + 0x800 : character;
}

struct text {
    const char *narrow;
    const WCHAR *wide;
};

static unsigned next(struct text *text) {
    return text->narrow ? *text->narrow ? next_of_narrow(&text->narrow, NULL) : 0
                        : *text->wide   ? next_of_wide(&text->wide, NULL)
                                        : 0;
}

static int compare(struct text first, struct text second, bool by_case) {
    const bool has_first = first.narrow || first.wide, has_second = second.narrow || second.wide;
    if (!has_first || !has_second) return has_first - has_second;
    int verdict = 0; // where the texts differ in case alone
    for (;;) {
        const unsigned a = next(&first), b = next(&second);
        if (rank(a) != rank(b)) return rank(a) < rank(b) ? -1 : 1;
        if (!a) return by_case ? verdict : 0;
        if (!verdict && a != b) verdict = a > b ? -1 : 1; // small letters have the larger codes
    }
}

int lstrcmpA(LPCSTR a, LPCSTR b) { return compare((struct text){.narrow = a}, (struct text){.narrow = b}, true); }
int lstrcmpiA(LPCSTR a, LPCSTR b) { return compare((struct text){.narrow = a}, (struct text){.narrow = b}, false); }
int lstrcmpW(LPCWSTR a, LPCWSTR b) { return compare((struct text){.wide = a}, (struct text){.wide = b}, true); }
int lstrcmpiW(LPCWSTR a, LPCWSTR b) { return compare((struct text){.wide = a}, (struct text){.wide = b}, false); }

// ---- wsprintf: "The maximum size of the buffer is 1,024 bytes" or characters.

enum { MOST = 1024 };

int wvsprintfA(LPSTR buffer, LPCSTR format, va_list list) {
    struct sink sink = {.narrow = buffer, .capacity = MOST - 1};
    struct arguments arguments = {.array = NULL};
    va_copy(arguments.list, list);
    int count = format_text(&sink, DIALECT_USER, format, NULL, &arguments);
    va_end(arguments.list);
    if (count > MOST - 1) count = MOST - 1;
    buffer[count] = 0;
    return count;
}

int wvsprintfW(LPWSTR buffer, LPCWSTR format, va_list list) {
    struct sink sink = {.wide = buffer, .is_wide = true, .capacity = MOST - 1};
    struct arguments arguments = {.array = NULL};
    va_copy(arguments.list, list);
    int count = format_text(&sink, DIALECT_USER, NULL, format, &arguments);
    va_end(arguments.list);
    if (count > MOST - 1) count = MOST - 1;
    buffer[count] = 0;
    return count;
}

int wsprintfA(LPSTR buffer, LPCSTR format, ...) {
    va_list list;
    va_start(list, format);
    int count = wvsprintfA(buffer, format, list);
    va_end(list);
    return count;
}

int wsprintfW(LPWSTR buffer, LPCWSTR format, ...) {
    va_list list;
    va_start(list, format);
    int count = wvsprintfW(buffer, format, list);
    va_end(list);
    return count;
}
