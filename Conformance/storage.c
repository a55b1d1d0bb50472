// storage.c: slots in which each thread has a value of its own, with callbacks and without.
#include "cases.h"
#include <stdlib.h>

// ---- TLS

static void a_slot_holds_a_value(void) {
    DWORD slot = TlsAlloc();
    REQUIRE(slot != TLS_OUT_OF_INDEXES);
    FAILS_WITH(TlsGetValue(slot), NULL, 0);
    QUIETLY(TlsSetValue(slot, (LPVOID)0x1234), TRUE);
    FAILS_WITH(TlsGetValue(slot), 0x1234, 0);
    TRUTH(TlsSetValue(slot, NULL));
    FAILS_WITH(TlsGetValue(slot), NULL, 0); // fact: success is told by the last error
    QUIETLY(TlsFree(slot), TRUE);
    FAILS(TlsFree(slot), ERROR_INVALID_PARAMETER);
}

static DWORD shared_slot;
static DWORD WINAPI use_the_slot(LPVOID value) {
    if (TlsGetValue(shared_slot) != NULL) return 1;
    TlsSetValue(shared_slot, value);
    for (int i = 0; i < 100; i++) {
        SwitchToThread();
        if (TlsGetValue(shared_slot) != value) return 2;
    }
    return 0;
}

static void each_thread_has_its_own(void) {
    HANDLE threads[8];
    shared_slot = TlsAlloc();
    TRUTH(TlsSetValue(shared_slot, (LPVOID)99));
    for (int i = 0; i < 8; i++) threads[i] = start(use_the_slot, (LPVOID)(ULONG_PTR)(i + 1), NULL);
    for (int i = 0; i < 8; i++) EQUAL(join(threads[i]), 0);
    EQUAL(TlsGetValue(shared_slot), 99);
    TRUTH(TlsFree(shared_slot));
}

struct holder {
    HANDLE is_set, may_look;
    LPVOID seen;
};
static DWORD WINAPI set_and_look_again(LPVOID argument) {
    struct holder *holder = argument;
    TlsSetValue(shared_slot, (LPVOID)5);
    SetEvent(holder->is_set);
    WaitForSingleObject(holder->may_look, INFINITE);
    holder->seen = TlsGetValue(shared_slot);
    return 0;
}

static void a_slot_that_is_freed_and_taken_again_is_empty(void) {
    struct holder holder = {CreateEventA(NULL, FALSE, FALSE, NULL), CreateEventA(NULL, FALSE, FALSE, NULL), (LPVOID)1};
    DWORD old = shared_slot = TlsAlloc();
    TRUTH(TlsSetValue(shared_slot, (LPVOID)7));
    HANDLE thread = start(set_and_look_again, &holder, NULL);
    EQUAL(WaitForSingleObject(holder.is_set, INFINITE), WAIT_OBJECT_0);
    TRUTH(TlsFree(shared_slot));
    shared_slot = TlsAlloc();
    EQUAL(shared_slot, old); // the lowest that is free
    EQUAL(TlsGetValue(shared_slot), NULL);
    TRUTH(SetEvent(holder.may_look));
    EQUAL(join(thread), 0);
    EQUAL(holder.seen, NULL); // in another thread, too
    TRUTH(TlsFree(shared_slot));
    CloseHandle(holder.is_set);
    CloseHandle(holder.may_look);
}

static void there_are_1088_slots(void) {
    static DWORD slots[2000];
    static BYTE is_taken[1088];
    DWORD count = 0;
    memset(is_taken, 0, sizeof is_taken);
    while (count < COUNT(slots) && (slots[count] = TlsAlloc()) != TLS_OUT_OF_INDEXES) count++;
    TRUTH(count > 1000); // the C run-time library may have some
    TRUTH(count <= 1088);
    FAILS_WITH(TlsAlloc(), TLS_OUT_OF_INDEXES, ERROR_NO_MORE_ITEMS);
    for (DWORD i = 0; i < count; i++) {
        REQUIRE(slots[i] < 1088);
        EQUAL(is_taken[slots[i]]++, 0);
        TRUTH(TlsSetValue(slots[i], (LPVOID)(ULONG_PTR)(slots[i] + 1)));
    }
    for (DWORD i = 0; i < count; i++) EQUAL(TlsGetValue(slots[i]), slots[i] + 1);
    for (DWORD i = 0; i < count; i++) TRUTH(TlsFree(slots[i]));
}

