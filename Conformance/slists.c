// slists.c: lists that need no lock.
#include "cases.h"

struct item {
    SLIST_ENTRY entry;
    LONG volatile number;
};

// On the heap nothing is aligned to 16 bytes by promise.
static PSLIST_HEADER list;
static struct item *items;
enum { ITEMS = 200, SPAN = 65536 };

static BOOL prepare(void) {
    char *memory = VirtualAlloc(NULL, SPAN, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
    if (!TRUTH(memory != NULL)) return FALSE;
    memset(memory, 0x5E, SPAN);
    list = (PSLIST_HEADER)memory;
    items = (struct item *)(memory + 64);
    for (int i = 0; i < ITEMS; i++) items[i].number = i;
    InitializeSListHead(list);
    return TRUE;
}

static void clean_up(void) { TRUTH(VirtualFree(list, 0, MEM_RELEASE)); }

static void the_structures_are_as_windows_has_them(void) {
    EQUAL(sizeof(SLIST_HEADER), 16);
    EQUAL(sizeof(SLIST_ENTRY), 16);
    EQUAL(MEMORY_ALLOCATION_ALIGNMENT, 16);
    REQUIRE(prepare());
    EQUAL(list->HeaderX64.Depth, 0);
    EQUAL(list->HeaderX64.NextEntry, 0);
    InterlockedPushEntrySList(list, &items[1].entry);
    EQUAL(list->HeaderX64.Depth, 1);
    EQUAL(list->HeaderX64.NextEntry, (ULONG_PTR)&items[1] >> 4);
    clean_up();
}

static void an_empty_list_gives_nothing(void) {
    REQUIRE(prepare());
    SetLastError(UNTOUCHED);
    EQUAL(QueryDepthSList(list), 0);
    EQUAL(InterlockedPopEntrySList(list), NULL);
    EQUAL(InterlockedFlushSList(list), NULL);
    EQUAL(QueryDepthSList(list), 0);
    EQUAL(GetLastError(), UNTOUCHED);
    clean_up();
}

static void the_last_pushed_is_popped_first(void) {
    REQUIRE(prepare());
    EQUAL(InterlockedPushEntrySList(list, &items[0].entry), NULL);
    EQUAL(QueryDepthSList(list), 1);
    EQUAL(InterlockedPushEntrySList(list, &items[1].entry), &items[0].entry);
    EQUAL(QueryDepthSList(list), 2);
    EQUAL(InterlockedPushEntrySList(list, &items[2].entry), &items[1].entry);
    EQUAL(QueryDepthSList(list), 3);
    EQUAL(InterlockedPopEntrySList(list), &items[2].entry);
    EQUAL(QueryDepthSList(list), 2);
    EQUAL(InterlockedPopEntrySList(list), &items[1].entry);
    EQUAL(InterlockedPopEntrySList(list), &items[0].entry);
    EQUAL(InterlockedPopEntrySList(list), NULL);
    EQUAL(QueryDepthSList(list), 0);
    clean_up();
}

static void a_flush_gives_all_in_order(void) {
    REQUIRE(prepare());
    for (int i = 0; i < 5; i++) InterlockedPushEntrySList(list, &items[i].entry);
    PSLIST_ENTRY entry = InterlockedFlushSList(list);
    EQUAL(QueryDepthSList(list), 0);
    EQUAL(InterlockedPopEntrySList(list), NULL);
    for (int i = 4; i >= 0; i--) {
        REQUIRE(entry == &items[i].entry);
        entry = entry->Next;
    }
    EQUAL(entry, NULL);
    EQUAL(InterlockedPushEntrySList(list, &items[0].entry), NULL); // usable still
    EQUAL(QueryDepthSList(list), 1);
    clean_up();
}

enum { ROUNDS = 50000 };
static LONG volatile taken_twice;

static DWORD WINAPI take_and_return(LPVOID unused) {
    (void)unused;
    for (int i = 0; i < ROUNDS; i++) {
        struct item *item = (struct item *)InterlockedPopEntrySList(list);
        if (!item) continue;
        if (InterlockedExchange(&item->number, -1) == -1) InterlockedIncrement(&taken_twice);
        InterlockedExchange(&item->number, 1);
        InterlockedPushEntrySList(list, &item->entry);
    }
    return 0;
}

static void no_item_is_lost_or_taken_twice(void) {
    HANDLE threads[4];
    int count = 0;
    REQUIRE(prepare());
    taken_twice = 0;
    // few: so that the same come back all the time
    for (int i = 0; i < 6; i++) InterlockedPushEntrySList(list, &items[i].entry);
    for (size_t i = 0; i < COUNT(threads); i++) threads[i] = start(take_and_return, NULL, NULL);
    for (size_t i = 0; i < COUNT(threads); i++) EQUAL(join(threads[i]), 0);
    EQUAL(taken_twice, 0);
    EQUAL(QueryDepthSList(list), 6);
    while (InterlockedPopEntrySList(list)) count++;
    EQUAL(count, 6);
    clean_up();
}

static LONG volatile popped;

// Each item is a mapping of its own, which is gone as soon as the item was popped.
static DWORD WINAPI push_and_pop_mapped(LPVOID unused) {
    (void)unused;
    for (int i = 0; i < 1500; i++) {
        struct item *item = VirtualAlloc(NULL, sizeof *item, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
        if (!item) return 99;
        InterlockedPushEntrySList(list, &item->entry);
        PVOID other = InterlockedPopEntrySList(list);
        if (!other) continue;
        InterlockedIncrement(&popped);
        if (!VirtualFree(other, 0, MEM_RELEASE)) return 98;
    }
    return 0;
}

static void a_popped_item_may_be_freed_at_once(void) {
    HANDLE threads[4];
    PSLIST_ENTRY entry;
    REQUIRE(prepare());
    popped = 0;
    for (size_t i = 0; i < COUNT(threads); i++) threads[i] = start(push_and_pop_mapped, NULL, NULL);
    for (size_t i = 0; i < COUNT(threads); i++) EQUAL(join(threads[i]), 0);
    while ((entry = InterlockedPopEntrySList(list)) != NULL) {
        popped++;
        TRUTH(VirtualFree(entry, 0, MEM_RELEASE));
    }
    EQUAL(popped, COUNT(threads) * 1500);
    clean_up();
}

static DWORD WINAPI flush_all_the_time(LPVOID unused) {
    DWORD count = 0;
    (void)unused;
    while (popped == 0 || QueryDepthSList(list) > 0)
        for (PSLIST_ENTRY entry = InterlockedFlushSList(list); entry; entry = entry->Next) count++;
    return count;
}

static DWORD WINAPI push_some(LPVOID first) {
    for (int i = 0; i < 50; i++) InterlockedPushEntrySList(list, &((struct item *)first)[i].entry);
    return 0;
}

static void a_flush_takes_each_item_once(void) {
    HANDLE pushers[4], flushers[2];
    DWORD total = 0;
    REQUIRE(prepare());
    popped = 0;
    for (size_t i = 0; i < COUNT(flushers); i++) flushers[i] = start(flush_all_the_time, NULL, NULL);
    for (size_t i = 0; i < COUNT(pushers); i++) pushers[i] = start(push_some, items + 50 * i, NULL);
    for (size_t i = 0; i < COUNT(pushers); i++) EQUAL(join(pushers[i]), 0);
    popped = 1; // all are in
    for (size_t i = 0; i < COUNT(flushers); i++) total += join(flushers[i]);
    EQUAL(total, ITEMS);
    clean_up();
}

static const struct test_case cases[] = {
    CASE(the_structures_are_as_windows_has_them),
    CASE(an_empty_list_gives_nothing),
    CASE(the_last_pushed_is_popped_first),
    CASE(a_flush_gives_all_in_order),
    CASE(no_item_is_lost_or_taken_twice),
    CASE(a_popped_item_may_be_freed_at_once),
    CASE(a_flush_takes_each_item_once),
};

int main(int argc, char **argv) { return run_cases(cases, COUNT(cases), argc, argv); }
