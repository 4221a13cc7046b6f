/* Waiting for many streams at once, behind a table: epoll in the program, virtual time in tests.
 *
 * Level-triggered. Reading stays armed from loop_add on; writing is armed only after a short write.
 * Thread rule: a loop belongs to one thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/units.h"

struct loop;

struct loop_event {
    uint32_t token; /* given at loop_add */
    bool readable;  /* also set on hang-up and error, so that the next read tells */
    bool writable;
};

struct loop_table {
    const char *name;
    bool (*add)(struct loop *loop, int fd, uint32_t token, bool want_write, struct error *err);
    void (*change)(struct loop *loop, int fd, uint32_t token, bool want_write);
    void (*remove)(struct loop *loop, int fd);
    /* Waits at most `timeout` (0: not at all) and writes up to `max` events; returns how many. */
    unsigned (*wait)(struct loop *loop, struct loop_event *events, unsigned max, nsec timeout);
    void (*release)(struct loop *loop);
};

struct loop {
    const struct loop_table *table;
    void *self;  /* of a fake */
    int fd;      /* of epoll */
    bool coarse; /* epoll_pwait2 is missing: timeouts are rounded up to whole milliseconds */
};

/* An epoll loop. ERROR_SYSTEM. */
bool loop_init_epoll(struct loop *loop, struct error *err);

static inline bool loop_add(struct loop *loop, int fd, uint32_t token, bool want_write,
                            struct error *err)
{
    return loop->table->add(loop, fd, token, want_write, err);
}

static inline void loop_change(struct loop *loop, int fd, uint32_t token, bool want_write)
{
    loop->table->change(loop, fd, token, want_write);
}

static inline void loop_remove(struct loop *loop, int fd)
{
    loop->table->remove(loop, fd);
}

static inline unsigned loop_wait(struct loop *loop, struct loop_event *events, unsigned max,
                                 nsec timeout)
{
    return loop->table->wait(loop, events, max, timeout);
}

/* Allowed on a zero-initialised loop. */
static inline void loop_release(struct loop *loop)
{
    if (loop->table != NULL) {
        loop->table->release(loop);
    }
}
