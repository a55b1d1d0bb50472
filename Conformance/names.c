// Names of events, mutexes, semaphores and timers: one name space, opened, shared, refused and freed.
#include "cases.h"

// CreateEventA and others: "The name is limited to MAX_PATH characters." Wine counts the terminator.
#ifdef ON_WINE
enum { LONGEST = MAX_PATH - 1 };
#else
enum { LONGEST = MAX_PATH };
#endif

// ---- the four kinds alike

static HANDLE event_a(LPCSTR name) { return CreateEventA(NULL, TRUE, FALSE, name); }
static HANDLE event_w(LPCWSTR name) { return CreateEventW(NULL, TRUE, FALSE, name); }
static HANDLE event_ex_a(LPCSTR name) { return CreateEventExA(NULL, name, 0, EVENT_ALL_ACCESS); }
static HANDLE event_ex_w(LPCWSTR name) { return CreateEventExW(NULL, name, 0, EVENT_ALL_ACCESS); }
static HANDLE mutex_a(LPCSTR name) { return CreateMutexA(NULL, FALSE, name); }
static HANDLE mutex_w(LPCWSTR name) { return CreateMutexW(NULL, FALSE, name); }
static HANDLE mutex_ex_a(LPCSTR name) { return CreateMutexExA(NULL, name, 0, MUTEX_ALL_ACCESS); }
static HANDLE mutex_ex_w(LPCWSTR name) { return CreateMutexExW(NULL, name, 0, MUTEX_ALL_ACCESS); }
static HANDLE semaphore_a(LPCSTR name) { return CreateSemaphoreA(NULL, 0, 9, name); }
static HANDLE semaphore_w(LPCWSTR name) { return CreateSemaphoreW(NULL, 0, 9, name); }
static HANDLE semaphore_ex_a(LPCSTR name) { return CreateSemaphoreExA(NULL, 0, 9, name, 0, SEMAPHORE_ALL_ACCESS); }
static HANDLE semaphore_ex_w(LPCWSTR name) { return CreateSemaphoreExW(NULL, 0, 9, name, 0, SEMAPHORE_ALL_ACCESS); }
static HANDLE timer_a(LPCSTR name) { return CreateWaitableTimerA(NULL, TRUE, name); }
static HANDLE timer_w(LPCWSTR name) { return CreateWaitableTimerW(NULL, TRUE, name); }
static HANDLE timer_ex_a(LPCSTR name) { return CreateWaitableTimerExA(NULL, name, 0, TIMER_ALL_ACCESS); }
static HANDLE timer_ex_w(LPCWSTR name) { return CreateWaitableTimerExW(NULL, name, 0, TIMER_ALL_ACCESS); }

static HANDLE open_event_a(DWORD access, BOOL inherit, LPCSTR name) { return OpenEventA(access, inherit, name); }
static HANDLE open_event_w(DWORD access, BOOL inherit, LPCWSTR name) { return OpenEventW(access, inherit, name); }
static HANDLE open_mutex_a(DWORD access, BOOL inherit, LPCSTR name) { return OpenMutexA(access, inherit, name); }
static HANDLE open_mutex_w(DWORD access, BOOL inherit, LPCWSTR name) { return OpenMutexW(access, inherit, name); }
static HANDLE open_semaphore_a(DWORD access, BOOL inherit, LPCSTR name) { return OpenSemaphoreA(access, inherit, name); }
static HANDLE open_semaphore_w(DWORD access, BOOL inherit, LPCWSTR name) {
    return OpenSemaphoreW(access, inherit, name);
}
static HANDLE open_timer_a(DWORD access, BOOL inherit, LPCSTR name) {
    return OpenWaitableTimerA(access, inherit, name);
}
static HANDLE open_timer_w(DWORD access, BOOL inherit, LPCWSTR name) {
    return OpenWaitableTimerW(access, inherit, name);
}

static const struct kind {
    HANDLE (*create_a)(LPCSTR);
    HANDLE (*create_w)(LPCWSTR);
    HANDLE (*create_ex_a)(LPCSTR);
    HANDLE (*create_ex_w)(LPCWSTR);
    HANDLE (*open_a)(DWORD, BOOL, LPCSTR);
    HANDLE (*open_w)(DWORD, BOOL, LPCWSTR);
    DWORD all;
} kinds[] = {
    {event_a, event_w, event_ex_a, event_ex_w, open_event_a, open_event_w, EVENT_ALL_ACCESS},
    {mutex_a, mutex_w, mutex_ex_a, mutex_ex_w, open_mutex_a, open_mutex_w, MUTEX_ALL_ACCESS},
    {semaphore_a, semaphore_w, semaphore_ex_a, semaphore_ex_w, open_semaphore_a, open_semaphore_w,
     SEMAPHORE_ALL_ACCESS},
    {timer_a, timer_w, timer_ex_a, timer_ex_w, open_timer_a, open_timer_w, TIMER_ALL_ACCESS},
};
enum { KINDS = COUNT(kinds) };

