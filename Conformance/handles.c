// Handles: the flags that child processes and CloseHandle look at, duplicates with other rights, pseudo handles.
#include "cases.h"

static HANDLE self(void) { return GetCurrentProcess(); }

static HANDLE copy(HANDLE handle, DWORD access, BOOL inherit, DWORD options) {
    HANDLE made = NULL;
    TRUTH(DuplicateHandle(self(), handle, self(), &made, access, inherit, options));
    return made;
}

static DWORD WINAPI nothing(LPVOID unused) {
    (void)unused;
    return 0;
}

#define FLAGS(handle, expected) \
    do { \
        DWORD flags_of_handle = UNTOUCHED; \
        QUIETLY(GetHandleInformation(handle, &flags_of_handle), TRUE); \
        EQUAL(flags_of_handle, expected); \
    } while (0)

static const DWORD INHERIT = HANDLE_FLAG_INHERIT, PROTECT = HANDLE_FLAG_PROTECT_FROM_CLOSE;

static HANDLE closed_handle(void) {
    HANDLE handle = CreateEventA(NULL, TRUE, FALSE, NULL);
    TRUTH(CloseHandle(handle));
    return handle;
}

// ---- flags

static void no_flags_at_first(void) {
    HANDLE handles[] = {CreateEventA(NULL, TRUE, FALSE, NULL), CreateMutexA(NULL, FALSE, NULL),
                        CreateSemaphoreA(NULL, 0, 1, NULL), CreateWaitableTimerA(NULL, FALSE, NULL),
                        CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0)};
    for (size_t i = 0; i < COUNT(handles); i++) {
        FLAGS(handles[i], 0);
        TRUTH(CloseHandle(handles[i]));
    }
}

static void flags_are_set_one_by_one(void) {
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    QUIETLY(SetHandleInformation(event, INHERIT, INHERIT), TRUE);
    FLAGS(event, INHERIT);
    QUIETLY(SetHandleInformation(event, PROTECT, PROTECT), TRUE);
    FLAGS(event, INHERIT | PROTECT);
    // What is not in the mask stays.
    QUIETLY(SetHandleInformation(event, INHERIT, PROTECT), TRUE);
    FLAGS(event, PROTECT);
    QUIETLY(SetHandleInformation(event, 0, INHERIT | PROTECT), TRUE);
    FLAGS(event, PROTECT);
    QUIETLY(SetHandleInformation(event, INHERIT | PROTECT, INHERIT), TRUE);
    FLAGS(event, INHERIT);
    // Nothing else has changed.
    TRUTH(!is_signaled(event) && SetEvent(event) && is_signaled(event));
    TRUTH(CloseHandle(event));
}

static void flags_are_of_the_handle(void) {
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL), other = copy(event, 0, FALSE, DUPLICATE_SAME_ACCESS);
    TRUTH(SetHandleInformation(event, INHERIT | PROTECT, INHERIT | PROTECT));
    FLAGS(other, 0);
    TRUTH(CloseHandle(other));
    TRUTH(SetHandleInformation(event, PROTECT, 0));
    TRUTH(CloseHandle(event));
}

static void flags_of_what_is_no_handle(void) {
    HANDLE bad[] = {NULL, closed_handle(), (HANDLE)(ULONG_PTR)0x123454, (HANDLE)(ULONG_PTR)0xFFFFFFF0};
    for (size_t i = 0; i < COUNT(bad); i++) {
        DWORD flags = UNTOUCHED;
        FAILS(GetHandleInformation(bad[i], &flags), ERROR_INVALID_HANDLE);
        EQUAL(flags, UNTOUCHED);
        FAILS(SetHandleInformation(bad[i], INHERIT, INHERIT), ERROR_INVALID_HANDLE);
        FAILS(SetHandleInformation(bad[i], 0, 0), ERROR_INVALID_HANDLE);
    }
}

static void flags_through_the_low_bits(void) {
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL), tagged = (HANDLE)((ULONG_PTR)event | 1);
    QUIETLY(SetHandleInformation(tagged, INHERIT, INHERIT), TRUE);
    FLAGS(event, INHERIT);
    FLAGS(tagged, INHERIT);
    TRUTH(CloseHandle(tagged));
    FAILS(CloseHandle(event), ERROR_INVALID_HANDLE);
}

// A pseudo handle has no entry that could keep flags.
static void flags_of_pseudo_handles(void) {
    FLAGS(GetCurrentProcess(), 0);
    FLAGS(GetCurrentThread(), 0);
    FAILS(SetHandleInformation(GetCurrentProcess(), INHERIT, INHERIT), ERROR_ACCESS_DENIED);
    FAILS(SetHandleInformation(GetCurrentThread(), PROTECT, PROTECT), ERROR_ACCESS_DENIED);
    FLAGS(GetCurrentThread(), 0);
}

