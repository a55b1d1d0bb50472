// How threads are scheduled, and where: what Glibc's module of Swift lacks for that.
#define _GNU_SOURCE // sched_setaffinity, SCHED_BATCH, SCHED_IDLE
#include "CLinux.h"

#include <dirent.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

struct scheduling { // sched_setattr(2); glibc has it only since 2.41
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
};

int signalbox_set_scheduling(uint32_t id, struct signalbox_scheduling wanted) {
    struct scheduling attributes = {
        .size = sizeof attributes, .policy = (uint32_t)wanted.policy, .nice = wanted.nice, .priority = wanted.priority};
    return syscall(SYS_sched_setattr, id, &attributes, 0) ? errno : 0;
}

int signalbox_get_scheduling(uint32_t id, struct signalbox_scheduling *scheduling) {
    struct scheduling attributes;
    if (syscall(SYS_sched_getattr, id, &attributes, sizeof attributes, 0)) return errno;
    scheduling->policy = (int32_t)attributes.policy;
    scheduling->nice = attributes.nice;
    scheduling->priority = attributes.priority;
    return 0;
}

int signalbox_nice_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NICE, &limit)) return 20;
    return limit.rlim_cur >= 40 ? -20 : 20 - (int)limit.rlim_cur;
}

uint64_t signalbox_affinity(uint32_t id) {
    cpu_set_t set;
    uint64_t mask = 0;
    if (sched_getaffinity((pid_t)id, sizeof set, &set)) return 0;
    for (int cpu = 0; cpu < 64; cpu++)
        if (CPU_ISSET(cpu, &set)) mask |= (uint64_t)1 << cpu;
    return mask;
}

int signalbox_set_affinity(uint32_t id, uint64_t mask) {
    cpu_set_t set;
    CPU_ZERO(&set);
    for (int cpu = 0; cpu < 64; cpu++)
        if (mask >> cpu & 1) CPU_SET(cpu, &set);
    return sched_setaffinity((pid_t)id, sizeof set, &set) ? errno : 0;
}

// What the cpuset of the process's control group allows, which the kernel cuts every wish down to.
uint64_t signalbox_system_affinity(void) {
    cpu_set_t before, all;
    uint64_t mask;
    if (sched_getaffinity(0, sizeof before, &before)) return 0;
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) CPU_SET(cpu, &all);
    sched_setaffinity(0, sizeof all, &all);
    mask = signalbox_affinity(0);
    sched_setaffinity(0, sizeof before, &before);
    return mask;
}

size_t signalbox_thread_ids(uint32_t process, uint32_t *ids, size_t limit) {
    char path[32];
    snprintf(path, sizeof path, "/proc/%u/task", process);
    DIR *directory = opendir(path);
    struct dirent *entry;
    size_t count = 0;
    if (!directory) return 0;
    while (count < limit && (entry = readdir(directory))) {
        uint32_t id = (uint32_t)strtoul(entry->d_name, NULL, 10);
        if (id) ids[count++] = id;
    }
    closedir(directory);
    return count;
}
