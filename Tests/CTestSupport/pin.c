#define _GNU_SOURCE // sched_setaffinity
#include "CTestSupport.h"

#include <sched.h>

void test_pin_to_one_processor(void) {
    cpu_set_t may, one;
    if (sched_getaffinity(0, sizeof may, &may)) return;
    CPU_ZERO(&one);
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, &may)) {
            CPU_SET(cpu, &one);
            sched_setaffinity(0, sizeof one, &one);
            return;
        }
}
