// modules.c: loading modules, finding functions in them, and what a module's DllMain is called for.
//
// On Linux the modules are compiled by the case that needs them; without a compiler those cases are left out.
#include "cases.h"
#include <stdlib.h>

typedef DWORD(WINAPI *no_arguments)(void);

static void our_own_module_by_its_names(void) {
    HMODULE kernel = GetModuleHandleA("kernel32.dll");
    REQUIRE(kernel);
    EQUAL(GetModuleHandleA("KERNEL32"), kernel);
    static const WCHAR wide[] = {'k', 'e', 'r', 'n', 'e', 'l', '3', '2', '.', 'd', 'l', 'l', 0};
    EQUAL(GetModuleHandleW(wide), kernel);
    no_arguments get_id = (no_arguments)(void *)GetProcAddress(kernel, "GetCurrentThreadId");
    REQUIRE(get_id);
    EQUAL(get_id(), GetCurrentThreadId());
    FAILS(GetProcAddress(kernel, "NoSuchFunction"), ERROR_PROC_NOT_FOUND);
    FAILS(GetProcAddress(kernel, "getcurrentthreadid"), ERROR_PROC_NOT_FOUND); // names have their case
    HMODULE loaded = LoadLibraryA("kernel32.dll");
    EQUAL(loaded, kernel);
    TRUTH(FreeLibrary(loaded));
    EQUAL(LoadLibraryW(wide), kernel);
    TRUTH(FreeLibrary(kernel));
    EQUAL(GetModuleHandleA("kernel32.dll"), kernel);
}

static void the_program(void) {
    HMODULE program = GetModuleHandleA(NULL), found = NULL;
    REQUIRE(program);
    EQUAL(GetModuleHandleW(NULL), program);
    TRUTH(GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
                             (LPCSTR)(void *)the_program, &found));
    EQUAL(found, program);
    char path[MAX_PATH] = "", other[MAX_PATH] = "";
    DWORD length = GetModuleFileNameA(NULL, path, sizeof path);
    TRUTH(length > 0 && length == strlen(path));
    TRUTH(strstr(path, "modules") != NULL);
    EQUAL(GetModuleFileNameA(program, other, sizeof other), length);
    TRUTH(!strcmp(path, other));
    WCHAR wide[MAX_PATH] = {0};
    EQUAL(GetModuleFileNameW(NULL, wide, MAX_PATH), length);
    for (DWORD i = 0; i <= length; i++) EQUAL(wide[i], (WCHAR)path[i]);
#ifndef ON_WINE // which cuts without a 0, as Windows XP did (GetModuleFileName)
    memset(other, 'x', sizeof other);
    FAILS_WITH(GetModuleFileNameA(NULL, other, 5), 5, ERROR_INSUFFICIENT_BUFFER);
    TRUTH(!strncmp(path, other, 4) && other[4] == 0 && other[5] == 'x');
    memset(wide, 0x5E, sizeof wide);
    FAILS_WITH(GetModuleFileNameW(NULL, wide, length), length, ERROR_INSUFFICIENT_BUFFER);
    EQUAL(wide[length - 1], 0);
#endif
    EQUAL(GetModuleFileNameA(NULL, other, length + 1), length);
}

static void modules_that_there_are_not(void) {
    HMODULE found = (HMODULE)UNTOUCHED, none = (HMODULE)(ULONG_PTR)0x10000;
    char path[MAX_PATH] = "x";
    FAILS(LoadLibraryA("no such module"), ERROR_MOD_NOT_FOUND);
    static const WCHAR wide[] = {'n', 'o', 'n', 'e', '.', 'd', 'l', 'l', 0};
    FAILS(LoadLibraryW(wide), ERROR_MOD_NOT_FOUND);
    FAILS(GetModuleHandleA("no such module"), ERROR_MOD_NOT_FOUND);
    FAILS(GetModuleHandleW(wide), ERROR_MOD_NOT_FOUND);
    FAILS(GetModuleHandleExA(0, "no such module", &found), ERROR_MOD_NOT_FOUND);
    EQUAL(found, NULL);
    FAILS(GetModuleHandleExW(0, wide, &found), ERROR_MOD_NOT_FOUND);
    FAILS(GetModuleHandleExA(0, NULL, NULL), ERROR_INVALID_PARAMETER);
    found = (HMODULE)UNTOUCHED;
    DWORD both = GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT;
    FAILS(GetModuleHandleExA(both, NULL, &found), ERROR_INVALID_PARAMETER);
    FAILS(FreeLibrary(none), ERROR_MOD_NOT_FOUND);
    FAILS(FreeLibrary(NULL), ERROR_INVALID_HANDLE);
    FAILS(GetProcAddress(none, "GetLastError"), ERROR_MOD_NOT_FOUND);
    FAILS(GetModuleFileNameA(none, path, sizeof path), ERROR_MOD_NOT_FOUND);
#ifndef ON_WINE
    EQUAL(path[0], 'x');
    FAILS(DisableThreadLibraryCalls(none), ERROR_MOD_NOT_FOUND);
#endif
}

