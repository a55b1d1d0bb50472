// Threads that sleep on an address of the program's. Each stands in the line of a bucket that the address is hashed to,
// and sleeps on a word of its own: so the memory at the address may be of any size, a wake-up is for one thread and not
// for its neighbours, and nothing of the program's is touched after a wake-up.
//
// A bucket's lock is held for short, and only inside: its holder is not stopped. A thread that is terminated while it
// stands in a line is taken out of it by `signalbox_forget_sleep`.
#include "CLinux.h"

enum { BUCKETS = 256, BATCH = 32 };

struct bucket {
    uint32_t lock; // 0 free, 1 held, 2 held and somebody may sleep on it
    uint32_t count; // threads in the line, or about to be: not changed under the lock alone
    struct signalbox_sleeper *first, *last;
} __attribute__((aligned(64)));

static struct bucket buckets[BUCKETS];

static struct bucket *bucket_of(const volatile void *address) {
    uint64_t value = (uint64_t)(uintptr_t)address * 0x9E3779B97F4A7C15u;
    return &buckets[value >> 56];
}

static void lock(struct bucket *bucket) {
    uint32_t seen = 0;
    if (__atomic_compare_exchange_n(&bucket->lock, &seen, 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) return;
    for (int i = 0; i < 16; i++) {
        signalbox_pause();
        seen = 0;
        if (__atomic_compare_exchange_n(&bucket->lock, &seen, 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) return;
    }
    while (__atomic_exchange_n(&bucket->lock, 2, __ATOMIC_ACQUIRE) != 0)
        signalbox_futex_wait(&bucket->lock, 2, UINT64_MAX, false);
}

static void unlock(struct bucket *bucket) {
    if (__atomic_exchange_n(&bucket->lock, 0, __ATOMIC_RELEASE) == 2) signalbox_futex_wake(&bucket->lock, 1, false);
}

static void take_out(struct bucket *bucket, struct signalbox_sleeper *sleeper) {
    if (sleeper->next) sleeper->next->previous = sleeper->previous;
    else bucket->last = sleeper->previous;
    if (sleeper->previous) sleeper->previous->next = sleeper->next;
    else bucket->first = sleeper->next;
    sleeper->isInLine = false;
    __atomic_fetch_sub(&bucket->count, 1, __ATOMIC_RELAXED);
}

static bool is_equal(const volatile void *address, const void *compared, size_t size) {
    switch (size) {
    case 1: return *(const volatile uint8_t *)address == *(const uint8_t *)compared;
    case 2: return *(const volatile uint16_t *)address == *(const uint16_t *)compared;
    case 4: return *(const volatile uint32_t *)address == *(const uint32_t *)compared;
    case 8: return *(const volatile uint64_t *)address == *(const uint64_t *)compared;
    default: return true;
    }
}

bool signalbox_line_up(const volatile void *address, const void *compared, size_t size) {
    struct bucket *bucket = bucket_of(address);
    struct signalbox_sleeper *sleeper = &signalbox_current.sleeper;
    // First of all: who changes what is at the address looks at the count afterwards.
    __atomic_fetch_add(&bucket->count, 1, __ATOMIC_SEQ_CST);
    lock(bucket);
    bool is_to_sleep = is_equal(address, compared, size);
    if (is_to_sleep) {
        sleeper->address = address;
        sleeper->state = SIGNALBOX_ASLEEP;
        sleeper->next = NULL;
        sleeper->previous = bucket->last;
        if (bucket->last) bucket->last->next = sleeper;
        else bucket->first = sleeper;
        bucket->last = sleeper;
        sleeper->isInLine = true;
    } else {
        __atomic_fetch_sub(&bucket->count, 1, __ATOMIC_RELAXED);
    }
    unlock(bucket);
    return is_to_sleep;
}

bool signalbox_sleep_in_line(uint64_t deadline) {
    struct signalbox_sleeper *sleeper = &signalbox_current.sleeper;
    bool is_woken = true;
    while (__atomic_load_n(&sleeper->state, __ATOMIC_ACQUIRE) == SIGNALBOX_ASLEEP) {
        uint32_t inside = signalbox_open();
        int error = signalbox_futex_wait(&sleeper->state, SIGNALBOX_ASLEEP, deadline, false);
        signalbox_close(inside);
        if (error != ETIMEDOUT) continue;
        struct bucket *bucket = bucket_of(sleeper->address);
        lock(bucket);
        if (sleeper->isInLine) {
            take_out(bucket, sleeper);
            is_woken = false;
        }
        unlock(bucket);
        break;
    }
    sleeper->address = NULL;
    return is_woken;
}

void signalbox_wake_address(const volatile void *address, bool all) {
    struct bucket *bucket = bucket_of(address);
    // Whoever lines up after this sees what the caller has written before.
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (__atomic_load_n(&bucket->count, __ATOMIC_RELAXED) == 0) return;
    uint32_t *woken[BATCH];
    int count;
    signalbox_enter();
    do {
        count = 0;
        lock(bucket);
        struct signalbox_sleeper *sleeper = bucket->first;
        while (sleeper && count < (all ? BATCH : 1)) {
            struct signalbox_sleeper *next = sleeper->next;
            if (sleeper->address == address) {
                take_out(bucket, sleeper);
                woken[count++] = &sleeper->state;
                __atomic_store_n(&sleeper->state, SIGNALBOX_WOKEN, __ATOMIC_RELEASE);
            }
            sleeper = next;
        }
        unlock(bucket);
        // Some may have gone already: a stray wake does no harm.
        for (int i = 0; i < count; i++) signalbox_futex_wake(woken[i], 1, false);
    } while (count == BATCH);
    signalbox_leave();
}

void signalbox_forget_sleep(struct signalbox_thread *thread) {
    struct signalbox_sleeper *sleeper = &thread->sleeper;
    const volatile void *address = sleeper->address;
    if (!address) return;
    struct bucket *bucket = bucket_of(address);
    lock(bucket);
    bool was_woken = !sleeper->isInLine;
    if (sleeper->isInLine) take_out(bucket, sleeper);
    unlock(bucket);
    sleeper->address = NULL;
    // Its wake-up is another's.
    if (was_woken) signalbox_wake_address(address, false);
}

// ---- lists without a lock

// A header has 16 bytes: 16 bits of depth and 48 of a sequence number; and the first entry's address, whose low four
// bits are 0. Two words are changed at once. Whoever takes an entry out reads its link, so it must not have been taken
// out, and freed, by another: those who take out hold the lock of a bucket. (Windows reads on and mends the fault.)
// Pushing takes no lock.

typedef uint64_t pair[2];

static bool change(volatile uint64_t *header, const uint64_t *seen, uint64_t first, uint64_t second) {
#if defined(__x86_64__)
    bool is_changed;
    uint64_t low = seen[0], high = seen[1];
    __asm__ __volatile__("lock cmpxchg16b %1"
                         : "=@ccz"(is_changed), "+m"(*(volatile pair *)header), "+a"(low), "+d"(high)
                         : "b"(first), "c"(second)
                         : "memory");
    return is_changed;
#elif defined(__aarch64__)
    uint64_t low, high;
    uint32_t failed;
    do {
        __asm__ __volatile__("ldaxp %0, %1, [%2]" : "=&r"(low), "=&r"(high) : "r"(header) : "memory");
        bool is_same = low == seen[0] && high == seen[1];
        // What was read counts only if it is written back: two words are one only then.
        uint64_t new_low = is_same ? first : low, new_high = is_same ? second : high;
        __asm__ __volatile__("stlxp %w0, %1, %2, [%3]"
                             : "=&r"(failed)
                             : "r"(new_low), "r"(new_high), "r"(header)
                             : "memory");
        if (!failed) return is_same;
    } while (1);
#endif
}

// May be torn: `change` fails then.
static void read_header(const volatile uint64_t *header, uint64_t *seen) {
    seen[0] = __atomic_load_n(&header[0], __ATOMIC_ACQUIRE);
    seen[1] = __atomic_load_n(&header[1], __ATOMIC_ACQUIRE);
}

static uint64_t counted(uint64_t word, int entries) {
    return (word & ~(uint64_t)0xFFFF) + 0x10000 | (uint16_t)(word + (uint64_t)entries);
}

void *signalbox_list_push(void *header, void *entry) {
    pair seen;
    do {
        read_header(header, seen);
        *(void *volatile *)entry = (void *)(uintptr_t)seen[1];
    } while (!change(header, seen, counted(seen[0], 1), (uint64_t)(uintptr_t)entry));
    return (void *)(uintptr_t)seen[1];
}

void *signalbox_list_pop(void *header) {
    pair seen;
    read_header(header, seen);
    if (seen[1] == 0) return NULL;
    struct bucket *bucket = bucket_of(header);
    signalbox_enter();
    lock(bucket);
    void *const volatile *entry;
    do {
        read_header(header, seen);
        entry = (void *const volatile *)(uintptr_t)seen[1];
    } while (entry && !change(header, seen, counted(seen[0], -1), (uint64_t)(uintptr_t)*entry));
    unlock(bucket);
    signalbox_leave();
    return (void *)(uintptr_t)entry;
}

void *signalbox_list_flush(void *header) {
    pair seen;
    read_header(header, seen);
    if (seen[1] == 0) return NULL;
    struct bucket *bucket = bucket_of(header);
    signalbox_enter();
    lock(bucket);
    do {
        read_header(header, seen);
    } while (seen[1] && !change(header, seen, (seen[0] & ~(uint64_t)0xFFFF) + 0x10000, 0));
    unlock(bucket);
    signalbox_leave();
    return (void *)(uintptr_t)seen[1];
}
