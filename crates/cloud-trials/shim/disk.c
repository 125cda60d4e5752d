/* A disk and a clock that fail on command, preloaded into a server: gcc -shared -fPIC -O2 -o disk.so disk.c -ldl
 *
 * STELALA_TEST_DISK_FOLDER    only files below it are concerned, none without it; but the delay is for all
 * STELALA_TEST_DISK           a file of 16 numbers of 64 bits, `struct control`, read and written while the server runs
 * STELALA_TEST_DISK_LOG       a file that gets every operation that changes a file, in order, with its time
 * STELALA_TEST_DISK_DELAY_US  without the file of numbers: how much longer each fsync takes, in microseconds
 *
 * Only real time is set back, not the monotonic clock, as when someone sets a machine's clock.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

struct control {
    int64_t delay_us;     /* each fsync takes so much longer */
    int64_t fail_after;   /* so many fsyncs succeed ... */
    int64_t fail;         /* ... then so many fail with EIO */
    int64_t limited;      /* whether the disk has only ... */
    int64_t room;         /* ... so many bytes left */
    int64_t offset_ms;    /* real time is so much ahead */
    int64_t kill;         /* 1: the process dies before, 2: after the fsync ... */
    int64_t kill_after;   /* ... behind so many others */
    int64_t fsyncs;       /* how many there were */
    int64_t failed;       /* how many failed */
    int64_t refused;      /* how many writes found the disk full */
    int64_t hold;         /* nothing that changes a file is begun */
    int64_t busy;         /* something that changes a file is done, or written down */
    int64_t reserved[3];
};

static struct control own = {0};
static struct control *control = &own;
static char folder[4096];
static size_t folder_length;
static int log_file = -1;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static ssize_t (*real_write)(int, const void *, size_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_ftruncate)(int, off_t);
static int (*real_unlink)(const char *);
static int (*real_clock_gettime)(clockid_t, struct timespec *);

static void find(void) {
    real_pwrite = dlsym(RTLD_NEXT, "pwrite64");
    real_write = dlsym(RTLD_NEXT, "write");
    real_fsync = dlsym(RTLD_NEXT, "fsync");
    real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
    real_ftruncate = dlsym(RTLD_NEXT, "ftruncate64");
    real_unlink = dlsym(RTLD_NEXT, "unlink");
    real_clock_gettime = dlsym(RTLD_NEXT, "clock_gettime");
}

