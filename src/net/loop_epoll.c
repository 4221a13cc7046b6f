#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <linux/time_types.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "net/kernel.h"
#include "net/loop.h"

/* Events fetched by one call; more are fetched by the next one. */
enum { BATCH = 128 };

/* Waits with nanosecond precision. Without the wrapper of the C library also because that is
 * younger (glibc 2.35) than systems that people measure on. -ENOSYS where the kernel is too old
 * (before Linux 5.11). */
static int wait_precise(int fd, struct epoll_event *events, int max, nsec timeout)
{
#ifdef SYS_epoll_pwait2
    struct __kernel_timespec wait = {
        .tv_sec = (int64_t)(timeout / NSEC_PER_SEC),
        .tv_nsec = (int64_t)(timeout % NSEC_PER_SEC),
    };
    return (int)kernel_call(
        SYS_epoll_pwait2, (const long[6]){fd, (long)(intptr_t)events, max, (long)(intptr_t)&wait});
#else
    (void)fd;
    (void)events;
    (void)max;
    (void)timeout;
    return -ENOSYS;
#endif
}

static int wait_coarse(int fd, struct epoll_event *events, int max, nsec timeout)
{
    nsec milliseconds = timeout / NSEC_PER_MSEC + (timeout % NSEC_PER_MSEC != 0 ? 1 : 0);
    int count = epoll_wait(fd, events, max, milliseconds > INT_MAX ? INT_MAX : (int)milliseconds);
    return count < 0 ? -errno : count;
}

static struct epoll_event interest(uint32_t token, bool want_write)
{
    struct epoll_event event = {.events = EPOLLIN};
    if (want_write) {
        event.events |= EPOLLOUT;
    }
    event.data.u32 = token;
    return event;
}

static bool epoll_loop_add(struct loop *loop, int fd, uint32_t token, bool want_write,
                           struct error *err)
{
    struct epoll_event event = interest(token, want_write);
    if (epoll_ctl(loop->fd, EPOLL_CTL_ADD, fd, &event) != 0) {
        return error_set_errno(err, ERROR_SYSTEM, errno, "watch a connection with epoll");
    }
    return true;
}

static void epoll_loop_change(struct loop *loop, int fd, uint32_t token, bool want_write)
{
    struct epoll_event event = interest(token, want_write);
    int failed = epoll_ctl(loop->fd, EPOLL_CTL_MOD, fd, &event);
    assert(failed == 0 && "only a watched descriptor can be changed");
    (void)failed;
}

static void epoll_loop_remove(struct loop *loop, int fd)
{
    struct epoll_event event = {0};
    int failed = epoll_ctl(loop->fd, EPOLL_CTL_DEL, fd, &event);
    assert(failed == 0 && "only a watched descriptor can be removed");
    (void)failed;
}

static unsigned epoll_loop_wait(struct loop *loop, struct loop_event *events, unsigned max,
                                nsec timeout)
{
    struct epoll_event ready[BATCH];
    int room = max < BATCH ? (int)max : BATCH;
    int count = loop->coarse ? wait_coarse(loop->fd, ready, room, timeout)
                             : wait_precise(loop->fd, ready, room, timeout);
    assert(count >= 0 || count == -EINTR);
    for (int i = 0; i < count; i++) {
        uint32_t seen = ready[i].events;
        events[i] = (struct loop_event){
            .token = ready[i].data.u32,
            .readable = (seen & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0,
            .writable = (seen & EPOLLOUT) != 0,
        };
    }
    return count > 0 ? (unsigned)count : 0;
}

static void epoll_loop_release(struct loop *loop)
{
    if (loop->fd >= 0) {
        (void)close(loop->fd);
    }
    loop->fd = -1;
}

bool loop_init_epoll(struct loop *loop, struct error *err)
{
    static const struct loop_table table = {
        .name = "epoll",
        .add = epoll_loop_add,
        .change = epoll_loop_change,
        .remove = epoll_loop_remove,
        .wait = epoll_loop_wait,
        .release = epoll_loop_release,
    };
    *loop = (struct loop){.table = &table, .fd = epoll_create1(EPOLL_CLOEXEC)};
    if (loop->fd < 0) {
        return error_set_errno(err, ERROR_SYSTEM, errno, "create an event loop (epoll)");
    }
    /* Some sandboxes answer EPERM instead of ENOSYS to a call that they do not know. */
    struct epoll_event none;
    loop->coarse = wait_precise(loop->fd, &none, 1, 0) < 0;
    return true;
}
