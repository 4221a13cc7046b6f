/* Where a worker records: one window for a whole slice, or a row of windows of equal length that
 * are handed to another thread one by one while the slice goes on.
 *
 * In a closed loop an operation belongs to the window in which it completes. In an open loop it
 * belongs to the one in which it was meant to be sent, so windows are kept back for RECORDER_HOLD
 * lengths until late replies have come; what comes later still falls into the oldest one at hand.
 *
 * Thread rule: one owner; recorder_take and recorder_give_back are the other thread's. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/units.h"
#include "hist/window.h"

enum {
    RECORDER_HOLD = 7,
    RECORDER_WINDOWS = RECORDER_HOLD + 3, /* with the present one, one being read, one to spare */
};

struct recorder {
    struct hist_window windows[RECORDER_WINDOWS]; /* number n is at n % RECORDER_WINDOWS */
    struct hist_window *now;                      /* the present one */
    bool is_open;                                 /* by intended moment */
    nsec length;                                  /* 0: one window for everything */
    nsec start;                                   /* of window 0 */
    nsec next_end;                                /* of the present one; UINT64_MAX: never */
    uint64_t oldest;                              /* number of the oldest one not handed over */
    uint64_t newest;                              /* number of the present one */
    _Atomic(struct hist_window *) published;      /* handed over; the reader sets it to NULL */
};

void recorder_init(struct recorder *recorder, size_t command_count);
void recorder_release(struct recorder *recorder);
/* Forgets everything and begins a row of windows at `start`. No other thread may be reading. */
void recorder_begin(struct recorder *recorder, nsec start, nsec length, bool is_open);
/* At `next_end`: goes on with the next one, and hands over those that are ready
 * if the reader has given the last one back. While there is no room the present one grows. */
void recorder_roll(struct recorder *recorder, nsec now);
/* The last window ends: what was not handed over stays, see recorder_remaining. */
void recorder_end(struct recorder *recorder, nsec end);
/* The windows that were never handed over, in order: number `index` from 0, or NULL. */
struct hist_window *recorder_remaining(struct recorder *recorder, size_t index);

/* Of the reader: the window handed over last, or NULL. */
struct hist_window *recorder_take(struct recorder *recorder);
/* It was read: the owner may use it again. */
void recorder_give_back(struct recorder *recorder);

/* The window of an operation of an open loop; `intended` is not before the recorder's start. */
static inline struct hist_window *recorder_of(struct recorder *recorder, nsec intended)
{
    if (recorder->length == 0) {
        return recorder->now;
    }
    uint64_t number = (intended - recorder->start) / recorder->length;
    number = number < recorder->oldest ? recorder->oldest : number;
    number = number > recorder->newest ? recorder->newest : number;
    return &recorder->windows[number % RECORDER_WINDOWS];
}
