// once.c: one-time initialisation.
#include "cases.h"

static INIT_ONCE once = INIT_ONCE_STATIC_INIT;
static LONG volatile calls;
static LONG volatile may_finish;

#define CONTEXT_OF(value) ((PVOID)(ULONG_PTR)(value))

static BOOL CALLBACK succeed(PINIT_ONCE given, PVOID parameter, PVOID *context) {
    EQUAL(given, &once);
    InterlockedIncrement(&calls);
    if (context) *context = parameter;
    return TRUE;
}

static BOOL CALLBACK fail(PINIT_ONCE given, PVOID parameter, PVOID *context) {
    (void)given;
    (void)parameter;
    (void)context;
    InterlockedIncrement(&calls);
    SetLastError(4711);
    return FALSE;
}

static void an_untouched_one_is_one_zero_word(void) {
    INIT_ONCE made;
    memset(&made, 0x5E, sizeof made);
    InitOnceInitialize(&made);
    EQUAL(sizeof made, sizeof(void *));
    EQUAL(made.Ptr, NULL);
    EQUAL(once.Ptr, NULL);
}

static void the_first_call_initialises(void) {
    PVOID context = NULL;
    InitOnceInitialize(&once);
    calls = 0;
    QUIETLY(InitOnceExecuteOnce(&once, succeed, CONTEXT_OF(0x40), &context), TRUE);
    EQUAL(context, 0x40);
    context = NULL;
    QUIETLY(InitOnceExecuteOnce(&once, fail, CONTEXT_OF(0x80), &context), TRUE);
    EQUAL(context, 0x40);
    TRUTH(InitOnceExecuteOnce(&once, fail, NULL, NULL));
    EQUAL(calls, 1);
}

static void the_context_may_be_left_out(void) {
    PVOID context = CONTEXT_OF(UNTOUCHED);
    InitOnceInitialize(&once);
    TRUTH(InitOnceExecuteOnce(&once, succeed, CONTEXT_OF(0x40), NULL));
    TRUTH(InitOnceExecuteOnce(&once, fail, NULL, &context));
    EQUAL(context, NULL);
}

static void a_failed_call_can_be_repeated(void) {
    PVOID context = NULL;
    InitOnceInitialize(&once);
    calls = 0;
    FAILS(InitOnceExecuteOnce(&once, fail, NULL, NULL), 4711); // the callback's own
    EQUAL(once.Ptr, NULL);
    TRUTH(InitOnceExecuteOnce(&once, succeed, CONTEXT_OF(0x100), &context));
    EQUAL(context, 0x100);
    EQUAL(calls, 2);
}

#ifndef ON_WINE // Wine leaves it pending for good
// "The low-order INIT_ONCE_CTX_RESERVED_BITS bits must be zero" (InitOnceComplete).
static void low_bits_of_the_callbacks_context_are_refused(void) {
    PVOID context = NULL;
    InitOnceInitialize(&once);
    FAILS(InitOnceExecuteOnce(&once, succeed, CONTEXT_OF(0x41), &context), ERROR_INVALID_PARAMETER);
    TRUTH(InitOnceExecuteOnce(&once, succeed, CONTEXT_OF(0x44), &context));
    EQUAL(context, 0x44);
}
#endif

static void one_thread_begins_and_completes(void) {
    BOOL pending = UNTOUCHED;
    PVOID context = CONTEXT_OF(UNTOUCHED);
    InitOnceInitialize(&once);
    QUIETLY(InitOnceBeginInitialize(&once, 0, &pending, &context), TRUE);
    EQUAL(pending, TRUE);
    EQUAL(context, UNTOUCHED);
    FAILS(InitOnceBeginInitialize(&once, INIT_ONCE_CHECK_ONLY, &pending, &context), ERROR_GEN_FAILURE);
    EQUAL(context, UNTOUCHED);
    QUIETLY(InitOnceComplete(&once, 0, CONTEXT_OF(0x100)), TRUE);
    QUIETLY(InitOnceBeginInitialize(&once, 0, &pending, &context), TRUE);
    EQUAL(pending, FALSE);
    EQUAL(context, 0x100);
    pending = UNTOUCHED;
    context = NULL;
    TRUTH(InitOnceBeginInitialize(&once, INIT_ONCE_CHECK_ONLY, &pending, &context));
    EQUAL(pending, FALSE);
    EQUAL(context, 0x100);
    FAILS(InitOnceComplete(&once, 0, CONTEXT_OF(0x200)), ERROR_GEN_FAILURE);
    TRUTH(InitOnceBeginInitialize(&once, 0, &pending, &context));
    EQUAL(context, 0x100);
}

