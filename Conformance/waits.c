// waits.c: waiting for one object, for any of several, for all of them.
#include "cases.h"

static HANDLE event(BOOL manual, BOOL set) {
    HANDLE made = CreateEventW(NULL, manual, set, NULL);
    TRUTH(made != NULL);
    return made;
}

static void close_all(HANDLE *handles, size_t count) {
    for (size_t i = 0; i < count; i++) TRUTH(CloseHandle(handles[i]));
}

static HANDLE closed_handle(void) {
    HANDLE closed = event(TRUE, TRUE);
    CloseHandle(closed);
    return closed;
}

// ---- bad arguments

static void number_of_handles(void) {
    HANDLE handles[65];
    for (int i = 0; i < 65; i++) handles[i] = event(FALSE, TRUE);
    for (BOOL all = FALSE; all <= TRUE; all++) {
        FAILS_WITH(WaitForMultipleObjects(0, handles, all, 0), WAIT_FAILED, ERROR_INVALID_PARAMETER);
        FAILS_WITH(WaitForMultipleObjects(65, handles, all, 0), WAIT_FAILED, ERROR_INVALID_PARAMETER);
        FAILS_WITH(WaitForMultipleObjects(0x80000000, handles, all, 0), WAIT_FAILED, ERROR_INVALID_PARAMETER);
        FAILS_WITH(WaitForMultipleObjects(0xFFFFFFFF, handles, all, 0), WAIT_FAILED, ERROR_INVALID_PARAMETER);
    }
    for (int i = 0; i < 65; i++) TRUTH(is_signaled(handles[i])); // nothing was consumed
    close_all(handles, 65);
}

static void sixty_four_handles_any(void) {
    HANDLE handles[64];
    for (int i = 0; i < 64; i++) handles[i] = event(FALSE, FALSE);
    QUIETLY(WaitForMultipleObjects(64, handles, FALSE, 0), WAIT_TIMEOUT);
    for (int i = 63; i >= 0; i--) {
        TRUTH(SetEvent(handles[i]));
        QUIETLY(WaitForMultipleObjects(64, handles, FALSE, INFINITE), WAIT_OBJECT_0 + i);
        QUIETLY(WaitForMultipleObjects(64, handles, FALSE, 0), WAIT_TIMEOUT);
    }
    close_all(handles, 64);
}

static void sixty_four_handles_all(void) {
    HANDLE handles[64];
    for (int i = 0; i < 64; i++) handles[i] = event(FALSE, i != 40);
    QUIETLY(WaitForMultipleObjects(64, handles, TRUE, 0), WAIT_TIMEOUT);
    TRUTH(SetEvent(handles[40]));
    QUIETLY(WaitForMultipleObjects(64, handles, TRUE, 0), WAIT_OBJECT_0);
    for (int i = 0; i < 64; i++) TRUTH(!is_signaled(handles[i]));
    close_all(handles, 64);
}

#ifndef _WIN32
static void no_array(void) { // Windows reads it
    FAILS_WITH(WaitForMultipleObjects(1, NULL, FALSE, 0), WAIT_FAILED, ERROR_INVALID_PARAMETER);
    FAILS_WITH(WaitForMultipleObjects(64, NULL, TRUE, INFINITE), WAIT_FAILED, ERROR_INVALID_PARAMETER);
}
#endif

static void single_bad_handle(void) {
    FAILS_WITH(WaitForSingleObject(NULL, 0), WAIT_FAILED, ERROR_INVALID_HANDLE);
    FAILS_WITH(WaitForSingleObject(closed_handle(), 0), WAIT_FAILED, ERROR_INVALID_HANDLE);
    FAILS_WITH(WaitForSingleObject(closed_handle(), INFINITE), WAIT_FAILED, ERROR_INVALID_HANDLE);
    FAILS_WITH(WaitForSingleObject((HANDLE)(ULONG_PTR)0x7FFFFFFC, 0), WAIT_FAILED, ERROR_INVALID_HANDLE);
}