// CompareObjectHandles is in a library that mingw does not link.
#ifdef _WIN32
#define IS_SAME(a, b) ((a) && (b))
#else
#define IS_SAME(a, b) CompareObjectHandles(a, b)
#endif

static void close_all(HANDLE *handles, size_t count) {
    for (size_t i = 0; i < count; i++) TRUTH(CloseHandle(handles[i]));
}

// ---- sharing

static void one_name_is_one_object(void) {
    for (int k = 0; k < KINDS; k++) {
        HANDLE h[6];
        SetLastError(UNTOUCHED);
        h[0] = kinds[k].create_a("names: one");
        EQUAL(GetLastError(), 0);
        SetLastError(UNTOUCHED);
        h[1] = kinds[k].create_w(L"names: one");
        EQUAL(GetLastError(), ERROR_ALREADY_EXISTS);
        SetLastError(UNTOUCHED);
        h[2] = kinds[k].create_ex_a("names: one");
        EQUAL(GetLastError(), ERROR_ALREADY_EXISTS);
        SetLastError(UNTOUCHED);
        h[3] = kinds[k].create_ex_w(L"names: one");
        EQUAL(GetLastError(), ERROR_ALREADY_EXISTS);
        SetLastError(UNTOUCHED);
        h[4] = kinds[k].open_a(kinds[k].all, FALSE, "names: one");
        h[5] = kinds[k].open_w(kinds[k].all, FALSE, L"names: one");
        EQUAL(GetLastError(), UNTOUCHED);
        for (int i = 1; i < 6; i++) {
            TRUTH(h[i] != NULL && h[i] != h[0]);
            TRUTH(IS_SAME(h[0], h[i]));
        }
        close_all(h, 6);
        FAILS(kinds[k].open_a(kinds[k].all, FALSE, "names: one"), ERROR_FILE_NOT_FOUND);
    }
}

static void the_ex_forms_make_named_objects_too(void) {
    for (int k = 0; k < KINDS; k++) {
        SetLastError(UNTOUCHED);
        HANDLE first = kinds[k].create_ex_w(L"names: ex");
        EQUAL(GetLastError(), 0);
        HANDLE second = kinds[k].create_ex_a("names: ex");
        EQUAL(GetLastError(), ERROR_ALREADY_EXISTS);
        TRUTH(CloseHandle(first) && CloseHandle(second));
    }
}

static void a_signal_is_seen_through_every_handle(void) {
    HANDLE first = CreateEventA(NULL, TRUE, FALSE, "names: signal");
    HANDLE second = OpenEventW(EVENT_ALL_ACCESS, FALSE, L"names: signal");
    TRUTH(SetEvent(second) && is_signaled(first));
    TRUTH(ResetEvent(first) && !is_signaled(second));
    TRUTH(CloseHandle(first) && SetEvent(second) && is_signaled(second) && CloseHandle(second));
}

// CreateEvent: "bManualReset and bInitialState … are ignored because they have already been set by the creating process"
static void an_event_stays_as_it_was_made(void) {
    HANDLE first = CreateEventA(NULL, FALSE, FALSE, "names: event"), second;
    second = CreateEventA(NULL, TRUE, TRUE, "names: event");
    EQUAL(GetLastError(), ERROR_ALREADY_EXISTS);
    TRUTH(!is_signaled(first) && SetEvent(second) && is_signaled(first) && !is_signaled(second));
    HANDLE third = CreateEventExA(NULL, "names: event", CREATE_EVENT_MANUAL_RESET | CREATE_EVENT_INITIAL_SET,
                                  EVENT_ALL_ACCESS);
    EQUAL(GetLastError(), ERROR_ALREADY_EXISTS);
    TRUTH(!is_signaled(third));
    TRUTH(CloseHandle(first) && CloseHandle(second) && CloseHandle(third));
}

