// The functions of strsafe.h.
#include "text.h"
#include <string.h>
#include <strsafe.h>

static bool is_size(size_t size) { return size > 0 && size <= STRSAFE_MAX_CCH; }

// Sizes in bytes are divided by `unit` and are those in characters then. A source that is NULL is an empty one.
#define DEFINE_SAFE(type, suffix, count_to, format_list, kind, unit) \
    HRESULT kind##Length##suffix(const type *string, size_t most, size_t *length) { \
        const size_t limit = most / (unit); \
        const size_t found = string && limit <= STRSAFE_MAX_CCH ? count_to(string, limit) : limit; \
        if (length) *length = found < limit ? found * (unit) : 0; \
        return found < limit ? S_OK : STRSAFE_E_INVALID_PARAMETER; \
    } \
    HRESULT kind##CopyN##suffix(type *target, size_t size, const type *source, size_t count) { \
        const size_t room = size / (unit); \
        if (!target || !is_size(room) || count / (unit) > STRSAFE_MAX_CCH - 1) { \
            if (target && is_size(room)) *target = 0; \
            return STRSAFE_E_INVALID_PARAMETER; \
        } \
        size_t length = source ? count_to(source, count / (unit) < room ? count / (unit) : room) : 0; \
        const bool fits = length < room; \
        if (!fits) length = room - 1; \
        if (length) memmove(target, source, length * sizeof *target); \
        target[length] = 0; \
        return fits ? S_OK : STRSAFE_E_INSUFFICIENT_BUFFER; \
    } \
    HRESULT kind##Copy##suffix(type *target, size_t size, const type *source) { \
        return kind##CopyN##suffix(target, size, source, (STRSAFE_MAX_CCH - 1) * (size_t)(unit)); \
    } \
    HRESULT kind##CatN##suffix(type *target, size_t size, const type *source, size_t count) { \
        const size_t room = size / (unit); \
        const size_t start = target && is_size(room) ? count_to(target, room) : room; \
        if (start >= room) return STRSAFE_E_INVALID_PARAMETER; \
        return kind##CopyN##suffix(target + start, size - start * (unit), source, count); \
    } \
    HRESULT kind##Cat##suffix(type *target, size_t size, const type *source) { \
        return kind##CatN##suffix(target, size, source, (STRSAFE_MAX_CCH - 1) * (size_t)(unit)); \
    } \
    HRESULT kind##VPrintf##suffix(type *target, size_t size, const type *format, va_list list) { \
        const size_t room = size / (unit); \
        if (!target || !is_size(room)) return STRSAFE_E_INVALID_PARAMETER; \
        if (!format) { \
            *target = 0; \
            return STRSAFE_E_INVALID_PARAMETER; \
        } \
        const int length = format_list(target, room, format, list); \
        if (length >= 0 && (size_t)length < room) return S_OK; \
        target[room - 1] = 0; \
        return STRSAFE_E_INSUFFICIENT_BUFFER; \
    } \
    HRESULT kind##Printf##suffix(type *target, size_t size, const type *format, ...) { \
        va_list list; \
        va_start(list, format); \
        const HRESULT result = kind##VPrintf##suffix(target, size, format, list); \
        va_end(list); \
        return result; \
    }

DEFINE_SAFE(CHAR, A, strnlen, _vsnprintf, StringCch, 1)
DEFINE_SAFE(WCHAR, W, signalbox_wcsnlen, _vsnwprintf, StringCch, 1)
DEFINE_SAFE(CHAR, A, strnlen, _vsnprintf, StringCb, sizeof(CHAR))
DEFINE_SAFE(WCHAR, W, signalbox_wcsnlen, _vsnwprintf, StringCb, sizeof(WCHAR))