static void closed_handle_anywhere(void) {
#ifdef ON_WINE
    SKIP("Wine looks at what comes before it");
#endif
    for (int place = 0; place < 3; place++) {
        HANDLE handles[3];
        for (int i = 0; i < 3; i++) handles[i] = i == place ? closed_handle() : event(FALSE, TRUE);
        for (BOOL all = FALSE; all <= TRUE; all++)
            FAILS_WITH(WaitForMultipleObjects(3, handles, all, 0), WAIT_FAILED, ERROR_INVALID_HANDLE);
        for (int i = 0; i < 3; i++) {
            if (i == place) continue;
            TRUTH(is_signaled(handles[i])); // not consumed
            CloseHandle(handles[i]);
        }
    }
}

static void null_and_pseudo_handles_in_an_array(void) {
#ifdef ON_WINE
    SKIP("Wine looks at what comes before it");
#endif
    HANDLE bad[] = {NULL, GetCurrentThread(), GetCurrentProcess()};
    for (size_t i = 0; i < COUNT(bad); i++) {
        HANDLE handles[2] = {event(FALSE, TRUE), bad[i]};
        FAILS_WITH(WaitForMultipleObjects(2, handles, FALSE, 0), WAIT_FAILED, ERROR_INVALID_HANDLE);
        FAILS_WITH(WaitForMultipleObjects(2, handles, TRUE, 0), WAIT_FAILED, ERROR_INVALID_HANDLE);
        FAILS_WITH(WaitForMultipleObjects(1, &bad[i], FALSE, 0), WAIT_FAILED, ERROR_INVALID_HANDLE);
        TRUTH(is_signaled(handles[0]));
        CloseHandle(handles[0]);
    }
}

static void single_wait_for_pseudo_handles(void) {
    QUIETLY(WaitForSingleObject(GetCurrentThread(), 0), WAIT_TIMEOUT);
    QUIETLY(WaitForSingleObject(GetCurrentThread(), 5), WAIT_TIMEOUT);
    QUIETLY(WaitForSingleObject(GetCurrentProcess(), 0), WAIT_TIMEOUT);
    QUIETLY(WaitForSingleObject(GetCurrentProcess(), 5), WAIT_TIMEOUT);
}

static void missing_right_anywhere(void) {
    HANDLE handles[2] = {event(FALSE, TRUE), CreateEventExW(NULL, NULL, CREATE_EVENT_INITIAL_SET, EVENT_MODIFY_STATE)};
    FAILS_WITH(WaitForMultipleObjects(2, handles, FALSE, 0), WAIT_FAILED, ERROR_ACCESS_DENIED);
    FAILS_WITH(WaitForMultipleObjects(2, handles, TRUE, 0), WAIT_FAILED, ERROR_ACCESS_DENIED);
    TRUTH(is_signaled(handles[0]));
    close_all(handles, 2);
}

// ---- any

static void any_takes_the_lowest_index(void) {
    for (unsigned set = 0; set < 8; set++) {
        HANDLE handles[3];
        for (int i = 0; i < 3; i++) handles[i] = event(FALSE, set >> i & 1);
        DWORD lowest = set & 1 ? 0 : set & 2 ? 1 : 2;
        QUIETLY(WaitForMultipleObjects(3, handles, FALSE, 0), set ? WAIT_OBJECT_0 + lowest : WAIT_TIMEOUT);
        for (unsigned i = 0; i < 3; i++) EQUAL(is_signaled(handles[i]), (set >> i & 1) && i != lowest);
        close_all(handles, 3);
    }
}

