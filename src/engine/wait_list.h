/* Operations that could not be sent at once, first in, first out: no connection to their node is
 * free or there at all. Grows up to a limit, so that a hopeless overload does not eat memory.
 *
 * Thread rule: one worker. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/units.h"
#include "workload/workload.h"

struct waiting {
    nsec intended; /* open loop: when it was meant to be sent; else when it was drawn */
    nsec started;  /* when its first step was sent; 0: not yet */
    struct workload_draw draw;
    uint32_t client; /* of the worker */
    uint16_t step;
    uint8_t redirects; /* followed so far */
    bool asking;       /* ASKING must come before it */
    uint32_t trail;    /* see steps.h; 0: none */
    bool is_beside; /* of a client in a closed loop beside an open one: only its own connection */
};

struct wait_list {
    struct waiting *items; /* ring */
    size_t capacity;       /* a power of two, or 0 */
    size_t head;           /* counters run freely */
    size_t tail;
};

void wait_list_release(struct wait_list *list);
void wait_list_push(struct wait_list *list, const struct waiting *item);

static inline size_t wait_list_count(const struct wait_list *list)
{
    return list->tail - list->head;
}

/* The oldest; only when there is one. Valid until the next push. */
static inline struct waiting *wait_list_first(const struct wait_list *list)
{
    return &list->items[list->head & (list->capacity - 1)];
}

static inline struct waiting wait_list_pop(struct wait_list *list)
{
    return list->items[list->head++ & (list->capacity - 1)];
}
