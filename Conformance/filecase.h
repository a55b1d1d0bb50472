// filecase.h: what the programs that test files share: a folder of their own, and files in it.
#ifndef FILECASE_H
#define FILECASE_H

#include "cases.h"

#define RW (GENERIC_READ | GENERIC_WRITE)
#define SHARE_ALL (FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)

// A folder of this program's own, with a separator at the end.
static char folder[MAX_PATH + 40];

static const char *at(const char *name) {
    static char paths[8][MAX_PATH + 300];
    static LONG volatile next;
    char *path = paths[(DWORD)InterlockedIncrement(&next) % 8];
    snprintf(path, sizeof paths[0], "%s%s", folder, name);
    return path;
}

static void make_folder(void) {
    char temp[MAX_PATH];
    if (folder[0]) return;
    GetTempPathA(sizeof temp, temp);
    snprintf(folder, sizeof folder, "%sfiles-%u-%u\\", temp, (unsigned)GetCurrentProcessId(), (unsigned)GetTickCount());
    TRUTH(CreateDirectoryA(folder, NULL));
}

MAYBE_UNUSED static HANDLE open_as(const char *path, DWORD access, DWORD share, DWORD disposition, DWORD flags) {
    return CreateFileA(path, access, share, NULL, disposition, flags, NULL);
}

MAYBE_UNUSED static void put(const char *path, const char *text) {
    DWORD count = 0;
    HANDLE file = open_as(path, GENERIC_WRITE, 0, CREATE_ALWAYS, 0);
    if (!TRUTH(file != INVALID_HANDLE_VALUE)) return;
    TRUTH(WriteFile(file, text, (DWORD)strlen(text), &count, NULL));
    EQUAL(count, strlen(text));
    CloseHandle(file);
}

// The file's bytes, as a string.
MAYBE_UNUSED static const char *get(const char *path) {
    static char text[256];
    DWORD count = 0;
    HANDLE file = open_as(path, GENERIC_READ, SHARE_ALL, OPEN_EXISTING, 0);
    memset(text, 0, sizeof text);
    if (file == INVALID_HANDLE_VALUE) return "(none)";
    TRUTH(ReadFile(file, text, sizeof text - 1, &count, NULL));
    CloseHandle(file);
    return text;
}

MAYBE_UNUSED static int exists(const char *path) { return GetFileAttributesA(path) != INVALID_FILE_ATTRIBUTES; }

static void the_folder_is_empty_in_the_end(void) {
    make_folder();
    TRUTH(RemoveDirectoryA(folder));
    folder[0] = 0;
}

// Makes the folder first, and looks last that it is empty.
#define RUN_FILE_CASES(cases) \
    int main(int argc, char **argv) { \
        int failed; \
        static const struct test_case last[] = {CASE(the_folder_is_empty_in_the_end)}; \
        make_folder(); \
        failed = run_cases(cases, COUNT(cases), argc, argv); \
        return run_cases(last, 1, 1, argv) || failed; \
    }

#endif
