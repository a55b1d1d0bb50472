// addresses.c: waiting on addresses.
#include "cases.h"
#ifdef _WIN32
// The functions are in another library than the rest, which the command line does not name.
static BOOL(WINAPI *wait_on)(volatile VOID *, PVOID, SIZE_T, DWORD);
static VOID(WINAPI *wake_single)(PVOID), (WINAPI *wake_all)(PVOID);
#define WaitOnAddress wait_on
#define WakeByAddressSingle wake_single
#define WakeByAddressAll wake_all
#endif

static union {
    BYTE bytes[8];
    USHORT narrow;
    DWORD plain;
    ULONGLONG wide;
} volatile target;

struct wait {
    SIZE_T size;
    DWORD offset;
};

static LONG volatile about_to_wait, came_back;

// Waits until the bytes are no longer what they are now.
static DWORD WINAPI wait_for_change(LPVOID argument) {
    const struct wait *wait = argument;
    volatile BYTE *address = target.bytes + wait->offset;
    BYTE seen[8];
    memcpy(seen, (const void *)address, wait->size);
    InterlockedIncrement(&about_to_wait);
    while (!memcmp(seen, (const void *)address, wait->size))
        if (!WaitOnAddress(address, seen, wait->size, INFINITE)) return 99;
    InterlockedIncrement(&came_back);
    return 0;
}

static HANDLE start_wait(struct wait *wait) {
    DWORD id;
    LONG before = about_to_wait;
    HANDLE thread = start(wait_for_change, wait, &id);
    while (about_to_wait == before) Sleep(0);
    until_blocked(id);
    return thread;
}

static void another_value_is_not_waited_for(void) {
    target.wide = 0x1122334455667788;
    ULONGLONG other = 0x1122334455667787;
    QUIETLY(WaitOnAddress(&target, &other, 1, INFINITE), TRUE);
    QUIETLY(WaitOnAddress(&target, &other, 2, INFINITE), TRUE);
    QUIETLY(WaitOnAddress(&target, &other, 4, INFINITE), TRUE);
    QUIETLY(WaitOnAddress(&target, &other, 8, INFINITE), TRUE);
    QUIETLY(WaitOnAddress(&target, &other, 4, 0), TRUE);
}

static void only_the_size_is_compared(void) {
    target.wide = 0x1122334455667788;
    ULONGLONG other = 0x9922334455667788;
    FAILS(WaitOnAddress(&target, &other, 1, 0), ERROR_TIMEOUT);
    FAILS(WaitOnAddress(&target, &other, 2, 0), ERROR_TIMEOUT);
    FAILS(WaitOnAddress(&target, &other, 4, 0), ERROR_TIMEOUT);
    QUIETLY(WaitOnAddress(&target, &other, 8, 0), TRUE);
}

static void a_wait_times_out(void) {
    ULONGLONG same = target.wide = 5;
    FAILS(WaitOnAddress(&target, &same, 8, 0), ERROR_TIMEOUT);
    ULONGLONG before = GetTickCount64();
    FAILS(WaitOnAddress(&target, &same, 8, 30), ERROR_TIMEOUT);
    TRUTH(GetTickCount64() - before >= 15);
    FAILS(WaitOnAddress(&target, &same, 1, 1), ERROR_TIMEOUT);
    EQUAL(target.wide, 5);
    EQUAL(same, 5);
}

static void other_sizes_are_refused(void) {
    BYTE same[16] = {0};
    static const SIZE_T sizes[] = {0, 3, 5, 6, 7, 9, 16, (SIZE_T)-1};
    target.wide = 0;
    for (size_t i = 0; i < COUNT(sizes); i++)
        FAILS(WaitOnAddress(&target, same, sizes[i], 0), ERROR_INVALID_PARAMETER);
}

static void a_wake_up_without_a_waiter_is_not_kept(void) {
    DWORD same = target.plain = 5;
    SetLastError(UNTOUCHED);
    WakeByAddressSingle((PVOID)&target);
    WakeByAddressAll((PVOID)&target);
    EQUAL(GetLastError(), UNTOUCHED);
    FAILS(WaitOnAddress(&target, &same, 4, 5), ERROR_TIMEOUT);
}