// CreateMutex gives ownership to the thread that has created the mutex alone.
static void a_mutex_that_was_there_is_not_owned(void) {
    HANDLE first = CreateMutexA(NULL, FALSE, "names: mutex"), second;
    SetLastError(UNTOUCHED);
    second = CreateMutexA(NULL, TRUE, "names: mutex");
    TRUTH(second != NULL);
    EQUAL(GetLastError(), ERROR_ALREADY_EXISTS);
    FAILS(ReleaseMutex(second), ERROR_NOT_OWNER);
    HANDLE third = CreateMutexExW(NULL, L"names: mutex", CREATE_MUTEX_INITIAL_OWNER, MUTEX_ALL_ACCESS);
    EQUAL(GetLastError(), ERROR_ALREADY_EXISTS);
    FAILS(ReleaseMutex(first), ERROR_NOT_OWNER);
    QUIETLY(WaitForSingleObject(third, 0), WAIT_OBJECT_0);
    QUIETLY(ReleaseMutex(first), TRUE);
    TRUTH(CloseHandle(first) && CloseHandle(second) && CloseHandle(third));
}

static void a_named_mutex_is_owned_from_the_start(void) {
    HANDLE first = CreateMutexW(NULL, TRUE, L"names: owned"), second = OpenMutexA(SYNCHRONIZE, FALSE, "names: owned");
    TRUTH(second != NULL);
    QUIETLY(ReleaseMutex(second), TRUE);
    FAILS(ReleaseMutex(first), ERROR_NOT_OWNER);
    TRUTH(CloseHandle(first) && CloseHandle(second));
}

static void a_semaphore_keeps_its_counts(void) {
    LONG before = UNTOUCHED;
    HANDLE first = CreateSemaphoreA(NULL, 1, 2, "names: semaphore");
    HANDLE second = CreateSemaphoreW(NULL, 5, 7, L"names: semaphore");
    EQUAL(GetLastError(), ERROR_ALREADY_EXISTS);
    QUIETLY(ReleaseSemaphore(second, 1, &before), TRUE);
    EQUAL(before, 1);
    FAILS(ReleaseSemaphore(first, 1, &before), ERROR_TOO_MANY_POSTS);
    // What no semaphore could have is refused before the name is looked at.
    FAILS(CreateSemaphoreA(NULL, 2, 1, "names: semaphore"), ERROR_INVALID_PARAMETER);
    FAILS(CreateSemaphoreExA(NULL, 0, 0, "names: semaphore", 0, SEMAPHORE_ALL_ACCESS), ERROR_INVALID_PARAMETER);
    TRUTH(CloseHandle(first) && CloseHandle(second));
}

static void a_timer_keeps_its_reset(void) {
    LARGE_INTEGER now;
    now.QuadPart = -1;
    HANDLE first = CreateWaitableTimerA(NULL, FALSE, "names: timer");
    HANDLE second = CreateWaitableTimerExA(NULL, "names: timer", CREATE_WAITABLE_TIMER_MANUAL_RESET, TIMER_ALL_ACCESS);
    EQUAL(GetLastError(), ERROR_ALREADY_EXISTS);
    TRUTH(SetWaitableTimer(second, &now, 0, NULL, NULL, FALSE));
    EQUAL(WaitForSingleObject(first, INFINITE), WAIT_OBJECT_0);
    TRUTH(!is_signaled(second));
    TRUTH(CloseHandle(first) && CloseHandle(second));
}

#ifndef ON_WINE // CreateEventEx and others name the flags that there are; Wine looks at no others.
static void bad_flags_are_refused_for_existing_names(void) {
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, "names: flags");
    FAILS(CreateEventExA(NULL, "names: flags", 4, EVENT_ALL_ACCESS), ERROR_INVALID_PARAMETER);
    TRUTH(CloseHandle(event));
}
#endif

// ---- names of other kinds, and none

static void one_name_space_for_all_kinds(void) {
    for (int k = 0; k < KINDS; k++) {
        HANDLE there = kinds[k].create_a("names: space");
        for (int other = 0; other < KINDS; other++) {
            if (other == k) continue;
            FAILS(kinds[other].create_a("names: space"), ERROR_INVALID_HANDLE);
            FAILS(kinds[other].create_w(L"names: space"), ERROR_INVALID_HANDLE);
            FAILS(kinds[other].create_ex_a("names: space"), ERROR_INVALID_HANDLE);
            FAILS(kinds[other].create_ex_w(L"names: space"), ERROR_INVALID_HANDLE);
            FAILS(kinds[other].open_a(SYNCHRONIZE, FALSE, "names: space"), ERROR_INVALID_HANDLE);
            FAILS(kinds[other].open_w(SYNCHRONIZE, FALSE, L"names: space"), ERROR_INVALID_HANDLE);
        }
        TRUTH(CloseHandle(there));
    }
}