#ifndef _WIN32 // an access violation there
static void no_place_for_the_flags(void) {
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    FAILS(GetHandleInformation(event, NULL), ERROR_NOACCESS);
    TRUTH(CloseHandle(event));
}
#endif

// ---- protected from close

static void a_protected_handle_stays(void) {
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    TRUTH(SetHandleInformation(event, PROTECT, PROTECT));
    FAILS(CloseHandle(event), ERROR_INVALID_HANDLE);
    FAILS(CloseHandle(event), ERROR_INVALID_HANDLE);
    QUIETLY(SetEvent(event), TRUE);
    QUIETLY(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
    FLAGS(event, PROTECT);
    TRUTH(SetHandleInformation(event, PROTECT, 0));
    QUIETLY(CloseHandle(event), TRUE);
    FAILS(CloseHandle(event), ERROR_INVALID_HANDLE);
}

static void a_protected_source_stays(void) {
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    TRUTH(SetHandleInformation(event, PROTECT, PROTECT));
    HANDLE other = copy(event, 0, FALSE, DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE);
    TRUTH(other && SetEvent(event) && is_signaled(other));
    FLAGS(other, 0); // the duplicate is not protected
    TRUTH(CloseHandle(other));
    TRUTH(SetHandleInformation(event, PROTECT, 0) && CloseHandle(event));
}

#ifndef _WIN32 // Windows reads the flags and writes them in two steps.
enum { TOGGLES = 20000 };

static DWORD WINAPI toggle(LPVOID handle) {
    for (int i = 0; i < TOGGLES; i++) {
        if (!SetHandleInformation(handle, INHERIT, i & 1 ? 0 : INHERIT)) return 1;
    }
    return 0;
}

// Two threads set two flags of one handle: neither undoes what the other does.
static void flags_are_set_by_several_threads(void) {
    HANDLE event = CreateEventA(NULL, TRUE, TRUE, NULL), thread = start(toggle, event, NULL);
    DWORD flags = 0;
    int wrong = 0;
    for (int i = 0; i < TOGGLES; i++) {
        wrong += !SetHandleInformation(event, PROTECT, PROTECT);
        wrong += !GetHandleInformation(event, &flags) || !(flags & PROTECT);
        wrong += CloseHandle(event) != FALSE;
        wrong += !SetHandleInformation(event, PROTECT, 0);
        wrong += !GetHandleInformation(event, &flags) || flags & PROTECT;
        wrong += WaitForSingleObject(event, 0) != WAIT_OBJECT_0;
    }
    EQUAL(wrong, 0);
    EQUAL(join(thread), 0);
    FLAGS(event, 0);
    TRUTH(CloseHandle(event));
}
#endif

// ---- inheritance

// nLength is not looked at, as on Windows.
static void attributes_make_inheritable_handles(void) {
    SECURITY_ATTRIBUTES yes = {sizeof yes, NULL, TRUE}, no = {sizeof no, NULL, FALSE}, small = {0, NULL, 7};
    SECURITY_ATTRIBUTES *given[] = {&yes, &no, &small, NULL};
    for (size_t i = 0; i < COUNT(given); i++) {
        LPSECURITY_ATTRIBUTES a = given[i];
        DWORD id MAYBE_UNUSED = 0;
        HANDLE handles[] = {
            CreateEventA(a, TRUE, FALSE, NULL), CreateEventW(a, TRUE, FALSE, NULL),
            CreateEventExA(a, NULL, 0, EVENT_ALL_ACCESS), CreateEventExW(a, NULL, 0, EVENT_ALL_ACCESS),
            CreateMutexA(a, FALSE, NULL), CreateMutexW(a, FALSE, NULL),
            CreateMutexExA(a, NULL, 0, MUTEX_ALL_ACCESS), CreateMutexExW(a, NULL, 0, MUTEX_ALL_ACCESS),
            CreateSemaphoreA(a, 0, 1, NULL), CreateSemaphoreW(a, 0, 1, NULL),
            CreateSemaphoreExA(a, 0, 1, NULL, 0, SEMAPHORE_ALL_ACCESS),
            CreateSemaphoreExW(a, 0, 1, NULL, 0, SEMAPHORE_ALL_ACCESS),
            CreateWaitableTimerA(a, FALSE, NULL), CreateWaitableTimerW(a, FALSE, NULL),
            CreateWaitableTimerExA(a, NULL, 0, TIMER_ALL_ACCESS), CreateWaitableTimerExW(a, NULL, 0, TIMER_ALL_ACCESS),
#ifndef ON_WINE // Wine looks at nLength here.
            CreateThread(a, 0, nothing, NULL, 0, &id),
#endif
            CreateEventA(a, TRUE, FALSE, "handles: inherit"), CreateEventW(a, TRUE, FALSE, L"handles: inherit"),
        };
        DWORD expected = a && a->bInheritHandle ? HANDLE_FLAG_INHERIT : 0;
        for (size_t k = 0; k < COUNT(handles); k++) {
            FLAGS(handles[k], expected);
            TRUTH(CloseHandle(handles[k]));
        }
    }
}

static void duplicates_are_inherited_if_asked(void) {
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    HANDLE yes = copy(event, 0, TRUE, DUPLICATE_SAME_ACCESS), no = copy(yes, 0, FALSE, DUPLICATE_SAME_ACCESS);
    HANDLE other = copy(event, SYNCHRONIZE, TRUE, 0), thread = copy(GetCurrentThread(), 0, TRUE, DUPLICATE_SAME_ACCESS);
    FLAGS(yes, INHERIT);
    FLAGS(no, 0);
    FLAGS(other, INHERIT);
    FLAGS(thread, INHERIT);
    HANDLE handles[] = {event, yes, no, other, thread};
    for (size_t i = 0; i < COUNT(handles); i++) TRUTH(CloseHandle(handles[i]));
}

// ---- rights

static void a_duplicate_may_do_less(void) {
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL), waits = copy(event, SYNCHRONIZE, FALSE, 0);
    FAILS(SetEvent(waits), ERROR_ACCESS_DENIED);
    HANDLE same = copy(waits, EVENT_ALL_ACCESS, FALSE, DUPLICATE_SAME_ACCESS); // the access is ignored then
    FAILS(SetEvent(same), ERROR_ACCESS_DENIED);
    QUIETLY(WaitForSingleObject(same, 0), WAIT_TIMEOUT);
    HANDLE nothing = copy(event, 0, FALSE, 0);
    FAILS(SetEvent(nothing), ERROR_ACCESS_DENIED);
    FAILS_WITH(WaitForSingleObject(nothing, 0), WAIT_FAILED, ERROR_ACCESS_DENIED);
    FLAGS(nothing, 0);
    HANDLE handles[] = {event, waits, same, nothing};
    for (size_t i = 0; i < COUNT(handles); i++) TRUTH(CloseHandle(handles[i]));
}

