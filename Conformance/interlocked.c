// interlocked.c: the interlocked operations, of each width and with each ordering.
#include "cases.h"
#if defined(__MINGW32__)
#define MINGW // whose headers lack some of them
#endif

static void increments_and_decrements_return_the_new_value(void) {
    LONG value = 0;
    EQUAL(InterlockedIncrement(&value), 1);
    EQUAL(InterlockedIncrement(&value), 2);
    EQUAL(InterlockedDecrement(&value), 1);
    EQUAL(InterlockedDecrement(&value), 0);
    EQUAL(InterlockedDecrement(&value), -1);
    EQUAL(value, -1);
    value = 0x7fffffff;
    EQUAL((DWORD)InterlockedIncrement(&value), 0x80000000); // wraps
    EQUAL(InterlockedDecrement(&value), 0x7fffffff);

    SHORT narrow = 0x7fff;
    EQUAL(InterlockedIncrement16(&narrow), -0x8000);
    EQUAL(InterlockedDecrement16(&narrow), 0x7fff);
    EQUAL(narrow, 0x7fff);

    LONG64 wide = 0xffffffff;
    EQUAL(InterlockedIncrement64(&wide), 0x100000000);
    EQUAL(InterlockedDecrement64(&wide), 0xffffffff);
    EQUAL(wide, 0xffffffff);
}

static void exchanges_return_the_old_value(void) {
    LONG value = 5;
    EQUAL(InterlockedExchange(&value, 9), 5);
    EQUAL(value, 9);
    EQUAL(InterlockedExchangeAdd(&value, -4), 9);
    EQUAL(value, 5);
    EQUAL(InterlockedExchangeAdd(&value, 0x7fffffff), 5);
    EQUAL((DWORD)value, 0x80000004);

#ifndef MINGW
    SHORT narrow = 5;
    EQUAL(InterlockedExchange16(&narrow, -9), 5);
    EQUAL(narrow, -9);

    char smallest = 5;
    EQUAL(InterlockedExchange8(&smallest, 9), 5);
    EQUAL(smallest, 9);
    EQUAL(InterlockedExchangeAdd8(&smallest, 3), 9);
    EQUAL(smallest, 12);
    EQUAL(InterlockedExchangeAdd16(&narrow, 3), -9);
    EQUAL(narrow, -6);
#endif

    LONG64 wide = 0x100000000;
    EQUAL(InterlockedExchange64(&wide, -1), 0x100000000);
    EQUAL(InterlockedExchangeAdd64(&wide, 0x200000000), -1);
    EQUAL(wide, 0x1ffffffff);
}

#ifndef MINGW
static void a_neighbour_is_not_touched(void) {
    char small[3] = {1, 2, 3};
    SHORT narrow[3] = {1, 2, 3};
    InterlockedExchange8(&small[1], 9);
    InterlockedExchange16(&narrow[1], 9);
    InterlockedIncrement16(&narrow[1]);
    EQUAL(small[0], 1);
    EQUAL(small[1], 9);
    EQUAL(small[2], 3);
    EQUAL(narrow[0], 1);
    EQUAL(narrow[1], 10);
    EQUAL(narrow[2], 3);
}
#endif

static void comparisons_decide(void) {
    LONG value = 5;
    EQUAL(InterlockedCompareExchange(&value, 8, 4), 5);
    EQUAL(value, 5);
    EQUAL(InterlockedCompareExchange(&value, 8, 5), 5);
    EQUAL(value, 8);

    SHORT narrow = -5;
    EQUAL(InterlockedCompareExchange16(&narrow, 8, 4), -5);
    EQUAL(narrow, -5);
    EQUAL(InterlockedCompareExchange16(&narrow, 8, -5), -5);
    EQUAL(narrow, 8);

    LONG64 wide = 0x100000005;
    EQUAL(InterlockedCompareExchange64(&wide, 8, 5), 0x100000005); // the low half alone is not enough
    EQUAL(wide, 0x100000005);
    EQUAL(InterlockedCompareExchange64(&wide, 8, 0x100000005), 0x100000005);
    EQUAL(wide, 8);
}

static void pointers_are_exchanged(void) {
    int a, b;
    PVOID pointer = &a;
    EQUAL(InterlockedCompareExchangePointer(&pointer, &b, NULL), &a);
    EQUAL(pointer, &a);
    EQUAL(InterlockedCompareExchangePointer(&pointer, &b, &a), &a);
    EQUAL(pointer, &b);
    EQUAL(InterlockedExchangePointer(&pointer, NULL), &b);
    EQUAL(pointer, NULL);
}