static void any_with_the_same_handle_twice(void) {
    HANDLE unset = event(FALSE, FALSE), set = event(FALSE, TRUE);
    HANDLE handles[4] = {unset, set, set, unset};
    QUIETLY(WaitForMultipleObjects(4, handles, FALSE, 0), WAIT_OBJECT_0 + 1);
    TRUTH(!is_signaled(set)); // taken once
    QUIETLY(WaitForMultipleObjects(4, handles, FALSE, 0), WAIT_TIMEOUT);
    TRUTH(SetEvent(unset));
    QUIETLY(WaitForMultipleObjects(4, handles, FALSE, 0), WAIT_OBJECT_0);
    CloseHandle(unset);
    CloseHandle(set);
}

// ---- all

static void all_takes_all_or_nothing(void) {
    for (unsigned set = 0; set < 8; set++) {
        HANDLE handles[3];
        for (int i = 0; i < 3; i++) handles[i] = event(i == 2, set >> i & 1);
        QUIETLY(WaitForMultipleObjects(3, handles, TRUE, 0), set == 7 ? WAIT_OBJECT_0 : WAIT_TIMEOUT);
        for (unsigned i = 0; i < 3; i++) EQUAL(is_signaled(handles[i]), (set >> i & 1) && (set != 7 || i == 2));
        close_all(handles, 3);
    }
}

static void all_with_the_same_object_twice(void) {
#ifdef ON_WINE
    SKIP("Wine allows it");
#endif
    HANDLE first = event(FALSE, TRUE), other = event(FALSE, TRUE), copy = NULL;
    TRUTH(DuplicateHandle(GetCurrentProcess(), first, GetCurrentProcess(), &copy, 0, FALSE, DUPLICATE_SAME_ACCESS));
    HANDLE same_handle[3] = {first, other, first}, same_object[2] = {first, copy};
    FAILS_WITH(WaitForMultipleObjects(3, same_handle, TRUE, 0), WAIT_FAILED, ERROR_INVALID_PARAMETER);
    FAILS_WITH(WaitForMultipleObjects(2, same_object, TRUE, 0), WAIT_FAILED, ERROR_INVALID_PARAMETER);
    TRUTH(is_signaled(first));
    TRUTH(is_signaled(other));
    QUIETLY(WaitForMultipleObjects(2, same_object, FALSE, 0), WAIT_TIMEOUT);
    CloseHandle(first);
    CloseHandle(other);
    CloseHandle(copy);
}

struct array {
    HANDLE handles[3];
    DWORD count;
    BOOL all;
};

static DWORD WINAPI wait_for_array(LPVOID argument) {
    struct array *array = argument;
    return WaitForMultipleObjects(array->count, array->handles, array->all, INFINITE);
}

static void all_in_any_order_of_setting(void) {
    static const int orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    for (size_t order = 0; order < COUNT(orders); order++) {
        struct array array = {{event(FALSE, FALSE), event(FALSE, FALSE), event(FALSE, FALSE)}, 3, TRUE};
        DWORD id;
        HANDLE thread = start(wait_for_array, &array, &id);
        until_blocked(id);
        for (int i = 0; i < 3; i++) {
            TRUTH(!is_signaled(thread));
            TRUTH(SetEvent(array.handles[orders[order][i]]));
        }
        EQUAL(join(thread), WAIT_OBJECT_0);
        for (int i = 0; i < 3; i++) TRUTH(!is_signaled(array.handles[i]));
        close_all(array.handles, 3);
    }
}

static void all_does_not_hold_what_is_there(void) {
    struct array array = {{event(FALSE, TRUE), event(FALSE, FALSE)}, 2, TRUE};
    DWORD id;
    HANDLE thread = start(wait_for_array, &array, &id);
    until_blocked(id);
    QUIETLY(WaitForSingleObject(array.handles[0], 0), WAIT_OBJECT_0); // another may take it meanwhile
    TRUTH(SetEvent(array.handles[1]));
    TRUTH(!is_signaled(thread));
    TRUTH(SetEvent(array.handles[0]));
    EQUAL(join(thread), WAIT_OBJECT_0);
    TRUTH(!is_signaled(array.handles[1]));
    close_all(array.handles, 2);
}