static void each_size_is_woken(SIZE_T size, BOOL by_all) {
    struct wait wait = {size, 0};
    target.wide = 0;
    HANDLE thread = start_wait(&wait);
    target.bytes[size - 1] = 1; // its last byte
    if (by_all) WakeByAddressAll((PVOID)&target);
    else WakeByAddressSingle((PVOID)&target);
    EQUAL(join(thread), 0);
}

static void a_byte_is_woken(void) { each_size_is_woken(1, FALSE); each_size_is_woken(1, TRUE); }
static void two_bytes_are_woken(void) { each_size_is_woken(2, FALSE); each_size_is_woken(2, TRUE); }
static void four_bytes_are_woken(void) { each_size_is_woken(4, FALSE); each_size_is_woken(4, TRUE); }
static void eight_bytes_are_woken(void) { each_size_is_woken(8, FALSE); each_size_is_woken(8, TRUE); }

static DWORD WINAPI wait_once(LPVOID unused) {
    DWORD same = 5;
    (void)unused;
    InterlockedIncrement(&about_to_wait);
    if (!WaitOnAddress(&target, &same, 4, INFINITE)) return 99;
    InterlockedIncrement(&came_back);
    return 0;
}

// The value stays as it is: a wake-up alone ends the wait.
static void a_single_wake_up_is_one_threads(void) {
    HANDLE threads[3];
    DWORD ids[3];
    target.plain = 5;
    about_to_wait = came_back = 0;
    for (size_t i = 0; i < COUNT(threads); i++) threads[i] = start(wait_once, NULL, &ids[i]);
    while (about_to_wait < 3) Sleep(0);
    for (size_t i = 0; i < COUNT(threads); i++) until_blocked(ids[i]);
    EQUAL(came_back, 0);
    WakeByAddressSingle((PVOID)&target);
    DWORD first = WaitForMultipleObjects(3, threads, FALSE, INFINITE);
    TRUTH(first < 3);
    for (size_t i = 0; i < COUNT(threads); i++)
        if (i != first) EQUAL(WaitForSingleObject(threads[i], 20), WAIT_TIMEOUT);
    EQUAL(came_back, 1);
    WakeByAddressAll((PVOID)&target);
    for (size_t i = 0; i < COUNT(threads); i++) EQUAL(join(threads[i]), 0);
    EQUAL(came_back, 3);
}

static void all_are_woken(void) {
    HANDLE threads[40];
    struct wait wait = {2, 2};
    target.wide = 0;
    for (size_t i = 0; i < COUNT(threads); i++) threads[i] = start_wait(&wait);
    target.bytes[2] = 1;
    WakeByAddressAll((PVOID)(target.bytes + 2));
    for (size_t i = 0; i < COUNT(threads); i++) EQUAL(join(threads[i]), 0);
}

static void a_neighbour_is_not_woken(void) {
    struct wait first = {1, 0}, second = {1, 1};
    target.wide = 0;
    came_back = 0;
    HANDLE threads[2] = {start_wait(&first), start_wait(&second)};
    target.bytes[0] = target.bytes[1] = 1;
    WakeByAddressAll((PVOID)(target.bytes + 1));
    EQUAL(join(threads[1]), 0);
    EQUAL(WaitForSingleObject(threads[0], 20), WAIT_TIMEOUT);
    EQUAL(came_back, 1);
    WakeByAddressSingle((PVOID)target.bytes);
    EQUAL(join(threads[0]), 0);
}

static LONG volatile turn;
enum { ROUNDS = 20000 };

static DWORD WINAPI alternate(LPVOID parity) {
    for (int i = 0; i < ROUNDS; i++) {
        LONG seen;
        while (((seen = turn) & 1) != (LONG)(LONG_PTR)parity)
            if (!WaitOnAddress(&turn, &seen, sizeof seen, 20000)) return 99;
        InterlockedIncrement(&turn);
        WakeByAddressSingle((PVOID)&turn);
    }
    return 0;
}

