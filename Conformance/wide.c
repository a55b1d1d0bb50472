// wide.c: the C runtime for 16-bit wide characters, the formats of Windows, and the secure functions.
#include "cases.h"
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <wchar.h>

static int is_text(const wchar_t *text, const wchar_t *expected) {
    if (!wcscmp(text, expected)) return 1;
    printf("  \"%ls\" is not \"%ls\"\n", text, expected);
    return 0;
}
#define TEXT_IS(text, expected) TRUTH(is_text(text, expected))
#define NARROW_IS(text, expected) \
    do { \
        if (!TRUTH(!strcmp(text, expected))) printf("  \"%s\"\n", text); \
    } while (0)

// What the format makes of the values, in both kinds of functions.
#define FORMATS(expected, format, ...) \
    do { \
        wchar_t wide[600] = L"sentinel"; \
        char narrow[600] = "sentinel"; \
        EQUAL(_snwprintf(wide, COUNT(wide), L##format, __VA_ARGS__), wcslen(L##expected)); \
        TEXT_IS(wide, L##expected); \
        EQUAL(_snprintf(narrow, sizeof narrow, format, __VA_ARGS__), strlen(expected)); \
        NARROW_IS(narrow, expected); \
    } while (0)
#define WIDE_FORMATS(expected, format, ...) \
    do { \
        wchar_t wide[600] = L"sentinel"; \
        EQUAL(_snwprintf(wide, COUNT(wide), format, __VA_ARGS__), wcslen(expected)); \
        TEXT_IS(wide, expected); \
    } while (0)
#define NARROW_FORMATS(expected, format, ...) \
    do { \
        char narrow[600] = "sentinel"; \
        EQUAL(_snprintf(narrow, sizeof narrow, format, __VA_ARGS__), strlen(expected)); \
        NARROW_IS(narrow, expected); \
    } while (0)

#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wformat"
#pragma GCC diagnostic ignored "-Wformat-truncation"
#pragma GCC diagnostic ignored "-Wformat-overflow"
#endif

// ---- strings

static void lengths(void) {
    EQUAL(sizeof(wchar_t), 2);
    EQUAL(wcslen(L""), 0);
    EQUAL(wcslen(L"sechs!"), 6);
    EQUAL(wcsnlen(L"sechs!", 4), 4);
    EQUAL(wcsnlen(L"sechs!", 40), 6);
}

static void copies(void) {
    wchar_t buffer[16];
    EQUAL(wcscpy(buffer, L"abc"), buffer);
    TEXT_IS(buffer, L"abc");
    EQUAL(wcscat(buffer, L"def"), buffer);
    TEXT_IS(buffer, L"abcdef");
    buffer[2] = 'Z';
    EQUAL(wcsncpy(buffer, L"xy", 2), buffer); // no NUL
    TEXT_IS(buffer, L"xyZdef");
    wcsncpy(buffer, L"q", 4); // filled up
    EQUAL(buffer[3], 0);
    EQUAL(buffer[4], 'e');
    wcscpy(buffer, L"1");
    wcsncat(buffer, L"2345", 2);
    TEXT_IS(buffer, L"123");
    wchar_t *copy = _wcsdup(L"copy");
    TEXT_IS(copy, L"copy");
    free(copy);
    char *narrow = _strdup("copy");
    NARROW_IS(narrow, "copy");
    free(narrow);
    wmemset(buffer, L'm', 4);
    buffer[4] = 0;
    TEXT_IS(buffer, L"mmmm");
    wmemcpy(buffer, L"ab", 2);
    wmemmove(buffer + 1, buffer, 2);
    TEXT_IS(buffer, L"aabm");
    EQUAL(wmemcmp(L"ab\0c", L"ab\0d", 4) < 0, 1);
    EQUAL(wmemchr(buffer, L'b', 4), buffer + 2);
    EQUAL(wmemchr(buffer, L'x', 4), NULL);
}

static void comparisons(void) {
    EQUAL(wcscmp(L"abc", L"abc"), 0);
    TRUTH(wcscmp(L"abc", L"abd") < 0);
    TRUTH(wcscmp(L"abcd", L"abc") > 0);
    TRUTH(wcscmp(L"\xFFFF", L"a") > 0); // unsigned
    EQUAL(wcsncmp(L"abc", L"abd", 2), 0);
    TRUTH(wcsncmp(L"abc", L"abd", 3) < 0);
    EQUAL(wcscoll(L"abc", L"abc"), 0);
    TRUTH(wcscoll(L"abc", L"abd") < 0);
    EQUAL(_wcsicmp(L"HeLLo", L"hEllO"), 0);
    TRUTH(_wcsicmp(L"a", L"B") < 0);
    TRUTH(_wcsicmp(L"_", L"A") < 0); // by the small letters
    EQUAL(_wcsnicmp(L"HELLOx", L"helloy", 5), 0);
    EQUAL(_stricmp("HeLLo", "hEllO"), 0);
    TRUTH(_stricmp("a", "B") < 0);
    EQUAL(_strnicmp("HELLOx", "helloy", 5), 0);
    TRUTH(_strnicmp("HELLOx", "helloy", 6) < 0);
    wchar_t wide[] = L"MiXed";
    char narrow[] = "MiXed";
    TEXT_IS(_wcslwr(wide), L"mixed");
    TEXT_IS(_wcsupr(wide), L"MIXED");
    NARROW_IS(_strlwr(narrow), "mixed");
    NARROW_IS(_strupr(narrow), "MIXED");
}

static void searches(void) {
    const wchar_t *text = L"one, two, three";
    EQUAL(wcschr(text, L'o'), text);
    EQUAL(wcschr(text, L'\0'), text + 15);
    EQUAL(wcschr(text, L'z'), NULL);
    EQUAL(wcsrchr(text, L','), text + 8);
    EQUAL(wcsrchr(text, L'z'), NULL);
    EQUAL(wcsstr(text, L"two"), text + 5);
    EQUAL(wcsstr(text, L""), text);
    EQUAL(wcsstr(text, L"twx"), NULL);
    EQUAL(wcspbrk(text, L"wt"), text + 5);
    EQUAL(wcspbrk(text, L"qz"), NULL);
    EQUAL(wcsspn(text, L"eno"), 3);
    EQUAL(wcscspn(text, L" ,"), 3);
}

static void tokens(void) {
    wchar_t text[] = L"::a:b::", *context = NULL;
    TEXT_IS(wcstok_s(text, L":", &context), L"a");
    TEXT_IS(wcstok_s(NULL, L":", &context), L"b");
    EQUAL(wcstok_s(NULL, L":", &context), NULL);
    char narrow[] = "x,y", *narrow_context = NULL;
    NARROW_IS(strtok_s(narrow, ",", &narrow_context), "x");
    NARROW_IS(strtok_s(NULL, ",", &narrow_context), "y");
    EQUAL(strtok_s(NULL, ",", &narrow_context), NULL);
#ifndef _WIN32
    wchar_t again[] = L"p q";
    TEXT_IS(wcstok(again, L" ", &context), L"p");
    TEXT_IS(wcstok(NULL, L" ", &context), L"q");
    errno = 0;
    EQUAL(wcstok_s(NULL, NULL, &context), NULL);
    EQUAL(errno, EINVAL);
#endif
}

// ---- numbers

static void numbers_from_text(void) {
    wchar_t *end;
    const wchar_t *text = L"  -123xyz";
    EQUAL((int)wcstol(text, &end, 10), -123);
    EQUAL(end, text + 6);
    EQUAL(wcstol(L"0x1F", NULL, 0), 31);
    EQUAL(wcstol(L"0x1F", NULL, 16), 31);
    EQUAL(wcstol(L"017", NULL, 0), 15);
    EQUAL(wcstol(L"zz", NULL, 36), 35 * 36 + 35);
    text = L"none";
    EQUAL(wcstol(text, &end, 10), 0);
    EQUAL(end, text);
    errno = 0;
    EQUAL(wcstol(L"2147483647", NULL, 10), 2147483647);
    EQUAL(errno, 0);
    EQUAL(wcstol(L"2147483648", NULL, 10), 2147483647); // Windows' long
    EQUAL(errno, ERANGE);
    EQUAL((int)wcstol(L"-99999999999", NULL, 10), (int)0x80000000);
    EQUAL((unsigned)wcstoul(L"4294967295", NULL, 10), 4294967295u);
    EQUAL((unsigned)wcstoul(L"-1", NULL, 10), 4294967295u);
    EQUAL(_wcstoi64(L"-9223372036854775808", NULL, 10), (LONGLONG)1 << 63);
    EQUAL(_wcstoui64(L"18446744073709551615", NULL, 10), ~(ULONGLONG)0);
    errno = 0;
    EQUAL(_wcstoui64(L"18446744073709551616", NULL, 10), ~(ULONGLONG)0);
    EQUAL(errno, ERANGE);
    EQUAL(wcstoll(L"-9223372036854775808", NULL, 10), (LONGLONG)1 << 63);
    EQUAL(wcstoull(L"18446744073709551615", NULL, 10), ~(ULONGLONG)0);
    EQUAL(_wtoi(L"42 apples"), 42);
    EQUAL(_wtol(L"-7"), -7);
    EQUAL(_wtoi64(L"123456789012"), 123456789012);
    EQUAL(_atoi64("123456789012"), 123456789012);
    EQUAL(_strtoi64("-5", NULL, 10), -5);
    EQUAL(_strtoui64("ff", NULL, 16), 255);
    text = L" 2.5e1!";
    TRUTH(wcstod(text, &end) == 25.0);
    EQUAL(end, text + 6);
    TRUTH(_wtof(L"0.125") == 0.125);
}

static void numbers_to_text(void) {
    char narrow[66];
    wchar_t wide[66];
    NARROW_IS(_itoa(-255, narrow, 10), "-255");
    NARROW_IS(_itoa(-1, narrow, 16), "ffffffff");
    NARROW_IS(_itoa(5, narrow, 2), "101");
    NARROW_IS(_itoa(0, narrow, 10), "0");
    TEXT_IS(_itow(-255, wide, 10), L"-255");
    NARROW_IS(_ltoa(-2, narrow, 10), "-2");
    TEXT_IS(_ltow(35, wide, 36), L"z");
    NARROW_IS(_ultoa(4294967295u, narrow, 10), "4294967295");
    TEXT_IS(_ultow(4294967295u, wide, 16), L"ffffffff");
    NARROW_IS(_i64toa(-9223372036854775807 - 1, narrow, 10), "-9223372036854775808");
    TEXT_IS(_i64tow(-1, wide, 2), L"1111111111111111111111111111111111111111111111111111111111111111");
    NARROW_IS(_ui64toa(~(ULONGLONG)0, narrow, 10), "18446744073709551615");
    TEXT_IS(_ui64tow(~(ULONGLONG)0, wide, 16), L"ffffffffffffffff");
    EQUAL(_itoa_s(1234, narrow, 5, 10), 0);
    NARROW_IS(narrow, "1234");
    EQUAL(_itow_s(1234, wide, 5, 10), 0);
    TEXT_IS(wide, L"1234");
    EQUAL(_ltoa_s(-9, narrow, 3, 10), 0);
    NARROW_IS(narrow, "-9");
    EQUAL(_ltow_s(-9, wide, 3, 10), 0);
    TEXT_IS(wide, L"-9");
    EQUAL(_ultoa_s(4294967295u, narrow, 66, 16), 0);
    NARROW_IS(narrow, "ffffffff");
    EQUAL(_ultow_s(4294967295u, wide, 66, 16), 0);
    TEXT_IS(wide, L"ffffffff");
    EQUAL(_i64toa_s(-9, narrow, 66, 10), 0);
    NARROW_IS(narrow, "-9");
    EQUAL(_i64tow_s(-9, wide, 66, 10), 0);
    TEXT_IS(wide, L"-9");
    EQUAL(_ui64toa_s(~(ULONGLONG)0, narrow, 66, 10), 0);
    NARROW_IS(narrow, "18446744073709551615");
    EQUAL(_ui64tow_s(~(ULONGLONG)0, wide, 66, 10), 0);
    TEXT_IS(wide, L"18446744073709551615");
#ifndef _WIN32 // elsewhere these end the program
    EQUAL(_itoa_s(1234, narrow, 4, 10), ERANGE);
    EQUAL(narrow[0], 0);
    EQUAL(_ultow_s(1234, wide, 4, 10), ERANGE);
    EQUAL(wide[0], 0);
    EQUAL(_i64toa_s(1, narrow, 4, 1), EINVAL);
    EQUAL(_ui64tow_s(1, NULL, 4, 10), EINVAL);
#endif
}

// ---- formats

static void integer_formats(void) {
    FORMATS("-42 42 2a 2A 52", "%d %u %x %X %o", -42, 42, 42, 42, 42);
    FORMATS("[   42][42   ][00042][  042]", "[%5d][%-5d][%05d][%5.3d]", 42, 42, 42, 42);
    FORMATS("+42  42 0x2a 052 0", "%+d % d %#x %#o %#x", 42, 42, 42, 42, 0);
    FORMATS("[   42][42   ]", "[%*d][%-*d]", 5, 42, 5, 42);
    FORMATS("[00042][]", "[%.*d][%.0d]", 5, 42, 0);
    FORMATS("-1 4294967295 -2 65535", "%ld %lu %hd %hu", (LONG)-1, (DWORD)-1, 0xFFFE, 0xFFFF);
    FORMATS("-1 18446744073709551615", "%I64d %I64u", (LONGLONG)-1, (ULONGLONG)-1);
    FORMATS("-1 ffffffffffffffff", "%lld %llx", (LONGLONG)-1, (ULONGLONG)-1);
    FORMATS("-1 4294967295", "%I32d %I32u", -1, (UINT)-1);
    FORMATS("18446744073709551615 -1", "%Iu %Id", (SIZE_T)-1, (SSIZE_T)-1);
    FORMATS("0000000000ABCDEF", "%p", (void *)0xABCDEF);
    FORMATS("100% 0", "100%% %d", 0);
    FORMATS("5000000000 7", "%I64d %d", (LONGLONG)5000000000, 7); // what follows is found
    FORMATS("-2147483648", "%d", (int)0x80000000);
}

static void string_formats(void) {
    WIDE_FORMATS(L"wide narrow narrow wide", L"%s %S %hs %ls", L"wide", "narrow", "narrow", L"wide");
    NARROW_FORMATS("narrow wide narrow wide", "%s %S %hs %ls", "narrow", L"wide", "narrow", L"wide");
    WIDE_FORMATS(L"wide", L"%ws", L"wide");
    WIDE_FORMATS(L"[  abc][abc  ][ab]", L"[%5s][%-5s][%.2s]", L"abc", L"abc", L"abc");
    NARROW_FORMATS("[  abc][abc  ][ab]", "[%5s][%-5s][%.2s]", "abc", "abc", "abc");
    NARROW_FORMATS("[ab]", "[%.2S]", L"abc");
    WIDE_FORMATS(L"[ab]", L"[%.2S]", "abc");
    WIDE_FORMATS(L"ABC", L"%c%C%hc", 'A', 'B', 'C');
    NARROW_FORMATS("ABCD", "%c%C%hc%lc", 'A', L'B', 'C', L'D');
    WIDE_FORMATS(L"[  A][A  ]", L"[%3c][%-3c]", 'A', 'A');
    WIDE_FORMATS(L"(null) (null)", L"%s %S", NULL, NULL);
    NARROW_FORMATS("(null) (null)", "%s %S", NULL, NULL);
    const char unterminated[2] = {'u', 'n'};
    NARROW_FORMATS("un", "%.2s", unterminated);
#ifndef _WIN32 // narrow strings are UTF-8
    WIDE_FORMATS(L"\x20AC \xD83D\xDE00", L"%S %hs", "\xE2\x82\xAC", "\xF0\x9F\x98\x80");
    NARROW_FORMATS("\xE2\x82\xAC \xF0\x9F\x98\x80", "%S %ls", L"\x20AC", L"\xD83D\xDE00");
    NARROW_FORMATS("[a]", "[%.3ls]", L"a\x20AC"); // no character is cut in two
    NARROW_FORMATS("\xEF\xBF\xBD", "%ls", L"\xD83D");
#endif
}

static void floating_formats(void) {
    FORMATS("1.500000 2.5 1e+100", "%f %g %g", 1.5, 2.5, 1e100);
    FORMATS("[  1.50][1.50  ][001.50]", "[%6.2f][%-6.2f][%06.2f]", 1.5, 1.5, 1.5);
    FORMATS("2.00 7", "%.2f %d", 2.0, 7);
    FORMATS("+1.0 [1.]", "%+.1f [%#.0f]", 1.0, 1.0);
    char big[600];
    EQUAL(_snprintf(big, sizeof big, "%.10f", 1e300), 312);
    EQUAL(_snprintf(big, sizeof big, "%500.1f|", 1.0), 501);
    EQUAL(big[500], '|');
}

static void no_room(void) {
    wchar_t wide[8] = L"1234567";
    char narrow[8] = "1234567";
    // as long as the room: no NUL, and the count
    EQUAL(_snwprintf(wide, 3, L"%s", L"abc"), 3);
    TEXT_IS(wide, L"abc4567");
    EQUAL(_snprintf(narrow, 3, "%s", "abc"), 3);
    NARROW_IS(narrow, "abc4567");
    // longer: what fits, no NUL, and -1
    EQUAL(_snwprintf(wide, 3, L"%s", L"wxyz"), -1);
    TEXT_IS(wide, L"wxy4567");
    EQUAL(_snprintf(narrow, 3, "%s", "wxyz"), -1);
    NARROW_IS(narrow, "wxy4567");
    EQUAL(_snprintf(NULL, 0, "%d", 12345), 5);
    EQUAL(_scprintf("%d", 12345), 5);
    EQUAL(_scwprintf(L"%d", 12345), 5);
    // swprintf ends the text
#ifndef ON_WINE // whose compiler has its own
    TRUTH(swprintf(wide, 3, L"%s", L"wxyz") < 0);
    TEXT_IS(wide, L"wx");
    EQUAL(wide[3], '4');
#endif
    EQUAL(swprintf(wide, 8, L"%d", 42), 2);
    TEXT_IS(wide, L"42");
    EQUAL(_swprintf(wide, L"%d", 43), 2);
    TEXT_IS(wide, L"43");
}

static int wide_list(wchar_t *buffer, size_t count, const wchar_t *format, ...) {
    va_list list;
    va_start(list, format);
    int length = vswprintf(buffer, count, format, list);
    va_end(list);
    va_start(list, format);
    EQUAL(_vsnwprintf(buffer, count, format, list), length);
    va_end(list);
    va_start(list, format);
    EQUAL(_vscwprintf(format, list), length);
    va_end(list);
    va_start(list, format);
    EQUAL(vswprintf_s(buffer, count, format, list), length);
    va_end(list);
    va_start(list, format);
    EQUAL(_vswprintf(buffer, format, list), length);
    va_end(list);
    va_start(list, format);
    EQUAL(_vsnwprintf_s(buffer, count, _TRUNCATE, format, list), length);
    va_end(list);
    return length;
}

static int narrow_list(char *buffer, size_t count, const char *format, ...) {
    va_list list;
    va_start(list, format);
    int length = _vsnprintf(buffer, count, format, list);
    va_end(list);
    va_start(list, format);
    EQUAL(_vscprintf(format, list), length);
    va_end(list);
    va_start(list, format);
    EQUAL(vsprintf_s(buffer, count, format, list), length);
    va_end(list);
    va_start(list, format);
    EQUAL(_vsnprintf_s(buffer, count, _TRUNCATE, format, list), length);
    va_end(list);
    return length;
}

static void lists(void) {
    wchar_t wide[64];
    char narrow[64];
    // more than there are registers for
    EQUAL(wide_list(wide, 64, L"%d%s%d%s%d%d%d%d%.1f%d", 1, L"b", 3, L"d", 5, 6, 7, 8, 9.5, 0), 12);
    TEXT_IS(wide, L"1b3d56789.50");
    EQUAL(narrow_list(narrow, 64, "%d%s%d%s%d%d%d%d%.1f%d", 1, "b", 3, "d", 5, 6, 7, 8, 9.5, 0), 12);
    NARROW_IS(narrow, "1b3d56789.50");
}

static void write_list(FILE *file, const char *format, ...) {
    va_list list;
    va_start(list, format);
    TRUTH(vfprintf_s(file, format, list) > 0);
    va_end(list);
    va_start(list, format);
    EQUAL(vprintf_s("", list), 0);
    va_end(list);
}

static void write_wide_list(FILE *file, const wchar_t *format, ...) {
    va_list list;
    va_start(list, format);
    TRUTH(vfwprintf(file, format, list) > 0);
    va_end(list);
    va_start(list, format);
    TRUTH(vfwprintf_s(file, format, list) > 0);
    va_end(list);
    va_start(list, format);
    EQUAL(vwprintf(L"", list), 0);
    va_end(list);
    va_start(list, format);
    EQUAL(vwprintf_s(L"", list), 0);
    va_end(list);
}

static void lists_to_files(void) {
    FILE *file = tmpfile();
    char text[128] = {0};
    REQUIRE(file);
    write_list(file, "%d %s\n", 1, "one");
    write_wide_list(file, L"%d %ls\n", 2, L"two");
    rewind(file);
    TRUTH(fread(text, 1, sizeof text - 1, file) > 0);
#ifndef _WIN32
    NARROW_IS(text, "1 one\n2 two\n2 two\n");
#endif
    fclose(file);
}

#ifndef _WIN32 // a console's output is the terminal's there
static void to_standard_output(void) {
    char text[64] = {0};
    int ends[2], standard_output = dup(1);
    REQUIRE(pipe(ends) == 0);
    fflush(stdout);
    dup2(ends[1], 1);
    TRUTH(_putws(L"line \x20AC") >= 0);
    EQUAL(putwchar(L'!'), L'!');
    EQUAL(wprintf(L"%s", L"wide"), 4);
    fflush(stdout);
    dup2(standard_output, 1);
    close(standard_output);
    close(ends[1]);
    TRUTH(read(ends[0], text, sizeof text - 1) > 0);
    close(ends[0]);
    NARROW_IS(text, "line \xE2\x82\xAC\n!wide");
}
#endif

static void to_files(void) {
    FILE *file = tmpfile();
    char text[128] = {0};
    REQUIRE(file);
    EQUAL(fwprintf(file, L"%ls %hs %d\n", L"wide", "narrow", 5), 14);
    EQUAL(fprintf(file, "%d\n", 6), 2); // the file may be written in both ways
    TRUTH(fputws(L"words", file) >= 0);
    EQUAL(fputwc(L'!', file), L'!');
    EQUAL(fwprintf_s(file, L"%d", 7), 1);
    EQUAL(fprintf_s(file, "%d", 8), 1);
    rewind(file);
    TRUTH(fread(text, 1, sizeof text - 1, file) > 0);
#ifndef _WIN32
    NARROW_IS(text, "wide narrow 5\n6\nwords!78");
#endif
    fclose(file);
    EQUAL(wprintf(L"%ls", L""), 0);
    EQUAL(wprintf_s(L"%s", L""), 0);
    EQUAL(printf_s("%s", ""), 0);
#ifndef _WIN32
    REQUIRE(file = tmpfile());
    EQUAL(fwprintf(file, L"\xD83D\xDE00%c", 0xD83D), 3);
    rewind(file);
    memset(text, 0, sizeof text);
    EQUAL(fread(text, 1, sizeof text - 1, file), 7);
    NARROW_IS(text, "\xF0\x9F\x98\x80\xEF\xBF\xBD");
    fclose(file);
#endif
}

// ---- secure functions

static void secure_formats(void) {
    char narrow[8] = "1234567";
    wchar_t wide[8] = L"1234567";
    EQUAL(sprintf_s(narrow, 8, "%d", 1234567), 7);
    EQUAL(swprintf_s(wide, 8, L"%d", 1234567), 7);
    EQUAL(_snprintf_s(narrow, 8, 3, "%s", "abcdef"), -1);
    NARROW_IS(narrow, "abc");
    EQUAL(_snprintf_s(narrow, 8, _TRUNCATE, "%s", "abcdefghij"), -1);
    NARROW_IS(narrow, "abcdefg");
    EQUAL(_snprintf_s(narrow, 8, _TRUNCATE, "%s", "abc"), 3);
    EQUAL(_snwprintf_s(wide, 8, 3, L"%s", L"abcdef"), -1);
    TEXT_IS(wide, L"abc");
    EQUAL(_snwprintf_s(wide, 8, _TRUNCATE, L"%s", L"abcdefghij"), -1);
    TEXT_IS(wide, L"abcdefg");
#ifndef _WIN32
    errno = 0;
    EQUAL(sprintf_s(narrow, 4, "%d", 12345), -1);
    EQUAL(errno, ERANGE);
    EQUAL(narrow[0], 0);
    errno = 0;
    EQUAL(swprintf_s(wide, 4, L"%d", 12345), -1);
    EQUAL(errno, ERANGE);
    EQUAL(wide[0], 0);
    errno = 0;
    EQUAL(_snprintf_s(narrow, 4, 10, "%d", 12345), -1);
    EQUAL(errno, ERANGE);
    errno = 0;
    EQUAL(sprintf_s(NULL, 4, "%d", 1), -1);
    EQUAL(errno, EINVAL);
    errno = 0;
    EQUAL(_snprintf(NULL, 4, "%d", 1), -1);
    EQUAL(errno, EINVAL);
#endif
}

static void secure_strings(void) {
    char narrow[8];
    wchar_t wide[8];
    EQUAL(strcpy_s(narrow, 8, "1234567"), 0);
    NARROW_IS(narrow, "1234567");
    EQUAL(strncpy_s(narrow, 8, "abcdef", 3), 0);
    NARROW_IS(narrow, "abc");
    EQUAL(strcat_s(narrow, 8, "defg"), 0);
    NARROW_IS(narrow, "abcdefg");
    EQUAL(strncpy_s(narrow, 8, "abcdefghij", _TRUNCATE), STRUNCATE);
    NARROW_IS(narrow, "abcdefg");
    narrow[2] = 0;
    EQUAL(strncat_s(narrow, 8, "xyz", 2), 0);
    NARROW_IS(narrow, "abxy");
    EQUAL(strncat_s(narrow, 8, "1234567", _TRUNCATE), STRUNCATE);
    NARROW_IS(narrow, "abxy123");
    EQUAL(wcscpy_s(wide, 8, L"1234567"), 0);
    TEXT_IS(wide, L"1234567");
    EQUAL(wcsncpy_s(wide, 8, L"abcdef", 3), 0);
    TEXT_IS(wide, L"abc");
    EQUAL(wcscat_s(wide, 8, L"defg"), 0);
    TEXT_IS(wide, L"abcdefg");
    EQUAL(wcsncpy_s(wide, 8, L"abcdefghij", _TRUNCATE), STRUNCATE);
    TEXT_IS(wide, L"abcdefg");
    wide[2] = 0;
    EQUAL(wcsncat_s(wide, 8, L"xyz", 2), 0);
    TEXT_IS(wide, L"abxy");
    EQUAL(strnlen_s(NULL, 5), 0);
    EQUAL(strnlen_s("abc", 2), 2);
    EQUAL(wcsnlen_s(NULL, 5), 0);
    EQUAL(wcsnlen_s(L"abc", 5), 3);
    EQUAL(memcpy_s(narrow, 8, "12", 3), 0);
    NARROW_IS(narrow, "12");
    EQUAL(memmove_s(narrow + 1, 7, narrow, 3), 0);
    NARROW_IS(narrow, "112");
    EQUAL(_strupr_s(strcpy(narrow, "aB"), 8), 0);
    NARROW_IS(narrow, "AB");
    EQUAL(_strlwr_s(narrow, 8), 0);
    NARROW_IS(narrow, "ab");
    EQUAL(_wcsupr_s(wcscpy(wide, L"aB"), 8), 0);
    TEXT_IS(wide, L"AB");
    EQUAL(_wcslwr_s(wide, 8), 0);
    TEXT_IS(wide, L"ab");
}

#ifndef _WIN32 // elsewhere these end the program
static void secure_errors(void) {
    char narrow[4];
    wchar_t wide[4];
#define EMPTY(buffer) EQUAL(buffer[0], 0), buffer[0] = 'x', buffer[1] = 0, EQUAL(errno != 0, 1), errno = 0
    narrow[0] = 'x', wide[0] = L'x', errno = 0;
    EQUAL(strcpy_s(narrow, 4, "1234"), ERANGE), EMPTY(narrow);
    EQUAL(strcpy_s(narrow, 4, NULL), EINVAL), EMPTY(narrow);
    EQUAL(strcpy_s(NULL, 4, "1"), EINVAL);
    EQUAL(strcpy_s(narrow, 0, "1"), EINVAL);
    EQUAL(narrow[0], 'x');
    EQUAL(strcat_s(narrow, 4, "234"), ERANGE), EMPTY(narrow);
    EQUAL(strcat_s(narrow, 4, NULL), EINVAL), EMPTY(narrow);
    memset(narrow, 'f', 4);
    EQUAL(strcat_s(narrow, 4, "1"), EINVAL), EMPTY(narrow); // no NUL in it
    EQUAL(strncpy_s(narrow, 4, "12345", 4), ERANGE), EMPTY(narrow);
    EQUAL(strncat_s(narrow, 4, "12345", 3), ERANGE), EMPTY(narrow);
    EQUAL(wcscpy_s(wide, 4, L"1234"), ERANGE), EMPTY(wide);
    EQUAL(wcscpy_s(wide, 4, NULL), EINVAL), EMPTY(wide);
    EQUAL(wcscpy_s(NULL, 4, L"1"), EINVAL);
    EQUAL(wcscat_s(wide, 4, L"234"), ERANGE), EMPTY(wide);
    EQUAL(wcsncpy_s(wide, 4, L"12345", 4), ERANGE), EMPTY(wide);
    EQUAL(wcsncat_s(wide, 4, L"12345", 3), ERANGE), EMPTY(wide);
    EQUAL(memcpy_s(narrow, 4, "12345", 5), ERANGE), EMPTY(narrow);
    EQUAL(memcpy_s(narrow, 4, NULL, 2), EINVAL), EMPTY(narrow);
    EQUAL(memmove_s(NULL, 4, "1", 1), EINVAL);
    EQUAL(_strlwr_s(NULL, 4), EINVAL);
    EQUAL(_wcsicmp(NULL, L""), 0x7FFFFFFF);
    EQUAL(_stricmp("", NULL), 0x7FFFFFFF);
}

static LONG volatile handler_calls;

static void on_invalid_parameter(const wchar_t *expression, const wchar_t *function, const wchar_t *file,
                                 unsigned line, ULONG_PTR reserved) {
    EQUAL(expression, NULL), EQUAL(function, NULL), EQUAL(file, NULL), EQUAL(line, 0), EQUAL(reserved, 0);
    handler_calls++;
}

static void invalid_parameter_handler(void) {
    char buffer[2];
    handler_calls = 0;
    EQUAL(_set_invalid_parameter_handler(on_invalid_parameter), NULL);
    EQUAL(_get_invalid_parameter_handler(), on_invalid_parameter);
    EQUAL(strcpy_s(buffer, 2, "long"), ERANGE);
    EQUAL(handler_calls, 1);
    EQUAL(strcpy_s(buffer, 2, "s"), 0);
    EQUAL(handler_calls, 1);
    EQUAL(sprintf_s(buffer, 2, "%d", 10), -1);
    EQUAL(handler_calls, 2);
    EQUAL(_set_invalid_parameter_handler(NULL), on_invalid_parameter);
}
#endif

// ---- UTF-8

static void multibyte(void) {
    wchar_t wide[8] = L"1234567";
    char narrow[8] = "1234567";
    size_t converted = UNTOUCHED;
    EQUAL(mbstowcs(wide, "abc", 8), 3);
    TEXT_IS(wide, L"abc");
    EQUAL(mbstowcs(NULL, "abcdef", 0), 6);
    EQUAL(mbstowcs(wide, "xyz", 2), 2); // no NUL
    TEXT_IS(wide, L"xyc");
    EQUAL(wcstombs(narrow, L"abc", 8), 3);
    NARROW_IS(narrow, "abc");
    EQUAL(wcstombs(NULL, L"abcdef", 0), 6);
    EQUAL(wcstombs(narrow, L"xyz", 2), 2);
    NARROW_IS(narrow, "xyc");
    EQUAL(mbstowcs_s(&converted, wide, 8, "abc", _TRUNCATE), 0);
    EQUAL(converted, 4);
    TEXT_IS(wide, L"abc");
    EQUAL(mbstowcs_s(&converted, wide, 3, "abcdef", _TRUNCATE), STRUNCATE);
    EQUAL(converted, 3);
    TEXT_IS(wide, L"ab");
    EQUAL(wcstombs_s(&converted, narrow, 8, L"abcdef", 3), 0);
    EQUAL(converted, 4);
    NARROW_IS(narrow, "abc");
    EQUAL(wcstombs_s(&converted, NULL, 0, L"abcdef", 0), 0);
    EQUAL(converted, 7);
    EQUAL(mbtowc(wide, "q", 1), 1);
    EQUAL(wide[0], 'q');
    EQUAL(mbtowc(wide, "", 1), 0);
    EQUAL(wctomb(narrow, L'q'), 1);
    EQUAL(narrow[0], 'q');
#ifndef _WIN32
    EQUAL(mbstowcs(wide, "\xE2\x82\xAC\xF0\x9F\x98\x80", 8), 3);
    TEXT_IS(wide, L"\x20AC\xD83D\xDE00");
    EQUAL(wcstombs(narrow, L"\x20AC\xD83D\xDE00", 8), 7);
    NARROW_IS(narrow, "\xE2\x82\xAC\xF0\x9F\x98\x80");
    EQUAL(wcstombs(narrow, L"\x20AC\xD83D\xDE00", 6), 3); // no character is cut in two
    errno = 0;
    EQUAL(mbstowcs(wide, "\xE2\x82", 8), (size_t)-1);
    EQUAL(errno, EILSEQ);
    errno = 0;
    EQUAL(wcstombs(narrow, L"\xDC00", 8), (size_t)-1);
    EQUAL(errno, EILSEQ);
    EQUAL(mbtowc(wide, "\xE2\x82\xAC", 3), 3);
    EQUAL(wide[0], 0x20AC);
    EQUAL(mbtowc(wide, "\xF0\x9F\x98\x80", 4), -1);
    EQUAL(wctomb(narrow, 0x20AC), 3);
    EQUAL(mbstowcs_s(NULL, wide, 2, "abcdef", 6), ERANGE);
    EQUAL(wide[0], 0);
    EQUAL(wcstombs_s(NULL, narrow, 2, L"abcdef", 6), ERANGE);
    EQUAL(mbstowcs_s(NULL, NULL, 2, "abcdef", 6), EINVAL);
#endif
}

int main(int argc, char **argv) {
    static const struct test_case cases[] = {
        CASE(lengths),
        CASE(copies),
        CASE(comparisons),
        CASE(searches),
        CASE(tokens),
        CASE(numbers_from_text),
        CASE(numbers_to_text),
        CASE(integer_formats),
        CASE(string_formats),
        CASE(floating_formats),
        CASE(no_room),
        CASE(lists),
        CASE(to_files),
        CASE(lists_to_files),
#ifndef _WIN32
        CASE(to_standard_output),
#endif
        CASE(secure_formats),
        CASE(secure_strings),
#ifndef _WIN32
        CASE(secure_errors),
        CASE(invalid_parameter_handler),
#endif
        CASE(multibyte),
    };
    return run_cases(cases, COUNT(cases), argc, argv);
}
