#include "engine/client_work.h"

#include "base/mem.h"
#include "workload/encoder.h"

_Static_assert((int)ENCODER_PARTS == (int)WINDOW_WORK, "a window has one histogram each");

struct client_work {
    struct workload workload;                /* the shared one, with these encoders */
    struct encoder *encoders[SPEC_MAX_DATA]; /* by dataset; NULL: no work for its values */
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
    struct encoder_watch watch = {now, took, stored, worker};
    for (size_t i = 0; i < shared->data_count; i++) {
        const struct value_space *values = &shared->data[i].values;
        if (!values->is_made) {
            continue;
        }
        if (worker->work == NULL) {
            worker->work = mem_alloc(sizeof *worker->work);
        }
        worker->work->encoders[i] = encoder_new(values, &watch);
    }
    if (worker->work != NULL) {
        workload_equip(&worker->work->workload, shared, worker->work->encoders);
        worker->config.workload = &worker->work->workload;
    }
}

void client_work_release(struct worker *worker)
{
    if (worker->work != NULL) {
        for (size_t i = 0; i < SPEC_MAX_DATA; i++) {
            encoder_free(worker->work->encoders[i]);
        }
        mem_free(worker->work);
        worker->work = NULL;
    }
}

/* Which dataset a value is of is not told by the reply: it is of the first one that knows it. */
static bool take_value(const struct client_work *work, struct str value)
{
    for (size_t i = 0; i < SPEC_MAX_DATA; i++) {
        if (work->encoders[i] != NULL && encoder_take(work->encoders[i], value)) {
            return true;
        }
    }
    return false;
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
            take_value(worker->work, str_prefix(reply, (size_t)size));
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