enum { ROUNDS = 2000 };
static LONG volatile stolen, is_over;

static DWORD WINAPI steal(LPVOID argument) {
    struct array *array = argument;
    while (!is_over) {
        if (is_signaled(array->handles[1])) {
            InterlockedIncrement(&stolen);
            SetEvent(array->handles[1]); // the thief gives it back
        }
    }
    return 0;
}

static DWORD WINAPI take_all(LPVOID argument) {
    struct array *array = argument;
    HANDLE both[2] = {array->handles[0], array->handles[1]};
    for (int i = 0; i < ROUNDS; i++) {
        if (WaitForMultipleObjects(2, both, TRUE, INFINITE) != WAIT_OBJECT_0) return 1;
        // Both are ours: neither can be signaled until the main thread sets it, once it is asked to.
        if (is_signaled(both[0]) || is_signaled(both[1])) return 2;
        SetEvent(array->handles[2]);
    }
    return 0;
}

static void all_is_atomic_beside_a_thief(void) {
    struct array array = {{event(FALSE, FALSE), event(FALSE, FALSE), event(FALSE, FALSE)}, 3, TRUE};
    stolen = is_over = 0;
    HANDLE thief = start(steal, &array, NULL), taker = start(take_all, &array, NULL);
    for (int i = 0; i < ROUNDS; i++) {
        TRUTH(SetEvent(array.handles[i & 1]));
        TRUTH(SetEvent(array.handles[!(i & 1)]));
        HANDLE either[2] = {array.handles[2], taker};
        if (!EQUAL(WaitForMultipleObjects(2, either, FALSE, INFINITE), WAIT_OBJECT_0)) break;
    }
    EQUAL(join(taker), 0);
    is_over = 1;
    EQUAL(join(thief), 0);
    close_all(array.handles, 3);
}

// ---- signal and wait

static DWORD WINAPI wait_single(LPVOID handle) { return WaitForSingleObject(handle, INFINITE); }

static void signals_an_event_and_waits(void) {
    HANDLE signal = event(FALSE, FALSE), gate = event(FALSE, TRUE);
    QUIETLY(SignalObjectAndWait(signal, gate, 0, FALSE), WAIT_OBJECT_0);
    TRUTH(is_signaled(signal));
    TRUTH(!is_signaled(gate));
    QUIETLY(SignalObjectAndWait(signal, gate, 0, FALSE), WAIT_TIMEOUT); // signaled all the same
    TRUTH(is_signaled(signal));
    QUIETLY(SignalObjectAndWait(signal, gate, 5, TRUE), WAIT_TIMEOUT);
    TRUTH(is_signaled(signal));
    QUIETLY(SignalObjectAndWait(signal, GetCurrentThread(), 0, FALSE), WAIT_TIMEOUT);
    TRUTH(is_signaled(signal));
    CloseHandle(signal);
    CloseHandle(gate);
}

static void signals_what_it_waits_for(void) {
    HANDLE automatic = event(FALSE, FALSE), manual = event(TRUE, FALSE), semaphore = CreateSemaphoreA(NULL, 0, 1, NULL);
    QUIETLY(SignalObjectAndWait(automatic, automatic, INFINITE, FALSE), WAIT_OBJECT_0);
    TRUTH(!is_signaled(automatic));
    QUIETLY(SignalObjectAndWait(manual, manual, INFINITE, FALSE), WAIT_OBJECT_0);
    TRUTH(is_signaled(manual));
    QUIETLY(SignalObjectAndWait(semaphore, semaphore, INFINITE, FALSE), WAIT_OBJECT_0);
    TRUTH(!is_signaled(semaphore));
    CloseHandle(automatic);
    CloseHandle(manual);
    CloseHandle(semaphore);
}

