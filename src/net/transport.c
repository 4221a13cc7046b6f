#include "net/transport.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <time.h>

#include "os/clock.h"
#include "os/signal.h"

/* The longest wait in one piece: a signal that arrives just before it is noticed after it. */
static const nsec PIECE = 100 * NSEC_PER_MSEC;

bool transport_wait(const struct stream *stream, enum io_status status, nsec timeout)
{
    assert(status == IO_WANT_READ || status == IO_WANT_WRITE);
    const struct clock *clock = clock_monotonic();
    nsec start = clock_now(clock);
    struct pollfd asked = {
        .fd = stream->fd,
        .events = status == IO_WANT_READ ? POLLIN : POLLOUT,
    };
    for (;;) {
        nsec spent = clock_now(clock) - start;
        nsec left = spent < timeout ? timeout - spent : 0;
        struct timespec wait = {.tv_nsec = (long)(left < PIECE ? left : PIECE)};
        int ready = ppoll(&asked, 1, &wait, NULL);
        if (ready > 0) {
            return true;
        }
        if ((ready < 0 && errno != EINTR) || left == 0 || signal_interrupted()) {
            return false;
        }
    }
}