static void missing_names(void) {
    for (int k = 0; k < KINDS; k++) {
        FAILS(kinds[k].open_a(kinds[k].all, FALSE, "names: missing"), ERROR_FILE_NOT_FOUND);
        FAILS(kinds[k].open_w(kinds[k].all, FALSE, L"names: missing"), ERROR_FILE_NOT_FOUND);
        FAILS(kinds[k].open_a(kinds[k].all, FALSE, "Global\\names: missing"), ERROR_FILE_NOT_FOUND);
        FAILS(kinds[k].open_a(kinds[k].all, FALSE, NULL), ERROR_INVALID_PARAMETER);
        FAILS(kinds[k].open_w(kinds[k].all, FALSE, NULL), ERROR_INVALID_PARAMETER);
    }
}

static void an_empty_name_is_none(void) {
    for (int k = 0; k < KINDS; k++) {
        SetLastError(UNTOUCHED);
        HANDLE first = kinds[k].create_a(""), second = kinds[k].create_w(L"");
        EQUAL(GetLastError(), 0);
        TRUTH(first && second);
#ifndef _WIN32
        FAILS(CompareObjectHandles(first, second), ERROR_NOT_SAME_OBJECT);
#endif
        // The folder of names itself, which is no such object.
        FAILS(kinds[k].open_a(kinds[k].all, FALSE, ""), ERROR_INVALID_HANDLE);
        FAILS(kinds[k].open_w(kinds[k].all, FALSE, L""), ERROR_INVALID_HANDLE);
        TRUTH(CloseHandle(first) && CloseHandle(second));
    }
}

static void names_that_are_none(void) {
    static const struct {
        const char *a;
        const WCHAR *w;
        DWORD code;
    } bad[] = {
        {"names\\a", L"names\\a", ERROR_PATH_NOT_FOUND},
        {"names\\", L"names\\", ERROR_PATH_NOT_FOUND},
        {"Local\\names\\a", L"Local\\names\\a", ERROR_PATH_NOT_FOUND},
        {"Global\\names\\a", L"Global\\names\\a", ERROR_PATH_NOT_FOUND},
        {"local\\names", L"local\\names", ERROR_PATH_NOT_FOUND},
        {"GLOBAL\\names", L"GLOBAL\\names", ERROR_PATH_NOT_FOUND},
        {"\\names", L"\\names", ERROR_BAD_PATHNAME},
        {"Local\\", L"Local\\", ERROR_INVALID_NAME},
        {"Global\\", L"Global\\", ERROR_INVALID_NAME},
        {"Local", L"Local", ERROR_INVALID_HANDLE},
        {"Global", L"Global", ERROR_INVALID_HANDLE},
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        for (int k = 0; k < KINDS; k++) {
            FAILS(kinds[k].create_a(bad[i].a), bad[i].code);
            FAILS(kinds[k].create_w(bad[i].w), bad[i].code);
            FAILS(kinds[k].open_a(kinds[k].all, FALSE, bad[i].a), bad[i].code);
            FAILS(kinds[k].open_w(kinds[k].all, FALSE, bad[i].w), bad[i].code);
        }
    }
}

static void the_longest_name(void) {
    char a[512];
    WCHAR w[512];
    for (int i = 0; i < 511; i++) w[i] = a[i] = 'x';
    a[511] = w[511] = 0;
    for (int k = 0; k < KINDS; k++) {
        FAILS(kinds[k].create_a(a), ERROR_FILENAME_EXCED_RANGE);
        FAILS(kinds[k].open_a(kinds[k].all, FALSE, a), ERROR_FILENAME_EXCED_RANGE);
#ifndef ON_WINE // Wine takes longer wide names.
        FAILS(kinds[k].create_w(w), ERROR_FILENAME_EXCED_RANGE);
        FAILS(kinds[k].open_w(kinds[k].all, FALSE, w), ERROR_FILENAME_EXCED_RANGE);
        a[LONGEST + 1] = w[LONGEST + 1] = 0;
        FAILS(kinds[k].create_a(a), ERROR_FILENAME_EXCED_RANGE);
        FAILS(kinds[k].create_w(w), ERROR_FILENAME_EXCED_RANGE);
#endif
        a[LONGEST] = w[LONGEST] = 0;
        HANDLE first = kinds[k].create_a(a), second = kinds[k].open_w(kinds[k].all, FALSE, w);
        TRUTH(first && second);
        TRUTH(CloseHandle(first) && CloseHandle(second));
        a[LONGEST] = w[LONGEST] = a[LONGEST + 1] = w[LONGEST + 1] = 'x';
    }
}

// ---- what a name is

