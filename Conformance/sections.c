// sections.c: critical sections, and the interlocked operations.
#include "cases.h"
#ifndef _WIN32
#include <pthread.h>
#endif

static CRITICAL_SECTION section;

static DWORD WINAPI try_once(LPVOID unused) {
    (void)unused;
    if (!TryEnterCriticalSection(&section)) return FALSE;
    LeaveCriticalSection(&section);
    return TRUE;
}

// Whether a thread that has nothing to do with the section could enter it now.
static int is_free(void) { return join(start(try_once, NULL, NULL)) == TRUE; }

static void recursion_is_counted(void) {
    InitializeCriticalSection(&section);
    EnterCriticalSection(&section);
    EnterCriticalSection(&section);
    TRUTH(TryEnterCriticalSection(&section));
    EQUAL(section.RecursionCount, 3);
    EQUAL(section.OwningThread, (ULONG_PTR)GetCurrentThreadId());
    for (int depth = 3; depth > 0; depth--) {
        TRUTH(!is_free());
        LeaveCriticalSection(&section);
    }
    TRUTH(is_free());
    EQUAL(section.OwningThread, 0);
    EQUAL(section.LockCount, -1);
    DeleteCriticalSection(&section);
}

static void no_call_touches_the_last_error(void) {
    SetLastError(UNTOUCHED);
    InitializeCriticalSection(&section);
    EnterCriticalSection(&section);
    LeaveCriticalSection(&section);
    TRUTH(TryEnterCriticalSection(&section));
    LeaveCriticalSection(&section);
    DeleteCriticalSection(&section);
    TRUTH(InitializeCriticalSectionAndSpinCount(&section, 4000));
    DeleteCriticalSection(&section);
    EQUAL(GetLastError(), UNTOUCHED);
}

static void each_initializer_makes_a_free_section(void) {
    memset(&section, 0x5E, sizeof section);
    TRUTH(InitializeCriticalSectionAndSpinCount(&section, 4000));
    TRUTH(is_free());
    DeleteCriticalSection(&section);

    memset(&section, 0x5E, sizeof section);
    TRUTH(InitializeCriticalSectionEx(&section, 100, CRITICAL_SECTION_NO_DEBUG_INFO));
    TRUTH(is_free());
    DeleteCriticalSection(&section);

    memset(&section, 0x5E, sizeof section);
    InitializeCriticalSection(&section);
    TRUTH(is_free());
    DeleteCriticalSection(&section);
}

#ifndef ON_WINE // Wine looks at no flag, where RtlInitializeCriticalSectionEx does
static void wrong_flags_are_refused(void) {
    CRITICAL_SECTION before;
    memset(&section, 0x5E, sizeof section);
    before = section;
    FAILS(InitializeCriticalSectionEx(&section, 0, 0x80000000), ERROR_INVALID_PARAMETER);
    FAILS(InitializeCriticalSectionEx(&section, 0x01000000, 0), ERROR_INVALID_PARAMETER);
    TRUTH(!memcmp(&section, &before, sizeof section));
}
#endif

static void the_spin_count_is_kept(void) {
    TRUTH(InitializeCriticalSectionAndSpinCount(&section, 0x80000010)); // the high bits were Windows 2000's
    DWORD kept = SetCriticalSectionSpinCount(&section, 7);
    if (kept == 0) SKIP("there is one processor: the count is always 0");
    EQUAL(kept, 0x10);
    EQUAL(SetCriticalSectionSpinCount(&section, 0), 7);
    EQUAL(SetCriticalSectionSpinCount(&section, 0), 0);
    DeleteCriticalSection(&section);
}

// ---- threads that wait

static LONG volatile entered;

static DWORD WINAPI enter_once(LPVOID unused) {
    (void)unused;
    EnterCriticalSection(&section);
    InterlockedIncrement(&entered);
    LeaveCriticalSection(&section);
    return 4;
}

static void a_waiter_enters_after_the_last_leave(void) {
    DWORD id;
    entered = 0;
    InitializeCriticalSection(&section);
    EnterCriticalSection(&section);
    EnterCriticalSection(&section);
    HANDLE thread = start(enter_once, NULL, &id);
    until_blocked(id);
    LeaveCriticalSection(&section);
    until_blocked(id);
    EQUAL(entered, 0);
    LeaveCriticalSection(&section);
    EQUAL(join(thread), 4);
    EQUAL(entered, 1);
    TRUTH(is_free());
    DeleteCriticalSection(&section);
}

static void every_waiter_enters(void) {
    HANDLE threads[8];
    DWORD ids[8];
    entered = 0;
    InitializeCriticalSection(&section);
    EnterCriticalSection(&section);
    for (size_t i = 0; i < COUNT(threads); i++) threads[i] = start(enter_once, NULL, &ids[i]);
    for (size_t i = 0; i < COUNT(threads); i++) until_blocked(ids[i]);
    LeaveCriticalSection(&section);
    for (size_t i = 0; i < COUNT(threads); i++) join(threads[i]);
    EQUAL(entered, COUNT(threads));
    EQUAL(section.LockCount, -1);
    DeleteCriticalSection(&section);
}

