// semaphores.c: semaphores.
#include "cases.h"

static HANDLE closed_handle(void) {
    HANDLE closed = CreateSemaphoreA(NULL, 0, 1, NULL);
    TRUTH(CloseHandle(closed));
    return closed;
}

// The count, by taking all there is and giving it back.
static LONG count_of(HANDLE semaphore) {
    LONG count = 0;
    while (is_signaled(semaphore)) count++;
    if (count > 0) TRUTH(ReleaseSemaphore(semaphore, count, NULL));
    return count;
}

static void created_with_a_count(void) {
    for (LONG count = 0; count <= 3; count++) {
        HANDLE semaphore = CreateSemaphoreA(NULL, count, 3, NULL);
        REQUIRE(semaphore);
        for (LONG i = 0; i < count; i++) QUIETLY(WaitForSingleObject(semaphore, 0), WAIT_OBJECT_0);
        QUIETLY(WaitForSingleObject(semaphore, 0), WAIT_TIMEOUT);
        TRUTH(CloseHandle(semaphore));
    }
}

static void creation_sets_last_error_to_0(void) {
    for (int i = 0; i < 4; i++) {
        SetLastError(UNTOUCHED);
        HANDLE semaphore = i == 0   ? CreateSemaphoreA(NULL, 2, 2, NULL)
                           : i == 1 ? CreateSemaphoreW(NULL, 2, 2, NULL)
                           : i == 2 ? CreateSemaphoreExA(NULL, 2, 2, NULL, 0, SEMAPHORE_ALL_ACCESS)
                                    : CreateSemaphoreExW(NULL, 2, 2, NULL, 0, SEMAPHORE_ALL_ACCESS);
        REQUIRE(semaphore);
        EQUAL(GetLastError(), 0);
        EQUAL(count_of(semaphore), 2);
        CloseHandle(semaphore);
    }
}

static void bad_counts(void) {
    static const LONG bad[][2] = {{0, 0}, {1, 0}, {-1, 1}, {0, -1}, {-1, -1}, {2, 1}, {MAXLONG, MAXLONG - 1},
                                  {0, (LONG)0x80000000}, {(LONG)0x80000000, MAXLONG}};
    for (size_t i = 0; i < COUNT(bad); i++) {
        FAILS(CreateSemaphoreA(NULL, bad[i][0], bad[i][1], NULL), ERROR_INVALID_PARAMETER);
        FAILS(CreateSemaphoreW(NULL, bad[i][0], bad[i][1], NULL), ERROR_INVALID_PARAMETER);
        FAILS(CreateSemaphoreExA(NULL, bad[i][0], bad[i][1], NULL, 0, SEMAPHORE_ALL_ACCESS), ERROR_INVALID_PARAMETER);
        FAILS(CreateSemaphoreExW(NULL, bad[i][0], bad[i][1], NULL, 0, SEMAPHORE_ALL_ACCESS), ERROR_INVALID_PARAMETER);
    }
}

static void bad_flags_of_ex(void) {
#ifdef ON_WINE
    SKIP("Wine ignores them");
#endif
    FAILS(CreateSemaphoreExA(NULL, 0, 1, NULL, 1, SEMAPHORE_ALL_ACCESS), ERROR_INVALID_PARAMETER);
    FAILS(CreateSemaphoreExW(NULL, 0, 1, NULL, 0x80000000, SEMAPHORE_ALL_ACCESS), ERROR_INVALID_PARAMETER);
}

static void release_tells_the_count_before(void) {
    HANDLE semaphore = CreateSemaphoreA(NULL, 0, 10, NULL);
    LONG before = UNTOUCHED;
    QUIETLY(ReleaseSemaphore(semaphore, 3, &before), TRUE);
    EQUAL(before, 0);
    QUIETLY(ReleaseSemaphore(semaphore, 4, &before), TRUE);
    EQUAL(before, 3);
    QUIETLY(ReleaseSemaphore(semaphore, 1, NULL), TRUE);
    QUIETLY(WaitForSingleObject(semaphore, 0), WAIT_OBJECT_0);
    QUIETLY(ReleaseSemaphore(semaphore, 1, &before), TRUE);
    EQUAL(before, 7);
    EQUAL(count_of(semaphore), 8);
    CloseHandle(semaphore);
}

