// SPDX-License-Identifier: MIT

/*
 * Makes system calls fail on purpose: for LD_PRELOAD, told by the environment.
 *
 *     FAULT=CALL:WHICH:ERROR[,...]   several, separated by commas
 *
 *     CALL   read (pread too), write (all that write: write, pwrite, writev), fsync (fdatasync too), rename (renameat too), open (openat too), ftruncate, unlink
 *            (unlinkat too), flock, thread, sendmmsg (sendmsg too), recvmmsg, malloc (calloc, realloc, posix_memalign, aligned_alloc too), mmap
 *     WHICH  3: the third only; 3-: the third and all after; 3-5; 2%: two of a hundred, by FAULT_SEED
 *     ERROR  ENOSPC and the like; "short": half of what was asked is written, and the rest fails as ENOSPC;
 *            "kill": the process is gone before the call, "after": right after it
 *     FAULT_COUNTS=FILE at the end: how often each was called
 *     FAULT_CLOCK=SECONDS  the wall clock (and it alone) is that much ahead at one look, behind at the next
 *
 * Only files of the disk count as read, written to or synced: an eventfd that is full of sorrow happens nowhere. What libraries
 * do inside themselves (libc's own stdio) is not seen.
 */

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum call {
    CALL_READ, CALL_WRITE, CALL_FSYNC, CALL_RENAME, CALL_OPEN, CALL_FTRUNCATE, CALL_UNLINK, CALL_FLOCK, CALL_THREAD, CALL_SENDMMSG, CALL_RECVMMSG,
    CALL_MALLOC, CALL_MMAP, CALL_COUNT
};

static const char *const call_names[CALL_COUNT] = { "read", "write", "fsync", "rename", "open", "ftruncate", "unlink", "flock", "thread",
                                                    "sendmmsg", "recvmmsg", "malloc", "mmap" };

static const struct {
    const char *name;
    int value;
} errors[] = {
    { "ENOSPC", ENOSPC }, { "EIO", EIO }, { "EDQUOT", EDQUOT }, { "EROFS", EROFS }, { "EACCES", EACCES }, { "EPERM", EPERM },
    { "EINTR", EINTR }, { "EAGAIN", EAGAIN }, { "EMFILE", EMFILE }, { "ENFILE", ENFILE }, { "ENOMEM", ENOMEM }, { "ENOBUFS", ENOBUFS },
    { "ENOENT", ENOENT }, { "EFBIG", EFBIG }, { "ENOLCK", ENOLCK }, { "ECONNREFUSED", ECONNREFUSED }, { "ENETUNREACH", ENETUNREACH },
    { "EHOSTUNREACH", EHOSTUNREACH }, { "EINVAL", EINVAL }, { "ESTALE", ESTALE },
};

enum { ERROR_SHORT = -1, ERROR_KILL = -2, ERROR_AFTER = -3 };

struct fault {
    enum call call;
    unsigned long from, to; /* of the calls, from 1 */
    unsigned percent;       /* instead, when not 0 */
    int error;
};

static struct fault faults[16];
static size_t fault_count;
static atomic_ulong counts[CALL_COUNT];
static atomic_ullong random_state = 1;

/* ---- what was asked for ---- */

static void refuse(const char *what)
{
    fprintf(stderr, "inject: FAULT: %s\n", what);
    _exit(120);
}

static int read_error(const char *name)
{
    if (strcmp(name, "short") == 0) {
        return ERROR_SHORT;
    }
    if (strcmp(name, "kill") == 0) {
        return ERROR_KILL;
    }
    if (strcmp(name, "after") == 0) {
        return ERROR_AFTER;
    }
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        if (strcmp(errors[i].name, name) == 0) {
            return errors[i].value;
        }
    }
    refuse("no such error");
    return 0;
}

static void read_which(const char *text, struct fault *fault)
{
    char *end;
    fault->from = strtoul(text, &end, 10);
    fault->to = fault->from;
    if (*end == '%') {
        fault->percent = (unsigned)fault->from;
    } else if (*end == '-') {
        fault->to = end[1] == '\0' ? ~0ul : strtoul(end + 1, &end, 10);
    }
}

