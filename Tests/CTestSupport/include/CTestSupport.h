#pragma once

/// What the thread sanitizer is not to report, in the form of its suppression files.
const char *__tsan_default_suppressions(void);

/// pthread_sigqueue(3): sends the calling thread a signal with a value.
int signal_this_thread(int signal, int value);
/// tgkill(2) within this process.
int signal_thread(int thread, int signal);