static void past_the_maximum(void) {
    static const LONG too_many[] = {2, 3, 1000, MAXLONG};
    HANDLE semaphore = CreateSemaphoreA(NULL, 1, 2, NULL);
    LONG before = UNTOUCHED;
    for (size_t i = 0; i < COUNT(too_many); i++) {
        FAILS(ReleaseSemaphore(semaphore, too_many[i], &before), ERROR_TOO_MANY_POSTS);
        EQUAL(before, UNTOUCHED);
        EQUAL(count_of(semaphore), 1);
    }
    QUIETLY(ReleaseSemaphore(semaphore, 1, &before), TRUE);
    EQUAL(before, 1);
    FAILS(ReleaseSemaphore(semaphore, 1, NULL), ERROR_TOO_MANY_POSTS);
    EQUAL(count_of(semaphore), 2);
    CloseHandle(semaphore);
}

static void release_of_nothing(void) {
#ifdef ON_WINE
    SKIP("Wine releases 0, and has another error for less");
#endif
    static const LONG bad[] = {0, -1, -MAXLONG, (LONG)0x80000000};
    HANDLE semaphore = CreateSemaphoreA(NULL, 1, 2, NULL);
    LONG before = UNTOUCHED;
    for (size_t i = 0; i < COUNT(bad); i++) {
        FAILS(ReleaseSemaphore(semaphore, bad[i], &before), ERROR_INVALID_PARAMETER);
        EQUAL(before, UNTOUCHED);
        EQUAL(count_of(semaphore), 1);
    }
    CloseHandle(semaphore);
}

static void the_greatest_count(void) {
    HANDLE semaphore = CreateSemaphoreA(NULL, 0, MAXLONG, NULL);
    LONG before = UNTOUCHED;
    REQUIRE(semaphore);
    TRUTH(!is_signaled(semaphore));
    QUIETLY(ReleaseSemaphore(semaphore, MAXLONG, &before), TRUE);
    EQUAL(before, 0);
    FAILS(ReleaseSemaphore(semaphore, 1, &before), ERROR_TOO_MANY_POSTS);
    FAILS(ReleaseSemaphore(semaphore, MAXLONG, &before), ERROR_TOO_MANY_POSTS);
    EQUAL(before, 0);
    QUIETLY(WaitForSingleObject(semaphore, 0), WAIT_OBJECT_0);
    QUIETLY(ReleaseSemaphore(semaphore, 1, &before), TRUE);
    EQUAL(before, MAXLONG - 1);
    CloseHandle(semaphore);
    semaphore = CreateSemaphoreA(NULL, MAXLONG, MAXLONG, NULL);
    REQUIRE(semaphore);
    FAILS(ReleaseSemaphore(semaphore, 1, NULL), ERROR_TOO_MANY_POSTS);
    CloseHandle(semaphore);
}

static void only_semaphores_are_released(void) {
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL), mutex = CreateMutexA(NULL, FALSE, NULL);
    HANDLE bad[] = {event, mutex, GetCurrentProcess(), GetCurrentThread(), NULL, closed_handle()};
    for (size_t i = 0; i < COUNT(bad); i++) FAILS(ReleaseSemaphore(bad[i], 1, NULL), ERROR_INVALID_HANDLE);
    TRUTH(!is_signaled(event));
    HANDLE semaphore = CreateSemaphoreA(NULL, 0, 1, NULL);
    FAILS(SetEvent(semaphore), ERROR_INVALID_HANDLE);
    FAILS(ResetEvent(semaphore), ERROR_INVALID_HANDLE);
    FAILS(PulseEvent(semaphore), ERROR_INVALID_HANDLE);
    FAILS(ReleaseMutex(semaphore), ERROR_INVALID_HANDLE);
    TRUTH(!is_signaled(semaphore));
    CloseHandle(semaphore);
    CloseHandle(event);
    CloseHandle(mutex);
}