static void local_is_where_names_are(void) {
    HANDLE plain = CreateEventA(NULL, TRUE, FALSE, "names: place");
    HANDLE local = CreateEventA(NULL, TRUE, TRUE, "Local\\names: place");
    EQUAL(GetLastError(), ERROR_ALREADY_EXISTS);
    TRUTH(!is_signaled(local));
    FAILS(OpenEventA(SYNCHRONIZE, FALSE, "Global\\names: place"), ERROR_FILE_NOT_FOUND);
    HANDLE global = CreateEventA(NULL, TRUE, TRUE, "Global\\names: place");
    EQUAL(GetLastError(), 0);
    TRUTH(is_signaled(global) && !is_signaled(plain));
    // A global name may be of another kind.
    FAILS(CreateMutexA(NULL, FALSE, "Global\\names: place"), ERROR_INVALID_HANDLE);
    TRUTH(CloseHandle(global));
    HANDLE mutex = CreateMutexA(NULL, FALSE, "Global\\names: place");
    EQUAL(GetLastError(), 0);
    HANDLE again = OpenMutexW(SYNCHRONIZE, FALSE, L"Local\\Global\\names: place");
    TRUTH(again != NULL);
    TRUTH(CloseHandle(plain) && CloseHandle(local) && CloseHandle(mutex) && CloseHandle(again));
}

static void case_matters(void) {
    HANDLE lower = CreateEventA(NULL, TRUE, FALSE, "names: case");
    FAILS(OpenEventA(SYNCHRONIZE, FALSE, "Names: case"), ERROR_FILE_NOT_FOUND);
    HANDLE upper = CreateMutexA(NULL, FALSE, "NAMES: CASE");
    EQUAL(GetLastError(), 0);
    TRUTH(CloseHandle(lower) && CloseHandle(upper));
}

#ifndef _WIN32 // What an A name is depends on the code page there.
static void narrow_names_are_utf8(void) {
    HANDLE wide = CreateEventW(NULL, TRUE, FALSE, L"names: \u00e9 \u20ac \U0001F682");
    HANDLE narrow = OpenEventA(SYNCHRONIZE, FALSE, "names: \xc3\xa9 \xe2\x82\xac \xf0\x9f\x9a\x82");
    TRUTH(wide && narrow && IS_SAME(wide, narrow));
    TRUTH(CloseHandle(wide) && CloseHandle(narrow));
}
#endif

static void units_are_compared(void) {
    // A precomposed letter, the same as two characters, and surrogates that are not paired.
    static const WCHAR *names[] = {
        L"names: \u00e9", L"names: e\u0301", L"names: e",
    };
    static const WCHAR high[] = {'n', 0xD83D, 0}, low[] = {'n', 0xDE82, 0}, other[] = {'n', 0xD83E, 0},
                       swapped[] = {'n', 0xDE82, 0xD83D, 0}, pair[] = {'n', 0xD83D, 0xDE82, 0},
                       replacement[] = {'n', 0xFFFD, 0};
    const WCHAR *all[] = {names[0], names[1], names[2], high, low, other, swapped, pair, replacement};
    HANDLE handles[COUNT(all)];
    for (size_t i = 0; i < COUNT(all); i++) {
        SetLastError(UNTOUCHED);
        handles[i] = CreateEventW(NULL, TRUE, FALSE, all[i]);
        TRUTH(handles[i] != NULL);
        EQUAL(GetLastError(), 0);
    }
    for (size_t i = 0; i < COUNT(all); i++) {
        HANDLE again = OpenEventW(EVENT_ALL_ACCESS, FALSE, all[i]);
        TRUTH(again && SetEvent(again) && is_signaled(handles[i]) && CloseHandle(again));
        for (size_t j = i + 1; j < COUNT(all); j++) TRUTH(!is_signaled(handles[j]));
    }
    close_all(handles, COUNT(all));
}

// ---- how long a name lasts

static void a_name_goes_with_the_last_handle(void) {
    for (int k = 0; k < KINDS; k++) {
        HANDLE first = kinds[k].create_a("names: last"), second = NULL;
        TRUTH(DuplicateHandle(GetCurrentProcess(), first, GetCurrentProcess(), &second, 0, FALSE,
                              DUPLICATE_SAME_ACCESS));
        TRUTH(CloseHandle(first));
        first = kinds[k].open_a(kinds[k].all, FALSE, "names: last");
        TRUTH(first && CloseHandle(second) && CloseHandle(first));
        FAILS(kinds[k].open_a(kinds[k].all, FALSE, "names: last"), ERROR_FILE_NOT_FOUND);
        // It may be another kind's now.
        first = kinds[(k + 1) % KINDS].create_a("names: last");
        EQUAL(GetLastError(), 0);
        TRUTH(CloseHandle(first));
    }
}

#ifndef ON_WINE // Wine keeps the name for as long as the object.
static DWORD WINAPI wait_for_either(LPVOID handles) { return WaitForMultipleObjects(2, handles, FALSE, INFINITE); }

