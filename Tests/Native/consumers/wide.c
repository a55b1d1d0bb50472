// wide.c: a program with a wide _tmain, in C and in C++, whatever it includes and in which order; optimised, and with
// libc's checks, whose inline functions are for wide characters of 32 bits.
#if defined(__cplusplus)
#include <cmath>
#include <cstdlib>
#include <cwchar>
#include <string>
#else
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#endif
#include <stdio.h>
#include <Windows.h>
#include <tchar.h>

static int failures;

static void check(int condition, const char *what) {
    if (condition) return;
    fprintf(stderr, "FAIL %s\n", what);
    failures++;
}
#define CHECK(condition) check(condition, #condition)

int _tmain(int argc, _TCHAR *argv[]) {
    wchar_t buffer[32], *end;
    _TCHAR text[32];
    char narrow[32];
    CHECK(argc == 2);
#if defined(_UNICODE)
    CHECK(!wcscmp(argv[1], L"\x20AC\xD83D\xDE00"));
    CHECK(argv[2] == NULL);
#else
    CHECK(!strcmp(argv[1], "\xE2\x82\xAC\xF0\x9F\x98\x80"));
#endif
    CHECK(wcslen(L"sechs!") == 6);
    CHECK(mbstowcs(buffer, "hi", 32) == 2);
    CHECK(!wcscmp(wcscat(buffer, L" there"), L"hi there"));
    CHECK(wcscpy(buffer, L"copied") == buffer && !wcscmp(buffer, L"copied"));
    CHECK(wcstombs(narrow, buffer, sizeof narrow) == 6 && !strcmp(narrow, "copied"));
    CHECK(swprintf(buffer, 32, L"%s %d", L"wide", 5) == 6 && !wcscmp(buffer, L"wide 5"));
    CHECK(wcstol(L"42x", &end, 10) == 42 && *end == L'x');
    CHECK(_stprintf_s(text, _countof(text), _T("%s-%d"), _T("t"), 7) == 3 && !_tcscmp(text, _T("t-7")));
    CHECK(_tcsrchr(_T("a/b/c"), _T('/')) != NULL);
    CHECK(_ttoi(_T("12")) == 12);
#if defined(__cplusplus)
    const wchar_t *constant = L"const";
    CHECK(std::wcslen(constant) == 5);
    CHECK(std::wcschr(constant, L'n') == constant + 2);
    CHECK(std::mbstowcs(buffer, "std", 32) == 3);
    CHECK(swprintf(buffer, L"%d", 6) == 1);
    CHECK(swprintf_s(buffer, L"%s", L"sized") == 5);
    CHECK(wcscpy_s(buffer, L"sized") == 0);
    CHECK(sprintf_s(narrow, "%d", 8) == 1);
    CHECK(std::string("still") == "still");
#endif
    return failures != 0;
}