static void signals_semaphores_and_mutexes(void) {
    HANDLE semaphore = CreateSemaphoreA(NULL, 0, 1, NULL), mutex = CreateMutexA(NULL, TRUE, NULL);
    HANDLE gate = event(TRUE, TRUE);
    QUIETLY(SignalObjectAndWait(semaphore, gate, 0, FALSE), WAIT_OBJECT_0);
    TRUTH(is_signaled(semaphore));
    QUIETLY(WaitForSingleObject(mutex, 0), WAIT_OBJECT_0);
    QUIETLY(SignalObjectAndWait(mutex, gate, 0, FALSE), WAIT_OBJECT_0); // once of two
    QUIETLY(SignalObjectAndWait(mutex, gate, 0, FALSE), WAIT_OBJECT_0);
    FAILS_WITH(SignalObjectAndWait(mutex, gate, 0, FALSE), WAIT_FAILED, ERROR_NOT_OWNER);
    QUIETLY(SignalObjectAndWait(semaphore, mutex, 0, FALSE), WAIT_OBJECT_0);
    QUIETLY(ReleaseMutex(mutex), TRUE);
    CloseHandle(semaphore);
    CloseHandle(mutex);
    CloseHandle(gate);
}

static void a_signal_that_fails_skips_the_wait(void) {
    HANDLE gate = event(FALSE, TRUE), full = CreateSemaphoreA(NULL, 1, 1, NULL), mutex = CreateMutexA(NULL, FALSE, NULL);
    HANDLE closed = event(TRUE, TRUE), hold = event(TRUE, FALSE), thread = start(wait_single, hold, NULL);
    TRUTH(CloseHandle(closed));
    struct {
        HANDLE signal;
        DWORD error;
    } bad[] = {{full, ERROR_TOO_MANY_POSTS},          {mutex, ERROR_NOT_OWNER},
               {thread, ERROR_INVALID_HANDLE},        {NULL, ERROR_INVALID_HANDLE},
               {closed, ERROR_INVALID_HANDLE},        {GetCurrentThread(), ERROR_INVALID_HANDLE},
               {GetCurrentProcess(), ERROR_INVALID_HANDLE}};
    for (size_t i = 0; i < COUNT(bad); i++) {
        FAILS_WITH(SignalObjectAndWait(bad[i].signal, gate, INFINITE, FALSE), WAIT_FAILED, bad[i].error);
        TRUTH(is_signaled(gate));
        TRUTH(SetEvent(gate));
    }
    QUIETLY(WaitForSingleObject(full, 0), WAIT_OBJECT_0);
    QUIETLY(WaitForSingleObject(full, 0), WAIT_TIMEOUT);
    TRUTH(SetEvent(hold));
    EQUAL(join(thread), WAIT_OBJECT_0);
    CloseHandle(gate);
    CloseHandle(full);
    CloseHandle(mutex);
    CloseHandle(hold);
}

static void a_wait_that_cannot_begin_signals_nothing(void) {
    HANDLE signal = event(FALSE, FALSE), closed = event(TRUE, TRUE);
    HANDLE setter = CreateEventExA(NULL, NULL, CREATE_EVENT_INITIAL_SET, EVENT_MODIFY_STATE);
    TRUTH(CloseHandle(closed));
    FAILS_WITH(SignalObjectAndWait(signal, NULL, 0, FALSE), WAIT_FAILED, ERROR_INVALID_HANDLE);
    FAILS_WITH(SignalObjectAndWait(signal, closed, 0, FALSE), WAIT_FAILED, ERROR_INVALID_HANDLE);
    FAILS_WITH(SignalObjectAndWait(signal, setter, 0, FALSE), WAIT_FAILED, ERROR_ACCESS_DENIED);
    TRUTH(!is_signaled(signal));
    CloseHandle(signal);
    CloseHandle(setter);
}