// A wait keeps the object, not its name: an event "is destroyed when its last handle has been closed" (CreateEvent).
static void a_wait_keeps_no_name(void) {
    DWORD id = 0;
    HANDLE handles[] = {CreateEventA(NULL, TRUE, FALSE, "names: wait"), CreateEventA(NULL, TRUE, FALSE, NULL)};
    HANDLE thread = start(wait_for_either, handles, &id);
    until_blocked(id);
    TRUTH(CloseHandle(handles[0]));
    FAILS(OpenEventA(EVENT_ALL_ACCESS, FALSE, "names: wait"), ERROR_FILE_NOT_FOUND);
    HANDLE other = CreateEventA(NULL, TRUE, TRUE, "names: wait");
    EQUAL(GetLastError(), 0);
    TRUTH(other && is_signaled(other));
    EQUAL(WaitForSingleObject(thread, 0), WAIT_TIMEOUT);
    TRUTH(SetEvent(handles[1]));
    EQUAL(join(thread), WAIT_OBJECT_0 + 1);
    TRUTH(CloseHandle(other) && CloseHandle(handles[1]));
}
#endif

struct owner {
    HANDLE owns, end;
};

static DWORD WINAPI own_and_close(LPVOID argument) {
    struct owner *owner = argument;
    HANDLE mutex = CreateMutexA(NULL, TRUE, "names: kept");
    EQUAL(GetLastError(), 0);
    TRUTH(CloseHandle(mutex) && SetEvent(owner->owns));
    return WaitForSingleObject(owner->end, INFINITE);
}

static void an_owner_keeps_no_name(void) {
    struct owner owner = {CreateEventA(NULL, TRUE, FALSE, NULL), CreateEventA(NULL, TRUE, FALSE, NULL)};
    HANDLE thread = start(own_and_close, &owner, NULL);
    EQUAL(WaitForSingleObject(owner.owns, INFINITE), WAIT_OBJECT_0);
    FAILS(OpenMutexA(SYNCHRONIZE, FALSE, "names: kept"), ERROR_FILE_NOT_FOUND);
    HANDLE mutex = CreateMutexA(NULL, TRUE, "names: kept");
    EQUAL(GetLastError(), 0);
    QUIETLY(ReleaseMutex(mutex), TRUE);
    TRUTH(SetEvent(owner.end));
    EQUAL(join(thread), WAIT_OBJECT_0);
    QUIETLY(WaitForSingleObject(mutex, 0), WAIT_OBJECT_0);
    TRUTH(CloseHandle(mutex) && CloseHandle(owner.owns) && CloseHandle(owner.end));
}

static void many_names(void) {
    enum { MANY = 2000 };
    static HANDLE handles[MANY];
    char name[32];
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "names: many %d", i);
        handles[i] = kinds[i % KINDS].create_a(name);
        TRUTH(handles[i] != NULL);
    }
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "names: many %d", i);
        HANDLE again = kinds[i % KINDS].open_a(SYNCHRONIZE, FALSE, name);
        TRUTH(again && CloseHandle(again) && CloseHandle(handles[i]));
        FAILS(kinds[i % KINDS].open_a(SYNCHRONIZE, FALSE, name), ERROR_FILE_NOT_FOUND);
    }
}

enum { RACERS = 8, ROUNDS = 200 };
static HANDLE gates[ROUNDS];
static HANDLE raced[RACERS][ROUNDS];
static LONG volatile makers[ROUNDS], arrived[ROUNDS];

static DWORD WINAPI race(LPVOID argument) {
    HANDLE *mine = argument;
    for (int round = 0; round < ROUNDS; round++) {
        if (InterlockedIncrement(&arrived[round]) == RACERS) SetEvent(gates[round]);
        WaitForSingleObject(gates[round], INFINITE);
        char name[32];
        snprintf(name, sizeof name, "names: race %d", round);
        mine[round] = CreateSemaphoreA(NULL, 0, RACERS, name);
        if (GetLastError() == 0) InterlockedIncrement(&makers[round]);
        ReleaseSemaphore(mine[round], 1, NULL);
    }
    return 0;
}

static void one_of_many_makes_the_object(void) {
    HANDLE threads[RACERS];
    for (int i = 0; i < ROUNDS; i++) gates[i] = CreateEventA(NULL, TRUE, FALSE, NULL);
    for (int i = 0; i < RACERS; i++) threads[i] = start(race, raced[i], NULL);
    for (int i = 0; i < RACERS; i++) EQUAL(join(threads[i]), 0);
    for (int i = 0; i < ROUNDS; i++) {
        char name[32];
        LONG before = UNTOUCHED;
        snprintf(name, sizeof name, "names: race %d", i);
        HANDLE semaphore = OpenSemaphoreA(SEMAPHORE_ALL_ACCESS, FALSE, name);
        EQUAL(makers[i], 1);
        FAILS(ReleaseSemaphore(semaphore, 1, &before), ERROR_TOO_MANY_POSTS); // all have released the same one
        EQUAL(before, UNTOUCHED);
        TRUTH(CloseHandle(semaphore) && CloseHandle(gates[i]));
        for (int racer = 0; racer < RACERS; racer++) TRUTH(CloseHandle(raced[racer][i]));
        FAILS(OpenSemaphoreA(SEMAPHORE_ALL_ACCESS, FALSE, name), ERROR_FILE_NOT_FOUND);
    }
}

