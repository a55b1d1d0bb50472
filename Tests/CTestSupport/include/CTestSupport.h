#pragma once

/// What the thread sanitizer is not to report, in the form of its suppression files.
const char *__tsan_default_suppressions(void);

/// Keeps the calling thread on the first processor that it may run on. (CPU_SET(3) is a macro.)
void test_pin_to_one_processor(void);