static DWORD WINAPI enter_and_end(LPVOID unused) {
    (void)unused;
    EnterCriticalSection(&section);
    return 5;
}

// "If a thread terminates while it has ownership of a critical section, the state of the critical section is undefined"
// (Critical Section Objects): as it is, it stays locked.
static void a_thread_that_ends_inside_keeps_it(void) {
    InitializeCriticalSection(&section);
    HANDLE thread = start(enter_and_end, NULL, NULL);
    EQUAL(join(thread), 5);
    TRUTH(!is_free());
    TRUTH(!TryEnterCriticalSection(&section));
    DeleteCriticalSection(&section);
    InitializeCriticalSection(&section); // the memory can be used again
    TRUTH(is_free());
    DeleteCriticalSection(&section);
}

static void a_terminated_waiter_takes_nothing_along(void) {
    DWORD ids[2];
    entered = 0;
    InitializeCriticalSection(&section);
    EnterCriticalSection(&section);
    HANDLE first = start(enter_once, NULL, &ids[0]);
    until_blocked(ids[0]);
    HANDLE second = start(enter_once, NULL, &ids[1]);
    until_blocked(ids[1]);
    TRUTH(TerminateThread(first, 7));
    EQUAL(join(first), 7);
    LeaveCriticalSection(&section);
#ifndef ON_WINE // whose wake-up may go to the one that has ended
    EQUAL(join(second), 4);
    EQUAL(entered, 1);
    TRUTH(is_free());
#else
    TerminateThread(second, 0);
    join(second);
#endif
    DeleteCriticalSection(&section);
}

enum { ROUNDS = 100000 };
static LONG guarded; // not atomic: the section is what counts

static DWORD WINAPI count_up(LPVOID unused) {
    (void)unused;
    for (int i = 0; i < ROUNDS; i++) {
        EnterCriticalSection(&section);
        if (i & 1 && TryEnterCriticalSection(&section)) LeaveCriticalSection(&section);
        guarded++;
        LeaveCriticalSection(&section);
    }
    return 0;
}

static void exclude_each_other(DWORD spin_count) {
    HANDLE threads[4];
    guarded = 0;
    TRUTH(InitializeCriticalSectionAndSpinCount(&section, spin_count));
    for (size_t i = 0; i < COUNT(threads); i++) threads[i] = start(count_up, NULL, NULL);
    for (size_t i = 0; i < COUNT(threads); i++) join(threads[i]);
    EQUAL(guarded, COUNT(threads) * ROUNDS);
    EQUAL(section.LockCount, -1);
    DeleteCriticalSection(&section);
}

static void owners_exclude_each_other(void) { exclude_each_other(0); }
static void spinning_owners_exclude_each_other(void) { exclude_each_other(4000); }

#ifndef _WIN32
static void *try_in_foreign_thread(void *result) {
    *(BOOL *)result = try_once(NULL) != 0;
    LeaveCriticalSection(&section); // owns nothing, and changes nothing
    return NULL;
}

static BOOL try_in_pthread(void) {
    BOOL result = 9;
    pthread_t thread;
    if (!pthread_create(&thread, NULL, try_in_foreign_thread, &result)) pthread_join(thread, NULL);
    return result;
}

static void a_thread_of_anybodys_making_is_an_owner(void) {
    InitializeCriticalSection(&section);
    EQUAL(try_in_pthread(), TRUE);
    EnterCriticalSection(&section);
    EQUAL(try_in_pthread(), FALSE);
    EQUAL(section.RecursionCount, 1);
    LeaveCriticalSection(&section);
    EQUAL(try_in_pthread(), TRUE);
    DeleteCriticalSection(&section);
}

static void a_free_section_cannot_be_left(void) {
    InitializeCriticalSection(&section);
    LeaveCriticalSection(&section);
    EQUAL(section.LockCount, -1);
    TRUTH(is_free());
    EnterCriticalSection(&section);
    LeaveCriticalSection(&section);
    LeaveCriticalSection(&section);
    EQUAL(section.LockCount, -1);
    TRUTH(is_free());
    DeleteCriticalSection(&section);
}
#endif

// ---- a thread that waits for a section gives up its place at its completion port

static HANDLE port;

static DWORD WINAPI take_then_enter(LPVOID unused) {
    DWORD bytes;
    ULONG_PTR key = 0;
    LPOVERLAPPED overlapped;
    (void)unused;
    if (!GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, INFINITE)) return 99;
    if (key == 1) {
        EnterCriticalSection(&section);
        LeaveCriticalSection(&section);
    }
    return (DWORD)key;
}