static void a_failed_initialisation_is_begun_again(void) {
    BOOL pending = UNTOUCHED;
    InitOnceInitialize(&once);
    TRUTH(InitOnceBeginInitialize(&once, 0, &pending, NULL));
    TRUTH(InitOnceComplete(&once, INIT_ONCE_INIT_FAILED, NULL));
    EQUAL(once.Ptr, NULL);
    pending = UNTOUCHED;
    TRUTH(InitOnceBeginInitialize(&once, 0, &pending, NULL));
    EQUAL(pending, TRUE);
    TRUTH(InitOnceComplete(&once, 0, NULL));
}

static void wrong_flags_are_refused(void) {
    BOOL pending = UNTOUCHED;
    PVOID context = CONTEXT_OF(UNTOUCHED);
    InitOnceInitialize(&once);
    FAILS(InitOnceBeginInitialize(&once, INIT_ONCE_CHECK_ONLY | INIT_ONCE_ASYNC, &pending, &context),
          ERROR_INVALID_PARAMETER);
#ifndef ON_WINE // Wine begins, whatever other flags there are
    FAILS(InitOnceBeginInitialize(&once, INIT_ONCE_INIT_FAILED, &pending, &context), ERROR_INVALID_PARAMETER);
    FAILS(InitOnceBeginInitialize(&once, 8, &pending, &context), ERROR_INVALID_PARAMETER);
#endif
    EQUAL(pending, UNTOUCHED);
    EQUAL(context, UNTOUCHED);
    EQUAL(once.Ptr, NULL);
    FAILS(InitOnceBeginInitialize(&once, INIT_ONCE_CHECK_ONLY, &pending, &context), ERROR_GEN_FAILURE);
    FAILS(InitOnceComplete(&once, 0, NULL), ERROR_GEN_FAILURE); // it has not begun
    FAILS(InitOnceComplete(&once, 0, CONTEXT_OF(1)), ERROR_INVALID_PARAMETER);
    FAILS(InitOnceComplete(&once, 0, CONTEXT_OF(2)), ERROR_INVALID_PARAMETER);
    TRUTH(InitOnceBeginInitialize(&once, 0, &pending, &context));
    FAILS(InitOnceComplete(&once, INIT_ONCE_INIT_FAILED, CONTEXT_OF(4)), ERROR_INVALID_PARAMETER);
    FAILS(InitOnceComplete(&once, INIT_ONCE_INIT_FAILED | INIT_ONCE_ASYNC, NULL), ERROR_INVALID_PARAMETER);
    FAILS(InitOnceComplete(&once, 0, CONTEXT_OF(3)), ERROR_INVALID_PARAMETER);
    FAILS(InitOnceBeginInitialize(&once, INIT_ONCE_ASYNC, &pending, &context), ERROR_INVALID_PARAMETER);
    TRUTH(InitOnceComplete(&once, 0, CONTEXT_OF(4)));
}