static void slots_that_there_are_not(void) {
    static const DWORD bad[] = {1088, 5000, 0x7FFFFFFF, 0xFFFFFFFF};
    for (size_t i = 0; i < COUNT(bad); i++) {
        FAILS(TlsGetValue(bad[i]), ERROR_INVALID_PARAMETER);
        FAILS(TlsSetValue(bad[i], NULL), ERROR_INVALID_PARAMETER);
        FAILS(TlsFree(bad[i]), ERROR_INVALID_PARAMETER);
    }
}

// ---- FLS

static LONG volatile calls, sum;
static DWORD volatile calling_thread;
static VOID WINAPI note(PVOID value) {
    InterlockedIncrement(&calls);
    InterlockedExchangeAdd(&sum, (LONG)(LONG_PTR)value);
    calling_thread = GetCurrentThreadId();
}

static void a_slot_with_a_callback(void) {
    calls = sum = 0;
    DWORD slot = FlsAlloc(note);
    REQUIRE(slot != FLS_OUT_OF_INDEXES);
    TRUTH(slot != 0);
    FAILS_WITH(FlsGetValue(slot), NULL, 0);
    TRUTH(FlsSetValue(slot, (PVOID)5));
    FAILS_WITH(FlsGetValue(slot), 5, 0);
    EQUAL(calls, 0);
    TRUTH(FlsFree(slot));
    EQUAL(calls, 1);
    EQUAL(sum, 5);
    EQUAL(calling_thread, GetCurrentThreadId());
    FAILS(FlsFree(slot), ERROR_INVALID_PARAMETER);
}

static DWORD WINAPI set_fls(LPVOID value) {
    FlsSetValue(shared_slot, value);
    return GetCurrentThreadId();
}
static DWORD WINAPI set_fls_and_exit(LPVOID value) {
    FlsSetValue(shared_slot, value);
    ExitThread(9);
    return 0;
}
static DWORD WINAPI set_no_fls(LPVOID value) {
    (void)value;
    return FlsGetValue(shared_slot) != NULL;
}

static void the_callback_at_the_threads_end(void) {
    calls = sum = 0;
    shared_slot = FlsAlloc(note);
    DWORD id = join(start(set_fls, (LPVOID)8, NULL));
    EQUAL(calls, 1);
    EQUAL(sum, 8);
    EQUAL(calling_thread, id);
    EQUAL(join(start(set_fls_and_exit, (LPVOID)100, NULL)), 9);
    EQUAL(calls, 2);
    EQUAL(sum, 108);
    EQUAL(join(start(set_no_fls, NULL, NULL)), 0);
    EQUAL(calls, 2); // not for NULL
    TRUTH(FlsFree(shared_slot));
    EQUAL(calls, 2);
}

// The callback comes before the thread's mutexes are abandoned and its object is signaled.
static HANDLE mutex, thread_itself;
static LONG volatile was_owned, was_unsignaled;
static VOID WINAPI look(PVOID value) {
    (void)value;
    was_owned = ReleaseMutex(mutex) && WaitForSingleObject(mutex, 0) == WAIT_OBJECT_0;
    was_unsignaled = WaitForSingleObject(thread_itself, 0) == WAIT_TIMEOUT;
}
static DWORD WINAPI own_a_mutex(LPVOID unused) {
    (void)unused;
    WaitForSingleObject(mutex, INFINITE);
    DuplicateHandle(GetCurrentProcess(), GetCurrentThread(), GetCurrentProcess(), &thread_itself, 0, FALSE,
                    DUPLICATE_SAME_ACCESS);
    FlsSetValue(shared_slot, (PVOID)1);
    return 0;
}

static void the_order_at_a_threads_end(void) {
    was_owned = was_unsignaled = 0;
    mutex = CreateMutexA(NULL, FALSE, NULL);
    shared_slot = FlsAlloc(look);
    EQUAL(join(start(own_a_mutex, NULL, NULL)), 0);
    EQUAL(was_owned, 1);
    EQUAL(was_unsignaled, 1);
    EQUAL(WaitForSingleObject(mutex, 0), WAIT_ABANDONED);
    TRUTH(ReleaseMutex(mutex));
    CloseHandle(thread_itself);
    CloseHandle(mutex);
    TRUTH(FlsFree(shared_slot));
}

