/* Random reads of 4 KiB of one file, by what a program can read with: bare system calls, and Win32's functions. Each way is
 * a loop that keeps `depth` reads in flight, and prints how many end in a second.
 *
 *   pread    pread(2), one after the other
 *   ring     io_uring through liburing: takes all completions that are there, and sends as many reads by the same call
 *   port     ReadFile + OVERLAPPED, GetQueuedCompletionStatus
 *   ports    the same, GetQueuedCompletionStatusEx
 *   result   ReadFile + OVERLAPPED with an event, GetOverlappedResult; depth 1
 *   plain    ReadFile without OVERLAPPED on a handle that waits; depth 1
 *
 * usage: readbench WAY FILE DEPTH direct|cached MILLISECONDS
 *
 * Compiled with -DWIN32_READS it has Win32's ways, otherwise the bare ones. */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BLOCK = 4096, DEPTH_LIMIT = 256, LOOK = 64 };

struct bench {
    const char *way;
    const char *path;
    unsigned depth;
    int is_direct;
    double seconds;
    uint64_t blocks;
    char *buffers;
};

static uint64_t seed = 0x9E3779B97F4A7C15u;
static uint64_t random_offset(const struct bench *bench) {
    seed ^= seed >> 12;
    seed ^= seed << 25;
    seed ^= seed >> 27;
    return seed * 0x2545F4914F6CDD1Du % bench->blocks * BLOCK;
}

static double seconds_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void must(int is_good, const char *what) {
    if (is_good) return;
    perror(what);
    exit(1);
}

static char *buffer(const struct bench *bench, unsigned index) { return bench->buffers + (size_t)index * BLOCK; }

#ifdef WIN32_READS
#include <windows.h>

static HANDLE open_file(struct bench *bench, DWORD flags) {
    LARGE_INTEGER size;
    HANDLE file;
    if (bench->is_direct) flags |= FILE_FLAG_NO_BUFFERING;
    file = CreateFileA(bench->path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, flags | FILE_FLAG_RANDOM_ACCESS, NULL);
    must(file != INVALID_HANDLE_VALUE && GetFileSizeEx(file, &size), "CreateFile");
    bench->blocks = (uint64_t)size.QuadPart / BLOCK;
    return file;
}

static void begin(const struct bench *bench, HANDLE file, OVERLAPPED *overlapped, unsigned index) {
    uint64_t offset = random_offset(bench);
    overlapped->Internal = overlapped->InternalHigh = 0;
    overlapped->Offset = (DWORD)offset;
    overlapped->OffsetHigh = (DWORD)(offset >> 32);
    if (!ReadFile(file, buffer(bench, index), BLOCK, NULL, overlapped)) must(GetLastError() == ERROR_IO_PENDING, "ReadFile");
}

static uint64_t read_by_port(struct bench *bench, double *elapsed, ULONG batch) {
    static OVERLAPPED requests[DEPTH_LIMIT];
    OVERLAPPED_ENTRY entries[64];
    HANDLE file = open_file(bench, FILE_FLAG_OVERLAPPED), port = CreateIoCompletionPort(file, NULL, 1, 1);
    uint64_t count = 0, next = 0;
    double start = seconds_now();
    must(port != NULL, "CreateIoCompletionPort");
    for (unsigned i = 0; i < bench->depth; i++) begin(bench, file, &requests[i], i);
    while (1) {
        ULONG taken = 1, i;
        if (batch > 1) {
            must(GetQueuedCompletionStatusEx(port, entries, batch, &taken, INFINITE, FALSE), "GetQueuedCompletionStatusEx");
        } else {
            must(GetQueuedCompletionStatus(port, &entries[0].dwNumberOfBytesTransferred, &entries[0].lpCompletionKey,
                                           &entries[0].lpOverlapped, INFINITE),
                 "GetQueuedCompletionStatus");
        }
        for (i = 0; i < taken; i++) {
            must(entries[i].dwNumberOfBytesTransferred == BLOCK, "a read was short");
            begin(bench, file, entries[i].lpOverlapped, (unsigned)(entries[i].lpOverlapped - requests));
        }
        count += taken;
        if (count < next) continue;
        next = count + LOOK;
        if ((*elapsed = seconds_now() - start) >= bench->seconds) return count;
    }
}

static uint64_t read_by_result(struct bench *bench, double *elapsed) {
    static OVERLAPPED request;
    HANDLE file = open_file(bench, FILE_FLAG_OVERLAPPED);
    uint64_t count = 0;
    double start = seconds_now();
    request.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
    do {
        DWORD bytes;
        begin(bench, file, &request, 0);
        must(GetOverlappedResult(file, &request, &bytes, TRUE) && bytes == BLOCK, "GetOverlappedResult");
        count++;
    } while (count % LOOK != 0 || (*elapsed = seconds_now() - start) < bench->seconds);
    return count;
}

