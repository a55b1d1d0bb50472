// FormatMessage. The message is made in wide characters: a definition's escapes and inserts are put in, lines are broken.
#include "text.h"
#include <stdlib.h>
#include <string.h>
#include <windows.h>

const char *signalbox_message(DWORD code);

enum { MOST_INSERTS = 99, MOST_ARGUMENTS = MOST_INSERTS + 2 };

struct message {
    WCHAR *text;
    size_t length, room;
    size_t line;           // where the present line starts
    size_t blank;          // the last blank of it, or SIZE_MAX
    unsigned width;        // 0: none
    bool is_wide;          // what kind of strings the caller's inserts are
    DWORD error;
    // Inserts take 64 bits each, from an array or, as they are asked for, from the list.
    const ULONG_PTR *array;
    va_list *list;
    ULONG_PTR taken[MOST_ARGUMENTS];
    int taken_count;
};

static void fail(struct message *message, DWORD error) {
    if (!message->error) message->error = error;
}

static void store(struct message *message, WCHAR unit) {
    if (message->error) return;
    if (message->length == message->room) {
        size_t room = message->room ? message->room * 2 : 256;
        WCHAR *text = realloc(message->text, room * sizeof *text);
        if (!text) {
            fail(message, ERROR_NOT_ENOUGH_MEMORY);
            return;
        }
        message->text = text;
        message->room = room;
    }
    message->text[message->length++] = unit;
}

static void end_line(struct message *message) {
    store(message, '\r');
    store(message, '\n');
    message->line = message->length;
    message->blank = SIZE_MAX;
}

/// A character of the text: a line that becomes too long is broken at its last blank, or where it is full.
static void add(struct message *message, WCHAR unit) {
    if (message->width && message->width != FORMAT_MESSAGE_MAX_WIDTH_MASK &&
        message->length - message->line >= message->width) {
        if (unit == ' ') {
            end_line(message);
            return;
        }
        if (message->blank == SIZE_MAX) {
            end_line(message);
        } else {
            size_t rest = message->length - message->blank - 1, from = message->blank + 1;
            WCHAR *word = malloc((rest + 1) * sizeof *word);
            if (!word) {
                fail(message, ERROR_NOT_ENOUGH_MEMORY);
                return;
            }
            memcpy(word, message->text + from, rest * sizeof *word);
            message->length = message->blank;
            end_line(message);
            for (size_t i = 0; i < rest; i++) store(message, word[i]);
            free(word);
        }
    }
    if (unit == ' ') message->blank = message->length;
    store(message, unit);
}

/// The arguments from the insert on, with two more for a width and a precision; or NULL.
static const uint64_t *arguments_from(struct message *message, int insert, int count) {
    if (message->array) return (const uint64_t *)(message->array + insert - 1);
    if (!message->list) {
        fail(message, ERROR_INVALID_PARAMETER);
        return NULL;
    }
    while (message->taken_count < insert - 1 + count && message->taken_count < MOST_ARGUMENTS)
        message->taken[message->taken_count++] = va_arg(*message->list, ULONG_PTR);
    return (const uint64_t *)(message->taken + insert - 1);
}

