#include "net/loop.h"

#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "net/transport.h"
#include "os/clock.h"

#include "support/listener.h"
#include "support/tap.h"

enum { PAIRS = 300 };

static const uint32_t TOKEN = 4000000000;

static const nsec LONG = 5 * NSEC_PER_SEC;

static const char *mode(const struct loop *loop)
{
    return loop->coarse ? "coarse" : "precise";
}

static void test_events(struct loop *loop)
{
    const char *name = mode(loop);
    int ends[2];
    struct loop_event event = {0};
    struct error err = {0};
    (void)socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends);
    tap_check(loop_add(loop, ends[0], TOKEN, false, &err), "%s: adds", name);
    tap_int(loop_wait(loop, &event, 1, 0), 0, "%s: nothing yet", name);
    tap_check(!loop_add(loop, ends[0], 1, false, &err), "%s: not twice", name);
    tap_int(err.code, ERROR_SYSTEM, "%s: twice is a system error", name);

    loop_change(loop, ends[0], TOKEN, true);
    tap_int(loop_wait(loop, &event, 1, LONG), 1, "%s: writable when asked", name);
    tap_check(event.writable && !event.readable && event.token == TOKEN, "%s: only writable", name);
    (void)send(ends[1], "x", 1, 0);
    tap_int(loop_wait(loop, &event, 1, LONG), 1, "%s: one event for both", name);
    tap_check(event.writable && event.readable, "%s: both directions", name);
    loop_change(loop, ends[0], TOKEN, false);
    tap_int(loop_wait(loop, &event, 1, LONG), 1, "%s: still readable", name);
    tap_check(!event.writable && event.readable, "%s: no longer writable", name);
    tap_int(loop_wait(loop, &event, 1, 0), 1, "%s: a level, not an edge", name);
    char byte = 0;
    (void)recv(ends[0], &byte, 1, 0);
    tap_int(loop_wait(loop, &event, 1, 0), 0, "%s: quiet after reading", name);

    (void)close(ends[1]);
    event = (struct loop_event){0};
    tap_int(loop_wait(loop, &event, 1, LONG), 1, "%s: hang-up is an event", name);
    tap_check(event.readable, "%s: that asks to read", name);
    loop_remove(loop, ends[0]);
    tap_int(loop_wait(loop, &event, 1, 0), 0, "%s: removed is silent", name);
    (void)close(ends[0]);
}

static void test_refused(struct loop *loop)
{
    struct listener listener;
    struct stream stream;
    struct loop_event event = {0};
    (void)listener_init(&listener, LISTEN_TCP);
    struct address nobody = listener.address;
    listener_release(&listener);
    (void)transport_plain()->open(transport_plain(), &stream, &nobody, NULL, NULL);
    tap_check(loop_add(loop, stream.fd, 5, true, NULL), "%s: watches a connect", mode(loop));
    tap_int(loop_wait(loop, &event, 1, LONG), 1, "%s: refusal is an event", mode(loop));
    tap_check(event.readable && event.writable, "%s: for both directions", mode(loop));
    loop_remove(loop, stream.fd);
    stream.transport->close(&stream);
}

/* More streams than one call fetches: every one is seen in the end, none twice in between. */
static void test_many(struct loop *loop)
{
    int ends[PAIRS][2];
    bool seen[PAIRS] = {false};
    unsigned found = 0;
    struct loop_event events[PAIRS];
    for (uint32_t i = 0; i < PAIRS; i++) {
        (void)socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends[i]);
        (void)loop_add(loop, ends[i][0], i, false, NULL);
        (void)send(ends[i][1], "x", 1, 0);
    }
    uint64_t before = mem_allocations();
    while (found < PAIRS) {
        unsigned count = loop_wait(loop, events, PAIRS, LONG);
        if (count == 0) {
            break;
        }
        for (unsigned i = 0; i < count; i++) {
            char byte = 0;
            uint32_t token = events[i].token;
            found += token < PAIRS && !seen[token] ? 1 : 0;
            seen[token] = true;
            (void)recv(ends[token][0], &byte, 1, 0);
        }
    }
    tap_int(found, PAIRS, "%s: all streams are seen", mode(loop));
    tap_int((int64_t)(mem_allocations() - before), 0, "%s: without allocation", mode(loop));
    tap_int(loop_wait(loop, events, PAIRS, 0), 0, "%s: and then none", mode(loop));
    for (uint32_t i = 0; i < PAIRS; i++) {
        (void)close(ends[i][0]);
        (void)close(ends[i][1]);
    }
}

/* Never early; the upper bound only tells a precise wait from one rounded up to 10 ms or more,
 * because a busy machine may be late. */
static void test_timeout(struct loop *loop)
{
    static const nsec waits[] = {200 * NSEC_PER_USEC, 1500 * NSEC_PER_USEC, 5 * NSEC_PER_MSEC};
    struct loop_event event;
    for (size_t i = 0; i < sizeof waits / sizeof waits[0]; i++) {
        nsec best = UINT64_MAX;
        bool early = false;
        for (int round = 0; round < 10; round++) {
            nsec start = clock_now(clock_monotonic());
            (void)loop_wait(loop, &event, 1, waits[i]);
            nsec spent = clock_now(clock_monotonic()) - start;
            early = early || spent < waits[i];
            best = spent < best ? spent : best;
        }
        nsec step = loop->coarse ? NSEC_PER_MSEC : 0;
        tap_check(!early, "%s: %" PRIu64 " ns is never early", mode(loop), waits[i]);
        tap_check(best < waits[i] + step + 3 * NSEC_PER_MSEC,
                  "%s: %" PRIu64 " ns can be met (best %" PRIu64 ")", mode(loop), waits[i], best);
    }
}

int main(void)
{
    struct loop loop = {0};
    struct error err = {0};
    loop_release(&loop);
    if (!tap_check(loop_init_epoll(&loop, &err), "an epoll loop %s", err.text)) {
        return tap_end();
    }
    if (loop.coarse) {
        printf("# this kernel has no epoll_pwait2\n");
    }
    for (int round = 0; round < 2; round++) {
        test_events(&loop);
        test_refused(&loop);
        test_many(&loop);
        test_timeout(&loop);
        loop.coarse = true;
    }
    loop_release(&loop);
    return tap_end();
}
