// environment.c: environment variables, the command line and the current directory of a program.
#include "cases.h"
#include <stdlib.h>

static char buffer[64];
static WCHAR wide_buffer[64];

static void refill(void) {
    memset(buffer, 0x5A, sizeof buffer);
    memset(wide_buffer, 0x5A, sizeof wide_buffer);
}

static const WCHAR wide_name[] = {'S', 'B', '_', 'W', 0}, wide_value[] = {'v', 0xE4, 0x20AC, 0xD83D, 0xDE00, 0};

static void set_and_get(void) {
    QUIETLY(SetEnvironmentVariableA("SB_A", "1234"), TRUE);
    refill();
    QUIETLY(GetEnvironmentVariableA("SB_A", buffer, sizeof buffer), 4);
    TRUTH(!strcmp(buffer, "1234"));
    EQUAL(buffer[5], 0x5A);
    QUIETLY(SetEnvironmentVariableA("SB_A", "other"), TRUE);
    EQUAL(GetEnvironmentVariableA("SB_A", buffer, sizeof buffer), 5);
    TRUTH(!strcmp(buffer, "other"));
    QUIETLY(SetEnvironmentVariableA("SB_A", NULL), TRUE);
    FAILS(GetEnvironmentVariableA("SB_A", buffer, sizeof buffer), ERROR_ENVVAR_NOT_FOUND);
}

static void sizes(void) {
    SetEnvironmentVariableA("SB_A", "1234");
    refill();
    QUIETLY(GetEnvironmentVariableA("SB_A", NULL, 0), 5);
    QUIETLY(GetEnvironmentVariableA("SB_A", buffer, 4), 5);
    EQUAL(buffer[4], 0x5A); // not written past the size
    QUIETLY(GetEnvironmentVariableA("SB_A", buffer, 5), 4);
    TRUTH(!strcmp(buffer, "1234"));
    SetEnvironmentVariableA("SB_A", "");
    QUIETLY(GetEnvironmentVariableA("SB_A", buffer, sizeof buffer), 0);
    EQUAL(buffer[0], 0);
    QUIETLY(GetEnvironmentVariableA("SB_A", NULL, 0), 1);
    SetEnvironmentVariableA("SB_A", NULL);
}

static void wide_form(void) {
    QUIETLY(SetEnvironmentVariableW(wide_name, wide_value), TRUE);
    refill();
    QUIETLY(GetEnvironmentVariableW(wide_name, wide_buffer, COUNT(wide_buffer)), 5);
    TRUTH(!memcmp(wide_buffer, wide_value, sizeof wide_value));
    QUIETLY(GetEnvironmentVariableW(wide_name, wide_buffer, 5), 6);
    QUIETLY(GetEnvironmentVariableW(wide_name, NULL, 0), 6);
#ifndef _WIN32 // there the bytes are of the system's code page
    EQUAL(GetEnvironmentVariableA("SB_W", buffer, sizeof buffer), 10);
    TRUTH(!strcmp(buffer, "v\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80"));
    TRUTH(getenv("SB_W") && !strcmp(getenv("SB_W"), buffer)); // it is libc's environment
#endif
    // A lone surrogate comes back as it was.
    static const WCHAR lone[] = {'x', 0xD800, 'y', 0xDC01, 0};
    TRUTH(SetEnvironmentVariableW(wide_name, lone));
    EQUAL(GetEnvironmentVariableW(wide_name, wide_buffer, COUNT(wide_buffer)), 4);
    TRUTH(!memcmp(wide_buffer, lone, sizeof lone));
    QUIETLY(SetEnvironmentVariableW(wide_name, NULL), TRUE);
    FAILS(GetEnvironmentVariableW(wide_name, wide_buffer, COUNT(wide_buffer)), ERROR_ENVVAR_NOT_FOUND);
}