static void signalling_takes_the_right_to(void) {
    HANDLE gate = event(FALSE, TRUE), signal = CreateEventExA(NULL, NULL, 0, SYNCHRONIZE);
    HANDLE semaphore = CreateSemaphoreExA(NULL, 0, 1, NULL, 0, SYNCHRONIZE);
    HANDLE mutex = CreateMutexExA(NULL, NULL, CREATE_MUTEX_INITIAL_OWNER, SYNCHRONIZE);
    FAILS_WITH(SignalObjectAndWait(signal, gate, 0, FALSE), WAIT_FAILED, ERROR_ACCESS_DENIED);
    FAILS_WITH(SignalObjectAndWait(semaphore, gate, 0, FALSE), WAIT_FAILED, ERROR_ACCESS_DENIED);
    TRUTH(!is_signaled(signal));
    TRUTH(!is_signaled(semaphore));
    QUIETLY(SignalObjectAndWait(mutex, gate, 0, FALSE), WAIT_OBJECT_0); // a mutex takes none
    CloseHandle(gate);
    CloseHandle(signal);
    CloseHandle(semaphore);
    CloseHandle(mutex);
}

static DWORD WINAPI answer_by_signal_and_wait(LPVOID argument) {
    HANDLE *ball = argument;
    if (WaitForSingleObject(ball[0], INFINITE)) return 1;
    for (int i = 0; i < 20000; i++)
        if (SignalObjectAndWait(ball[1], ball[0], INFINITE, FALSE)) return 2;
    return SetEvent(ball[1]) ? 0 : 3;
}

static void twenty_thousand_exchanges(void) {
#ifdef ON_WINE
    SKIP("Wine takes too long");
#endif
    HANDLE ball[2] = {event(FALSE, FALSE), event(FALSE, FALSE)}, thread = start(answer_by_signal_and_wait, ball, NULL);
    int exchanges = 0;
    while (exchanges <= 20000 && SignalObjectAndWait(ball[0], ball[1], INFINITE, FALSE) == WAIT_OBJECT_0) exchanges++;
    EQUAL(exchanges, 20001);
    EQUAL(join(thread), 0);
    TRUTH(!is_signaled(ball[0]));
    TRUTH(!is_signaled(ball[1]));
    CloseHandle(ball[0]);
    CloseHandle(ball[1]);
}

// ---- time

static void a_timeout_is_never_early(void) {
    HANDLE unset = event(TRUE, FALSE);
    LARGE_INTEGER before, after, frequency;
    TRUTH(QueryPerformanceFrequency(&frequency));
    for (DWORD milliseconds = 1; milliseconds <= 30; milliseconds += 7) {
        TRUTH(QueryPerformanceCounter(&before));
        QUIETLY(WaitForSingleObject(unset, milliseconds), WAIT_TIMEOUT);
        QUIETLY(WaitForMultipleObjects(1, &unset, TRUE, milliseconds), WAIT_TIMEOUT);
        TRUTH(QueryPerformanceCounter(&after));
#ifndef _WIN32 // Windows counts in ticks of its clock
        TRUTH((double)(after.QuadPart - before.QuadPart) * 1000 / (double)frequency.QuadPart >= 2 * milliseconds);
#endif
    }
    CloseHandle(unset);
}

static void an_early_signal_ends_a_long_wait(void) {
    struct array array = {{event(FALSE, FALSE)}, 1, FALSE};
    DWORD id;
    HANDLE thread = start(wait_for_array, &array, &id);
    until_blocked(id);
    TRUTH(SetEvent(array.handles[0]));
    QUIETLY(WaitForSingleObject(thread, 0xFFFFFFFE), WAIT_OBJECT_0); // 49 days
    EQUAL(join(thread), WAIT_OBJECT_0);
    CloseHandle(array.handles[0]);
}