static void rights(void) {
    HANDLE semaphore = CreateSemaphoreA(NULL, 1, 2, NULL), waiter = NULL, poster = NULL;
    LONG before = UNTOUCHED;
    TRUTH(DuplicateHandle(GetCurrentProcess(), semaphore, GetCurrentProcess(), &waiter, SYNCHRONIZE, FALSE, 0));
    TRUTH(DuplicateHandle(GetCurrentProcess(), semaphore, GetCurrentProcess(), &poster, SEMAPHORE_MODIFY_STATE, FALSE, 0));
    FAILS(ReleaseSemaphore(waiter, 1, &before), ERROR_ACCESS_DENIED);
    EQUAL(before, UNTOUCHED);
    QUIETLY(WaitForSingleObject(waiter, 0), WAIT_OBJECT_0);
    QUIETLY(ReleaseSemaphore(poster, 2, &before), TRUE);
    EQUAL(before, 0);
    FAILS_WITH(WaitForSingleObject(poster, 0), WAIT_FAILED, ERROR_ACCESS_DENIED);
    EQUAL(count_of(semaphore), 2);
    CloseHandle(waiter);
    CloseHandle(poster);
    CloseHandle(semaphore);
    semaphore = CreateSemaphoreExW(NULL, 0, 1, NULL, 0, SYNCHRONIZE);
    REQUIRE(semaphore);
    FAILS(ReleaseSemaphore(semaphore, 1, NULL), ERROR_ACCESS_DENIED);
    TRUTH(!is_signaled(semaphore));
    // It is another kind, whatever the handle lacks.
    FAILS(SetEvent(semaphore), ERROR_INVALID_HANDLE);
    CloseHandle(semaphore);
}

static DWORD WINAPI take_one(LPVOID semaphore) { return WaitForSingleObject(semaphore, INFINITE); }

static void as_many_waiters_as_were_released(void) {
    HANDLE semaphore = CreateSemaphoreA(NULL, 0, 100, NULL), threads[8];
    LONG before = UNTOUCHED;
    DWORD id;
    for (int i = 0; i < 8; i++) {
        threads[i] = start(take_one, semaphore, &id);
        until_blocked(id);
    }
    QUIETLY(ReleaseSemaphore(semaphore, 3, &before), TRUE);
    EQUAL(before, 0);
#ifndef _WIN32 // first come, first served
    QUIETLY(WaitForMultipleObjects(3, threads, TRUE, INFINITE), WAIT_OBJECT_0);
    for (int i = 3; i < 8; i++) TRUTH(!is_signaled(threads[i]));
#endif
    TRUTH(!is_signaled(semaphore));
    QUIETLY(ReleaseSemaphore(semaphore, 7, &before), TRUE);
    EQUAL(before, 0);
    for (int i = 0; i < 8; i++) EQUAL(join(threads[i]), WAIT_OBJECT_0);
    EQUAL(count_of(semaphore), 2);
    CloseHandle(semaphore);
}

static void waits_for_any_take_one(void) {
    HANDLE handles[2] = {CreateSemaphoreA(NULL, 1, 5, NULL), CreateSemaphoreA(NULL, 2, 5, NULL)};
    QUIETLY(WaitForMultipleObjects(2, handles, FALSE, 0), WAIT_OBJECT_0);
    EQUAL(count_of(handles[0]), 0);
    EQUAL(count_of(handles[1]), 2);
    QUIETLY(WaitForMultipleObjects(2, handles, FALSE, 0), WAIT_OBJECT_0 + 1);
    EQUAL(count_of(handles[1]), 1);
    HANDLE twice[2] = {handles[1], handles[1]};
    QUIETLY(WaitForMultipleObjects(2, twice, FALSE, 0), WAIT_OBJECT_0);
    EQUAL(count_of(handles[1]), 0);
    CloseHandle(handles[0]);
    CloseHandle(handles[1]);
}

static void waits_for_all_take_one_of_each(void) {
    HANDLE handles[2] = {CreateSemaphoreA(NULL, 3, 5, NULL), CreateSemaphoreA(NULL, 0, 5, NULL)};
    QUIETLY(WaitForMultipleObjects(2, handles, TRUE, 0), WAIT_TIMEOUT);
    QUIETLY(WaitForMultipleObjects(2, handles, TRUE, 5), WAIT_TIMEOUT);
    EQUAL(count_of(handles[0]), 3);
    TRUTH(ReleaseSemaphore(handles[1], 1, NULL));
    QUIETLY(WaitForMultipleObjects(2, handles, TRUE, 0), WAIT_OBJECT_0);
    EQUAL(count_of(handles[0]), 2);
    EQUAL(count_of(handles[1]), 0);
    CloseHandle(handles[0]);
    CloseHandle(handles[1]);
}