/// `%1` or `%12!format!` at `at`, which is behind the percent sign. Returns what follows it.
static const WCHAR *insert(struct message *message, const WCHAR *at) {
    WCHAR wide_format[64] = {'%'};
    char narrow_format[64] = "%";
    size_t length = 1;
    int number = *at++ - '0', count = 1;
    if (*at >= '0' && *at <= '9') number = number * 10 + (*at++ - '0');
    if (*at == '!') {
        for (at++; *at && *at != '!'; at++) {
            if (length > 60 || *at >= 0x80) {
                fail(message, ERROR_INVALID_PARAMETER);
                return at;
            }
            if (*at == '*') count++;
            wide_format[length] = *at;
            narrow_format[length++] = (char)*at;
        }
        if (!*at || count > 3) {
            fail(message, ERROR_INVALID_PARAMETER);
            return at;
        }
        at++;
    } else {
        wide_format[length] = 's';
        narrow_format[length] = 's';
    }

    const uint64_t *from = arguments_from(message, number, count);
    if (!from) return at;
    WCHAR wide_room[256];
    char narrow_room[256];
    void *made = NULL;
    size_t capacity = 256;
    for (;;) {
        struct arguments arguments = {.array = from};
        struct sink sink = {.is_wide = message->is_wide, .capacity = capacity};
        if (message->is_wide) sink.wide = made ? made : wide_room;
        else sink.narrow = made ? made : narrow_room;
        int written = format_text(&sink, DIALECT_USER, message->is_wide ? NULL : narrow_format,
                                  message->is_wide ? wide_format : NULL, &arguments);
        if (written >= 0 && (size_t)written <= capacity) {
            const char *narrow = sink.narrow;
            for (int i = 0; sink.is_wide && i < written; i++) add(message, sink.wide[i]);
            while (!sink.is_wide && narrow < sink.narrow + written) {
                WCHAR units[2];
                int pieces = wide_units(next_of_narrow(&narrow, sink.narrow + written), units);
                for (int i = 0; i < pieces; i++) add(message, units[i]);
            }
            break;
        }
        if (made || written < 0 || !(made = malloc((size_t)written * sizeof(WCHAR)))) {
            fail(message, ERROR_NOT_ENOUGH_MEMORY);
            break;
        }
        capacity = (size_t)written;
    }
    free(made);
    return at;
}

static void format(struct message *message, const WCHAR *definition, bool ignores_inserts) {
    const WCHAR *at = definition;
    while (*at && !message->error) {
        if (*at == '\r' || *at == '\n') {
            // A break in the definition is one in the message, unless the message is to be broken anew.
            at += *at == '\r' && at[1] == '\n' ? 2 : 1;
            if (message->width) add(message, ' ');
            else end_line(message);
            continue;
        }
        if (*at != '%') {
            add(message, *at++);
            continue;
        }
        at++;
        if (*at >= '1' && *at <= '9') {
            if (ignores_inserts) {
                add(message, '%');
                add(message, *at++);
            } else {
                at = insert(message, at);
            }
            continue;
        }
        switch (*at) {
        case '0': return; // the message ends here, without a line's end
        case 'n': end_line(message); break;
        case 'r': store(message, '\r'); break;
        case 't': add(message, '\t'); break;
        case 0: fail(message, ERROR_INVALID_PARAMETER); return;
        default: add(message, *at); // "%%", "% ", "%." and "%!" among them
        }
        at++;
    }
}

static WCHAR *to_wide(const char *text, const char *more) {
    WCHAR *wide = malloc((strlen(text) + strlen(more) + 1) * sizeof *wide), *end = wide;
    if (!wide) return NULL;
    while (*text) end += wide_units(next_of_narrow(&text, NULL), end);
    while (*more) *end++ = (unsigned char)*more++;
    *end = 0;
    return wide;
}

/// Makes the message: its text, which is the caller's to free; or the error.
static struct message make(DWORD flags, LPCVOID source, DWORD id, DWORD language, va_list *list, bool is_wide) {
    struct message message = {.width = flags & FORMAT_MESSAGE_MAX_WIDTH_MASK, .is_wide = is_wide, .blank = SIZE_MAX};
    if (flags & FORMAT_MESSAGE_ARGUMENT_ARRAY) message.array = (const ULONG_PTR *)list;
    else message.list = list;
    WCHAR *made = NULL;
    const WCHAR *definition = NULL;
    if (flags & FORMAT_MESSAGE_FROM_STRING) {
        if (!source) fail(&message, ERROR_INVALID_PARAMETER);
        else if (is_wide) definition = source;
        else definition = made = to_wide(source, "");
    } else if (flags & FORMAT_MESSAGE_FROM_SYSTEM) {
        // A result that was made of an error code has that code's text.
        const bool is_result = (id & 0xFFFF0000) == (0x80000000 | FACILITY_WIN32 << 16);
        const char *text = signalbox_message(is_result ? id & 0xFFFF : id);
        const DWORD primary = language & 0x3FF;
        if (!text) fail(&message, ERROR_MR_MID_NOT_FOUND);
        else if (primary != LANG_NEUTRAL && primary != LANG_ENGLISH) fail(&message, ERROR_RESOURCE_LANG_NOT_FOUND);
        else definition = made = to_wide(text, "\r\n");
    } else {
        fail(&message, flags & FORMAT_MESSAGE_FROM_HMODULE ? ERROR_RESOURCE_TYPE_NOT_FOUND : ERROR_INVALID_PARAMETER);
    }
    if (!definition) fail(&message, ERROR_NOT_ENOUGH_MEMORY);
    else format(&message, definition, (flags & FORMAT_MESSAGE_IGNORE_INSERTS) != 0);
    free(made);
    return message;
}

