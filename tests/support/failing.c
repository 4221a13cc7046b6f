#include "support/failing.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "os/clock.h"

static const struct {
    const char *name;
    const char *words;
    int error;
} calls[] = {
    [FAIL_GETADDRINFO] = {"getaddrinfo", "Temporary failure in name resolution", EAI_AGAIN},
    [FAIL_SOCKET] = {"socket", "too many open files", EMFILE},
    [FAIL_SETSOCKOPT] = {"setsockopt", "no buffer space available", ENOBUFS},
    [FAIL_CONNECT] = {"connect", "cannot assign requested address", EADDRNOTAVAIL},
    [FAIL_GETSOCKOPT] = {"getsockopt", "no buffer space available", ENOBUFS},
    [FAIL_READ] = {"read", "connection timed out", ETIMEDOUT},
    [FAIL_WRITE] = {"write", "no buffer space available", ENOBUFS},
    [FAIL_EPOLL_CREATE] = {"epoll_create1", "too many open files", EMFILE},
    [FAIL_EPOLL_ADD] = {"epoll_ctl", "no space left on device", ENOSPC},
    [FAIL_PTHREAD_CREATE] = {"pthread_create", "resource temporarily unavailable", EAGAIN},
};

static atomic_int armed = FAILING_CALLS; /* FAILING_CALLS: none */
static atomic_uint left;                 /* calls until the one that fails */
static _Thread_local bool is_exempt;     /* this thread's calls are not counted */

const char *failing_name(enum failing_call call)
{
    return calls[call].name;
}

const char *failing_words(enum failing_call call)
{
    return calls[call].words;
}

void failing_arm(enum failing_call call, unsigned nth)
{
    assert(nth > 0);
    atomic_store(&left, nth);
    atomic_store(&armed, (int)call);
}

bool failing_disarm(void)
{
    atomic_store(&armed, FAILING_CALLS);
    return atomic_load(&left) == 0;
}

/* 0: this one does not fail. */
static int must_fail(enum failing_call call)
{
    if (is_exempt || atomic_load(&armed) != (int)call) {
        return 0;
    }
    unsigned now = atomic_load(&left);
    while (now > 0 && !atomic_compare_exchange_weak(&left, &now, now - 1)) {
    }
    return now == 1 ? calls[call].error : 0;
}

static bool fails(enum failing_call call)
{
    int error = must_fail(call);
    if (error != 0) {
        errno = error;
    }
    return error != 0;
}

static size_t count_entries(const char *path)
{
    DIR *folder = opendir(path);
    size_t count = 0;
    while (folder != NULL && readdir(folder) != NULL) {
        count++;
    }
    if (folder != NULL) {
        (void)closedir(folder);
    }
    return count;
}

struct failing_remains failing_count(void)
{
    return (struct failing_remains){count_entries("/proc/self/fd"),
                                    count_entries("/proc/self/task")};
}

bool failing_left_nothing(const struct failing_remains *before)
{
    enum { LOOKS = 3000 };
    for (int i = 0; i < LOOKS; i++) {
        struct failing_remains now = failing_count();
        if (now.descriptors <= before->descriptors && now.threads <= before->threads) {
            return true;
        }
        clock_sleep(NSEC_PER_MSEC);
    }
    return false;
}

/* ---- the calls ---- */

/* The linker's --wrap gives these names. */
#define WRAP(call) __wrap_##call
#define REAL(call) __real_##call
/* Declares both, and begins the definition of the first. */
#define WRAPPED(type, call, parameters)                                                            \
    type REAL(call) parameters;                                                                    \
    type WRAP(call) parameters;                                                                    \
    type WRAP(call)                                                                                \
    parameters

WRAPPED(int, getaddrinfo,
        (const char *host, const char *service, const struct addrinfo *hints,
         struct addrinfo **list))
{
    int error = must_fail(FAIL_GETADDRINFO);
    return error != 0 ? error : REAL(getaddrinfo)(host, service, hints, list);
}

WRAPPED(int, socket, (int family, int type, int protocol))
{
    return fails(FAIL_SOCKET) ? -1 : REAL(socket)(family, type, protocol);
}

WRAPPED(int, setsockopt, (int fd, int level, int name, const void *value, socklen_t len))
{
    return fails(FAIL_SETSOCKOPT) ? -1 : REAL(setsockopt)(fd, level, name, value, len);
}

WRAPPED(int, connect, (int fd, const struct sockaddr *address, socklen_t len))
{
    return fails(FAIL_CONNECT) ? -1 : REAL(connect)(fd, address, len);
}

WRAPPED(int, getsockopt, (int fd, int level, int name, void *value, socklen_t *len))
{
    return fails(FAIL_GETSOCKOPT) ? -1 : REAL(getsockopt)(fd, level, name, value, len);
}

WRAPPED(ssize_t, recv, (int fd, void *data, size_t size, int flags))
{
    return fails(FAIL_READ) ? -1 : REAL(recv)(fd, data, size, flags);
}

WRAPPED(ssize_t, send, (int fd, const void *data, size_t size, int flags))
{
    return fails(FAIL_WRITE) ? -1 : REAL(send)(fd, data, size, flags);
}

WRAPPED(int, epoll_create1, (int flags))
{
    return fails(FAIL_EPOLL_CREATE) ? -1 : REAL(epoll_create1)(flags);
}

WRAPPED(int, epoll_ctl, (int epoll, int operation, int fd, struct epoll_event *event))
{
    bool fails_now = operation == EPOLL_CTL_ADD && fails(FAIL_EPOLL_ADD);
    return fails_now ? -1 : REAL(epoll_ctl)(epoll, operation, fd, event);
}

/* ---- plain sockets ---- */

static enum io_status refuse(struct stream *stream)
{
    stream->last_errno = errno;
    return IO_ERROR;
}

static enum io_status plain_read(struct stream *stream, void *data, size_t size, size_t *got)
{
    return fails(FAIL_READ) ? refuse(stream) : transport_plain()->read(stream, data, size, got);
}

static enum io_status plain_write(struct stream *stream, const struct iovec *parts, int count,
                                  size_t *put)
{
    return fails(FAIL_WRITE) ? refuse(stream) : transport_plain()->write(stream, parts, count, put);
}

struct transport failing_transport(void)
{
    struct transport transport = *transport_plain();
    transport.read = plain_read;
    transport.write = plain_write;
    return transport;
}

/* ---- threads ---- */

struct beginning {
    void *(*body)(void *);
    void *arg;
    bool is_exempt;
};

static void *begin(void *self)
{
    struct beginning beginning = *(struct beginning *)self;
    mem_free(self);
    is_exempt = beginning.is_exempt;
    return beginning.body(beginning.arg);
}

WRAPPED(int, pthread_create,
        (pthread_t * thread, const pthread_attr_t *attributes, void *(*body)(void *), void *arg))
{
    int error = must_fail(FAIL_PTHREAD_CREATE);
    if (error != 0) {
        return error;
    }
    struct beginning *beginning = mem_alloc(sizeof *beginning);
    *beginning = (struct beginning){body, arg, is_exempt || atomic_load(&armed) == FAILING_CALLS};
    error = REAL(pthread_create)(thread, attributes, begin, beginning);
    if (error != 0) {
        mem_free(beginning);
    }
    return error;
}