static void bitwise_operations_return_the_old_value(void) {
    LONG value = 0xff;
    EQUAL(InterlockedAnd(&value, 0x0f), 0xff);
    EQUAL(InterlockedOr(&value, 0xf0), 0x0f);
    EQUAL(InterlockedXor(&value, 0x11), 0xff);
    EQUAL(value, 0xee);

#ifndef MINGW
    SHORT narrow = 0xff;
    EQUAL(InterlockedAnd16(&narrow, 0x0f), 0xff);
    EQUAL(InterlockedOr16(&narrow, 0xf0), 0x0f);
    EQUAL(InterlockedXor16(&narrow, 0x11), 0xff);
    EQUAL(narrow, 0xee);

    char small = 0x7f;
    EQUAL(InterlockedAnd8(&small, 0x0f), 0x7f);
    EQUAL(InterlockedOr8(&small, 0x70), 0x0f);
    EQUAL(InterlockedXor8(&small, 0x11), 0x7f);
    EQUAL(small, 0x6e);
#endif

    LONG64 wide = 0xff00000000;
    EQUAL(InterlockedAnd64(&wide, 0x0f00000000), 0xff00000000);
    EQUAL(InterlockedOr64(&wide, 0xf000000000), 0x0f00000000);
    EQUAL(InterlockedXor64(&wide, 0x1100000000), 0xff00000000);
    EQUAL(wide, 0xee00000000);
}

static void bit_tests_tell_what_the_bit_was(void) {
    LONG bits[2] = {0, 0};
    EQUAL(InterlockedBitTestAndSet(bits, 3), 0);
    EQUAL(InterlockedBitTestAndSet(bits, 3), 1);
    EQUAL(InterlockedBitTestAndSet(bits, 33), 0); // in the second word
    EQUAL(bits[0], 8);
    EQUAL(bits[1], 2);
    EQUAL(InterlockedBitTestAndReset(bits, 3), 1);
    EQUAL(InterlockedBitTestAndReset(bits, 3), 0);
    EQUAL(bits[0], 0);
    EQUAL(InterlockedBitTestAndComplement(bits, 33), 1);
    EQUAL(InterlockedBitTestAndComplement(bits, 33), 0);
    EQUAL(bits[1], 2);

    LONG64 wide[2] = {0, 0};
    EQUAL(InterlockedBitTestAndSet64(wide, 63), 0);
    EQUAL(InterlockedBitTestAndSet64(wide, 64), 0);
    EQUAL(wide[0], (LONG64)((ULONG64)1 << 63));
    EQUAL(wide[1], 1);
    EQUAL(InterlockedBitTestAndReset64(wide, 63), 1);
    EQUAL(InterlockedBitTestAndReset64(wide, 64), 1);
    EQUAL(wide[0], 0);
    EQUAL(wide[1], 0);
#ifndef MINGW
    EQUAL(InterlockedBitTestAndComplement64(wide, 5), 0);
    EQUAL(wide[0], 32);
#endif
}

static void an_add_returns_the_new_value(void) {
    LONG value = 5;
    EQUAL(InterlockedAdd(&value, -6), -1);
    EQUAL(value, -1);
    LONG64 wide = 5;
    EQUAL(InterlockedAdd64(&wide, 0x100000000), 0x100000005);
    EQUAL(wide, 0x100000005);
}

#if defined(__x86_64__) && !defined(MINGW)
static void two_words_are_exchanged_at_once(void) {
    DECLSPEC_ALIGN(16) LONG64 words[2] = {1, 2};
    LONG64 seen[2] = {1, 3};
    EQUAL(InterlockedCompareExchange128(words, 20, 10, seen), 0);
    EQUAL(words[0], 1);
    EQUAL(words[1], 2);
    EQUAL(seen[0], 1);
    EQUAL(seen[1], 2);
    EQUAL(InterlockedCompareExchange128(words, 20, 10, seen), 1);
    EQUAL(words[0], 10);
    EQUAL(words[1], 20);
    EQUAL(seen[0], 1);
    EQUAL(seen[1], 2);
}
#endif

#ifndef MINGW
static void weaker_forms_do_the_same(void) {
    LONG value = 5;
    EQUAL(InterlockedIncrementAcquire(&value), 6);
    EQUAL(InterlockedIncrementRelease(&value), 7);
    EQUAL(InterlockedIncrementNoFence(&value), 8);
    EQUAL(InterlockedDecrementAcquire(&value), 7);
    EQUAL(InterlockedDecrementRelease(&value), 6);
    EQUAL(InterlockedDecrementNoFence(&value), 5);
    EQUAL(InterlockedCompareExchangeAcquire(&value, 6, 5), 5);
    EQUAL(InterlockedCompareExchangeRelease(&value, 7, 6), 6);
    EQUAL(InterlockedCompareExchangeNoFence(&value, 8, 7), 7);
    EQUAL(InterlockedExchangeAcquire(&value, 9), 8);
    EQUAL(InterlockedExchangeNoFence(&value, 10), 9);
    EQUAL(InterlockedExchangeAddAcquire(&value, 1), 10);
    EQUAL(InterlockedExchangeAddRelease(&value, 1), 11);
    EQUAL(InterlockedExchangeAddNoFence(&value, 1), 12);
    EQUAL(InterlockedAndAcquire(&value, 12), 13);
    EQUAL(InterlockedAndRelease(&value, 8), 12);
    EQUAL(InterlockedAndNoFence(&value, 8), 8);
    EQUAL(InterlockedOrAcquire(&value, 1), 8);
    EQUAL(InterlockedOrRelease(&value, 2), 9);
    EQUAL(InterlockedOrNoFence(&value, 4), 11);
    EQUAL(InterlockedXorAcquire(&value, 1), 15);
    EQUAL(InterlockedXorRelease(&value, 2), 14);
    EQUAL(InterlockedXorNoFence(&value, 4), 12);
    EQUAL(value, 8);
}

