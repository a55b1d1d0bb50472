// messages.c: FormatMessage.
#include "cases.h"
#include <stdarg.h>
#include <wchar.h>

#ifndef ERROR_NO_WORK_DONE
#define ERROR_NO_WORK_DONE 235
#endif

static char narrow[2048];
static wchar_t wide[2048];

static DWORD from_string(const char *definition, DWORD flags, const ULONG_PTR *arguments) {
    memset(narrow, 's', sizeof narrow);
    if (arguments) flags |= FORMAT_MESSAGE_ARGUMENT_ARRAY;
    return FormatMessageA(flags | FORMAT_MESSAGE_FROM_STRING, definition, 0, 0, narrow, sizeof narrow,
                          (va_list *)arguments);
}

static void is_made(const char *definition, DWORD flags, const ULONG_PTR *arguments, const char *expected) {
    wchar_t wide_definition[512], wide_expected[512];
    DWORD length = from_string(definition, flags, arguments);
    if (!TRUTH(length == strlen(expected) && !strcmp(narrow, expected)))
        printf("  \"%s\" is %u \"%.*s\", not \"%s\"\n", definition, (unsigned)length, (int)length, narrow, expected);
    if (arguments) return; // whose strings are narrow
    for (size_t i = 0; i <= strlen(definition); i++) wide_definition[i] = definition[i];
    for (size_t i = 0; i <= strlen(expected); i++) wide_expected[i] = expected[i];
    memset(wide, 's', sizeof wide);
    EQUAL(FormatMessageW(flags | FORMAT_MESSAGE_FROM_STRING, wide_definition, 0, 0, wide, COUNT(wide), NULL),
          strlen(expected));
    EQUAL(wcscmp(wide, wide_expected), 0);
}

static void escapes(void) {
    is_made("plain", 0, NULL, "plain");
    is_made("100%% a% b%.c%!d", 0, NULL, "100% a b.c!d");
    is_made("a%nb", 0, NULL, "a\r\nb");
    is_made("a%tb", 0, NULL, "a\tb");
    is_made("a%rb", 0, NULL, "a\rb");
    is_made("ends%0 here", 0, NULL, "ends");
    is_made("%q", 0, NULL, "q");
    is_made("one\r\ntwo\nthree\rfour", 0, NULL, "one\r\ntwo\r\nthree\r\nfour");
}

static void inserts(void) {
    const ULONG_PTR arguments[] = {(ULONG_PTR)"first", (ULONG_PTR)"second", 42, 0xABCD, (ULONG_PTR)L"wide"};
    is_made("%1 and %2", 0, arguments, "first and second");
    is_made("%2%1%2", 0, arguments, "secondfirstsecond");
    is_made("%1!s! %3!d! %4!x! %4!08X!", 0, arguments, "first 42 abcd 0000ABCD");
    is_made("[%1!8s!][%1!-8s!][%1!.2s!]", 0, arguments, "[   first][first   ][fi]");
    is_made("%5!ls! %5!S! %1!hs!", 0, arguments, "wide wide first");
    is_made("%3!u!%%", 0, arguments, "42%");
    is_made("%1!", FORMAT_MESSAGE_IGNORE_INSERTS, NULL, "%1!");
}

static void many_inserts(void) {
    ULONG_PTR arguments[99];
    for (int i = 0; i < 99; i++) arguments[i] = (ULONG_PTR)(i + 1);
    is_made("%10!d! %99!d! %9!d!0", 0, arguments, "10 99 90");
}

// "%1!*.*s! %4 %5!*s!" with 4, 2, "Bill", "Bob", 6, "Bill": the example of FormatMessage.
static void widths_from_arguments(void) {
    const ULONG_PTR arguments[] = {4, 2, (ULONG_PTR)"Bill", (ULONG_PTR)"Bob", 6, (ULONG_PTR)"Bill"};
    is_made("%1!*.*s! %4 %5!*s!", 0, arguments, "  Bi Bob   Bill");
}

static DWORD with_list(const wchar_t *definition, ...) {
    va_list list;
    va_start(list, definition);
    DWORD length = FormatMessageW(FORMAT_MESSAGE_FROM_STRING, definition, 0, 0, wide, COUNT(wide), &list);
    va_end(list);
    return length;
}

