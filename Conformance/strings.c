// strings.c: code pages, lstrlen and its like, wsprintf.
#include "cases.h"
#include <stdarg.h>
#define STRSAFE_NO_DEPRECATE // names of the C runtime, which that header would rename
#include <strsafe.h>

static int same(const WCHAR *text, const WCHAR *expected) {
    while (*text && *text == *expected) text++, expected++;
    return *text == *expected;
}

// ---- MultiByteToWideChar

static void to_wide(void) {
    WCHAR wide[16];
    memset(wide, 's', sizeof wide);
    QUIETLY(MultiByteToWideChar(CP_UTF8, 0, "abc", -1, wide, 16), 4); // with the NUL
    TRUTH(same(wide, L"abc"));
    EQUAL(wide[4], 0x7373);
    memset(wide, 's', sizeof wide);
    EQUAL(MultiByteToWideChar(CP_UTF8, 0, "abc", 2, wide, 16), 2); // without
    EQUAL(wide[1], 'b');
    EQUAL(wide[2], 0x7373);
    EQUAL(MultiByteToWideChar(CP_UTF8, 0, "abc", -1, NULL, 0), 4);
    EQUAL(MultiByteToWideChar(CP_ACP, MB_PRECOMPOSED, "abc", -1, wide, 16), 4);
    EQUAL(MultiByteToWideChar(CP_OEMCP, 0, "abc", -1, wide, 16), 4);
    EQUAL(MultiByteToWideChar(CP_THREAD_ACP, 0, "abc", -1, wide, 16), 4);
    EQUAL(MultiByteToWideChar(CP_UTF8, 0, "\xE2\x82\xAC\xF0\x9F\x98\x80", -1, wide, 16), 4);
    TRUTH(same(wide, L"\x20AC\xD83D\xDE00"));
    EQUAL(MultiByteToWideChar(CP_UTF8, 0, "a\0b", 3, wide, 16), 3);
    EQUAL(wide[2], 'b');
}

static void malformed_narrow(void) {
    static const struct {
        const char *bytes;
        const WCHAR *text;
    } cases[] = {
        {"a\xFFz", L"a\xFFFDz"},
        {"\x80", L"\xFFFD"},
        {"\xC3", L"\xFFFD"},              // cut off
        {"\xE2\x82", L"\xFFFD"},          // one for each longest piece that could begin a character
        {"\xE2\x82z", L"\xFFFDz"},
        {"\xC0\xAF", L"\xFFFD\xFFFD"},    // overlong
        {"\xED\xA0\x80", L"\xFFFD\xFFFD\xFFFD"}, // half a pair
        {"\xF4\x90\x80\x80", L"\xFFFD\xFFFD\xFFFD\xFFFD"}, // beyond the last character
        {"\xF0\x9F\x98", L"\xFFFD"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        WCHAR wide[16];
        memset(wide, 's', sizeof wide);
        int length = MultiByteToWideChar(CP_UTF8, 0, cases[i].bytes, -1, wide, 16);
        TRUTH(length > 0);
#ifndef ON_WINE // which counts pieces otherwise
        if (!TRUTH(same(wide, cases[i].text))) printf("  case %d\n", (int)i);
        EQUAL(length, lstrlenW(cases[i].text) + 1);
#endif
        FAILS(MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, cases[i].bytes, -1, wide, 16),
              ERROR_NO_UNICODE_TRANSLATION);
    }
}

