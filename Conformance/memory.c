// memory.c: virtual memory, heaps, and the memory of LocalAlloc and GlobalAlloc.
#include "cases.h"

enum { PAGE = 4096, GRANULE = 65536 };

static MEMORY_BASIC_INFORMATION query(const void *address) {
    MEMORY_BASIC_INFORMATION information;
    memset(&information, 0x5E, sizeof information);
    EQUAL(VirtualQuery(address, &information, sizeof information), sizeof information);
    return information;
}

static void is_region(const char *address, const char *base, SIZE_T size, DWORD state, DWORD protect) {
    MEMORY_BASIC_INFORMATION information = query(address);
    EQUAL(information.BaseAddress, address);
    EQUAL(information.AllocationBase, base);
    EQUAL(information.RegionSize, size);
    EQUAL(information.State, state);
    EQUAL(information.Protect, protect);
    EQUAL(information.Type, MEM_PRIVATE);
}

// ---- virtual memory

static void reserved_and_committed(void) {
    SetLastError(UNTOUCHED);
    char *memory = VirtualAlloc(NULL, 5 * PAGE - 1, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    REQUIRE(memory);
    EQUAL(GetLastError(), UNTOUCHED);
    EQUAL((ULONG_PTR)memory % GRANULE, 0);
    is_region(memory, memory, 5 * PAGE, MEM_COMMIT, PAGE_READWRITE);
    EQUAL(query(memory).AllocationProtect, PAGE_READWRITE);
    for (int i = 0; i < 5 * PAGE; i++)
        if (memory[i]) REQUIRE(!memory[i]);
    memset(memory, 1, 5 * PAGE);
    QUIETLY(VirtualFree(memory, 0, MEM_RELEASE), TRUE);
    EQUAL(query(memory).State, MEM_FREE);
}

static void commit_alone_reserves(void) {
    char *memory = VirtualAlloc(NULL, 1, MEM_COMMIT | MEM_TOP_DOWN, PAGE_READONLY);
    REQUIRE(memory);
    is_region(memory, memory, PAGE, MEM_COMMIT, PAGE_READONLY);
    EQUAL(memory[PAGE - 1], 0);
    TRUTH(VirtualFree(memory, 0, MEM_RELEASE));
}

static void commit_by_the_page(void) {
    char *memory = VirtualAlloc(NULL, 16 * PAGE, MEM_RESERVE, PAGE_NOACCESS);
    REQUIRE(memory);
    is_region(memory, memory, 16 * PAGE, MEM_RESERVE, 0);
    EQUAL(query(memory).AllocationProtect, PAGE_NOACCESS);
    // an address within a page, and two bytes that two pages hold
    EQUAL(VirtualAlloc(memory + 5 * PAGE - 1, 2, MEM_COMMIT, PAGE_READWRITE), memory + 4 * PAGE);
    is_region(memory, memory, 4 * PAGE, MEM_RESERVE, 0);
    is_region(memory + 4 * PAGE, memory, 2 * PAGE, MEM_COMMIT, PAGE_READWRITE);
    is_region(memory + 6 * PAGE, memory, 10 * PAGE, MEM_RESERVE, 0);
    memory[4 * PAGE] = 'a';
    // again: what is there stays; the protection is the new one
    EQUAL(VirtualAlloc(memory + 4 * PAGE, 3 * PAGE, MEM_COMMIT, PAGE_READONLY), memory + 4 * PAGE);
    is_region(memory + 4 * PAGE, memory, 3 * PAGE, MEM_COMMIT, PAGE_READONLY);
    EQUAL(memory[4 * PAGE], 'a');
    TRUTH(VirtualFree(memory, 0, MEM_RELEASE));
}

static void decommitted_pages_come_back_empty(void) {
    char *memory = VirtualAlloc(NULL, 4 * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    REQUIRE(memory);
    memset(memory, 'x', 4 * PAGE);
    QUIETLY(VirtualFree(memory + PAGE, 2 * PAGE, MEM_DECOMMIT), TRUE);
    is_region(memory, memory, PAGE, MEM_COMMIT, PAGE_READWRITE);
    is_region(memory + PAGE, memory, 2 * PAGE, MEM_RESERVE, 0);
    is_region(memory + 3 * PAGE, memory, PAGE, MEM_COMMIT, PAGE_READWRITE);
    QUIETLY(VirtualFree(memory + PAGE, PAGE, MEM_DECOMMIT), TRUE); // that they were is no error
    EQUAL(VirtualAlloc(memory + PAGE, PAGE, MEM_COMMIT, PAGE_READWRITE), memory + PAGE);
    EQUAL(memory[PAGE], 0);
    EQUAL(memory[0], 'x');
    EQUAL(memory[3 * PAGE], 'x');
    // a size of 0: all of it
    QUIETLY(VirtualFree(memory, 0, MEM_DECOMMIT), TRUE);
    is_region(memory, memory, 4 * PAGE, MEM_RESERVE, 0);
    TRUTH(VirtualFree(memory, 0, MEM_RELEASE));
}

static void at_an_address(void) {
    char *memory = VirtualAlloc(NULL, 4 * GRANULE, MEM_RESERVE, PAGE_NOACCESS);
    REQUIRE(memory);
    FAILS(VirtualAlloc(memory, PAGE, MEM_RESERVE, PAGE_NOACCESS), ERROR_INVALID_ADDRESS);
    FAILS(VirtualAlloc(memory + GRANULE, PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE), ERROR_INVALID_ADDRESS);
    TRUTH(VirtualFree(memory, 0, MEM_RELEASE));
    // the address goes down to the granule's, and the size up by as much
    EQUAL(VirtualAlloc(memory + GRANULE + PAGE + 1, PAGE, MEM_RESERVE, PAGE_NOACCESS), memory + GRANULE);
    is_region(memory + GRANULE, memory + GRANULE, 3 * PAGE, MEM_RESERVE, 0);
    TRUTH(VirtualFree(memory + GRANULE, 0, MEM_RELEASE));
}

static void bad_allocations(void) {
    char *memory = VirtualAlloc(NULL, 4 * PAGE, MEM_RESERVE, PAGE_NOACCESS);
    REQUIRE(memory);
    FAILS(VirtualAlloc(NULL, 0, MEM_RESERVE, PAGE_NOACCESS), ERROR_INVALID_PARAMETER);
    FAILS(VirtualAlloc(NULL, PAGE, 0, PAGE_READWRITE), ERROR_INVALID_PARAMETER);
    FAILS(VirtualAlloc(NULL, PAGE, MEM_RELEASE, PAGE_READWRITE), ERROR_INVALID_PARAMETER);
    FAILS(VirtualAlloc(NULL, PAGE, MEM_RESERVE | MEM_DECOMMIT, PAGE_READWRITE), ERROR_INVALID_PARAMETER);
    FAILS(VirtualAlloc(NULL, PAGE, MEM_RESERVE, 0), ERROR_INVALID_PARAMETER);
    FAILS(VirtualAlloc(NULL, PAGE, MEM_COMMIT, PAGE_READONLY | PAGE_READWRITE), ERROR_INVALID_PARAMETER);
    FAILS(VirtualAlloc(NULL, PAGE, MEM_COMMIT, PAGE_WRITECOPY), ERROR_INVALID_PARAMETER);
    FAILS(VirtualAlloc(NULL, PAGE, MEM_COMMIT, PAGE_EXECUTE_WRITECOPY), ERROR_INVALID_PARAMETER);
#ifndef ON_WINE
    // "PAGE_GUARD … cannot be used with PAGE_NOACCESS" (Memory Protection Constants)
    FAILS(VirtualAlloc(NULL, PAGE, MEM_COMMIT, PAGE_NOACCESS | PAGE_GUARD), ERROR_INVALID_PARAMETER);
#endif
    // commits what is not reserved, and past the end of what is
    FAILS(VirtualAlloc(memory + 3 * PAGE, 2 * PAGE, MEM_COMMIT, PAGE_READWRITE), ERROR_INVALID_ADDRESS);
    is_region(memory, memory, 4 * PAGE, MEM_RESERVE, 0);
    TRUTH(VirtualFree(memory, 0, MEM_RELEASE));
    FAILS(VirtualAlloc(memory, PAGE, MEM_COMMIT, PAGE_READWRITE), ERROR_INVALID_ADDRESS);
#ifndef ON_WINE // which looks for so much room for minutes
    FAILS(VirtualAlloc(NULL, (SIZE_T)0x7FF << 36, MEM_RESERVE, PAGE_NOACCESS), ERROR_NOT_ENOUGH_MEMORY);
#endif
}

static void bad_frees(void) {
    char *memory = VirtualAlloc(NULL, 4 * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    REQUIRE(memory);
    FAILS(VirtualFree(memory, PAGE, MEM_RELEASE), ERROR_INVALID_PARAMETER);
    FAILS(VirtualFree(memory, 0, MEM_RELEASE | MEM_DECOMMIT), ERROR_INVALID_PARAMETER);
    FAILS(VirtualFree(memory, 0, 0), ERROR_INVALID_PARAMETER);
    FAILS(VirtualFree(memory, 0, MEM_COMMIT), ERROR_INVALID_PARAMETER);
    FAILS(VirtualFree(memory, 5 * PAGE, MEM_DECOMMIT), ERROR_INVALID_PARAMETER);
    FAILS(VirtualFree(memory + PAGE, 0, MEM_RELEASE), ERROR_INVALID_ADDRESS);
    FAILS(VirtualFree(memory + PAGE, 0, MEM_DECOMMIT), ERROR_INVALID_ADDRESS);
    FAILS(VirtualFree(NULL, 0, MEM_RELEASE), ERROR_INVALID_ADDRESS);
    is_region(memory, memory, 4 * PAGE, MEM_COMMIT, PAGE_READWRITE);
    TRUTH(VirtualFree(memory, 0, MEM_RELEASE));
    FAILS(VirtualFree(memory, 0, MEM_RELEASE), ERROR_INVALID_ADDRESS);
    FAILS(VirtualFree(memory, PAGE, MEM_DECOMMIT), ERROR_INVALID_ADDRESS);
}

static void protection(void) {
    static const DWORD all[] = {PAGE_NOACCESS, PAGE_READONLY, PAGE_READWRITE, PAGE_EXECUTE, PAGE_EXECUTE_READ,
                                PAGE_EXECUTE_READWRITE, PAGE_READWRITE | PAGE_GUARD, PAGE_READWRITE};
    char *memory = VirtualAlloc(NULL, 4 * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    DWORD before = PAGE_READWRITE;
    REQUIRE(memory);
    memory[2 * PAGE] = 'k';
    for (size_t i = 0; i < COUNT(all); i++) {
        DWORD old = UNTOUCHED;
        QUIETLY(VirtualProtect(memory + 2 * PAGE - 1, 2, all[i], &old), TRUE);
        EQUAL(old, before);
        before = all[i];
        if (before == PAGE_READWRITE) continue;
        is_region(memory, memory, PAGE, MEM_COMMIT, PAGE_READWRITE);
        is_region(memory + PAGE, memory, 2 * PAGE, MEM_COMMIT, before);
        is_region(memory + 3 * PAGE, memory, PAGE, MEM_COMMIT, PAGE_READWRITE);
    }
    is_region(memory, memory, 4 * PAGE, MEM_COMMIT, PAGE_READWRITE);
    EQUAL(memory[2 * PAGE], 'k');
    TRUTH(VirtualFree(memory, 0, MEM_RELEASE));
}

static void bad_protection(void) {
    DWORD old = UNTOUCHED;
    char *memory = VirtualAlloc(NULL, 4 * PAGE, MEM_RESERVE, PAGE_NOACCESS);
    REQUIRE(memory);
    EQUAL(VirtualAlloc(memory, 2 * PAGE, MEM_COMMIT, PAGE_READWRITE), memory);
    FAILS(VirtualProtect(memory, PAGE, PAGE_READONLY, NULL), ERROR_NOACCESS);
    FAILS(VirtualProtect(memory, PAGE, 0, &old), ERROR_INVALID_PARAMETER);
    FAILS(VirtualProtect(memory, PAGE, 0x1000, &old), ERROR_INVALID_PARAMETER);
    FAILS(VirtualProtect(memory + PAGE, 2 * PAGE, PAGE_READONLY, &old), ERROR_INVALID_ADDRESS); // one is not committed
    is_region(memory, memory, 2 * PAGE, MEM_COMMIT, PAGE_READWRITE);
    TRUTH(VirtualFree(memory, 0, MEM_RELEASE));
    FAILS(VirtualProtect(memory, PAGE, PAGE_READONLY, &old), ERROR_INVALID_ADDRESS);
#ifndef ON_WINE
    EQUAL(old, UNTOUCHED);
#endif
}

static char program_data[3 * PAGE] = {1};

static void protection_of_other_memory(void) {
    char *page = (char *)(((ULONG_PTR)program_data + PAGE - 1) & ~(ULONG_PTR)(PAGE - 1));
    DWORD old = UNTOUCHED;
    page[0] = 5;
    page[PAGE] = 5;
    TRUTH(VirtualProtect(page, 1, PAGE_READONLY, &old));
    TRUTH(old == PAGE_READWRITE || old == PAGE_WRITECOPY);
    EQUAL(query(page).Protect, PAGE_READONLY);
    page[PAGE] = 6;
    EQUAL(page[0], 5);
    TRUTH(VirtualProtect(page, 1, PAGE_READWRITE, &old));
    EQUAL(old, PAGE_READONLY);
    page[0] = 6;
}

static void queries(void) {
    MEMORY_BASIC_INFORMATION information;
    memset(&information, 0x5E, sizeof information);
    FAILS(VirtualQuery(&information, &information, sizeof information - 1), ERROR_BAD_LENGTH);
    FAILS(VirtualQuery((void *)(LONG_PTR)-PAGE, &information, sizeof information), ERROR_INVALID_PARAMETER);
    EQUAL(information.State, 0x5E5E5E5E);
    information = query(NULL);
    EQUAL(information.State, MEM_FREE);
    EQUAL(information.BaseAddress, NULL);
    EQUAL(information.AllocationBase, NULL);
    EQUAL(information.Protect, PAGE_NOACCESS);
    EQUAL(information.Type, 0);
    TRUTH(information.RegionSize >= GRANULE);
    information = query(&information); // the stack
    EQUAL(information.State, MEM_COMMIT);
    EQUAL(information.Protect, PAGE_READWRITE);
    EQUAL(information.Type, MEM_PRIVATE);
    information = query((void *)(ULONG_PTR)queries);
    EQUAL(information.State, MEM_COMMIT);
    EQUAL(information.Protect, PAGE_EXECUTE_READ);
    EQUAL(information.Type, MEM_IMAGE);
}

static void reset(void) {
    char *memory = VirtualAlloc(NULL, 2 * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    REQUIRE(memory);
    EQUAL(VirtualAlloc(memory, 2 * PAGE, MEM_RESET, PAGE_NOACCESS), memory);
    is_region(memory, memory, 2 * PAGE, MEM_COMMIT, PAGE_READWRITE); // the protection is not looked at
    memory[0] = 1;
    FAILS(VirtualAlloc(memory, PAGE, MEM_RESET | MEM_COMMIT, PAGE_READWRITE), ERROR_INVALID_PARAMETER);
    TRUTH(VirtualFree(memory, 0, MEM_RELEASE));
}

// Two threads reserve, commit and release at once; whatever the order, nothing is lost.
static DWORD WINAPI allocate_and_release(LPVOID bad) {
    for (int i = 0; i < 300; i++) {
        char *memory = VirtualAlloc(NULL, (SIZE_T)(1 + i % 7) * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
        if (!memory) return InterlockedIncrement((LONG volatile *)bad);
        memory[0] = 1;
        MEMORY_BASIC_INFORMATION information = query(memory);
        if (information.AllocationBase != memory || information.State != MEM_COMMIT) {
            InterlockedIncrement((LONG volatile *)bad);
        }
        if (!VirtualFree(memory, 0, MEM_RELEASE)) InterlockedIncrement((LONG volatile *)bad);
    }
    return 0;
}

static void by_several_threads(void) {
    LONG volatile bad = 0;
    HANDLE threads[3];
    for (int i = 0; i < 3; i++) threads[i] = start(allocate_and_release, (void *)&bad, NULL);
    for (int i = 0; i < 3; i++) join(threads[i]);
    EQUAL(bad, 0);
}

int main(int argc, char **argv) {
    static const struct test_case cases[] = {
        CASE(reserved_and_committed),
        CASE(commit_alone_reserves),
        CASE(commit_by_the_page),
        CASE(decommitted_pages_come_back_empty),
        CASE(at_an_address),
        CASE(bad_allocations),
        CASE(bad_frees),
        CASE(protection),
        CASE(bad_protection),
        CASE(protection_of_other_memory),
        CASE(queries),
        CASE(reset),
        CASE(by_several_threads),
    };
    return run_cases(cases, COUNT(cases), argc, argv);
}