// ---- what a handle that is opened may do

static void opened_to_wait_alone(void) {
    LARGE_INTEGER due;
    due.QuadPart = -1;
    HANDLE h[KINDS], opened[KINDS];
    for (int k = 0; k < KINDS; k++) {
        char name[] = "names: wait 0";
        name[12] = (char)('0' + k);
        h[k] = kinds[k].create_a(name);
        opened[k] = kinds[k].open_a(SYNCHRONIZE, FALSE, name);
        TRUTH(opened[k] != NULL);
    }
    FAILS(SetEvent(opened[0]), ERROR_ACCESS_DENIED);
    FAILS(ResetEvent(opened[0]), ERROR_ACCESS_DENIED);
    FAILS(PulseEvent(opened[0]), ERROR_ACCESS_DENIED);
    FAILS(ReleaseSemaphore(opened[2], 1, NULL), ERROR_ACCESS_DENIED);
    FAILS(SetWaitableTimer(opened[3], &due, 0, NULL, NULL, FALSE), ERROR_ACCESS_DENIED);
    FAILS(CancelWaitableTimer(opened[3]), ERROR_ACCESS_DENIED);
    TRUTH(SetEvent(h[0]) && ReleaseSemaphore(h[2], 1, NULL) && SetWaitableTimer(h[3], &due, 0, NULL, NULL, FALSE));
    for (int k = 0; k < KINDS; k++) QUIETLY(WaitForSingleObject(opened[k], INFINITE), WAIT_OBJECT_0);
    QUIETLY(ReleaseMutex(opened[1]), TRUE); // which takes no right
    close_all(h, KINDS);
    close_all(opened, KINDS);
}

static void opened_to_change_alone(void) {
    LARGE_INTEGER due;
    LONG before = UNTOUCHED;
    due.QuadPart = -1;
    HANDLE event = event_a("names: change 0"), semaphore = semaphore_a("names: change 1"),
           timer = timer_a("names: change 2"), mutex = mutex_a("names: change 3");
    HANDLE opened[] = {OpenEventA(EVENT_MODIFY_STATE, FALSE, "names: change 0"),
                       OpenSemaphoreA(SEMAPHORE_MODIFY_STATE, FALSE, "names: change 1"),
                       OpenWaitableTimerA(TIMER_MODIFY_STATE, FALSE, "names: change 2"),
                       OpenMutexA(MUTEX_MODIFY_STATE, FALSE, "names: change 3")};
    QUIETLY(SetEvent(opened[0]), TRUE);
    QUIETLY(ReleaseSemaphore(opened[1], 1, &before), TRUE);
    EQUAL(before, 0);
    QUIETLY(SetWaitableTimer(opened[2], &due, 0, NULL, NULL, FALSE), TRUE);
    for (size_t i = 0; i < COUNT(opened); i++) {
        FAILS_WITH(WaitForSingleObject(opened[i], 0), WAIT_FAILED, ERROR_ACCESS_DENIED);
        FAILS_WITH(WaitForMultipleObjects(1, &opened[i], FALSE, 0), WAIT_FAILED, ERROR_ACCESS_DENIED);
    }
    TRUTH(is_signaled(event) && is_signaled(semaphore) && CancelWaitableTimer(opened[2]));
    close_all(opened, COUNT(opened));
    TRUTH(CloseHandle(event) && CloseHandle(semaphore) && CloseHandle(timer) && CloseHandle(mutex));
}