static DWORD give_up(DWORD error) {
    SetLastError(error);
    return 0;
}

/// Copies the message to the caller's buffer, or to one of its own that LocalFree frees. `unit`: 1 or 2 bytes.
static DWORD give(DWORD flags, const void *text, size_t length, size_t unit, void *buffer, DWORD size) {
    if (flags & FORMAT_MESSAGE_ALLOCATE_BUFFER) *(void **)buffer = NULL;
    if (!length) {
        if (!(flags & FORMAT_MESSAGE_ALLOCATE_BUFFER) && size) memset(buffer, 0, unit);
        return give_up(ERROR_NO_WORK_DONE);
    }
    if (flags & FORMAT_MESSAGE_ALLOCATE_BUFFER) {
        char *own = LocalAlloc(LMEM_FIXED, (length + 1 > size ? length + 1 : size) * unit);
        if (!own) return 0;
        memcpy(own, text, length * unit);
        memset(own + length * unit, 0, unit);
        *(void **)buffer = own;
        return (DWORD)length;
    }
    if (length >= size) return give_up(ERROR_INSUFFICIENT_BUFFER);
    memcpy(buffer, text, length * unit);
    memset((char *)buffer + length * unit, 0, unit);
    return (DWORD)length;
}

static DWORD format_message(
    DWORD flags, LPCVOID source, DWORD id, DWORD language, void *buffer, DWORD size, va_list *list, bool is_wide) {
    if (!buffer) return give_up(flags & FORMAT_MESSAGE_ALLOCATE_BUFFER ? ERROR_NOT_ENOUGH_MEMORY : ERROR_INVALID_PARAMETER);
    struct message message = make(flags, source, id, language, list, is_wide);
    DWORD result = 0;
    if (message.error) {
        if (flags & FORMAT_MESSAGE_ALLOCATE_BUFFER) *(void **)buffer = NULL;
        SetLastError(message.error);
    } else if (is_wide) {
        result = give(flags, message.text, message.length, sizeof(WCHAR), buffer, size);
    } else {
        const WCHAR *at = message.text, *end = message.text + message.length;
        char *narrow = malloc(message.length * 3 + 1), *to = narrow;
        while (narrow && at < end) to += narrow_units(next_of_wide(&at, end), to);
        result = narrow ? give(flags, narrow, (size_t)(to - narrow), 1, buffer, size) : give_up(ERROR_NOT_ENOUGH_MEMORY);
        free(narrow);
    }
    free(message.text);
    return result;
}

DWORD FormatMessageA(
    DWORD flags, LPCVOID source, DWORD id, DWORD language, LPSTR buffer, DWORD size, va_list *arguments) {
    signalbox_enter();
    DWORD length = format_message(flags, source, id, language, buffer, size, arguments, false);
    signalbox_leave();
    return length;
}

DWORD FormatMessageW(
    DWORD flags, LPCVOID source, DWORD id, DWORD language, LPWSTR buffer, DWORD size, va_list *arguments) {
    signalbox_enter();
    DWORD length = format_message(flags, source, id, language, buffer, size, arguments, true);
    signalbox_leave();
    return length;
}
