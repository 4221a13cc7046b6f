#include "hist/window.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"

/* The histograms beside those of the commands. */
enum { OTHERS = 6 + WINDOW_WORK };
/* Commands that can be kept apart. */
enum { BITS = 64 };

static void list_others(struct hist_window *window, struct hist *list[OTHERS])
{
    list[0] = &window->service;
    list[1] = &window->send_lag;
    list[2] = &window->connect;
    list[3] = &window->tls;
    list[4] = &window->session;
    list[5] = &window->delivery;
    for (int i = 0; i < WINDOW_WORK; i++) {
        list[6 + i] = &window->work[i];
    }
}

void window_init(struct hist_window *window, size_t command_count)
{
    *window = (struct hist_window){
        .commands = mem_alloc_array(command_count, sizeof(window->commands[0])),
        .command_count = command_count,
    };
    for (size_t i = 0; i < command_count; i++) {
        hist_init(&window->commands[i]);
    }
    struct hist *others[OTHERS];
    list_others(window, others);
    for (int i = 0; i < OTHERS; i++) {
        hist_init(others[i]);
    }
}

void window_release(struct hist_window *window)
{
    for (size_t i = 0; i < window->command_count; i++) {
        hist_release(&window->commands[i]);
    }
    struct hist *others[OTHERS];
    list_others(window, others);
    for (int i = 0; i < OTHERS; i++) {
        hist_release(others[i]);
    }
    mem_free(window->commands);
    *window = (struct hist_window){0};
}

void window_clear(struct hist_window *window)
{
    for (size_t i = 0; i < window->command_count; i++) {
        hist_clear(&window->commands[i]);
    }
    struct hist *others[OTHERS];
    list_others(window, others);
    for (int i = 0; i < OTHERS; i++) {
        hist_clear(others[i]);
    }
    window->start = 0;
    window->end = 0;
    window->counters = (struct counters){0};
    memset(window->node_operations, 0, sizeof window->node_operations);
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
    hist_add(&into->service, &from->service);
    hist_add(&into->send_lag, &from->send_lag);
    hist_add(&into->connect, &from->connect);
    hist_add(&into->tls, &from->tls);
    hist_add(&into->session, &from->session);
    for (size_t i = 0; i < WINDOW_WORK; i++) {
        hist_add(&into->work[i], &from->work[i]);
    }
    hist_add(&into->delivery, &from->delivery);
    into->apart |= from->apart;
    for (size_t i = 0; i < WINDOW_MAX_NODES; i++) {
        into->node_operations[i] += from->node_operations[i];
    }
}

void window_latency(const struct hist_window *window, struct hist *out)
{
    hist_clear(out);
    for (size_t i = 0; i < window->command_count; i++) {
        if (i >= BITS || (window->apart >> i & 1) == 0) {
            hist_add(out, &window->commands[i]);
        }
    }
}
