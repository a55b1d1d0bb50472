#include "CTestSupport.h"

// The thread sanitizer's runtime calls this. A resumed task runs on another thread, and it is libdispatch that hands it over:
// it is not instrumented, so to the sanitizer the task's use of its own frame races with the resume that came before.
const char *__tsan_default_suppressions(void) {
    return "race:sScc6resume9returningyxn_tF\n"; // UnsafeContinuation.resume(returning:)
}

// The leak sanitizer's. XCTest never frees the suites that it lists.
const char *__lsan_default_suppressions(void) { return "leak:libXCTest.so\n"; }