static void a_waiting_thread_frees_its_place_at_its_port(void) {
    DWORD first_id, second_id;
    REQUIRE((port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1)) != NULL);
    InitializeCriticalSection(&section);
    EnterCriticalSection(&section);
    HANDLE first = start(take_then_enter, NULL, &first_id);
    until_blocked(first_id);
    TRUTH(PostQueuedCompletionStatus(port, 0, 1, NULL));
#ifdef _WIN32
    Sleep(100);
#else
    while (section.LockCount == -2) sched_yield();
#endif
    until_blocked(first_id); // in the section now, and the port's one place is free
    HANDLE second = start(take_then_enter, NULL, &second_id);
    TRUTH(PostQueuedCompletionStatus(port, 0, 2, NULL));
    EQUAL(join(second), 2);
    LeaveCriticalSection(&section);
    EQUAL(join(first), 1);
    DeleteCriticalSection(&section);
    TRUTH(CloseHandle(port));
}

// ---- interlocked operations

static void interlocked_arithmetic(void) {
    LONG value = 0x7fffffff;
    EQUAL((DWORD)InterlockedIncrement(&value), 0x80000000);
    EQUAL(InterlockedDecrement(&value), 0x7fffffff);
    EQUAL(InterlockedExchange(&value, 9), 0x7fffffff);
    EQUAL(InterlockedExchangeAdd(&value, -4), 9);
    EQUAL(InterlockedCompareExchange(&value, 8, 4), 5);
    EQUAL(InterlockedCompareExchange(&value, 0xff, 5), 5);
    EQUAL(InterlockedAnd(&value, 0x0f), 0xff);
    EQUAL(InterlockedOr(&value, 0xf0), 0x0f);
    EQUAL(InterlockedXor(&value, 0x11), 0xff);
    EQUAL(value, 0xee);
    EQUAL(InterlockedIncrementAcquire(&value), 0xef);
    EQUAL(InterlockedCompareExchangeRelease(&value, 0, 0xef), 0xef);
    EQUAL(value, 0);

    SHORT narrow = 0x7fff;
    EQUAL(InterlockedIncrement16(&narrow), -0x8000);
    EQUAL(InterlockedCompareExchange16(&narrow, 3, -0x8000), -0x8000);
    EQUAL(narrow, 3);

    LONG64 wide = 0xffffffff;
    EQUAL(InterlockedIncrement64(&wide), 0x100000000);
    EQUAL(InterlockedExchangeAdd64(&wide, 0x100000000), 0x100000000);
    EQUAL(InterlockedAnd64(&wide, ~(LONG64)1), 0x200000000);
    EQUAL(InterlockedOr64(&wide, 5), 0x200000000);
    EQUAL(InterlockedXor64(&wide, 1), 0x200000005);
    EQUAL(InterlockedExchange64(&wide, -1), 0x200000004);
    EQUAL(InterlockedCompareExchange64(&wide, 7, -1), -1);
    EQUAL(wide, 7);
}

static void interlocked_pointers(void) {
    int a, b;
    PVOID pointer = &a;
    EQUAL(InterlockedCompareExchangePointer(&pointer, &b, NULL), &a);
    EQUAL(InterlockedCompareExchangePointer(&pointer, &b, &a), &a);
    EQUAL(InterlockedExchangePointer(&pointer, NULL), &b);
    EQUAL(pointer, NULL);
}

static void interlocked_bit_tests(void) {
    LONG bits[2] = {0, 0};
    EQUAL(InterlockedBitTestAndSet(bits, 3), 0);
    EQUAL(InterlockedBitTestAndSet(bits, 3), 1);
    EQUAL(InterlockedBitTestAndSet(bits, 33), 0); // in the second word
    EQUAL(bits[0], 8);
    EQUAL(bits[1], 2);
    EQUAL(InterlockedBitTestAndReset(bits, 3), 1);
    EQUAL(InterlockedBitTestAndReset(bits, 3), 0);
    EQUAL(InterlockedBitTestAndSet(bits, 31), 0);
    EQUAL((DWORD)bits[0], 0x80000000);
}

static const struct test_case cases[] = {
    CASE(recursion_is_counted),
    CASE(no_call_touches_the_last_error),
    CASE(each_initializer_makes_a_free_section),
#ifndef ON_WINE
    CASE(wrong_flags_are_refused),
#endif
    CASE(the_spin_count_is_kept),
    CASE(a_waiter_enters_after_the_last_leave),
    CASE(every_waiter_enters),
    CASE(a_thread_that_ends_inside_keeps_it),
    CASE(a_terminated_waiter_takes_nothing_along),
    CASE(owners_exclude_each_other),
    CASE(spinning_owners_exclude_each_other),
#ifndef _WIN32
    CASE(a_thread_of_anybodys_making_is_an_owner),
    CASE(a_free_section_cannot_be_left),
#endif
    CASE(a_waiting_thread_frees_its_place_at_its_port),
    CASE(interlocked_arithmetic),
    CASE(interlocked_pointers),
    CASE(interlocked_bit_tests),
};

int main(int argc, char **argv) { return run_cases(cases, COUNT(cases), argc, argv); }