static void a_timed_out_wait_takes_nothing(void) {
    HANDLE handles[2] = {event(FALSE, FALSE), event(FALSE, FALSE)};
    QUIETLY(WaitForMultipleObjects(2, handles, FALSE, 5), WAIT_TIMEOUT);
    TRUTH(SetEvent(handles[1]));
    QUIETLY(WaitForMultipleObjects(2, handles, TRUE, 5), WAIT_TIMEOUT);
    TRUTH(is_signaled(handles[1]));
    TRUTH(!is_signaled(handles[1]));
    close_all(handles, 2);
}

static void sleep_is_never_early(void) {
    ULONGLONG before = GetTickCount64();
    SetLastError(UNTOUCHED);
    Sleep(0);
    Sleep(20);
    EQUAL(GetLastError(), UNTOUCHED);
#ifndef _WIN32
    TRUTH(GetTickCount64() - before >= 19); // both readings are rounded down
#else
    (void)before;
#endif
}

// ---- several threads

static void manual_reset_releases_everyone(void) {
    HANDLE gate = event(TRUE, FALSE), threads[8];
    DWORD id;
    for (int i = 0; i < 8; i++) {
        threads[i] = start(wait_single, gate, &id);
        until_blocked(id);
    }
    QUIETLY(WaitForMultipleObjects(8, threads, FALSE, 0), WAIT_TIMEOUT);
    TRUTH(SetEvent(gate));
    QUIETLY(WaitForMultipleObjects(8, threads, TRUE, INFINITE), WAIT_OBJECT_0);
    TRUTH(is_signaled(gate));
    for (int i = 0; i < 8; i++) EQUAL(join(threads[i]), WAIT_OBJECT_0);
    CloseHandle(gate);
}

static void auto_reset_releases_one_at_a_time(void) {
    HANDLE gate = event(FALSE, FALSE), threads[8];
    DWORD id, left = 8;
    for (int i = 0; i < 8; i++) {
        threads[i] = start(wait_single, gate, &id);
        until_blocked(id);
    }
    while (left > 0) {
        QUIETLY(WaitForMultipleObjects(left, threads, FALSE, 0), WAIT_TIMEOUT);
        TRUTH(SetEvent(gate));
        DWORD ended = WaitForMultipleObjects(left, threads, FALSE, INFINITE) - WAIT_OBJECT_0;
        REQUIRE(ended < left);
        EQUAL(join(threads[ended]), WAIT_OBJECT_0);
        threads[ended] = threads[--left];
        TRUTH(!is_signaled(gate)); // the released thread took the signal
    }
    CloseHandle(gate);
}

static void one_signal_ends_one_wait_for_any(void) {
    struct array array = {{event(FALSE, FALSE), event(FALSE, FALSE)}, 2, FALSE};
    HANDLE threads[2];
    DWORD id;
    for (int i = 0; i < 2; i++) {
        threads[i] = start(wait_for_array, &array, &id);
        until_blocked(id);
    }
    TRUTH(SetEvent(array.handles[1]));
    DWORD ended = WaitForMultipleObjects(2, threads, FALSE, INFINITE) - WAIT_OBJECT_0;
    REQUIRE(ended < 2);
    TRUTH(!is_signaled(threads[!ended]));
    EQUAL(join(threads[ended]), WAIT_OBJECT_0 + 1);
    TRUTH(SetEvent(array.handles[0]));
    EQUAL(join(threads[!ended]), WAIT_OBJECT_0);
    TRUTH(!is_signaled(array.handles[0]));
    close_all(array.handles, 2);
}

static void a_handle_closed_during_the_wait(void) {
    HANDLE gate = event(FALSE, FALSE), copy = NULL;
    TRUTH(DuplicateHandle(GetCurrentProcess(), gate, GetCurrentProcess(), &copy, 0, FALSE, DUPLICATE_SAME_ACCESS));
    DWORD id;
    HANDLE thread = start(wait_single, gate, &id);
    until_blocked(id);
    TRUTH(CloseHandle(gate));
    TRUTH(!is_signaled(thread)); // the wait goes on with the object
    TRUTH(SetEvent(copy));
    EQUAL(join(thread), WAIT_OBJECT_0);
    CloseHandle(copy);
}