static void the_first_of_many_to_complete_wins(void) {
    BOOL pending = UNTOUCHED;
    PVOID context = CONTEXT_OF(UNTOUCHED);
    InitOnceInitialize(&once);
    TRUTH(InitOnceBeginInitialize(&once, INIT_ONCE_ASYNC, &pending, &context));
    EQUAL(pending, TRUE);
    pending = UNTOUCHED;
    TRUTH(InitOnceBeginInitialize(&once, INIT_ONCE_ASYNC, &pending, &context)); // waits for nobody
    EQUAL(pending, TRUE);
    EQUAL(context, UNTOUCHED);
    FAILS(InitOnceBeginInitialize(&once, 0, &pending, &context), ERROR_INVALID_PARAMETER);
    FAILS(InitOnceComplete(&once, 0, CONTEXT_OF(0x10)), ERROR_INVALID_PARAMETER);
    TRUTH(InitOnceComplete(&once, INIT_ONCE_ASYNC, CONTEXT_OF(0x20)));
    FAILS(InitOnceComplete(&once, INIT_ONCE_ASYNC, CONTEXT_OF(0x30)), ERROR_GEN_FAILURE);
    TRUTH(InitOnceBeginInitialize(&once, INIT_ONCE_CHECK_ONLY, &pending, &context));
    EQUAL(pending, FALSE);
    EQUAL(context, 0x20);
    TRUTH(InitOnceBeginInitialize(&once, INIT_ONCE_ASYNC, &pending, &context));
    EQUAL(pending, FALSE);
}

static BOOL CALLBACK finish_when_told(PINIT_ONCE given, PVOID parameter, PVOID *context) {
    (void)given;
    InterlockedIncrement(&calls);
    while (!may_finish) Sleep(0);
    *context = parameter;
    return parameter != NULL;
}

static DWORD WINAPI use(LPVOID parameter) {
    PVOID context = NULL;
    if (!InitOnceExecuteOnce(&once, finish_when_told, parameter, &context)) return 99;
    return (DWORD)(ULONG_PTR)context;
}

static void others_wait_for_the_initialiser(void) {
    HANDLE threads[5];
    DWORD ids[5];
    InitOnceInitialize(&once);
    calls = may_finish = 0;
    threads[0] = start(use, CONTEXT_OF(0x40), &ids[0]);
    while (!calls) Sleep(0);
    for (size_t i = 1; i < COUNT(threads); i++) threads[i] = start(use, CONTEXT_OF(0x80), &ids[i]);
    for (size_t i = 1; i < COUNT(threads); i++) until_blocked(ids[i]);
    EQUAL(calls, 1);
    may_finish = 1;
    for (size_t i = 0; i < COUNT(threads); i++) EQUAL(join(threads[i]), 0x40);
    EQUAL(calls, 1);
}

static void one_who_waits_tries_after_a_failure(void) {
    HANDLE threads[3];
    DWORD ids[3];
    InitOnceInitialize(&once);
    calls = may_finish = 0;
    threads[0] = start(use, NULL, &ids[0]);
    while (!calls) Sleep(0);
    for (size_t i = 1; i < COUNT(threads); i++) threads[i] = start(use, CONTEXT_OF(0x80), &ids[i]);
    for (size_t i = 1; i < COUNT(threads); i++) until_blocked(ids[i]);
    may_finish = 1;
    EQUAL(join(threads[0]), 99);
    EQUAL(join(threads[1]), 0x80);
    EQUAL(join(threads[2]), 0x80);
    EQUAL(calls, 2);
}

static const struct test_case cases[] = {
    CASE(an_untouched_one_is_one_zero_word),
    CASE(the_first_call_initialises),
    CASE(the_context_may_be_left_out),
    CASE(a_failed_call_can_be_repeated),
#ifndef ON_WINE
    CASE(low_bits_of_the_callbacks_context_are_refused),
#endif
    CASE(one_thread_begins_and_completes),
    CASE(a_failed_initialisation_is_begun_again),
    CASE(wrong_flags_are_refused),
    CASE(the_first_of_many_to_complete_wins),
    CASE(others_wait_for_the_initialiser),
    CASE(one_who_waits_tries_after_a_failure),
};

int main(int argc, char **argv) { return run_cases(cases, COUNT(cases), argc, argv); }
