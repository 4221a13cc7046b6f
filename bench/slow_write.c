/* Preloaded into a server (LD_PRELOAD), it makes every write to a socket take longer by
 * SLOW_WRITE_NS nanoseconds of busy waiting, or every SLOW_WRITE_EVERY-th one: a server that is
 * slower by a known amount, to see whether a comparison finds what is there. Built as a library of
 * its own; not part of tenbin. */
#include <dlfcn.h>
#include <stdint.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static uint64_t now_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* "NAME=1700" -> 1700; anything else: 0. */
static uint64_t wanted(const char *name)
{
    extern char **environ;
    for (char **entry = environ; entry != NULL && *entry != NULL; entry++) {
        size_t at = 0;
        while (name[at] != '\0' && (*entry)[at] == name[at]) {
            at++;
        }
        if (name[at] == '\0') {
            uint64_t value = 0;
            for (; (*entry)[at] >= '0' && (*entry)[at] <= '9'; at++) {
                value = value * 10 + (uint64_t)((*entry)[at] - '0');
            }
            return value;
        }
    }
    return 0;
}

static void wait_a_moment(void)
{
    /* Read once; servers write from one thread here. */
    static uint64_t length;
    static uint64_t every;
    static uint64_t writes;
    if (every == 0) {
        length = wanted("SLOW_WRITE_NS=");
        every = wanted("SLOW_WRITE_EVERY=");
        every = every == 0 ? 1 : every;
    }
    if (++writes % every != 0) {
        return;
    }
    uint64_t end = now_ns() + length;
    while (now_ns() < end) {
    }
}

typedef ssize_t write_function(int, const void *, size_t);
typedef ssize_t writev_function(int, const struct iovec *, int);

/* A function pointer out of dlsym, without the cast that ISO C does not know. */
union symbol {
    void *object;
    write_function *write;
    writev_function *writev;
};

ssize_t write(int fd, const void *data, size_t size)
{
    static union symbol next;
    if (next.object == NULL) {
        next.object = dlsym(RTLD_NEXT, "write");
    }
    wait_a_moment();
    return next.write(fd, data, size);
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
    static union symbol next;
    if (next.object == NULL) {
        next.object = dlsym(RTLD_NEXT, "writev");
    }
    wait_a_moment();
    return next.writev(fd, parts, count);
}