static DWORD WINAPI wait_a_little(LPVOID handle) { return WaitForSingleObject(handle, 300); }

static void the_last_handle_closed_during_the_wait(void) {
    HANDLE gate = event(FALSE, FALSE);
    DWORD id;
    HANDLE thread = start(wait_a_little, gate, &id);
    until_blocked(id);
    TRUTH(CloseHandle(gate));
    HANDLE others[16]; // what takes the place of the object must not reach the wait
    for (size_t i = 0; i < COUNT(others); i++) others[i] = event(FALSE, TRUE);
    EQUAL(join(thread), WAIT_TIMEOUT);
    for (size_t i = 0; i < COUNT(others); i++) TRUTH(is_signaled(others[i]));
    close_all(others, COUNT(others));
}

struct pair {
    HANDLE ping, pong;
};

static DWORD WINAPI answer(LPVOID argument) {
    struct pair *pair = argument;
    for (int i = 0; i < 100000; i++) {
        if (WaitForSingleObject(pair->ping, INFINITE) != WAIT_OBJECT_0) return 1;
        if (!SetEvent(pair->pong)) return 2;
    }
    return 0;
}

static void a_hundred_thousand_round_trips(void) {
#ifdef ON_WINE
    SKIP("Wine takes too long");
#endif
    struct pair pair = {event(FALSE, FALSE), event(FALSE, FALSE)};
    HANDLE thread = start(answer, &pair, NULL);
    int trips = 0;
    while (trips < 100000 && SetEvent(pair.ping) && WaitForSingleObject(pair.pong, INFINITE) == WAIT_OBJECT_0) trips++;
    EQUAL(trips, 100000);
    EQUAL(join(thread), 0);
    TRUTH(!is_signaled(pair.ping));
    TRUTH(!is_signaled(pair.pong));
    CloseHandle(pair.ping);
    CloseHandle(pair.pong);
}

static const struct test_case cases[] = {
    CASE(number_of_handles),
    CASE(sixty_four_handles_any),
    CASE(sixty_four_handles_all),
#ifndef _WIN32
    CASE(no_array),
#endif
    CASE(single_bad_handle),
    CASE(closed_handle_anywhere),
    CASE(null_and_pseudo_handles_in_an_array),
    CASE(single_wait_for_pseudo_handles),
    CASE(missing_right_anywhere),
    CASE(any_takes_the_lowest_index),
    CASE(any_with_the_same_handle_twice),
    CASE(all_takes_all_or_nothing),
    CASE(all_with_the_same_object_twice),
    CASE(all_in_any_order_of_setting),
    CASE(all_does_not_hold_what_is_there),
    CASE(all_is_atomic_beside_a_thief),
    CASE(signals_an_event_and_waits),
    CASE(signals_what_it_waits_for),
    CASE(signals_semaphores_and_mutexes),
    CASE(a_signal_that_fails_skips_the_wait),
    CASE(a_wait_that_cannot_begin_signals_nothing),
    CASE(signalling_takes_the_right_to),
    CASE(twenty_thousand_exchanges),
    CASE(a_timeout_is_never_early),
    CASE(an_early_signal_ends_a_long_wait),
    CASE(a_timed_out_wait_takes_nothing),
    CASE(sleep_is_never_early),
    CASE(manual_reset_releases_everyone),
    CASE(auto_reset_releases_one_at_a_time),
    CASE(one_signal_ends_one_wait_for_any),
    CASE(a_handle_closed_during_the_wait),
    CASE(the_last_handle_closed_during_the_wait),
    CASE(a_hundred_thousand_round_trips),
};

int main(int argc, char **argv) { return run_cases(cases, COUNT(cases), argc, argv); }