static DWORD WINAPI take_both(LPVOID handles) { return WaitForMultipleObjects(2, handles, TRUE, INFINITE); }

static void a_release_completes_waits_for_all(void) {
    HANDLE handles[2] = {CreateSemaphoreA(NULL, 5, 5, NULL), CreateSemaphoreA(NULL, 0, 5, NULL)}, threads[3];
    DWORD id;
    for (int i = 0; i < 3; i++) {
        threads[i] = start(take_both, handles, &id);
        until_blocked(id);
    }
    QUIETLY(ReleaseSemaphore(handles[1], 5, NULL), TRUE);
    for (int i = 0; i < 3; i++) EQUAL(join(threads[i]), WAIT_OBJECT_0);
    EQUAL(count_of(handles[0]), 2);
    EQUAL(count_of(handles[1]), 2);
    CloseHandle(handles[0]);
    CloseHandle(handles[1]);
}

// ---- a bounded buffer

enum { PLACES = 8, ITEMS = 20000, SIDES = 3 };
static struct {
    HANDLE places, items, lock;
    int ring[PLACES], head, tail;
} buffer;

static DWORD WINAPI produce(LPVOID unused) {
    (void)unused;
    for (int i = 1; i <= ITEMS; i++) {
        if (WaitForSingleObject(buffer.places, INFINITE) || WaitForSingleObject(buffer.lock, INFINITE)) return 1;
        buffer.ring[buffer.head++ % PLACES] = i;
        if (!ReleaseMutex(buffer.lock) || !ReleaseSemaphore(buffer.items, 1, NULL)) return 2;
    }
    return 0;
}

static DWORD WINAPI consume(LPVOID sum) {
    for (int i = 1; i <= ITEMS; i++) {
        HANDLE both[2] = {buffer.items, buffer.lock};
        if (WaitForMultipleObjects(2, both, TRUE, INFINITE)) return 1;
        *(LONG64 volatile *)sum += buffer.ring[buffer.tail++ % PLACES];
        if (!ReleaseMutex(buffer.lock) || !ReleaseSemaphore(buffer.places, 1, NULL)) return 2;
    }
    return 0;
}

static void a_bounded_buffer(void) {
    HANDLE threads[2 * SIDES];
    LONG64 volatile sum = 0; // under the lock
    buffer.places = CreateSemaphoreA(NULL, PLACES, PLACES, NULL);
    buffer.items = CreateSemaphoreA(NULL, 0, PLACES, NULL);
    buffer.lock = CreateMutexA(NULL, FALSE, NULL);
    buffer.head = buffer.tail = 0;
    for (int i = 0; i < SIDES; i++) {
        threads[2 * i] = start(produce, NULL, NULL);
        threads[2 * i + 1] = start(consume, (LPVOID)&sum, NULL);
    }
    for (int i = 0; i < 2 * SIDES; i++) EQUAL(join(threads[i]), 0);
    EQUAL(sum, (LONG64)SIDES * ITEMS * (ITEMS + 1) / 2);
    EQUAL(count_of(buffer.places), PLACES);
    EQUAL(count_of(buffer.items), 0);
    CloseHandle(buffer.places);
    CloseHandle(buffer.items);
    CloseHandle(buffer.lock);
}

static const struct test_case cases[] = {
    CASE(created_with_a_count),
    CASE(creation_sets_last_error_to_0),
    CASE(bad_counts),
    CASE(bad_flags_of_ex),
    CASE(release_tells_the_count_before),
    CASE(past_the_maximum),
    CASE(release_of_nothing),
    CASE(the_greatest_count),
    CASE(only_semaphores_are_released),
    CASE(rights),
    CASE(as_many_waiters_as_were_released),
    CASE(waits_for_any_take_one),
    CASE(waits_for_all_take_one_of_each),
    CASE(a_release_completes_waits_for_all),
    CASE(a_bounded_buffer),
};

int main(int argc, char **argv) { return run_cases(cases, COUNT(cases), argc, argv); }