static uint64_t read_plainly(struct bench *bench, double *elapsed) {
    HANDLE file = open_file(bench, 0);
    uint64_t count = 0;
    double start = seconds_now();
    do {
        LARGE_INTEGER offset;
        DWORD bytes;
        offset.QuadPart = (LONGLONG)random_offset(bench);
        must(SetFilePointerEx(file, offset, NULL, FILE_BEGIN), "SetFilePointerEx");
        must(ReadFile(file, bench->buffers, BLOCK, &bytes, NULL) && bytes == BLOCK, "ReadFile");
        count++;
    } while (count % LOOK != 0 || (*elapsed = seconds_now() - start) < bench->seconds);
    return count;
}

static uint64_t run(struct bench *bench, double *elapsed) {
    if (strcmp(bench->way, "port") == 0) return read_by_port(bench, elapsed, 1);
    if (strcmp(bench->way, "ports") == 0) return read_by_port(bench, elapsed, 64);
    if (strcmp(bench->way, "result") == 0) return read_by_result(bench, elapsed);
    if (strcmp(bench->way, "plain") == 0) return read_plainly(bench, elapsed);
    return 0;
}
#else
#include <fcntl.h>
#include <liburing.h>
#include <sys/stat.h>
#include <unistd.h>

static int open_file(struct bench *bench) {
    struct stat status;
    int file = open(bench->path, O_RDONLY | (bench->is_direct ? O_DIRECT : 0));
    must(file >= 0 && fstat(file, &status) == 0, "open");
    posix_fadvise(file, 0, 0, POSIX_FADV_RANDOM);
    bench->blocks = (uint64_t)status.st_size / BLOCK;
    return file;
}

static uint64_t read_by_pread(struct bench *bench, double *elapsed) {
    int file = open_file(bench);
    uint64_t count = 0;
    double start = seconds_now();
    do {
        must(pread(file, bench->buffers, BLOCK, (off_t)random_offset(bench)) == BLOCK, "pread");
        count++;
    } while (count % LOOK != 0 || (*elapsed = seconds_now() - start) < bench->seconds);
    return count;
}

static void prepare(struct bench *bench, struct io_uring *ring, int file, unsigned index) {
    struct io_uring_sqe *entry = io_uring_get_sqe(ring);
    io_uring_prep_read(entry, file, buffer(bench, index), BLOCK, random_offset(bench));
    entry->user_data = index;
}

static uint64_t read_by_ring(struct bench *bench, double *elapsed) {
    struct io_uring ring;
    struct io_uring_cqe *done[DEPTH_LIMIT];
    int file = open_file(bench);
    uint64_t count = 0, next = 0;
    double start;
    must(io_uring_queue_init(DEPTH_LIMIT, &ring, IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN) == 0, "io_uring");
    start = seconds_now();
    for (unsigned i = 0; i < bench->depth; i++) prepare(bench, &ring, file, i);
    while (1) {
        unsigned taken;
        must(io_uring_submit_and_wait(&ring, 1) >= 0, "io_uring_enter");
        taken = io_uring_peek_batch_cqe(&ring, done, DEPTH_LIMIT);
        for (unsigned i = 0; i < taken; i++) {
            must(done[i]->res == BLOCK, "a read was short");
            prepare(bench, &ring, file, (unsigned)done[i]->user_data);
        }
        io_uring_cq_advance(&ring, taken);
        count += taken;
        if (count < next) continue;
        next = count + LOOK;
        if ((*elapsed = seconds_now() - start) >= bench->seconds) return count;
    }
}

static uint64_t run(struct bench *bench, double *elapsed) {
    if (strcmp(bench->way, "pread") == 0) return read_by_pread(bench, elapsed);
    if (strcmp(bench->way, "ring") == 0) return read_by_ring(bench, elapsed);
    return 0;
}
#endif

int main(int argc, char **argv) {
    struct bench bench;
    double elapsed = 0;
    uint64_t count;
    if (argc != 6) {
        fprintf(stderr, "usage: readbench WAY FILE DEPTH direct|cached MILLISECONDS\n");
        return 2;
    }
    memset(&bench, 0, sizeof bench);
    bench.way = argv[1];
    bench.path = argv[2];
    bench.depth = (unsigned)atoi(argv[3]);
    bench.is_direct = strcmp(argv[4], "direct") == 0;
    bench.seconds = atof(argv[5]) / 1000;
    if (bench.depth < 1 || bench.depth > DEPTH_LIMIT) return 2;
    must(posix_memalign((void **)&bench.buffers, BLOCK, (size_t)bench.depth * BLOCK) == 0, "posix_memalign");
    memset(bench.buffers, 1, (size_t)bench.depth * BLOCK);
    count = run(&bench, &elapsed);
    if (count == 0) {
        fprintf(stderr, "readbench: there is no way %s here\n", bench.way);
        return 2;
    }
    printf("%.0f\n", (double)count / elapsed);
    return 0;
}