static void wide_weaker_forms_do_the_same(void) {
    LONG64 wide = 5;
    EQUAL(InterlockedIncrement64Acquire(&wide), 6);
    EQUAL(InterlockedIncrement64Release(&wide), 7);
    EQUAL(InterlockedDecrement64NoFence(&wide), 6);
    EQUAL(InterlockedExchangeAdd64Release(&wide, 1), 6);
    EQUAL(InterlockedExchange64Acquire(&wide, 9), 7);
    EQUAL(InterlockedCompareExchange64Release(&wide, 1, 9), 9);
    EQUAL(InterlockedOr64NoFence(&wide, 2), 1);
    EQUAL(InterlockedAnd64Acquire(&wide, 2), 3);
    EQUAL(InterlockedXor64Release(&wide, 3), 2);
    EQUAL(InterlockedAdd64NoFence(&wide, 4), 5);
    SHORT narrow = 5;
    EQUAL(InterlockedIncrement16Acquire(&narrow), 6);
    EQUAL(InterlockedDecrement16Release(&narrow), 5);
    EQUAL(InterlockedCompareExchange16NoFence(&narrow, 6, 5), 5);
    EQUAL(InterlockedAnd16Acquire(&narrow, 4), 6);
    EQUAL(narrow, 4);
    LONG value = 0;
    EQUAL(InterlockedAddAcquire(&value, 4), 4);
    EQUAL(InterlockedBitTestAndSetAcquire(&value, 0), 0);
    EQUAL(InterlockedBitTestAndResetRelease(&value, 2), 1);
    EQUAL(value, 1);
    PVOID pointer = NULL;
    int a;
    EQUAL(InterlockedCompareExchangePointerAcquire(&pointer, &a, NULL), NULL);
    EQUAL(InterlockedCompareExchangePointerRelease(&pointer, NULL, &a), &a);
    EQUAL(InterlockedCompareExchangePointerNoFence(&pointer, &a, NULL), NULL);
    EQUAL(pointer, &a);
}
#endif

enum { ROUNDS = 50000 };
static LONG volatile sum;
static LONG64 volatile wide_sum;
static SHORT volatile narrow_sum;

static DWORD WINAPI add_up(LPVOID unused) {
    (void)unused;
    for (int i = 0; i < ROUNDS; i++) {
        InterlockedIncrement(&sum);
        InterlockedExchangeAdd64(&wide_sum, 0x100000001);
        InterlockedIncrement16(&narrow_sum);
    }
    return 0;
}

static void no_addition_is_lost(void) {
    HANDLE threads[4];
    sum = 0;
    wide_sum = 0;
    narrow_sum = 0;
    for (size_t i = 0; i < COUNT(threads); i++) threads[i] = start(add_up, NULL, NULL);
    for (size_t i = 0; i < COUNT(threads); i++) EQUAL(join(threads[i]), 0);
    EQUAL(sum, 4 * ROUNDS);
    EQUAL(wide_sum, 0x100000001 * (LONG64)(4 * ROUNDS));
    EQUAL(narrow_sum, (SHORT)(4 * ROUNDS));
}

static const struct test_case cases[] = {
    CASE(increments_and_decrements_return_the_new_value),
    CASE(exchanges_return_the_old_value),
#ifndef MINGW
    CASE(a_neighbour_is_not_touched),
#endif
    CASE(comparisons_decide),
    CASE(pointers_are_exchanged),
    CASE(bitwise_operations_return_the_old_value),
    CASE(bit_tests_tell_what_the_bit_was),
    CASE(an_add_returns_the_new_value),
#if defined(__x86_64__) && !defined(MINGW)
    CASE(two_words_are_exchanged_at_once),
#endif
#ifndef MINGW
    CASE(weaker_forms_do_the_same),
    CASE(wide_weaker_forms_do_the_same),
#endif
    CASE(no_addition_is_lost),
};

int main(int argc, char **argv) { return run_cases(cases, COUNT(cases), argc, argv); }