static void bad_to_wide(void) {
    WCHAR wide[16];
    MAYBE_UNUSED char narrow[16] = "abc";
    memset(wide, 's', sizeof wide);
    FAILS(MultiByteToWideChar(CP_UTF8, 0, "abc", 0, wide, 16), ERROR_INVALID_PARAMETER);
    FAILS(MultiByteToWideChar(CP_UTF8, 0, NULL, -1, wide, 16), ERROR_INVALID_PARAMETER);
    FAILS(MultiByteToWideChar(CP_UTF8, 0, "abc", -1, wide, -1), ERROR_INVALID_PARAMETER);
    FAILS(MultiByteToWideChar(CP_UTF8, 0, "abc", -1, NULL, 4), ERROR_INVALID_PARAMETER);
#ifndef ON_WINE // "must not be the same as lpMultiByteStr" (MultiByteToWideChar)
    FAILS(MultiByteToWideChar(CP_UTF8, 0, narrow, -1, (WCHAR *)(void *)narrow, 8), ERROR_INVALID_PARAMETER);
#endif
    FAILS(MultiByteToWideChar(4711, 0, "abc", -1, wide, 16), ERROR_INVALID_PARAMETER);
#ifndef ON_WINE // "For UTF-8 … dwFlags must be set to either 0 or MB_ERR_INVALID_CHARS"
    FAILS(MultiByteToWideChar(CP_UTF8, MB_COMPOSITE, "abc", -1, wide, 16), ERROR_INVALID_FLAGS);
#endif
    FAILS(MultiByteToWideChar(CP_UTF8, 0x100, "abc", -1, wide, 16), ERROR_INVALID_FLAGS);
#ifndef ON_WINE // and so the buffer is written by what should have failed
    FAILS(MultiByteToWideChar(CP_ACP, MB_COMPOSITE | MB_PRECOMPOSED, "abc", -1, wide, 16), ERROR_INVALID_FLAGS);
    EQUAL(wide[0], 0x7373);
    FAILS(MultiByteToWideChar(CP_UTF8, 0, "abc", -1, wide, 3), ERROR_INSUFFICIENT_BUFFER);
    EQUAL(wide[3], 0x7373);
#endif
#ifndef ON_WINE
    FAILS(MultiByteToWideChar(CP_UTF8, 0, "\xF0\x9F\x98\x80", 4, wide, 1), ERROR_INSUFFICIENT_BUFFER);
#endif
}

// ---- WideCharToMultiByte

static void to_narrow(void) {
    char narrow[16];
    memset(narrow, 's', sizeof narrow);
    QUIETLY(WideCharToMultiByte(CP_UTF8, 0, L"abc", -1, narrow, 16, NULL, NULL), 4);
    EQUAL(strcmp(narrow, "abc"), 0);
    EQUAL(narrow[4], 's');
    EQUAL(WideCharToMultiByte(CP_UTF8, 0, L"\x20AC\xD83D\xDE00", -1, narrow, 16, NULL, NULL), 8);
    EQUAL(strcmp(narrow, "\xE2\x82\xAC\xF0\x9F\x98\x80"), 0);
    EQUAL(WideCharToMultiByte(CP_UTF8, 0, L"\x20AC", 1, NULL, 0, NULL, NULL), 3);
    BOOL used = UNTOUCHED;
    EQUAL(WideCharToMultiByte(CP_ACP, 0, L"abc", -1, narrow, 16, "?", &used), 4);
    EQUAL(used, FALSE);
    EQUAL(WideCharToMultiByte(CP_ACP, WC_NO_BEST_FIT_CHARS, L"abc", -1, narrow, 16, NULL, NULL), 4);
#ifndef _WIN32 // where the code page is another
    EQUAL(WideCharToMultiByte(CP_ACP, 0, L"a\xD800z", -1, narrow, 16, "?", &used), 4);
    EQUAL(used, TRUE);
    EQUAL(strcmp(narrow, "a?z"), 0);
    EQUAL(WideCharToMultiByte(CP_ACP, 0, L"\xD800", -1, narrow, 16, NULL, &used), 4);
    EQUAL(used, TRUE);
    EQUAL(GetACP(), CP_UTF8);
    EQUAL(GetOEMCP(), CP_UTF8);
#endif
    TRUTH(GetACP() != 0);
    TRUTH(GetOEMCP() != 0);
    EQUAL(IsValidCodePage(CP_UTF8), TRUE);
    EQUAL(IsValidCodePage(4711), FALSE);
}

