#include "engine/recorder.h"

#include <assert.h>

void recorder_init(struct recorder *recorder, size_t command_count)
{
    for (int i = 0; i < RECORDER_WINDOWS; i++) {
        window_init(&recorder->windows[i], command_count);
    }
    atomic_init(&recorder->published, NULL);
    recorder_begin(recorder, 0, 0, false);
}

void recorder_release(struct recorder *recorder)
{
    for (int i = 0; i < RECORDER_WINDOWS; i++) {
        window_release(&recorder->windows[i]);
    }
}

static struct hist_window *window_number(struct recorder *recorder, uint64_t number)
{
    return &recorder->windows[number % RECORDER_WINDOWS];
}

void recorder_begin(struct recorder *recorder, nsec start, nsec length, bool is_open)
{
    assert(atomic_load(&recorder->published) == NULL);
    for (int i = 0; i < RECORDER_WINDOWS; i++) {
        window_clear(&recorder->windows[i]);
    }
    recorder->is_open = is_open;
    recorder->length = length;
    recorder->start = start;
    recorder->next_end = length == 0 ? UINT64_MAX : start + length;
    recorder->oldest = 0;
    recorder->newest = 0;
    recorder->now = &recorder->windows[0];
    recorder->now->start = start;
    recorder->now->end = start;
}

static void hand_over(struct recorder *recorder)
{
    uint64_t kept = recorder->is_open ? RECORDER_HOLD : 0;
    if (recorder->newest - recorder->oldest > kept &&
        atomic_load_explicit(&recorder->published, memory_order_acquire) == NULL) {
        atomic_store_explicit(&recorder->published, window_number(recorder, recorder->oldest),
                              memory_order_release);
        recorder->oldest++;
    }
}

/* The row holds those kept, and perhaps one that is being read. */
static bool has_room(const struct recorder *recorder)
{
    return recorder->newest - recorder->oldest + 2 < RECORDER_WINDOWS;
}

static void begin_window(struct recorder *recorder, nsec start)
{
    recorder->now->end = start;
    recorder->newest++;
    recorder->now = window_number(recorder, recorder->newest);
    window_clear(recorder->now);
    recorder->now->start = start;
    recorder->now->end = start;
}

void recorder_roll(struct recorder *recorder, nsec now)
{
    hand_over(recorder);
    while (recorder->next_end <= now && has_room(recorder)) {
        if (recorder->is_open) {
            /* An operation's window follows from its number: none is left out. */
            begin_window(recorder, recorder->next_end);
            recorder->next_end += recorder->length;
        } else {
            begin_window(recorder, now);
            /* On a fixed grid, so that windows do not drift apart between workers. */
            nsec passed = (now - recorder->start) / recorder->length;
            recorder->next_end = recorder->start + (passed + 1) * recorder->length;
        }
        hand_over(recorder);
    }
}

void recorder_end(struct recorder *recorder, nsec end)
{
    recorder->now->end = end > recorder->now->start ? end : recorder->now->start;
}

struct hist_window *recorder_remaining(struct recorder *recorder, size_t index)
{
    uint64_t number = recorder->oldest + index;
    return number > recorder->newest ? NULL : window_number(recorder, number);
}

struct hist_window *recorder_take(struct recorder *recorder)
{
    return atomic_load_explicit(&recorder->published, memory_order_acquire);
}

void recorder_give_back(struct recorder *recorder)
{
    atomic_store_explicit(&recorder->published, NULL, memory_order_release);
}