__attribute__((constructor)) static void begin(void) {
    find();
    const char *named = getenv("STELALA_TEST_DISK_FOLDER");
    if (named) folder_length = (size_t)snprintf(folder, sizeof folder, "%s/", named);
    const char *delay = getenv("STELALA_TEST_DISK_DELAY_US");
    if (delay) own.delay_us = atoll(delay);
    const char *numbers = getenv("STELALA_TEST_DISK");
    if (numbers) {
        int file = open(numbers, O_RDWR);
        void *at = file < 0 ? MAP_FAILED : mmap(NULL, sizeof own, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        /* A trial of a disk that does not fail would show nothing. */
        if (at == MAP_FAILED) abort();
        control = at;
    }
    const char *log = getenv("STELALA_TEST_DISK_LOG");
    if (log) {
        log_file = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (log_file < 0) abort();
    }
}

/* Whether a file is below the folder, and its name in there. */
static int is_ours(int file, char *name, size_t length) {
    char link[40], path[4096];
    if (!folder_length) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t read = readlink(link, path, sizeof path - 1);
    if (read <= 0) return 0;
    path[read] = 0;
    if (strncmp(path, folder, folder_length) != 0) return 0;
    snprintf(name, length, "%s", path + folder_length);
    return 1;
}

/* One operation after the other, and none while they are held: who holds them and waits until nothing is busy can kill
 * the process, and the log has all that was done, to its last byte. */
static void enter(void) {
    const struct timespec pause = {0, 100000};
    pthread_mutex_lock(&lock);
    for (;;) {
        __atomic_store_n(&control->busy, 1, __ATOMIC_SEQ_CST);
        if (!__atomic_load_n(&control->hold, __ATOMIC_SEQ_CST)) return;
        __atomic_store_n(&control->busy, 0, __ATOMIC_SEQ_CST);
        nanosleep(&pause, NULL);
    }
}

static void leave(void) {
    __atomic_store_n(&control->busy, 0, __ATOMIC_SEQ_CST);
    pthread_mutex_unlock(&lock);
}

/* A process that ends by itself ends between two operations, too: its other threads are stopped where they are. */
__attribute__((destructor)) static void end(void) {
    enter();
    __atomic_store_n(&control->busy, 0, __ATOMIC_SEQ_CST);
}

/* The log: a line `OP TIME_NS OFFSET LENGTH NAME`, and behind it the bytes that were written. */
static void note(char op, const char *name, int64_t offset, size_t length, const void *bytes) {
    if (log_file < 0) return;
    struct timespec now;
    char line[4200];
    real_clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t time = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
    int count = snprintf(line, sizeof line, "%c %lld %lld %zu %s\n", op, (long long)time, (long long)offset, length, name);
    if (real_write(log_file, line, (size_t)count) != count) abort();
    if (bytes && real_write(log_file, bytes, length) != (ssize_t)length) abort();
}

/* Only what makes a file longer takes room. */
static int is_full(int file, off_t end) {
    struct stat state;
    if (!control->limited || fstat(file, &state) != 0 || end <= state.st_size) return 0;
    int64_t count = end - state.st_size;
    if (__atomic_load_n(&control->room, __ATOMIC_SEQ_CST) >= count &&
        __atomic_sub_fetch(&control->room, count, __ATOMIC_SEQ_CST) >= 0)
        return 0;
    __atomic_add_fetch(&control->refused, 1, __ATOMIC_SEQ_CST);
    errno = ENOSPC;
    return 1;
}

ssize_t pwrite64(int file, const void *bytes, size_t count, off_t offset) {
    char name[512];
    if (!real_pwrite) find();
    if (!is_ours(file, name, sizeof name)) return real_pwrite(file, bytes, count, offset);
    if (is_full(file, offset + (off_t)count)) return -1;
    enter();
    ssize_t written = real_pwrite(file, bytes, count, offset);
    int cause = errno;
    if (written > 0) note('W', name, offset, (size_t)written, bytes);
    leave();
    errno = cause;
    return written;
}

ssize_t pwrite(int file, const void *bytes, size_t count, off_t offset) { return pwrite64(file, bytes, count, offset); }

/* Files that are appended to, as logs. Only a full disk is of interest there. */
ssize_t write(int file, const void *bytes, size_t count) {
    char name[512];
    if (!real_write) find();
    if (control->limited && is_ours(file, name, sizeof name)) {
        off_t end = lseek(file, 0, SEEK_END);
        if (end >= 0 && is_full(file, end + (off_t)count)) return -1;
    }
    return real_write(file, bytes, count);
}

int ftruncate64(int file, off_t length) {
    char name[512];
    if (!real_ftruncate) find();
    if (!is_ours(file, name, sizeof name)) return real_ftruncate(file, length);
    enter();
    int result = real_ftruncate(file, length);
    int cause = errno;
    if (result == 0) note('T', name, length, 0, NULL);
    leave();
    errno = cause;
    return result;
}

int ftruncate(int file, off_t length) { return ftruncate64(file, length); }

int unlink(const char *path) {
    if (!real_unlink) find();
    if (!folder_length || strncmp(path, folder, folder_length) != 0) return real_unlink(path);
    enter();
    int result = real_unlink(path);
    int cause = errno;
    if (result == 0) note('U', path + folder_length, 0, 0, NULL);
    leave();
    errno = cause;
    return result;
}

static int flush(int file, int (*real)(int)) {
    char name[512];
    if (control->delay_us > 0) {
        struct timespec pause = {control->delay_us / 1000000, control->delay_us % 1000000 * 1000};
        nanosleep(&pause, NULL);
    }
    if (!is_ours(file, name, sizeof name)) return real(file);
    enter();
    control->fsyncs++;
    int dies = 0;
    if (control->kill && control->kill_after-- <= 0) dies = (int)control->kill;
    if (dies == 1) raise(SIGKILL);
    int result, cause;
    if (control->fail > 0 && control->fail_after-- <= 0) {
        control->fail--;
        control->failed++;
        result = -1, cause = EIO;
        note('F', name, 0, 0, NULL);
    } else {
        result = real(file), cause = errno;
        if (result == 0) note('S', name, 0, 0, NULL);
    }
    if (dies == 2) raise(SIGKILL);
    leave();
    errno = cause;
    return result;
}

int fsync(int file) {
    if (!real_fsync) find();
    return flush(file, real_fsync);
}

int fdatasync(int file) {
    if (!real_fdatasync) find();
    return flush(file, real_fdatasync);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    if (!real_clock_gettime) find();
    int result = real_clock_gettime(clock, now);
    int64_t offset = control->offset_ms;
    if (result == 0 && clock == CLOCK_REALTIME && offset) {
        int64_t nanoseconds = (int64_t)now->tv_sec * 1000000000 + now->tv_nsec + offset * 1000000;
        now->tv_sec = nanoseconds / 1000000000;
        now->tv_nsec = nanoseconds % 1000000000;
    }
    return result;
}