static void malformed_wide(void) {
    static const struct {
        const WCHAR *text;
        const char *bytes;
    } cases[] = {
        {L"a\xD83Dz", "a\xEF\xBF\xBDz"},
        {L"\xDE00", "\xEF\xBF\xBD"},
        {L"\xD83D", "\xEF\xBF\xBD"},
        {L"\xD83D\xD83D\xDE00", "\xEF\xBF\xBD\xF0\x9F\x98\x80"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char narrow[16];
        EQUAL(WideCharToMultiByte(CP_UTF8, 0, cases[i].text, -1, narrow, 16, NULL, NULL), strlen(cases[i].bytes) + 1);
        EQUAL(strcmp(narrow, cases[i].bytes), 0);
        FAILS(WideCharToMultiByte(CP_UTF8, WC_ERR_INVALID_CHARS, cases[i].text, -1, narrow, 16, NULL, NULL),
              ERROR_NO_UNICODE_TRANSLATION);
    }
}

static void bad_to_narrow(void) {
    char narrow[16];
    MAYBE_UNUSED WCHAR wide[16] = L"abc";
    MAYBE_UNUSED BOOL used = UNTOUCHED;
    memset(narrow, 's', sizeof narrow);
    FAILS(WideCharToMultiByte(CP_UTF8, 0, L"abc", 0, narrow, 16, NULL, NULL), ERROR_INVALID_PARAMETER);
    FAILS(WideCharToMultiByte(CP_UTF8, 0, NULL, -1, narrow, 16, NULL, NULL), ERROR_INVALID_PARAMETER);
    FAILS(WideCharToMultiByte(CP_UTF8, 0, L"abc", -1, narrow, -1, NULL, NULL), ERROR_INVALID_PARAMETER);
    FAILS(WideCharToMultiByte(CP_UTF8, 0, L"abc", -1, NULL, 4, NULL, NULL), ERROR_INVALID_PARAMETER);
#ifndef ON_WINE
    FAILS(WideCharToMultiByte(CP_UTF8, 0, wide, -1, (char *)wide, 16, NULL, NULL), ERROR_INVALID_PARAMETER);
#endif
    FAILS(WideCharToMultiByte(4711, 0, L"abc", -1, narrow, 16, NULL, NULL), ERROR_INVALID_PARAMETER);
#ifndef ON_WINE // "For the CP_UTF7 and CP_UTF8 settings … this parameter must be set to NULL" (WideCharToMultiByte)
    FAILS(WideCharToMultiByte(CP_UTF8, 0, L"abc", -1, narrow, 16, "?", NULL), ERROR_INVALID_PARAMETER);
    FAILS(WideCharToMultiByte(CP_UTF8, 0, L"abc", -1, narrow, 16, NULL, &used), ERROR_INVALID_PARAMETER);
    EQUAL(used, UNTOUCHED);
    FAILS(WideCharToMultiByte(CP_UTF8, WC_NO_BEST_FIT_CHARS, L"abc", -1, narrow, 16, NULL, NULL), ERROR_INVALID_FLAGS);
    EQUAL(narrow[0], 's');
    FAILS(WideCharToMultiByte(CP_UTF8, 0, L"abc", -1, narrow, 3, NULL, NULL), ERROR_INSUFFICIENT_BUFFER);
    EQUAL(narrow[3], 's');
#endif
    FAILS(WideCharToMultiByte(CP_UTF8, 0, L"\x20AC", 1, narrow, 2, NULL, NULL), ERROR_INSUFFICIENT_BUFFER);
}

// ---- lstrlen and the others

static void lengths(void) {
    EQUAL(lstrlenA("abc"), 3);
    EQUAL(lstrlenA(""), 0);
    EQUAL(lstrlenA(NULL), 0);
    EQUAL(lstrlenW(L"abc"), 3);
    EQUAL(lstrlenW(NULL), 0);
    EQUAL(lstrlen(TEXT("abcd")), 4);
}

static void copies(void) {
    char narrow[16];
    WCHAR wide[16];
    EQUAL(lstrcpyA(narrow, "abc"), narrow);
    EQUAL(lstrcatA(narrow, "def"), narrow);
    EQUAL(strcmp(narrow, "abcdef"), 0);
    EQUAL(lstrcpynA(narrow, "wxyz", 3), narrow); // with the NUL
    EQUAL(strcmp(narrow, "wx"), 0);
    EQUAL(narrow[3], 'd');
    EQUAL(lstrcpynA(narrow, "a", 16), narrow);
    EQUAL(strcmp(narrow, "a"), 0);
    EQUAL(lstrcpyW(wide, L"abc"), wide);
    EQUAL(lstrcatW(wide, L"def"), wide);
    TRUTH(same(wide, L"abcdef"));
    EQUAL(lstrcpynW(wide, L"wxyz", 3), wide);
    TRUTH(same(wide, L"wx"));
    EQUAL(lstrcpyA(narrow, NULL), NULL);
    EQUAL(lstrcpyA(NULL, "a"), NULL);
    EQUAL(lstrcatW(wide, NULL), NULL);
    EQUAL(lstrcatA(NULL, "a"), NULL);
    EQUAL(lstrcpyW(NULL, L"a"), NULL);
    EQUAL(lstrcpynA(narrow, NULL, 4), NULL);
    EQUAL(lstrcpynW(NULL, L"a", 4), NULL);
    EQUAL(strcmp(narrow, "a"), 0);
}

static void comparisons(void) {
    static const struct {
        const char *first, *second;
        int verdict, without_case;
    } cases[] = {
        {"abc", "abc", 0, 0}, {"abc", "ABC", -1, 0}, {"ABC", "abc", 1, 0},  {"a", "B", -1, -1},
        {"B", "a", 1, 1},     {"A", "b", -1, -1},    {"abc", "ab", 1, 1},   {"9", "a", -1, -1},
        {"_", "9", -1, -1},   {"", "a", -1, -1},     {"aB", "Ab", -1, 0},   {"z", "aa", 1, 1},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        WCHAR first[8], second[8];
        MultiByteToWideChar(CP_UTF8, 0, cases[i].first, -1, first, 8);
        MultiByteToWideChar(CP_UTF8, 0, cases[i].second, -1, second, 8);
        if (!EQUAL(lstrcmpA(cases[i].first, cases[i].second), cases[i].verdict)) printf("  case %d\n", (int)i);
        EQUAL(lstrcmpW(first, second), cases[i].verdict);
        EQUAL(lstrcmpiA(cases[i].first, cases[i].second), cases[i].without_case);
        EQUAL(lstrcmpiW(first, second), cases[i].without_case);
    }
    EQUAL(lstrcmpA(NULL, NULL), 0);
    EQUAL(lstrcmpA(NULL, "a"), -1);
    EQUAL(lstrcmpiA("a", NULL), 1);
    EQUAL(lstrcmpiW(NULL, L"a"), -1);
    EQUAL(lstrcmpW(L"a", NULL), 1);
}

// ---- wsprintf

#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wformat"
#endif

static void formats(void) {
    char narrow[1100];
    WCHAR wide[1100];
    QUIETLY(wsprintfA(narrow, "%d %u %x %X %c %s %hs %ls", -1, 2, 0xAB, 0xAB, 'c', "s", "n", L"w"), 18);
    EQUAL(strcmp(narrow, "-1 2 ab AB c s n w"), 0);
    EQUAL(wsprintfW(wide, L"%d %c %s %hs %S", 5, 'c', L"w", "n", "n"), 9);
    TRUTH(same(wide, L"5 c w n n"));
    EQUAL(wsprintfA(narrow, "[%5d][%-5d][%05d][%.3d]", 42, 42, 42, 42), 26);
    EQUAL(strcmp(narrow, "[   42][42   ][00042][042]"), 0);
    EQUAL(wsprintfA(narrow, "[%5s][%-5s][%.2s]", "abc", "abc", "abc"), 18);
    EQUAL(strcmp(narrow, "[  abc][abc  ][ab]"), 0);
    EQUAL(wsprintfA(narrow, "%ld %lu %#x %I64d %I64x", (LONG)-1, (DWORD)4000000000u, 255, (LONGLONG)5000000000,
                    (ULONGLONG)1 << 40), 41);
    EQUAL(strcmp(narrow, "-1 4000000000 0xff 5000000000 10000000000"), 0);
    EQUAL(wsprintfA(narrow, "%p %%", (void *)0xABC), 18);
    EQUAL(strcmp(narrow, "0000000000000ABC %"), 0);
}

static void limit(void) {
    static char text[2000];
    char narrow[1100];
    WCHAR wide[1100];
    memset(text, 'x', sizeof text - 1);
    memset(narrow, 's', sizeof narrow);
    memset(wide, 's', sizeof wide);
    TRUTH(wsprintfA(narrow, "%s", text) >= 1023);
    EQUAL(narrow[1022], 'x');
    EQUAL(narrow[1023], 0);
    EQUAL(narrow[1024], 's');
    TRUTH(wsprintfW(wide, L"%hs", text) >= 1023);
#ifndef ON_WINE // "the number of characters stored in the output buffer, not counting the terminating null character"
    EQUAL(wsprintfA(narrow, "%s", text), 1023);
    EQUAL(wsprintfW(wide, L"%hs", text), 1023);
#endif
    EQUAL(wide[1023], 0);
    EQUAL(wide[1024], 0x7373);
}

static int with_list(char *narrow, WCHAR *wide, const char *format, const WCHAR *wide_format, ...) {
    va_list list;
    va_start(list, wide_format);
    int length = wvsprintfA(narrow, format, list);
    va_end(list);
    va_start(list, wide_format);
    EQUAL(wvsprintfW(wide, wide_format, list), length);
    va_end(list);
    return length;
}

static void lists(void) {
    char narrow[1024];
    WCHAR wide[1024];
    EQUAL(with_list(narrow, wide, "%d %hs %d %d %d %d", L"%d %hs %d %d %d %d", 1, "two", 3, 4, 5, 6), 13);
    EQUAL(strcmp(narrow, "1 two 3 4 5 6"), 0);
    TRUTH(same(wide, L"1 two 3 4 5 6"));
}

// ---- strsafe.h

static HRESULT narrow_list(char *buffer, size_t size, const char *format, ...) {
    va_list list;
    va_start(list, format);
    HRESULT result = StringCchVPrintfA(buffer, size, format, list);
    va_end(list);
    va_start(list, format);
    EQUAL(StringCbVPrintfA(buffer, size, format, list), result);
    va_end(list);
    return result;
}

static HRESULT wide_list(WCHAR *buffer, size_t size, const WCHAR *format, ...) {
    va_list list;
    va_start(list, format);
    HRESULT result = StringCchVPrintfW(buffer, size, format, list);
    va_end(list);
    va_start(list, format);
    EQUAL(StringCbVPrintfW(buffer, size * sizeof *buffer, format, list), result);
    va_end(list);
    return result;
}

static void safe_narrow(void) {
    char text[8];
    size_t length = UNTOUCHED;
    EQUAL(StringCchCopyA(text, 8, "abc"), S_OK);
    EQUAL(strcmp(text, "abc"), 0);
    EQUAL(StringCchCatA(text, 8, "defg"), S_OK);
    EQUAL(strcmp(text, "abcdefg"), 0);
    EQUAL(StringCchCopyA(text, 4, "abcd"), STRSAFE_E_INSUFFICIENT_BUFFER);
    EQUAL(strcmp(text, "abc"), 0);
    EQUAL(StringCchCatA(text, 5, "xyz"), STRSAFE_E_INSUFFICIENT_BUFFER);
    EQUAL(strcmp(text, "abcx"), 0);
    EQUAL(StringCchCopyNA(text, 8, "abcdef", 2), S_OK);
    EQUAL(strcmp(text, "ab"), 0);
    EQUAL(StringCchCatNA(text, 8, "cdef", 2), S_OK);
    EQUAL(strcmp(text, "abcd"), 0);
    EQUAL(StringCbCopyA(text, 8, "q"), S_OK);
    EQUAL(StringCbCatA(text, 8, "r"), S_OK);
    EQUAL(StringCbCopyNA(text, 8, "qrs", 1), S_OK);
    EQUAL(StringCbCatNA(text, 8, "rst", 1), S_OK);
    EQUAL(strcmp(text, "qr"), 0);
    EQUAL(StringCchPrintfA(text, 8, "%d-%s", 12, "x"), S_OK);
    EQUAL(strcmp(text, "12-x"), 0);
    EQUAL(StringCchPrintfA(text, 4, "%d", 12345), STRSAFE_E_INSUFFICIENT_BUFFER);
    EQUAL(strcmp(text, "123"), 0);
    EQUAL(StringCbPrintfA(text, 4, "%s", "abc"), S_OK);
    EQUAL(narrow_list(text, 8, "%d", 7), S_OK);
    EQUAL(strcmp(text, "7"), 0);
    EQUAL(StringCchLengthA("abc", 10, &length), S_OK);
    EQUAL(length, 3);
    EQUAL(StringCbLengthA("abcd", 10, &length), S_OK);
    EQUAL(length, 4);
    EQUAL(StringCchLengthA("abc", 3, &length), STRSAFE_E_INVALID_PARAMETER);
    EQUAL(StringCchLengthA("abc", 4, NULL), S_OK);
    EQUAL(StringCchLengthA(NULL, 4, NULL), STRSAFE_E_INVALID_PARAMETER);
    EQUAL(StringCchCopyA(text, 0, "a"), STRSAFE_E_INVALID_PARAMETER);
    EQUAL(StringCchPrintfA(text, 0, "a"), STRSAFE_E_INVALID_PARAMETER);
    EQUAL(strcmp(text, "7"), 0);
    memset(text, 'f', sizeof text);
    EQUAL(StringCchCatA(text, 8, "a"), STRSAFE_E_INVALID_PARAMETER); // no NUL in it
}

static void safe_wide(void) {
    WCHAR text[8];
    size_t length = UNTOUCHED;
    EQUAL(StringCchCopyW(text, 8, L"abc"), S_OK);
    EQUAL(StringCchCatW(text, 8, L"defgh"), STRSAFE_E_INSUFFICIENT_BUFFER);
    TRUTH(same(text, L"abcdefg"));
    EQUAL(StringCbCopyW(text, 8, L"abcd"), STRSAFE_E_INSUFFICIENT_BUFFER); // four characters
    TRUTH(same(text, L"abc"));
    EQUAL(StringCbCatW(text, sizeof text, L"d"), S_OK);
    TRUTH(same(text, L"abcd"));
    EQUAL(StringCchCopyNW(text, 8, L"abc", 2), S_OK);
    EQUAL(StringCchCatNW(text, 8, L"cde", 1), S_OK);
    TRUTH(same(text, L"abc"));
    EQUAL(StringCbCopyNW(text, sizeof text, L"xyz", 2 * sizeof(WCHAR)), S_OK);
    EQUAL(StringCbCatNW(text, sizeof text, L"z12", 2), S_OK);
    TRUTH(same(text, L"xyz"));
    EQUAL(StringCchPrintfW(text, 8, L"%d %s", 5, L"w"), S_OK);
    TRUTH(same(text, L"5 w"));
    EQUAL(StringCbPrintfW(text, 8, L"%s", L"wxyz"), STRSAFE_E_INSUFFICIENT_BUFFER);
    TRUTH(same(text, L"wxy"));
    EQUAL(wide_list(text, 8, L"%d", 8), S_OK);
    TRUTH(same(text, L"8"));
    EQUAL(StringCchLengthW(L"abc", 10, &length), S_OK);
    EQUAL(length, 3);
    EQUAL(StringCbLengthW(L"abc", 10, &length), S_OK);
    EQUAL(length, 6);
    EQUAL(StringCbLengthW(L"abc", 7, &length), STRSAFE_E_INVALID_PARAMETER);
    EQUAL(StringCchCopyW(text, (size_t)STRSAFE_MAX_CCH + 1, L"a"), STRSAFE_E_INVALID_PARAMETER);
}

int main(int argc, char **argv) {
    static const struct test_case cases[] = {
        CASE(to_wide),
        CASE(malformed_narrow),
        CASE(bad_to_wide),
        CASE(to_narrow),
        CASE(malformed_wide),
        CASE(bad_to_narrow),
        CASE(lengths),
        CASE(copies),
        CASE(comparisons),
        CASE(formats),
        CASE(limit),
        CASE(lists),
        CASE(safe_narrow),
        CASE(safe_wide),
    };
    return run_cases(cases, COUNT(cases), argc, argv);
}