// DuplicateHandle: "In some cases, the new handle can have more access rights than the original handle."
static void a_duplicate_may_do_more(void) {
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL), waits = copy(event, SYNCHRONIZE, FALSE, 0);
    TRUTH(CloseHandle(event));
    HANDLE all = copy(waits, EVENT_ALL_ACCESS, FALSE, 0);
    QUIETLY(SetEvent(all), TRUE);
    QUIETLY(WaitForSingleObject(waits, 0), WAIT_OBJECT_0);
    TRUTH(CloseHandle(waits) && CloseHandle(all));
}

static void generic_rights_by_kind(void) {
    HANDLE semaphore = CreateSemaphoreA(NULL, 0, 5, NULL), timer = CreateWaitableTimerA(NULL, TRUE, NULL);
    LARGE_INTEGER due;
    due.QuadPart = -1;
    HANDLE writes = copy(semaphore, GENERIC_WRITE, FALSE, 0), executes = copy(semaphore, GENERIC_EXECUTE, FALSE, 0);
    QUIETLY(ReleaseSemaphore(writes, 1, NULL), TRUE);
    FAILS(ReleaseSemaphore(executes, 1, NULL), ERROR_ACCESS_DENIED);
    QUIETLY(WaitForSingleObject(executes, 0), WAIT_OBJECT_0);
    FAILS_WITH(WaitForSingleObject(writes, 0), WAIT_FAILED, ERROR_ACCESS_DENIED);
    HANDLE reads = copy(timer, GENERIC_READ, FALSE, 0), sets = copy(timer, GENERIC_WRITE, FALSE, 0);
    FAILS(SetWaitableTimer(reads, &due, 0, NULL, NULL, FALSE), ERROR_ACCESS_DENIED);
    FAILS(CancelWaitableTimer(reads), ERROR_ACCESS_DENIED);
    QUIETLY(SetWaitableTimer(sets, &due, 0, NULL, NULL, FALSE), TRUE);
    HANDLE handles[] = {semaphore, timer, writes, executes, reads, sets};
    for (size_t i = 0; i < COUNT(handles); i++) TRUTH(CloseHandle(handles[i]));
}

static VOID CALLBACK no_call(ULONG_PTR unused) { (void)unused; }