static void no_wake_up_is_lost(void) {
    turn = 0;
    HANDLE even = start(alternate, (LPVOID)0, NULL), odd = start(alternate, (LPVOID)1, NULL);
    EQUAL(join(even), 0);
    EQUAL(join(odd), 0);
    EQUAL(turn, 2 * ROUNDS);
}

static void a_terminated_waiter_takes_no_wake_up(void) {
    struct wait wait = {4, 0};
    target.wide = 0;
    HANDLE first = start_wait(&wait), second = start_wait(&wait);
    TRUTH(TerminateThread(first, 7));
    EQUAL(join(first), 7);
    target.plain = 1;
#ifdef ON_WINE
    WakeByAddressAll((PVOID)&target);
#else
    WakeByAddressSingle((PVOID)&target);
#endif
    EQUAL(join(second), 0);
}

#ifndef _WIN32 // Windows wakes the suspended thread, or not
static void a_suspended_waiter_comes_back_when_resumed(void) {
    struct wait wait = {4, 0};
    target.wide = 0;
    HANDLE thread = start_wait(&wait);
    EQUAL(SuspendThread(thread), 0);
    target.plain = 1;
    WakeByAddressSingle((PVOID)&target);
    EQUAL(WaitForSingleObject(thread, 20), WAIT_TIMEOUT);
    EQUAL(ResumeThread(thread), 1);
    EQUAL(join(thread), 0);
}
#endif

// ---- a thread that waits gives up its place at its completion port

static HANDLE port;

static DWORD WINAPI take_then_wait(LPVOID unused) {
    DWORD bytes, seen = 0;
    ULONG_PTR key = 0;
    LPOVERLAPPED overlapped;
    (void)unused;
    if (!GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, INFINITE)) return 99;
    if (key == 1) {
        InterlockedIncrement(&about_to_wait);
        while (target.plain == 0) WaitOnAddress(&target, &seen, 4, INFINITE);
    }
    return (DWORD)key;
}

static void a_waiting_thread_frees_its_place_at_its_port(void) {
    DWORD first_id, second_id;
    target.wide = 0;
    about_to_wait = 0;
    REQUIRE((port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1)) != NULL);
    HANDLE first = start(take_then_wait, NULL, &first_id);
    until_blocked(first_id);
    TRUTH(PostQueuedCompletionStatus(port, 0, 1, NULL));
    while (about_to_wait == 0) Sleep(0);
    until_blocked(first_id);
    HANDLE second = start(take_then_wait, NULL, &second_id);
    TRUTH(PostQueuedCompletionStatus(port, 0, 2, NULL));
    EQUAL(join(second), 2);
    target.plain = 1;
    WakeByAddressAll((PVOID)&target);
    EQUAL(join(first), 1);
    TRUTH(CloseHandle(port));
}

static const struct test_case cases[] = {
    CASE(another_value_is_not_waited_for),
    CASE(only_the_size_is_compared),
    CASE(a_wait_times_out),
    CASE(other_sizes_are_refused),
    CASE(a_wake_up_without_a_waiter_is_not_kept),
    CASE(a_byte_is_woken),
    CASE(two_bytes_are_woken),
    CASE(four_bytes_are_woken),
    CASE(eight_bytes_are_woken),
    CASE(a_single_wake_up_is_one_threads),
    CASE(all_are_woken),
    CASE(a_neighbour_is_not_woken),
    CASE(no_wake_up_is_lost),
    CASE(a_terminated_waiter_takes_no_wake_up),
#ifndef _WIN32
    CASE(a_suspended_waiter_comes_back_when_resumed),
#endif
    CASE(a_waiting_thread_frees_its_place_at_its_port),
};

int main(int argc, char **argv) {
#ifdef _WIN32
    HMODULE library = LoadLibraryA("kernelbase.dll");
    wait_on = (BOOL(WINAPI *)(volatile VOID *, PVOID, SIZE_T, DWORD))(void *)GetProcAddress(library, "WaitOnAddress");
    wake_single = (VOID(WINAPI *)(PVOID))(void *)GetProcAddress(library, "WakeByAddressSingle");
    wake_all = (VOID(WINAPI *)(PVOID))(void *)GetProcAddress(library, "WakeByAddressAll");
#endif
    return run_cases(cases, COUNT(cases), argc, argv);
}