static DWORD WINAPI set_fls_and_wait(LPVOID argument) {
    struct holder *holder = argument;
    FlsSetValue(shared_slot, (PVOID)30);
    SetEvent(holder->is_set);
    WaitForSingleObject(holder->may_look, INFINITE);
    return 0;
}

static void freeing_a_slot_calls_back_for_every_thread(void) {
    struct holder holder = {CreateEventA(NULL, FALSE, FALSE, NULL), CreateEventA(NULL, FALSE, FALSE, NULL), NULL};
    calls = sum = 0;
    shared_slot = FlsAlloc(note);
    TRUTH(FlsSetValue(shared_slot, (PVOID)1));
    HANDLE thread = start(set_fls_and_wait, &holder, NULL);
    EQUAL(WaitForSingleObject(holder.is_set, INFINITE), WAIT_OBJECT_0);
    TRUTH(FlsFree(shared_slot));
    EQUAL(calls, 2);
    EQUAL(sum, 31);
    EQUAL(calling_thread, GetCurrentThreadId());
    TRUTH(SetEvent(holder.may_look));
    EQUAL(join(thread), 0);
    EQUAL(calls, 2);
    CloseHandle(holder.is_set);
    CloseHandle(holder.may_look);
}

static void without_a_callback(void) {
    calls = 0;
    DWORD first = FlsAlloc(NULL), second = FlsAlloc(NULL);
    TRUTH(first != second);
    TRUTH(FlsSetValue(first, (PVOID)1));
    TRUTH(FlsSetValue(second, (PVOID)2));
    EQUAL(FlsGetValue(first), 1);
    EQUAL(FlsGetValue(second), 2);
    TRUTH(FlsFree(first));
    EQUAL(FlsAlloc(NULL), first);
    EQUAL(FlsGetValue(first), NULL);
    EQUAL(FlsGetValue(second), 2);
    TRUTH(FlsFree(first));
    TRUTH(FlsFree(second));
    EQUAL(calls, 0);
}

static void fls_slots_that_there_are_not(void) {
    static const DWORD bad[] = {0, 5000, 0x7FFFFFFF, 0xFFFFFFFF};
    for (size_t i = 0; i < COUNT(bad); i++) {
        FAILS(FlsGetValue(bad[i]), ERROR_INVALID_PARAMETER);
        FAILS(FlsSetValue(bad[i], (PVOID)1), ERROR_INVALID_PARAMETER);
        FAILS(FlsFree(bad[i]), ERROR_INVALID_PARAMETER);
    }
}

static void a_terminated_thread_is_not_called_back(void) {
    struct holder holder = {CreateEventA(NULL, FALSE, FALSE, NULL), CreateEventA(NULL, FALSE, FALSE, NULL), NULL};
    calls = 0;
    shared_slot = FlsAlloc(note);
    HANDLE thread = start(set_fls_and_wait, &holder, NULL);
    EQUAL(WaitForSingleObject(holder.is_set, INFINITE), WAIT_OBJECT_0);
    TRUTH(TerminateThread(thread, 4));
    EQUAL(join(thread), 4);
    EQUAL(calls, 0);
    TRUTH(FlsFree(shared_slot));
#ifndef ON_WINE
    EQUAL(calls, 0);
#endif
    CloseHandle(holder.is_set);
    CloseHandle(holder.may_look);
}

static const struct test_case cases[] = {
    CASE(a_slot_holds_a_value),
    CASE(each_thread_has_its_own),
    CASE(a_slot_that_is_freed_and_taken_again_is_empty),
    CASE(there_are_1088_slots),
    CASE(slots_that_there_are_not),
    CASE(a_slot_with_a_callback),
    CASE(the_callback_at_the_threads_end),
    CASE(the_order_at_a_threads_end),
    CASE(freeing_a_slot_calls_back_for_every_thread),
    CASE(without_a_callback),
    CASE(fls_slots_that_there_are_not),
    CASE(a_terminated_thread_is_not_called_back),
};

int main(int argc, char **argv) { return run_cases(cases, COUNT(cases), argc, argv); }
