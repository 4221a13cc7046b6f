#include "hist/window.h"

#include <assert.h>

#include "base/mem.h"

void window_init(struct hist_window *window, size_t command_count)
{
    *window = (struct hist_window){
        .commands = mem_alloc_array(command_count, sizeof(window->commands[0])),
        .command_count = command_count,
    };
    for (size_t i = 0; i < command_count; i++) {
        hist_init(&window->commands[i]);
    }
}

void window_release(struct hist_window *window)
{
    for (size_t i = 0; i < window->command_count; i++) {
        hist_release(&window->commands[i]);
    }
    mem_free(window->commands);
    *window = (struct hist_window){0};
}

void window_clear(struct hist_window *window)
{
    for (size_t i = 0; i < window->command_count; i++) {
        hist_clear(&window->commands[i]);
    }
    *window = (struct hist_window){
        .commands = window->commands,
        .command_count = window->command_count,
    };
}

static void cover(struct hist_window *into, const struct hist_window *from)
{
    if (from->end == 0) {
        return;
    }
    if (into->end == 0) {
        into->start = from->start;
        into->end = from->end;
        return;
    }
    into->start = from->start < into->start ? from->start : into->start;
    into->end = from->end > into->end ? from->end : into->end;
}

void window_merge(struct hist_window *into, const struct hist_window *from)
{
    assert(into->command_count == from->command_count);
    cover(into, from);
    counters_merge(&into->counters, &from->counters);
    for (size_t i = 0; i < into->command_count; i++) {
        hist_add(&into->commands[i], &from->commands[i]);
    }
}

void window_latency(const struct hist_window *window, struct hist *out)
{
    hist_clear(out);
    for (size_t i = 0; i < window->command_count; i++) {
        hist_add(out, &window->commands[i]);
    }
}