static void a_count_of_references(void) {
    HMODULE first = NULL, second = NULL;
    TRUTH(GetModuleHandleExA(0, "kernel32.dll", &first));
    static const WCHAR wide[] = {'k', 'e', 'r', 'n', 'e', 'l', '3', '2', 0};
    TRUTH(GetModuleHandleExW(0, wide, &second));
    EQUAL(first, second);
    TRUTH(FreeLibrary(first));
    TRUTH(FreeLibrary(second));
    EQUAL(GetModuleHandleA("kernel32"), first);
    TRUTH(GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_PIN, "kernel32.dll", &first));
    EQUAL(first, second);
}

#ifndef _WIN32
// ---- modules of our own making

static char folder[] = "/tmp/signalbox-modules-XXXXXX";

// What DllMain was called for, as digits, by each module.
static char const *const source =
    "#include <pthread.h>\n"
    "#include <string.h>\n"
    "static char calls[256]; static int is_first = 1; static void *last_reserved;\n"
    "static char *outside;\n"
    "int DllMain(void *module, unsigned reason, void *reserved) {\n"
    "    (void)module; last_reserved = reserved;\n"
    "    char digit[2] = {(char)('0' + reason), 0};\n"
    "    if (strlen(calls) < 200) strcat(calls, digit);\n"
    "    if (outside) strcat(outside, digit);\n"
    "    return !(REFUSES && reason == 1);\n"
    "}\n"
    "const char *calls_so_far(void) { return calls; }\n"
    "void report_to(char *to) { outside = to; }\n"
    "int answer(void) { return 42 + is_first - 1; }\n";

static BOOL compile(const char *name, const char *text, const char *flags) {
    char command[1024], path[256];
    snprintf(path, sizeof path, "%s/%s.c", folder, name);
    FILE *file = fopen(path, "w");
    if (!file) return FALSE;
    fputs(text, file);
    fclose(file);
    snprintf(command, sizeof command, "cc -shared -fPIC -w %s -o %s/%s.so %s 2>/dev/null", flags, folder, name, path);
    return system(command) == 0;
}

static BOOL make_modules(void) {
    static int is_made;
    if (!is_made) {
        is_made = 1;
        if (!mkdtemp(folder) || !compile("plain", "int answer(void) { return 7; }", "") ||
            !compile("told", source, "-DREFUSES=0") || !compile("refusing", source, "-DREFUSES=1") ||
            !compile("lacking", "int there_is_none(void); int f(void) { return there_is_none(); }", "-Wl,-z,now"))
            is_made = -1;
    }
    return is_made > 0;
}

static HMODULE load(const char *name) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return LoadLibraryA(path);
}

static void a_module_without_dllmain(void) {
    if (!make_modules()) SKIP("there is no compiler");
    HMODULE module = load("plain.so");
    REQUIRE(module);
    EQUAL(load("plain"), module);     // the extension may be left out
    EQUAL(load("plain.dll"), module); // or be that of Windows
    int (*answer)(void) = (int (*)(void))(void *)GetProcAddress(module, "answer");
    REQUIRE(answer);
    EQUAL(answer(), 7);
    FAILS(GetProcAddress(module, "printf"), ERROR_PROC_NOT_FOUND); // another's
    FAILS(GetProcAddress(module, (LPCSTR)(ULONG_PTR)3), ERROR_INVALID_ORDINAL);
    EQUAL(GetModuleHandleA("plain.so"), module);
    EQUAL(GetModuleHandleA("plain"), module);
    char path[MAX_PATH], expected[MAX_PATH];
    snprintf(expected, sizeof expected, "%s/plain.so", folder);
    EQUAL(GetModuleFileNameA(module, path, sizeof path), strlen(expected));
    TRUTH(!strcmp(path, expected));
    HMODULE found = NULL;
    TRUTH(GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, (LPCSTR)(void *)answer, &found)); // one more
    EQUAL(found, module);
    for (int i = 0; i < 4; i++) {
        EQUAL(GetModuleHandleA("plain.so"), module);
        TRUTH(FreeLibrary(module));
    }
    FAILS(GetModuleHandleA("plain.so"), ERROR_MOD_NOT_FOUND);
    FAILS(FreeLibrary(module), ERROR_MOD_NOT_FOUND);
}