static void names_differ_by_case_only_if_both_are_there(void) {
    SetEnvironmentVariableA("Sb_Case", "one");
    EQUAL(GetEnvironmentVariableA("SB_CASE", buffer, sizeof buffer), 3);
    SetEnvironmentVariableA("SB_CASE", "three");
    EQUAL(GetEnvironmentVariableA("sb_case", buffer, sizeof buffer), 5);
    EQUAL(GetEnvironmentVariableA("Sb_Case", buffer, sizeof buffer), 5);
    SetEnvironmentVariableA("sb_case", NULL);
    FAILS(GetEnvironmentVariableA("Sb_Case", buffer, sizeof buffer), ERROR_ENVVAR_NOT_FOUND);
}

static void bad_names(void) {
    static const WCHAR none[] = {0}, bad[] = {'a', '=', 'b', 0};
    FAILS(SetEnvironmentVariableA("", "x"), ERROR_INVALID_PARAMETER);
    FAILS(SetEnvironmentVariableA("SB=A", "x"), ERROR_INVALID_PARAMETER);
    FAILS(SetEnvironmentVariableW(none, none), ERROR_INVALID_PARAMETER);
    FAILS(SetEnvironmentVariableW(bad, none), ERROR_INVALID_PARAMETER);
#ifndef ON_WINE // Windows reports what it does not find; .NET counts on it
    FAILS(SetEnvironmentVariableA("SB_NO_SUCH", NULL), ERROR_ENVVAR_NOT_FOUND);
#endif
    FAILS(GetEnvironmentVariableA("SB_NO_SUCH", buffer, sizeof buffer), ERROR_ENVVAR_NOT_FOUND);
    FAILS(GetEnvironmentVariableA("", buffer, sizeof buffer), ERROR_ENVVAR_NOT_FOUND);
#ifndef ON_WINE
    FAILS(SetEnvironmentVariableA(NULL, "x"), ERROR_INVALID_PARAMETER);
#endif
}

static void the_block(void) {
    SetEnvironmentVariableA("SB_BLOCK", "here it is");
    int found = 0, count = 0;
    char *block = GetEnvironmentStringsA();
    REQUIRE(block);
    for (char *entry = block; *entry; entry += strlen(entry) + 1, count++) {
        if (!strcmp(entry, "SB_BLOCK=here it is")) found++;
        TRUTH(strchr(entry + 1, '=') != NULL);
        TRUTH(strncmp(entry, "SIGNALBOX_", 10) != 0);
    }
    EQUAL(found, 1);
    TRUTH(FreeEnvironmentStringsA(block));
    WCHAR *wide = GetEnvironmentStringsW();
    REQUIRE(wide);
    int wide_count = 0;
    for (WCHAR *entry = wide; *entry; entry++, wide_count++)
        while (*entry) entry++;
    EQUAL(wide_count, count);
    TRUTH(FreeEnvironmentStringsW(wide));
    SetEnvironmentVariableA("SB_BLOCK", NULL);
}

static DWORD WINAPI change_variables(LPVOID argument) {
    char name[32], value[300];
    for (int i = 0; i < 500; i++) {
        snprintf(name, sizeof name, "SB_%d_%d", (int)(ULONG_PTR)argument, i % 50);
        memset(value, 'x', sizeof value);
        value[i % 290] = 0;
        if (!SetEnvironmentVariableA(name, value)) return 1;
        if (GetEnvironmentVariableA(name, value, sizeof value) != (DWORD)(i % 290)) return 2;
        char *block = GetEnvironmentStringsA();
        if (!block) return 3;
        FreeEnvironmentStringsA(block);
        if (!SetEnvironmentVariableA(name, NULL)) return 4;
    }
    return 0;
}

static void several_threads(void) {
    HANDLE threads[4];
    for (int i = 0; i < 4; i++) threads[i] = start(change_variables, (LPVOID)(ULONG_PTR)i, NULL);
    for (int i = 0; i < 4; i++) EQUAL(join(threads[i]), 0);
}

// ---- the current directory

#ifdef _WIN32
#define FOLDER "C:\\windows"
#define OTHER "C:\\"
#define FILE_THERE "C:\\windows\\win.ini"
#else
#define FOLDER "/usr"
#define OTHER "/"
#define FILE_THERE "/etc/passwd"
#endif