static void read_fault(char *text)
{
    char *save, *call = strtok_r(text, ":", &save), *which = strtok_r(NULL, ":", &save), *error = strtok_r(NULL, ":", &save);
    if (!error || fault_count == sizeof(faults) / sizeof(faults[0])) {
        refuse("CALL:WHICH:ERROR");
    }
    struct fault fault = { .call = CALL_COUNT };
    for (int i = 0; i < CALL_COUNT; i++) {
        if (strcmp(call_names[i], call) == 0) {
            fault.call = (enum call)i;
        }
    }
    if (fault.call == CALL_COUNT) {
        refuse("no such call");
    }
    read_which(which, &fault);
    fault.error = read_error(error);
    faults[fault_count++] = fault;
}

static atomic_bool is_ready;

__attribute__((constructor)) static void begin(void)
{
    const char *given = getenv("FAULT");
    const char *seed = getenv("FAULT_SEED");
    char *text = strdup(given ? given : ""), *save;
    for (char *one = text ? strtok_r(text, ",", &save) : NULL; one; one = strtok_r(NULL, ",", &save)) {
        read_fault(one);
    }
    free(text);
    atomic_store(&random_state, seed ? strtoull(seed, NULL, 10) * 2 + 1 : 1);
    unsetenv("LD_PRELOAD"); /* for this process alone */
    atomic_store(&is_ready, true);
}

__attribute__((destructor)) static void end(void)
{
    const char *path = getenv("FAULT_COUNTS");
    FILE *file = path ? fopen(path, "we") : NULL;
    for (int i = 0; file && i < CALL_COUNT; i++) {
        fprintf(file, "%s %lu\n", call_names[i], (unsigned long)atomic_load(&counts[i]));
    }
    if (file) {
        fclose(file);
    }
}

static unsigned random_percent(void)
{
    unsigned long long x = atomic_fetch_add(&random_state, 0x9e3779b97f4a7c15ull);
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
    return (unsigned)((x >> 33) % 100);
}

/* 0: let it happen; an errno; or one of the negative ones. */
static int count_call(enum call call)
{
    if (!atomic_load_explicit(&is_ready, memory_order_acquire)) {
        return 0;
    }
    unsigned long n = atomic_fetch_add(&counts[call], 1) + 1;
    for (size_t i = 0; i < fault_count; i++) {
        const struct fault *f = &faults[i];
        if (f->call != call || (f->percent ? random_percent() >= f->percent : n < f->from || n > f->to)) {
            continue;
        }
        if (f->error == ERROR_KILL) {
            kill(getpid(), SIGKILL);
        }
        return f->error;
    }
    return 0;
}

static void kill_after(int fault)
{
    if (fault == ERROR_AFTER) {
        kill(getpid(), SIGKILL);
    }
}

static int fail_with(int error)
{
    errno = error == ERROR_SHORT ? ENOSPC : error;
    return -1;
}

#define REAL(name)                                                                                                              \
    static __typeof__(&name) real;                                                                                              \
    if (!real) {                                                                                                                \
        real = (__typeof__(&name))dlsym(RTLD_NEXT, #name);                                                                      \
    }

static bool is_of_the_disk(int fd)
{
    struct stat st;
    return fstat(fd, &st) == 0 && (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode));
}

/* ---- files ---- */

ssize_t read(int fd, void *bytes, size_t len)
{
    REAL(read);
    int fault = is_of_the_disk(fd) ? count_call(CALL_READ) : 0;
    return fault > 0 ? fail_with(fault) : real(fd, bytes, len);
}

ssize_t pread(int fd, void *bytes, size_t len, off_t offset)
{
    REAL(pread);
    int fault = is_of_the_disk(fd) ? count_call(CALL_READ) : 0;
    return fault > 0 ? fail_with(fault) : real(fd, bytes, len, offset);
}

static _Thread_local bool was_short; /* the half was written: the rest does not fit */