static void a_module_in_the_current_folder(void) {
    if (!make_modules()) SKIP("there is no compiler");
    char before[MAX_PATH], path[MAX_PATH], expected[MAX_PATH];
    REQUIRE(getcwd(before, sizeof before) && chdir(folder) == 0);
    HMODULE by_name = LoadLibraryA("plain"), by_path = LoadLibraryA(".\\plain.so");
    EQUAL(chdir(before), 0);
    REQUIRE(by_name);
    EQUAL(by_path, by_name);
    snprintf(expected, sizeof expected, "%s/plain.so", folder);
    EQUAL(GetModuleFileNameA(by_name, path, sizeof path), strlen(expected));
    TRUTH(!strcmp(path, expected)); // whatever folder is the current one now
    EQUAL(GetModuleHandleA(expected), by_name);
    TRUTH(FreeLibrary(by_name));
    TRUTH(FreeLibrary(by_path));
    FAILS(GetModuleHandleA(expected), ERROR_MOD_NOT_FOUND);
}

static void what_is_no_module(void) {
    if (!make_modules()) SKIP("there is no compiler");
    FAILS(load("plain.c"), ERROR_BAD_EXE_FORMAT);
    FAILS(load("lacking.so"), ERROR_PROC_NOT_FOUND);
    FAILS(load("none.so"), ERROR_MOD_NOT_FOUND);
    FAILS(LoadLibraryA(NULL), ERROR_INVALID_PARAMETER);
}

static DWORD WINAPI do_nothing(LPVOID unused) {
    (void)unused;
    return 0;
}

static HANDLE may_end;
static DWORD WINAPI wait_to_end(LPVOID unused) {
    (void)unused;
    return WaitForSingleObject(may_end, INFINITE);
}

static void dllmain_is_told(void) {
    if (!make_modules()) SKIP("there is no compiler");
    may_end = CreateEventA(NULL, TRUE, FALSE, NULL);
    HANDLE before = start(wait_to_end, NULL, NULL);
    HMODULE module = load("told.so");
    REQUIRE(module);
    const char *(*calls)(void) = (const char *(*)(void))(void *)GetProcAddress(module, "calls_so_far");
    void (*report)(char *) = (void (*)(char *))(void *)GetProcAddress(module, "report_to");
    REQUIRE(calls && report);
    TRUTH(!strcmp(calls(), "1"));
    EQUAL(load("told.so"), module);
    TRUTH(!strcmp(calls(), "1")); // once
    join(start(do_nothing, NULL, NULL));
    TRUTH(!strcmp(calls(), "123"));
    TRUTH(SetEvent(may_end)); // a thread that was there before says only that it ends
    join(before);
    TRUTH(!strcmp(calls(), "1233"));
    TRUTH(FreeLibrary(module));
    TRUTH(!strcmp(calls(), "1233"));
    QUIETLY(DisableThreadLibraryCalls(module), TRUE);
    join(start(do_nothing, NULL, NULL));
    TRUTH(!strcmp(calls(), "1233"));
    char last[8] = "";
    report(last);
    TRUTH(FreeLibrary(module));
    TRUTH(!strcmp(last, "0"));
    FAILS(FreeLibrary(module), ERROR_MOD_NOT_FOUND);
    CloseHandle(may_end);
}

static void a_terminated_thread_is_not_told_of(void) {
    if (!make_modules()) SKIP("there is no compiler");
    may_end = CreateEventA(NULL, TRUE, FALSE, NULL);
    HMODULE module = load("told.so");
    REQUIRE(module);
    const char *(*calls)(void) = (const char *(*)(void))(void *)GetProcAddress(module, "calls_so_far");
    HANDLE thread = start(wait_to_end, NULL, NULL);
    while (!strchr(calls(), '2')) SwitchToThread();
    TRUTH(TerminateThread(thread, 3));
    EQUAL(join(thread), 3);
    TRUTH(!strcmp(calls(), "12"));
    TRUTH(FreeLibrary(module));
    CloseHandle(may_end);
}

static void dllmain_may_refuse(void) {
    if (!make_modules()) SKIP("there is no compiler");
    FAILS(load("refusing.so"), ERROR_DLL_INIT_FAILED);
    FAILS(GetModuleHandleA("refusing.so"), ERROR_MOD_NOT_FOUND);
}

static void the_folder_goes(void) {
    char command[128];
    snprintf(command, sizeof command, "rm -r %s", folder);
    if (make_modules()) EQUAL(system(command), 0);
}
#endif

static const struct test_case cases[] = {
    CASE(our_own_module_by_its_names),
    CASE(the_program),
    CASE(modules_that_there_are_not),
    CASE(a_count_of_references),
#ifndef _WIN32
    CASE(a_module_without_dllmain),
    CASE(a_module_in_the_current_folder),
    CASE(what_is_no_module),
    CASE(dllmain_is_told),
    CASE(a_terminated_thread_is_not_told_of),
    CASE(dllmain_may_refuse),
    CASE(the_folder_goes),
#endif
};

int main(int argc, char **argv) { return run_cases(cases, COUNT(cases), argc, argv); }