static void current_directory(void) {
    char before[4096], here[4096];
    WCHAR wide[4096];
    DWORD length = GetCurrentDirectoryA(sizeof before, before);
    REQUIRE(length > 0 && length == strlen(before));
    QUIETLY(GetCurrentDirectoryA(0, NULL), length + 1);
    memset(here, 0x5A, sizeof here);
    QUIETLY(GetCurrentDirectoryA(length, here), length + 1);
    QUIETLY(GetCurrentDirectoryA(length + 1, here), length);
    QUIETLY(SetCurrentDirectoryA(FOLDER), TRUE);
    EQUAL(GetCurrentDirectoryA(sizeof here, here), strlen(FOLDER));
    TRUTH(!_stricmp(here, FOLDER));
    QUIETLY(GetCurrentDirectoryW(COUNT(wide), wide), strlen(FOLDER));
    EQUAL(wide[strlen(FOLDER)], 0);
    QUIETLY(GetCurrentDirectoryW(0, NULL), strlen(FOLDER) + 1);
    TRUTH(SetCurrentDirectoryA(OTHER));
    EQUAL(GetCurrentDirectoryA(sizeof here, here), strlen(OTHER));
    QUIETLY(SetCurrentDirectoryW(wide), TRUE);
    EQUAL(GetCurrentDirectoryA(sizeof here, here), strlen(FOLDER));
    TRUTH(SetCurrentDirectoryA(before));
}

static void bad_directories(void) {
    char before[4096], after[4096];
    static const WCHAR missing[] = {'n', 'o', '-', 's', 'u', 'c', 'h', 0};
    GetCurrentDirectoryA(sizeof before, before);
    FAILS(SetCurrentDirectoryA("no-such-folder"), ERROR_FILE_NOT_FOUND);
    FAILS(SetCurrentDirectoryW(missing), ERROR_FILE_NOT_FOUND);
    FAILS(SetCurrentDirectoryA("no-such-folder/below"), ERROR_PATH_NOT_FOUND);
    FAILS(SetCurrentDirectoryA("no-such-folder\\below"), ERROR_PATH_NOT_FOUND);
    FAILS(SetCurrentDirectoryA(FILE_THERE), ERROR_DIRECTORY);
    FAILS(SetCurrentDirectoryA(""), ERROR_INVALID_NAME);
#ifndef _WIN32
    FAILS(SetCurrentDirectoryA(NULL), ERROR_INVALID_PARAMETER);
    FAILS(SetCurrentDirectoryW(NULL), ERROR_INVALID_PARAMETER);
#endif
    GetCurrentDirectoryA(sizeof after, after);
    TRUTH(!strcmp(before, after));
}

static void command_line(void) {
    const char *line = GetCommandLineA();
    const WCHAR *wide = GetCommandLineW();
    REQUIRE(line && wide);
    TRUTH(strstr(line, "environment") != NULL);
    EQUAL(GetCommandLineA(), line);
    EQUAL(GetCommandLineW(), wide);
    EQUAL(wide[strlen(line)], 0);
}

static void startup_information(void) {
    STARTUPINFOA narrow;
    STARTUPINFOW wide;
    memset(&narrow, 0x5A, sizeof narrow);
    memset(&wide, 0x5A, sizeof wide);
    GetStartupInfoA(&narrow);
    GetStartupInfoW(&wide);
    EQUAL(narrow.cb, sizeof narrow);
    EQUAL(wide.cb, sizeof wide);
    EQUAL(narrow.lpReserved, NULL);
    TRUTH(narrow.lpTitle != NULL && wide.lpTitle != NULL);
    EQUAL(narrow.dwFlags & STARTF_USESTDHANDLES, 0);
}

static const struct test_case cases[] = {
    CASE(set_and_get),
    CASE(sizes),
    CASE(wide_form),
    CASE(names_differ_by_case_only_if_both_are_there),
    CASE(bad_names),
    CASE(the_block),
    CASE(several_threads),
    CASE(current_directory),
    CASE(bad_directories),
    CASE(command_line),
    CASE(startup_information),
};

int main(int argc, char **argv) { return run_cases(cases, COUNT(cases), argc, argv); }
