// memory.c: virtual memory, heaps, and the memory of LocalAlloc and GlobalAlloc.
#include "cases.h"

enum { PAGE = 4096, GRANULE = 65536 };

// Where nothing is allocated Windows has STATUS_MEMORY_NOT_ALLOCATED or STATUS_CONFLICTING_ADDRESSES, both of which
// become ERROR_INVALID_ADDRESS (MS-ERREF); Wine has STATUS_INVALID_PARAMETER.
#ifdef ON_WINE
#define NOT_ALLOCATED ERROR_INVALID_PARAMETER
#else
#define NOT_ALLOCATED ERROR_INVALID_ADDRESS
#endif

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
    // "PAGE_GUARD ... cannot be used with PAGE_NOACCESS" (Memory Protection Constants)
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
    FAILS(VirtualFree(NULL, 0, MEM_RELEASE), NOT_ALLOCATED);
    is_region(memory, memory, 4 * PAGE, MEM_COMMIT, PAGE_READWRITE);
    TRUTH(VirtualFree(memory, 0, MEM_RELEASE));
    FAILS(VirtualFree(memory, 0, MEM_RELEASE), NOT_ALLOCATED);
    FAILS(VirtualFree(memory, PAGE, MEM_DECOMMIT), NOT_ALLOCATED);
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
    FAILS(VirtualProtect(memory, PAGE, PAGE_READONLY, &old), NOT_ALLOCATED);
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
#ifndef ON_WINE // "The MEM_RESET value cannot be used with other values" (VirtualAlloc)
    FAILS(VirtualAlloc(memory, PAGE, MEM_RESET | MEM_COMMIT, PAGE_READWRITE), ERROR_INVALID_PARAMETER);
#endif
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

// ---- heaps

static void heap_blocks(HANDLE heap) {
    static const SIZE_T sizes[] = {0, 1, 7, 16, 100, 4096, 300000};
    for (size_t i = 0; i < COUNT(sizes); i++) {
        unsigned char *block = HeapAlloc(heap, HEAP_ZERO_MEMORY, sizes[i]);
        REQUIRE(block);
        EQUAL((ULONG_PTR)block % 16, 0);
        EQUAL(HeapSize(heap, 0, block), sizes[i]);
        for (SIZE_T k = 0; k < sizes[i]; k++)
            if (block[k]) REQUIRE(!block[k]);
        memset(block, 0xA5, sizes[i]);
        // grown: the old bytes stay, the new ones are zero as asked
        unsigned char *grown = HeapReAlloc(heap, HEAP_ZERO_MEMORY, block, sizes[i] + 500);
        REQUIRE(grown);
        EQUAL(HeapSize(heap, 0, grown), sizes[i] + 500);
        for (SIZE_T k = 0; k < sizes[i] + 500; k++)
            if (grown[k] != (k < sizes[i] ? 0xA5 : 0)) REQUIRE(grown[k] == (k < sizes[i] ? 0xA5 : 0));
        TRUTH(HeapValidate(heap, 0, grown));
        // shrunk in its place
        EQUAL(HeapReAlloc(heap, HEAP_REALLOC_IN_PLACE_ONLY, grown, 3), grown);
        EQUAL(HeapSize(heap, 0, grown), 3);
        QUIETLY(HeapFree(heap, 0, grown), TRUE);
    }
    QUIETLY(HeapFree(heap, 0, NULL), TRUE);
    TRUTH(HeapValidate(heap, 0, NULL));
}

static void process_heap(void) {
    HANDLE heap = GetProcessHeap();
    REQUIRE(heap);
    EQUAL(GetProcessHeap(), heap);
    heap_blocks(heap);
}

static void own_heap(void) {
    HANDLE heap = HeapCreate(0, 0, 0);
    REQUIRE(heap);
    TRUTH(heap != GetProcessHeap());
    heap_blocks(heap);
    for (int i = 0; i < 100; i++) REQUIRE(HeapAlloc(heap, 0, 1000)); // goes with the heap
    QUIETLY(HeapDestroy(heap), TRUE);
    heap = HeapCreate(HEAP_NO_SERIALIZE | HEAP_GENERATE_EXCEPTIONS, 0x1000, 0);
    REQUIRE(heap);
    heap_blocks(heap);
    TRUTH(HeapDestroy(heap));
}