static int count_write(int fd)
{
    if (!is_of_the_disk(fd)) {
        return 0;
    }
    if (was_short) {
        was_short = false;
        return ENOSPC;
    }
    return count_call(CALL_WRITE);
}

ssize_t write(int fd, const void *bytes, size_t len)
{
    REAL(write);
    int fault = count_write(fd);
    if (fault > 0 || (fault == ERROR_SHORT && len < 2)) {
        return fail_with(fault);
    }
    was_short = fault == ERROR_SHORT;
    ssize_t n = real(fd, bytes, was_short ? len / 2 : len);
    kill_after(fault);
    return n;
}

ssize_t pwrite(int fd, const void *bytes, size_t len, off_t offset)
{
    REAL(pwrite);
    int fault = count_write(fd);
    if (fault > 0 || (fault == ERROR_SHORT && len < 2)) {
        return fail_with(fault);
    }
    was_short = fault == ERROR_SHORT;
    ssize_t n = real(fd, bytes, was_short ? len / 2 : len, offset);
    kill_after(fault);
    return n;
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
    REAL(writev);
    int fault = count_write(fd);
    if (fault > 0 || fault == ERROR_SHORT) {
        return fail_with(fault);
    }
    ssize_t n = real(fd, parts, count);
    kill_after(fault);
    return n;
}

#define ONE_FAULT(call)                                                                                                         \
    int fault = count_call(call);                                                                                               \
    if (fault > 0 || fault == ERROR_SHORT) {                                                                                    \
        return fail_with(fault);                                                                                                \
    }

int fsync(int fd)
{
    REAL(fsync);
    ONE_FAULT(CALL_FSYNC);
    int err = real(fd);
    kill_after(fault);
    return err;
}

int fdatasync(int fd)
{
    REAL(fdatasync);
    ONE_FAULT(CALL_FSYNC);
    int err = real(fd);
    kill_after(fault);
    return err;
}

int rename(const char *from, const char *to)
{
    REAL(rename);
    ONE_FAULT(CALL_RENAME);
    int err = real(from, to);
    kill_after(fault);
    return err;
}

int renameat(int from_fd, const char *from, int to_fd, const char *to)
{
    REAL(renameat);
    ONE_FAULT(CALL_RENAME);
    int err = real(from_fd, from, to_fd, to);
    kill_after(fault);
    return err;
}

static mode_t mode_of(int flags, va_list args)
{
    return flags & (O_CREAT | O_TMPFILE) ? va_arg(args, mode_t) : 0;
}

int open(const char *path, int flags, ...)
{
    REAL(open);
    va_list args;
    va_start(args, flags);
    mode_t mode = mode_of(flags, args);
    va_end(args);
    ONE_FAULT(CALL_OPEN);
    int fd = real(path, flags, mode);
    kill_after(fault);
    return fd;
}

int openat(int folder, const char *path, int flags, ...)
{
    REAL(openat);
    va_list args;
    va_start(args, flags);
    mode_t mode = mode_of(flags, args);
    va_end(args);
    ONE_FAULT(CALL_OPEN);
    return real(folder, path, flags, mode);
}

int ftruncate(int fd, off_t len)
{
    REAL(ftruncate);
    ONE_FAULT(CALL_FTRUNCATE);
    int err = real(fd, len);
    kill_after(fault);
    return err;
}

int unlink(const char *path)
{
    REAL(unlink);
    ONE_FAULT(CALL_UNLINK);
    int err = real(path);
    kill_after(fault);
    return err;
}

int unlinkat(int folder, const char *path, int flags)
{
    REAL(unlinkat);
    ONE_FAULT(CALL_UNLINK);
    int err = real(folder, path, flags);
    kill_after(fault);
    return err;
}

int flock(int fd, int operation)
{
    REAL(flock);
    ONE_FAULT(CALL_FLOCK);
    return real(fd, operation);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *arg)
{
    REAL(pthread_create);
    int fault = count_call(CALL_THREAD);
    return fault > 0 ? fault : real(thread, attributes, run, arg);
}

/* ---- sockets ---- */

int sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
    REAL(sendmmsg);
    ONE_FAULT(CALL_SENDMMSG);
    return real(fd, messages, count, flags);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    REAL(sendmsg);
    ONE_FAULT(CALL_SENDMMSG);
    return real(fd, message, flags);
}

int recvmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags, struct timespec *timeout)
{
    REAL(recvmmsg);
    ONE_FAULT(CALL_RECVMMSG);
    return real(fd, messages, count, flags, timeout);
}

/* ---- the wall clock ---- */

static void step(time_t *seconds)
{
    static atomic_uint looks;
    const char *by = getenv("FAULT_CLOCK");
    if (by) {
        *seconds += ((int)(atomic_fetch_add(&looks, 1) % 3) - 1) * (time_t)strtol(by, NULL, 10);
    }
}

int clock_gettime(clockid_t id, struct timespec *out)
{
    REAL(clock_gettime);
    int err = real(id, out);
    if (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE) {
        step(&out->tv_sec);
    }
    return err;
}

int gettimeofday(struct timeval *restrict out, void *restrict zone)
{
    REAL(gettimeofday);
    int err = real(out, zone);
    step(&out->tv_sec);
    return err;
}

time_t time(time_t *out)
{
    REAL(time);
    time_t now = real(NULL);
    step(&now);
    if (out) {
        *out = now;
    }
    return now;
}

/* ---- memory ---- */

/* dlsym may ask for memory before it has told where memory comes from. */
static char early[65536];
static atomic_size_t early_used;

static bool is_early(const void *memory)
{
    return (uintptr_t)memory >= (uintptr_t)early && (uintptr_t)memory < (uintptr_t)early + sizeof(early);
}

static void *take_early(size_t size)
{
    size_t at = atomic_fetch_add(&early_used, (size + 31) / 16 * 16);
    return at + size + 16 <= sizeof(early) ? early + at : NULL;
}

static _Thread_local bool is_looking;

/* True while dlsym runs on this thread. */
#define REAL_MEMORY(name, instead)                                                                                              \
    static __typeof__(&name) real;                                                                                              \
    if (!real) {                                                                                                                \
        if (is_looking) {                                                                                                       \
            return instead;                                                                                                     \
        }                                                                                                                       \
        is_looking = true;                                                                                                      \
        real = (__typeof__(&name))dlsym(RTLD_NEXT, #name);                                                                      \
        is_looking = false;                                                                                                     \
    }

static bool is_out_of_memory(void)
{
    if (count_call(CALL_MALLOC) == 0) {
        return false;
    }
    errno = ENOMEM;
    return true;
}

void *malloc(size_t size)
{
    REAL_MEMORY(malloc, take_early(size));
    return is_out_of_memory() ? NULL : real(size);
}

void *calloc(size_t count, size_t size)
{
    REAL_MEMORY(calloc, take_early(count * size));
    return is_out_of_memory() ? NULL : real(count, size);
}

void *realloc(void *memory, size_t size)
{
    REAL_MEMORY(realloc, NULL);
    if (is_out_of_memory()) {
        return NULL;
    }
    if (is_early(memory)) {
        void *moved = malloc(size);
        if (moved) {
            memcpy(moved, memory, size);
        }
        return moved;
    }
    return real(memory, size);
}

int posix_memalign(void **out, size_t alignment, size_t size)
{
    REAL_MEMORY(posix_memalign, ENOMEM);
    return is_out_of_memory() ? ENOMEM : real(out, alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    REAL_MEMORY(aligned_alloc, NULL);
    return is_out_of_memory() ? NULL : real(alignment, size);
}

void free(void *memory)
{
    static void (*real)(void *);
    if (is_early(memory) || !memory) {
        return;
    }
    if (!real) {
        if (is_looking) {
            return;
        }
        is_looking = true;
        real = (void (*)(void *))dlsym(RTLD_NEXT, "free");
        is_looking = false;
    }
    real(memory);
}

void *mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
    REAL_MEMORY(mmap, MAP_FAILED);
    if (count_call(CALL_MMAP) != 0) {
        errno = ENOMEM;
        return MAP_FAILED;
    }
    return real(address, size, protection, flags, fd, offset);
}