static void argument_list(void) {
    EQUAL(with_list(L"%3!d! %1 %2!lu! %1 %7!I64d!", L"one", (DWORD)4000000000u, -3, 4, 5, 6, (LONGLONG)5000000000), 32);
    TRUTH(!wcscmp(wide, L"-3 one 4000000000 one 5000000000"));
}

static void widths(void) {
    // no width: the definition's breaks; the widest: none but %n
    is_made("one\r\ntwo%nthree", FORMAT_MESSAGE_MAX_WIDTH_MASK, NULL, "one two\r\nthree");
    // broken at blanks
    is_made("one two three", 8, NULL, "one two\r\nthree");
    is_made("one two", 20, NULL, "one two");
}

static void errors(void) {
    memset(narrow, 's', sizeof narrow);
    FAILS(FormatMessageA(0, "x", 0, 0, narrow, sizeof narrow, NULL), ERROR_INVALID_PARAMETER);
#ifndef ON_WINE
    FAILS(FormatMessageA(FORMAT_MESSAGE_FROM_STRING, "x", 0, 0, NULL, 10, NULL), ERROR_INVALID_PARAMETER);
#endif
    FAILS(FormatMessageW(FORMAT_MESSAGE_FROM_STRING, L"x", 0, 0, NULL, 10, NULL), ERROR_INVALID_PARAMETER);
    FAILS(FormatMessageA(FORMAT_MESSAGE_FROM_STRING, "twelve chars", 0, 0, narrow, 12, NULL), ERROR_INSUFFICIENT_BUFFER);
    EQUAL(narrow[13], 's');
    EQUAL(FormatMessageA(FORMAT_MESSAGE_FROM_STRING, "twelve chars", 0, 0, narrow, 13, NULL), 12);
    FAILS(FormatMessageW(FORMAT_MESSAGE_FROM_STRING, L"twelve chars", 0, 0, wide, 12, NULL), ERROR_INSUFFICIENT_BUFFER);
    FAILS(FormatMessageA(FORMAT_MESSAGE_FROM_STRING, "no %1", 0, 0, narrow, sizeof narrow, NULL),
          ERROR_INVALID_PARAMETER);
    FAILS(FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM, NULL, 0x2ABCDEF0, 0, narrow, sizeof narrow, NULL),
          ERROR_MR_MID_NOT_FOUND);
    FAILS(FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM, NULL, 0x2ABCDEF0, 0, wide, COUNT(wide), NULL),
          ERROR_MR_MID_NOT_FOUND);
#ifndef _WIN32 // ELF modules have no resources
    FAILS(FormatMessageA(FORMAT_MESSAGE_FROM_HMODULE, NULL, 5, 0, narrow, sizeof narrow, NULL),
          ERROR_RESOURCE_TYPE_NOT_FOUND);
    FAILS(FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM, NULL, 5, MAKELANGID(LANG_GERMAN, 1), narrow, sizeof narrow, NULL),
          ERROR_RESOURCE_LANG_NOT_FOUND);
    FAILS(FormatMessageA(FORMAT_MESSAGE_FROM_STRING, "%1!d", 0, 0, narrow, sizeof narrow, NULL),
          ERROR_INVALID_PARAMETER);
#endif
}

static void allocated(void) {
    char *text = (char *)1;
    DWORD length = FormatMessageA(FORMAT_MESSAGE_ALLOCATE_BUFFER | FORMAT_MESSAGE_FROM_STRING, "made", 0, 0,
                                  (LPSTR)&text, 100, NULL);
    EQUAL(length, 4);
    REQUIRE(text);
    TRUTH(!strcmp(text, "made"));
    text[99] = 'x'; // as long as was asked for
    EQUAL(LocalFree(text), NULL);
    wchar_t *wide_text = NULL;
    length = FormatMessageW(FORMAT_MESSAGE_ALLOCATE_BUFFER | FORMAT_MESSAGE_FROM_STRING, L"made", 0, 0,
                            (LPWSTR)&wide_text, 0, NULL);
    EQUAL(length, 4);
    REQUIRE(wide_text);
    TRUTH(!wcscmp(wide_text, L"made"));
    EQUAL(LocalFree(wide_text), NULL);
    text = (char *)1;
    FAILS(FormatMessageA(FORMAT_MESSAGE_ALLOCATE_BUFFER | FORMAT_MESSAGE_FROM_SYSTEM, NULL, 0x2ABCDEF0, 0, (LPSTR)&text,
                         0, NULL), ERROR_MR_MID_NOT_FOUND);
    FAILS(FormatMessageA(FORMAT_MESSAGE_ALLOCATE_BUFFER | FORMAT_MESSAGE_FROM_STRING, "x", 0, 0, NULL, 0, NULL),
          ERROR_NOT_ENOUGH_MEMORY);
    text = (char *)1;
    FAILS(FormatMessageA(FORMAT_MESSAGE_ALLOCATE_BUFFER | FORMAT_MESSAGE_FROM_STRING, "", 0, 0, (LPSTR)&text, 0, NULL),
          ERROR_NO_WORK_DONE);
    EQUAL(text, NULL);
}

