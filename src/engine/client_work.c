#include "engine/client_work.h"

#include "base/mem.h"
#include "workload/encoder.h"

_Static_assert((int)ENCODER_PARTS == (int)WINDOW_WORK, "a window has one histogram each");

struct client_work {
    struct workload workload; /* the shared one, with this encoder */
    struct encoder *encoder;
};

static nsec now(void *self)
{
    const struct worker *worker = self;
    return clock_now(worker->config.clock);
}

static void took(void *self, enum encoder_part part, nsec taken)
{
    struct worker *worker = self;
    hist_record(&worker->window->work[part], taken);
}

static void stored(void *self, size_t plain, size_t stored_bytes)
{
    struct worker *worker = self;
    struct counters *counters = &worker->window->counters;
    counters->values_made++;
    counters->plain_bytes += plain;
    counters->stored_bytes += stored_bytes;
}

void client_work_init(struct worker *worker)
{
    const struct workload *shared = worker->config.workload;
    if (!shared->values.is_made) {
        return;
    }
    struct encoder_watch watch = {now, took, stored, worker};
    worker->work = mem_alloc(sizeof *worker->work);
    worker->work->encoder = encoder_new(&shared->values, &shared->form, &watch);
    workload_equip(&worker->work->workload, shared, worker->work->encoder);
    worker->config.workload = &worker->work->workload;
}

void client_work_release(struct worker *worker)
{
    if (worker->work != NULL) {
        encoder_free(worker->work->encoder);
        mem_free(worker->work);
        worker->work = NULL;
    }
}

/* All texts in a complete reply: elements of any depth follow one another. */
static void take_texts(struct worker *worker, struct str reply)
{
    while (reply.len > 0) {
        char type = reply.data[0];
        struct str line = str_split(&reply, '\n');
        uint64_t size;
        bool is_text = type == '$' || type == '=';
        if (!is_text || !str_to_u64(str_trim(str_from_index(line, 1)), &size) || size > reply.len) {
            continue;
        }
        worker->window->counters.values_taken +=
            encoder_take(worker->work->encoder, str_prefix(reply, (size_t)size));
        reply = str_from_index(reply, (size_t)size + 2);
    }
}

void client_work_take(struct worker *worker, struct connection *connection, struct str bytes,
                      const struct client_work_place *place)
{
    if (!place->goes_on && place->is_end) {
        take_texts(worker, bytes);
        return;
    }
    if (connection->partial == NULL) {
        connection->partial = mem_alloc(sizeof *connection->partial);
    }
    if (!place->goes_on) {
        buf_clear(connection->partial);
    }
    buf_add_str(connection->partial, bytes);
    if (place->is_end) {
        take_texts(worker, buf_str(connection->partial));
    }
}
