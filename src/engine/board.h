/* What the workers of an engine tell each other when an order ends: messages that some have sent
 * and others will receive. Nobody writes to it before that.
 *
 * Thread rule: reset while no worker is busy; else shared. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct board {
    atomic_uint finished; /* workers that send no more messages */
    atomic_ullong expected;
    atomic_ullong delivered;
};

static inline void board_reset(struct board *board)
{
    atomic_store(&board->finished, 0);
    atomic_store(&board->expected, 0);
    atomic_store(&board->delivered, 0);
}

/* A worker sends no more: what it knows of so far. */
static inline void board_finish(struct board *board, uint64_t expected, uint64_t delivered)
{
    atomic_fetch_add(&board->expected, expected);
    atomic_fetch_add(&board->delivered, delivered);
    atomic_fetch_add(&board->finished, 1);
}

static inline bool board_is_finished(const struct board *board, uint32_t workers)
{
    return atomic_load(&board->finished) >= workers;
}

/* Has everything been received? Once board_is_finished. */
static inline bool board_is_even(const struct board *board)
{
    return atomic_load(&board->delivered) >= atomic_load(&board->expected);
}