static void nothing_made(void) {
    memset(narrow, 's', sizeof narrow);
    memset(wide, 's', sizeof wide);
    FAILS(FormatMessageA(FORMAT_MESSAGE_FROM_STRING, "", 0, 0, narrow, sizeof narrow, NULL), ERROR_NO_WORK_DONE);
    FAILS(FormatMessageW(FORMAT_MESSAGE_FROM_STRING, L"%0", 0, 0, wide, COUNT(wide), NULL), ERROR_NO_WORK_DONE);
#ifndef _WIN32
    EQUAL(narrow[0], 0);
    EQUAL(wide[0], 0);
#endif
}

static void from_the_system(void) {
    static const DWORD codes[] = {ERROR_FILE_NOT_FOUND, ERROR_ACCESS_DENIED, ERROR_INVALID_HANDLE,
                                  ERROR_INVALID_PARAMETER, ERROR_ALREADY_EXISTS, ERROR_IO_PENDING,
#ifndef ON_WINE // whose table lacks it
                                  WAIT_TIMEOUT,
#endif
    };
    for (size_t i = 0; i < COUNT(codes); i++) {
        memset(narrow, 's', sizeof narrow);
        DWORD length = FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL, codes[i],
                                      MAKELANGID(LANG_NEUTRAL, SUBLANG_DEFAULT), narrow, sizeof narrow, NULL);
        REQUIRE(length > 4 && length < 512);
        EQUAL(narrow[length], 0);
        TRUTH(!strcmp(narrow + length - 2, "\r\n"));
        EQUAL(FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL, codes[i], 0x409, wide,
                             COUNT(wide), NULL), length);
        EQUAL(wide[0], narrow[0]);
        // in one line
        length = FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_MAX_WIDTH_MASK, NULL, codes[i], 0, narrow,
                                sizeof narrow, NULL);
        REQUIRE(length > 4);
        EQUAL(narrow[length - 1], ' ');
        EQUAL(strchr(narrow, '\n'), NULL);
    }
#ifndef _WIN32
    TRUTH(FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM, NULL, ERROR_INVALID_HANDLE, 0, narrow, sizeof narrow, NULL));
    TRUTH(!strcmp(narrow, "The handle is not valid.\r\n"));
    TRUTH(FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM, NULL, HRESULT_FROM_WIN32(6), 0, narrow, sizeof narrow, NULL));
    TRUTH(!strcmp(narrow, "The handle is not valid.\r\n"));
    TRUTH(FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_FROM_HMODULE, NULL, 6, 0, narrow, sizeof narrow,
                         NULL));
#endif
}

static void results(void) {
    EQUAL(HRESULT_FROM_WIN32(ERROR_ACCESS_DENIED), E_ACCESSDENIED);
    EQUAL(HRESULT_FROM_WIN32(0), S_OK);
    EQUAL(HRESULT_CODE(E_ACCESSDENIED), ERROR_ACCESS_DENIED);
    EQUAL(HRESULT_FACILITY(E_ACCESSDENIED), FACILITY_WIN32);
    TRUTH(FAILED(E_FAIL));
    TRUTH(SUCCEEDED(S_FALSE));
    EQUAL(MAKE_HRESULT(SEVERITY_ERROR, FACILITY_WIN32, 5), E_ACCESSDENIED);
}

int main(int argc, char **argv) {
    static const struct test_case cases[] = {
        CASE(escapes),
        CASE(inserts),
        CASE(many_inserts),
        CASE(widths_from_arguments),
        CASE(argument_list),
        CASE(widths),
        CASE(errors),
        CASE(allocated),
        CASE(nothing_made),
        CASE(from_the_system),
        CASE(results),
    };
    return run_cases(cases, COUNT(cases), argc, argv);
}