static void heap_of_a_size(void) {
    HANDLE heap = HeapCreate(0, 0x1000, 0x20000);
    REQUIRE(heap);
    void *block = HeapAlloc(heap, 0, 0x8000);
    REQUIRE(block);
    EQUAL(HeapAlloc(heap, 0, 0x20000), NULL);
    EQUAL(HeapReAlloc(heap, 0, block, 0x20000), NULL);
#ifndef ON_WINE // "If the function fails, it does not call SetLastError." (HeapAlloc)
    QUIETLY(HeapAlloc(heap, 0, 0x20000), NULL);
    QUIETLY(HeapReAlloc(heap, 0, block, 0x20000), NULL);
#endif
    EQUAL(HeapSize(heap, 0, block), 0x8000);
    TRUTH(HeapFree(heap, 0, block));
    EQUAL(HeapSize(heap, 0, block = HeapAlloc(heap, 0, 0x8000)), 0x8000);
    TRUTH(HeapDestroy(heap));
    // more to begin with than there may be
    heap = HeapCreate(0, 0x100000, 0x10000);
    if (heap) TRUTH(HeapDestroy(heap));
    EQUAL(HeapAlloc(GetProcessHeap(), 0, (SIZE_T)1 << 62), NULL);
}

#ifndef _WIN32 // Windows does not check these
static void bad_heaps(void) {
    char block[64];
    FAILS(HeapDestroy(NULL), ERROR_INVALID_HANDLE);
    FAILS(HeapDestroy(GetProcessHeap()), ERROR_INVALID_HANDLE);
    FAILS(HeapDestroy((HANDLE)block), ERROR_INVALID_HANDLE);
    QUIETLY(HeapAlloc((HANDLE)block, 0, 1), NULL);
    FAILS(HeapFree((HANDLE)block, 0, block), ERROR_INVALID_HANDLE);
    HANDLE heap = HeapCreate(0, 0, 0);
    void *own = HeapAlloc(heap, 0, 10);
    // a block of another heap
    FAILS(HeapFree(GetProcessHeap(), 0, own), ERROR_INVALID_PARAMETER);
    EQUAL(HeapSize(GetProcessHeap(), 0, own), (SIZE_T)-1);
    EQUAL(HeapReAlloc(GetProcessHeap(), 0, own, 20), NULL);
    EQUAL(HeapValidate(GetProcessHeap(), 0, own), FALSE);
    EQUAL(HeapSize(heap, 0, own), 10);
    TRUTH(HeapDestroy(heap));
    FAILS(HeapDestroy(heap), ERROR_INVALID_HANDLE);
}
#endif

// ---- LocalAlloc and GlobalAlloc

static void fixed_memory(void) {
    unsigned char *block = LocalAlloc(LPTR, 100);
    REQUIRE(block);
    for (int i = 0; i < 100; i++) EQUAL(block[i], 0);
    TRUTH(LocalSize(block) >= 100);
    EQUAL(LocalFlags(block), 0);
    memset(block, 7, 100);
    block = LocalReAlloc(block, 200, LMEM_MOVEABLE | LMEM_ZEROINIT);
    REQUIRE(block);
    EQUAL(block[99], 7);
    EQUAL(block[199], 0);
    EQUAL(LocalLock(block), block);
    QUIETLY(LocalFree(block), NULL);
    block = GlobalAlloc(GPTR, 50);
    REQUIRE(block);
    EQUAL(block[49], 0);
    EQUAL(GlobalLock(block), block);
    EQUAL(GlobalHandle(block), block);
    QUIETLY(GlobalUnlock(block), TRUE);
    QUIETLY(GlobalFree(block), NULL);
    block = GlobalAlloc(GMEM_FIXED, 0);
    TRUTH(block != NULL);
    EQUAL(GlobalFree(block), NULL);
    QUIETLY(LocalFree(NULL), NULL);
    QUIETLY(GlobalFree(NULL), NULL);
    FAILS(LocalAlloc(LPTR, (SIZE_T)1 << 62), ERROR_NOT_ENOUGH_MEMORY);
    FAILS(GlobalAlloc(GMEM_MOVEABLE, (SIZE_T)1 << 62), ERROR_NOT_ENOUGH_MEMORY);
}

