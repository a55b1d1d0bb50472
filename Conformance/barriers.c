// barriers.c: synchronisation barriers.
#include "cases.h"

#ifdef ON_WINE
static void all_of_them(void) { SKIP("Wine has no barriers"); }

static const struct test_case cases[] = {CASE(all_of_them)};
#else
static SYNCHRONIZATION_BARRIER barrier;

static void a_barrier_of_one_lets_everybody_pass(void) {
    EQUAL(sizeof barrier, 32);
    TRUTH(InitializeSynchronizationBarrier(&barrier, 1, -1));
    SetLastError(UNTOUCHED);
    for (int i = 0; i < 3; i++) TRUTH(EnterSynchronizationBarrier(&barrier, 0));
    EQUAL(GetLastError(), UNTOUCHED);
    TRUTH(DeleteSynchronizationBarrier(&barrier));
}

static void wrong_counts_are_refused(void) {
    SYNCHRONIZATION_BARRIER before;
    memset(&barrier, 0x5E, sizeof barrier);
    before = barrier;
    FAILS(InitializeSynchronizationBarrier(&barrier, 0, -1), ERROR_INVALID_PARAMETER);
    FAILS(InitializeSynchronizationBarrier(&barrier, -1, -1), ERROR_INVALID_PARAMETER);
    FAILS(InitializeSynchronizationBarrier(&barrier, 1, -2), ERROR_INVALID_PARAMETER);
    FAILS(InitializeSynchronizationBarrier(NULL, 1, -1), ERROR_INVALID_PARAMETER);
    TRUTH(!memcmp(&barrier, &before, sizeof barrier));
}

static LONG volatile came_out;

static DWORD WINAPI enter_once(LPVOID unused) {
    (void)unused;
    BOOL was_last = EnterSynchronizationBarrier(&barrier, SYNCHRONIZATION_BARRIER_FLAGS_BLOCK_ONLY);
    InterlockedIncrement(&came_out);
    return was_last;
}

static void the_last_one_opens_it(void) {
    HANDLE threads[3];
    DWORD ids[3];
    came_out = 0;
    TRUTH(InitializeSynchronizationBarrier(&barrier, 4, 0));
    for (size_t i = 0; i < COUNT(threads); i++) threads[i] = start(enter_once, NULL, &ids[i]);
    for (size_t i = 0; i < COUNT(threads); i++) until_blocked(ids[i]);
    EQUAL(came_out, 0);
    EQUAL(EnterSynchronizationBarrier(&barrier, 0), TRUE);
    for (size_t i = 0; i < COUNT(threads); i++) EQUAL(join(threads[i]), FALSE);
    EQUAL(came_out, 3);
    TRUTH(DeleteSynchronizationBarrier(&barrier));
}

enum { MEMBERS = 4, PHASES = 3000 };
static LONG volatile arrivals, winners, too_early;

static DWORD WINAPI run_phases(LPVOID flags) {
    for (LONG phase = 1; phase <= PHASES; phase++) {
        InterlockedIncrement(&arrivals);
        if (EnterSynchronizationBarrier(&barrier, (DWORD)(ULONG_PTR)flags)) InterlockedIncrement(&winners);
        // All of this phase have come; the next phase's may have.
        if (arrivals < phase * MEMBERS) InterlockedIncrement(&too_early);
    }
    return 0;
}

static void go_through_phases(DWORD flags, LONG spin_count) {
    HANDLE threads[MEMBERS];
    arrivals = winners = too_early = 0;
    TRUTH(InitializeSynchronizationBarrier(&barrier, MEMBERS, spin_count));
    for (size_t i = 0; i < COUNT(threads); i++) threads[i] = start(run_phases, (LPVOID)(ULONG_PTR)flags, NULL);
    for (size_t i = 0; i < COUNT(threads); i++) EQUAL(join(threads[i]), 0);
    EQUAL(winners, PHASES); // one a phase
    EQUAL(too_early, 0);
    EQUAL(arrivals, MEMBERS * PHASES);
    TRUTH(DeleteSynchronizationBarrier(&barrier));
}

static void each_phase_has_one_winner(void) { go_through_phases(0, -1); }
static void spinning_threads_go_through_phases(void) {
    go_through_phases(SYNCHRONIZATION_BARRIER_FLAGS_SPIN_ONLY, 2000);
}
static void blocking_threads_go_through_phases(void) {
    go_through_phases(SYNCHRONIZATION_BARRIER_FLAGS_BLOCK_ONLY | SYNCHRONIZATION_BARRIER_FLAGS_NO_DELETE, 0);
}

static DWORD WINAPI enter_in_heap(LPVOID heap_barrier) { return EnterSynchronizationBarrier(heap_barrier, 0); }

static void a_barrier_is_deleted_when_all_have_left(void) {
    for (int i = 0; i < 300; i++) {
        LPSYNCHRONIZATION_BARRIER made = HeapAlloc(GetProcessHeap(), 0, sizeof *made);
        REQUIRE(made != NULL);
        TRUTH(InitializeSynchronizationBarrier(made, 2, -1));
        HANDLE other = start(enter_in_heap, made, NULL);
        BOOL was_last = EnterSynchronizationBarrier(made, 0);
        TRUTH(DeleteSynchronizationBarrier(made)); // the other may not have come out yet
        memset(made, 0x5E, sizeof *made);
        TRUTH(HeapFree(GetProcessHeap(), 0, made));
        EQUAL(join(other), !was_last);
    }
}

static const struct test_case cases[] = {
    CASE(a_barrier_of_one_lets_everybody_pass),
    CASE(wrong_counts_are_refused),
    CASE(the_last_one_opens_it),
    CASE(each_phase_has_one_winner),
    CASE(spinning_threads_go_through_phases),
    CASE(blocking_threads_go_through_phases),
    CASE(a_barrier_is_deleted_when_all_have_left),
};
#endif

int main(int argc, char **argv) { return run_cases(cases, COUNT(cases), argc, argv); }