static void opened_with_generic_rights(void) {
    HANDLE event = event_a("names: generic");
    HANDLE reads = OpenEventA(GENERIC_READ, FALSE, "names: generic");
    HANDLE writes = OpenEventA(GENERIC_WRITE, FALSE, "names: generic");
    HANDLE executes = OpenEventA(GENERIC_EXECUTE, FALSE, "names: generic");
    HANDLE all = OpenEventA(GENERIC_ALL, FALSE, "names: generic");
    HANDLE maximum = OpenEventA(MAXIMUM_ALLOWED, FALSE, "names: generic");
    FAILS(SetEvent(reads), ERROR_ACCESS_DENIED);
    FAILS(SetEvent(executes), ERROR_ACCESS_DENIED);
    QUIETLY(SetEvent(writes), TRUE);
    FAILS_WITH(WaitForSingleObject(reads, 0), WAIT_FAILED, ERROR_ACCESS_DENIED);
    FAILS_WITH(WaitForSingleObject(writes, 0), WAIT_FAILED, ERROR_ACCESS_DENIED);
    QUIETLY(WaitForSingleObject(executes, 0), WAIT_OBJECT_0);
    QUIETLY(ResetEvent(all), TRUE);
    QUIETLY(WaitForSingleObject(all, 0), WAIT_TIMEOUT);
    QUIETLY(SetEvent(maximum), TRUE);
    QUIETLY(WaitForSingleObject(maximum, 0), WAIT_OBJECT_0);
    HANDLE handles[] = {event, reads, writes, executes, all, maximum};
    close_all(handles, COUNT(handles));
}

// The access that an existing object is opened with is what the Ex forms ask for.
static void created_again_with_less(void) {
    HANDLE event = event_a("names: less");
    HANDLE waits = CreateEventExA(NULL, "names: less", 0, SYNCHRONIZE);
    EQUAL(GetLastError(), ERROR_ALREADY_EXISTS);
    FAILS(SetEvent(waits), ERROR_ACCESS_DENIED);
    QUIETLY(WaitForSingleObject(waits, 0), WAIT_TIMEOUT);
    HANDLE sets = CreateEventExW(NULL, L"names: less", 0, EVENT_MODIFY_STATE);
    QUIETLY(SetEvent(sets), TRUE);
    FAILS_WITH(WaitForSingleObject(sets, 0), WAIT_FAILED, ERROR_ACCESS_DENIED);
    TRUTH(CloseHandle(event) && CloseHandle(waits) && CloseHandle(sets));
}

#ifndef ON_WINE // An access check that is asked for nothing grants nothing (SeAccessCheck); Wine makes a handle.
static void opened_for_nothing(void) {
    HANDLE event = event_a("names: nothing");
    FAILS(OpenEventA(0, FALSE, "names: nothing"), ERROR_ACCESS_DENIED);
    TRUTH(CloseHandle(event));
}
#endif

static void opened_to_be_inherited(void) {
    for (int k = 0; k < KINDS; k++) {
        HANDLE first = kinds[k].create_a("names: inherit"), a = kinds[k].open_a(kinds[k].all, TRUE, "names: inherit"),
               w = kinds[k].open_w(kinds[k].all, 2, L"names: inherit");
        DWORD flags = UNTOUCHED;
        TRUTH(GetHandleInformation(first, &flags));
        EQUAL(flags, 0);
        TRUTH(GetHandleInformation(a, &flags));
        EQUAL(flags, HANDLE_FLAG_INHERIT);
        flags = UNTOUCHED;
        TRUTH(GetHandleInformation(w, &flags));
        EQUAL(flags, HANDLE_FLAG_INHERIT);
        TRUTH(CloseHandle(first) && CloseHandle(a) && CloseHandle(w));
    }
}

static const struct test_case cases[] = {
    CASE(one_name_is_one_object),
    CASE(the_ex_forms_make_named_objects_too),
    CASE(a_signal_is_seen_through_every_handle),
    CASE(an_event_stays_as_it_was_made),
    CASE(a_mutex_that_was_there_is_not_owned),
    CASE(a_named_mutex_is_owned_from_the_start),
    CASE(a_semaphore_keeps_its_counts),
    CASE(a_timer_keeps_its_reset),
#ifndef ON_WINE
    CASE(bad_flags_are_refused_for_existing_names),
#endif
    CASE(one_name_space_for_all_kinds),
    CASE(missing_names),
    CASE(an_empty_name_is_none),
    CASE(names_that_are_none),
    CASE(the_longest_name),
    CASE(local_is_where_names_are),
    CASE(case_matters),
#ifndef _WIN32
    CASE(narrow_names_are_utf8),
#endif
    CASE(units_are_compared),
    CASE(a_name_goes_with_the_last_handle),
#ifndef ON_WINE
    CASE(a_wait_keeps_no_name),
#endif
    CASE(an_owner_keeps_no_name),
    CASE(many_names),
    CASE(one_of_many_makes_the_object),
    CASE(opened_to_wait_alone),
    CASE(opened_to_change_alone),
    CASE(opened_with_generic_rights),
    CASE(created_again_with_less),
#ifndef ON_WINE
    CASE(opened_for_nothing),
#endif
    CASE(opened_to_be_inherited),
};

int main(int argc, char **argv) { return run_cases(cases, COUNT(cases), argc, argv); }