static void rights_of_threads(void) {
    HANDLE thread = CreateThread(NULL, 0, nothing, NULL, CREATE_SUSPENDED, NULL);
    HANDLE waits = copy(thread, SYNCHRONIZE, FALSE, 0), resumes = copy(thread, THREAD_SUSPEND_RESUME, FALSE, 0);
    HANDLE calls = copy(thread, THREAD_SET_CONTEXT, FALSE, 0);
    FAILS_WITH(ResumeThread(waits), (DWORD)-1, ERROR_ACCESS_DENIED);
    FAILS_WITH(ResumeThread(calls), (DWORD)-1, ERROR_ACCESS_DENIED);
    FAILS(QueueUserAPC(no_call, resumes, 0), ERROR_ACCESS_DENIED);
    FAILS_WITH(WaitForSingleObject(resumes, 0), WAIT_FAILED, ERROR_ACCESS_DENIED);
    TRUTH(QueueUserAPC(no_call, calls, 0));
    EQUAL(ResumeThread(resumes), 1);
    QUIETLY(WaitForSingleObject(waits, INFINITE), WAIT_OBJECT_0);
    HANDLE handles[] = {thread, waits, resumes, calls};
    for (size_t i = 0; i < COUNT(handles); i++) TRUTH(CloseHandle(handles[i]));
}

// ---- waits

static void waits_need_synchronize(void) {
    HANDLE event = CreateEventA(NULL, FALSE, TRUE, NULL), sets = copy(event, EVENT_MODIFY_STATE, FALSE, 0);
    HANDLE other = CreateEventA(NULL, FALSE, TRUE, NULL), some[] = {other, sets};
    FAILS_WITH(WaitForSingleObject(sets, 0), WAIT_FAILED, ERROR_ACCESS_DENIED);
    FAILS_WITH(WaitForSingleObjectEx(sets, INFINITE, TRUE), WAIT_FAILED, ERROR_ACCESS_DENIED);
    FAILS_WITH(WaitForMultipleObjects(2, some, FALSE, 0), WAIT_FAILED, ERROR_ACCESS_DENIED);
    FAILS_WITH(WaitForMultipleObjectsEx(2, some, TRUE, INFINITE, TRUE), WAIT_FAILED, ERROR_ACCESS_DENIED);
    TRUTH(is_signaled(other) && SetEvent(other)); // nothing was taken
    FAILS_WITH(SignalObjectAndWait(other, sets, 0, FALSE), WAIT_FAILED, ERROR_ACCESS_DENIED);
    TRUTH(is_signaled(event) && is_signaled(other));
    TRUTH(CloseHandle(event) && CloseHandle(sets) && CloseHandle(other));
}

static void signal_and_wait_needs_both_rights(void) {
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL), waits = copy(event, SYNCHRONIZE, FALSE, 0);
    HANDLE set = CreateEventA(NULL, TRUE, TRUE, NULL), mutex = CreateMutexA(NULL, TRUE, NULL);
    HANDLE semaphore = CreateSemaphoreA(NULL, 0, 1, NULL), takes = copy(semaphore, SYNCHRONIZE, FALSE, 0);
    HANDLE bare = copy(mutex, SYNCHRONIZE, FALSE, 0);
    FAILS_WITH(SignalObjectAndWait(waits, set, 0, FALSE), WAIT_FAILED, ERROR_ACCESS_DENIED);
    FAILS_WITH(SignalObjectAndWait(takes, set, 0, FALSE), WAIT_FAILED, ERROR_ACCESS_DENIED);
    TRUTH(!is_signaled(event) && !is_signaled(semaphore));
    QUIETLY(SignalObjectAndWait(bare, set, 0, FALSE), WAIT_OBJECT_0); // a mutex takes no right
    FAILS(ReleaseMutex(mutex), ERROR_NOT_OWNER);
    HANDLE handles[] = {event, waits, set, mutex, semaphore, takes, bare};
    for (size_t i = 0; i < COUNT(handles); i++) TRUTH(CloseHandle(handles[i]));
}

static const struct test_case cases[] = {
    CASE(no_flags_at_first),
    CASE(flags_are_set_one_by_one),
    CASE(flags_are_of_the_handle),
    CASE(flags_of_what_is_no_handle),
    CASE(flags_through_the_low_bits),
    CASE(flags_of_pseudo_handles),
#ifndef _WIN32
    CASE(no_place_for_the_flags),
#endif
    CASE(a_protected_handle_stays),
    CASE(a_protected_source_stays),
#ifndef _WIN32
    CASE(flags_are_set_by_several_threads),
#endif
    CASE(attributes_make_inheritable_handles),
    CASE(duplicates_are_inherited_if_asked),
    CASE(a_duplicate_may_do_less),
    CASE(a_duplicate_may_do_more),
    CASE(generic_rights_by_kind),
    CASE(rights_of_threads),
    CASE(waits_need_synchronize),
    CASE(signal_and_wait_needs_both_rights),
};

int main(int argc, char **argv) { return run_cases(cases, COUNT(cases), argc, argv); }
