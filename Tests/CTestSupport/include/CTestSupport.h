#pragma once

/// What the thread sanitizer is not to report, in the form of its suppression files.
const char *__tsan_default_suppressions(void);
