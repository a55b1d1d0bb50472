// children.h: programs of this directory start themselves again. The first argument of a child is what it is to do.
#ifndef CHILDREN_H
#define CHILDREN_H

#include "cases.h"
#include <stdlib.h>

static char own_path[4096];

MAYBE_UNUSED static void find_own_path(const char *argv0) {
#ifdef _WIN32
    (void)argv0;
    GetModuleFileNameA(NULL, own_path, sizeof own_path);
#else
    ssize_t length = readlink("/proc/self/exe", own_path, sizeof own_path - 1);
    own_path[length < 0 ? 0 : length] = 0;
    (void)argv0;
#endif
}

// Starts this program with that command line behind its name.
MAYBE_UNUSED static BOOL start_child(const char *arguments, DWORD flags, PROCESS_INFORMATION *child) {
    char line[8192];
    STARTUPINFOA startup;
    memset(&startup, 0, sizeof startup);
    startup.cb = sizeof startup;
    memset(child, 0, sizeof *child);
    snprintf(line, sizeof line, "\"%s\" %s", own_path, arguments);
    return CreateProcessA(own_path, line, NULL, NULL, FALSE, flags, NULL, NULL, &startup, child);
}

MAYBE_UNUSED static void close_child(const PROCESS_INFORMATION *child) {
    TRUTH(CloseHandle(child->hThread));
    TRUTH(CloseHandle(child->hProcess));
}

// Waits for the child's end, closes its handles, and returns its exit code.
MAYBE_UNUSED static DWORD end_of(const PROCESS_INFORMATION *child) {
    DWORD code = UNTOUCHED;
    EQUAL(WaitForSingleObject(child->hProcess, INFINITE), WAIT_OBJECT_0);
    TRUTH(GetExitCodeProcess(child->hProcess, &code));
    close_child(child);
    return code;
}

// The exit code of a child with these arguments.
MAYBE_UNUSED static DWORD run_child(const char *arguments) {
    PROCESS_INFORMATION child;
    if (!TRUTH(start_child(arguments, 0, &child))) return UNTOUCHED;
    return end_of(&child);
}

#endif