static void moveable_memory(void) {
    HGLOBAL handle = GlobalAlloc(GHND, 100);
    REQUIRE(handle);
    EQUAL(GlobalFlags(handle), 0);
    TRUTH(GlobalSize(handle) >= 100);
    unsigned char *memory = GlobalLock(handle);
    REQUIRE(memory);
    TRUTH((void *)memory != (void *)handle);
    for (int i = 0; i < 100; i++) EQUAL(memory[i], 0);
    EQUAL(GlobalHandle(memory), handle);
    EQUAL(GlobalLock(handle), memory);
    EQUAL(GlobalFlags(handle) & GMEM_LOCKCOUNT, 2);
    memset(memory, 9, 100);
    QUIETLY(GlobalUnlock(handle), TRUE);
    FAILS(GlobalUnlock(handle), NO_ERROR); // "If the memory object is unlocked after decrementing the lock count"
    FAILS(GlobalUnlock(handle), ERROR_NOT_LOCKED);
    EQUAL(GlobalReAlloc(handle, 100000, GMEM_ZEROINIT), handle);
    TRUTH(GlobalSize(handle) >= 100000);
    memory = GlobalLock(handle);
    REQUIRE(memory);
    EQUAL(memory[99], 9);
    EQUAL(memory[100], 0);
    EQUAL(memory[99999], 0);
    FAILS(GlobalUnlock(handle), NO_ERROR);
    QUIETLY(GlobalFree(handle), NULL);

    handle = LocalAlloc(LHND, 20);
    REQUIRE(handle);
    memory = LocalLock(handle);
    REQUIRE(memory);
    EQUAL(memory[19], 0);
    EQUAL(LocalHandle(memory), handle);
    EQUAL(LocalFlags(handle) & LMEM_LOCKCOUNT, 1);
    FAILS(LocalUnlock(handle), NO_ERROR);
    FAILS(LocalUnlock(handle), ERROR_NOT_LOCKED);
    EQUAL(LocalReAlloc(handle, 40, LMEM_ZEROINIT), handle);
    TRUTH(LocalSize(handle) >= 40);
    EQUAL(LocalFree(handle), NULL);
}

static void freed_handles(void) {
    HGLOBAL handle = GlobalAlloc(GMEM_MOVEABLE, 10);
    REQUIRE(handle);
    EQUAL(GlobalFree(handle), NULL);
    FAILS(GlobalLock(handle), ERROR_INVALID_HANDLE);
    FAILS(GlobalSize(handle), ERROR_INVALID_HANDLE);
    FAILS_WITH(GlobalFlags(handle), GMEM_INVALID_HANDLE, ERROR_INVALID_HANDLE);
    FAILS_WITH(GlobalFree(handle), handle, ERROR_INVALID_HANDLE);
    FAILS(GlobalReAlloc(handle, 20, 0), ERROR_INVALID_HANDLE);
    FAILS(LocalLock(handle), ERROR_INVALID_HANDLE);
    FAILS_WITH(LocalFree(handle), handle, ERROR_INVALID_HANDLE);
    FAILS(LocalSize(handle), ERROR_INVALID_HANDLE);
    FAILS_WITH(LocalFlags(handle), LMEM_INVALID_HANDLE, ERROR_INVALID_HANDLE);
    FAILS(LocalReAlloc(handle, 20, 0), ERROR_INVALID_HANDLE);
}

static void filled_memory(void) {
    unsigned char bytes[16], copy[16];
    FillMemory(bytes, sizeof bytes, 'f');
    EQUAL(bytes[15], 'f');
    CopyMemory(copy, bytes, sizeof copy);
    TRUTH(RtlEqualMemory(copy, bytes, sizeof copy));
    ZeroMemory(bytes, 8);
    EQUAL(bytes[7], 0);
    EQUAL(bytes[8], 'f');
    MoveMemory(bytes + 1, bytes, 15);
    EQUAL(bytes[8], 0);
    EQUAL(bytes[9], 'f');
    EQUAL(SecureZeroMemory(bytes, sizeof bytes), bytes);
    EQUAL(bytes[15], 0);
    bytes[0] = 1;
    RtlSecureZeroMemory(bytes, 1);
    EQUAL(bytes[0], 0);
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
        CASE(process_heap),
        CASE(own_heap),
        CASE(heap_of_a_size),
#ifndef _WIN32
        CASE(bad_heaps),
#endif
        CASE(fixed_memory),
        CASE(moveable_memory),
        CASE(freed_handles),
        CASE(filled_memory),
    };
    return run_cases(cases, COUNT(cases), argc, argv);
}
