#define _GNU_SOURCE
#include "CTestSupport.h"
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

int signal_this_thread(int signal, int value) {
    return pthread_sigqueue(pthread_self(), signal, (union sigval){.sival_int = value});
}

int signal_thread(int thread, int signal) { return tgkill(getpid(), thread, signal); }
