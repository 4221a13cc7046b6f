/* What the inner pieces of the hot path cost by themselves: nanoseconds per call, the median of
 * several rounds and the fastest one. For information; nothing is judged by it.
 *
 * Each piece runs over many different inputs, as in use, and its results are added up into a sum
 * that is printed, so that the compiler cannot leave the work out. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "hist/hist.h"
#include "os/clock.h"
#include "redis/resp_read.h"
#include "workload/workload.h"

enum { ROUNDS = 11, CALLS = 1000 * 1000, REPLIES = 1024 };

struct inputs {
    struct hist hist;
    struct rng rng;
    struct buf statuses; /* REPLIES times +OK */
    struct buf bulks;    /* REPLIES times a bulk string of 64 bytes */
    struct workload workload;
    struct workload_stream stream;
    char *out;
};

static uint64_t run_random(struct inputs *inputs)
{
    uint64_t sum = 0;
    for (int i = 0; i < CALLS; i++) {
        sum += rng_next(&inputs->rng) >> 44;
    }
    return sum;
}

/* Spread evenly over the first millisecond: more buckets than real latencies touch. */
static uint64_t run_record(struct inputs *inputs)
{
    for (int i = 0; i < CALLS; i++) {
        hist_record(&inputs->hist, rng_next(&inputs->rng) >> 44);
    }
    return inputs->hist.count;
}

static uint64_t read_replies(struct str bytes)
{
    struct resp_reader reader = {0};
    uint64_t sum = 0;
    for (int i = 0; i < CALLS; i += REPLIES) {
        size_t at = 0;
        struct resp_reply reply;
        while (at < bytes.len &&
               resp_read(&reader, bytes.data, bytes.len, &at, &reply) == RESP_OK) {
            sum += reply.size;
        }
    }
    return sum;
}

static uint64_t run_read_status(struct inputs *inputs)
{
    return read_replies(buf_str(&inputs->statuses));
}

static uint64_t run_read_bulk(struct inputs *inputs)
{
    return read_replies(buf_str(&inputs->bulks));
}

static uint64_t run_draw(struct inputs *inputs)
{
    uint64_t sum = 0;
    for (int i = 0; i < CALLS; i++) {
        struct workload_draw draw = {0};
        (void)workload_draw_next(&inputs->workload, &inputs->stream, &draw);
        sum += draw.key;
    }
    return sum;
}

/* Writing goes through a buffer as large as a deep pipeline's. */
static uint64_t run_draw_and_write(struct inputs *inputs)
{
    uint64_t sum = 0;
    for (int i = 0; i < CALLS; i++) {
        struct workload_draw draw = {0};
        (void)workload_draw_next(&inputs->workload, &inputs->stream, &draw);
        char *place = inputs->out + (size_t)(i % 64) * inputs->workload.max_step_size;
        sum += workload_write_step(&inputs->workload, &draw, 0, place);
    }
    return sum;
}

static void inputs_init(struct inputs *inputs, uint32_t writes, uint32_t reads)
{
    static const char text[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    struct workload_spec spec = {
        .writes = writes,
        .reads = reads,
        .keys = 100000,
        .key_prefix = "bench:",
        .value_size_low = 64,
        .value_size_high = 64,
    };
    *inputs = (struct inputs){0};
    hist_init(&inputs->hist);
    rng_init(&inputs->rng, 1);
    for (int i = 0; i < REPLIES; i++) {
        buf_add_text(&inputs->statuses, "+OK\r\n");
        buf_addf(&inputs->bulks, "$64\r\n%s\r\n", text);
    }
    workload_init(&inputs->workload, &spec, 1);
    workload_stream_init(&inputs->stream, &inputs->workload, 1, 0, 1);
    inputs->out = mem_alloc_array(64, inputs->workload.max_step_size);
}

static void inputs_release(struct inputs *inputs)
{
    hist_release(&inputs->hist);
    buf_release(&inputs->statuses);
    buf_release(&inputs->bulks);
    workload_release(&inputs->workload);
    mem_free(inputs->out);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static const struct {
    const char *name;
    uint32_t writes;
    uint32_t reads;
    uint64_t (*run)(struct inputs *inputs);
} pieces[] = {
    {"rng_next (part of the next one)", 0, 1, run_random},
    {"hist_record, random values", 0, 1, run_record},
    {"resp_read, +OK", 0, 1, run_read_status},
    {"resp_read, bulk of 64 bytes", 0, 1, run_read_bulk},
    {"workload_draw_next, GET", 0, 1, run_draw},
    {"workload_draw_next, SET:GET 1:4", 1, 4, run_draw},
    {"draw and write, GET", 0, 1, run_draw_and_write},
    {"draw and write, SET of 64 bytes", 1, 0, run_draw_and_write},
    {"draw and write, SET:GET 1:4", 1, 4, run_draw_and_write},
};

int main(void)
{
    uint64_t sum = 0;
    printf("%-34s %9s %9s  ns per call\n", "", "median", "fastest");
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        double times[ROUNDS];
        struct inputs inputs;
        inputs_init(&inputs, pieces[i].writes, pieces[i].reads);
        for (int round = 0; round < ROUNDS; round++) {
            nsec start = clock_now(clock_monotonic());
            sum += pieces[i].run(&inputs);
            times[round] = (double)(clock_now(clock_monotonic()) - start) / CALLS;
        }
        qsort(times, ROUNDS, sizeof times[0], compare);
        printf("%-34s %9.2f %9.2f\n", pieces[i].name, times[ROUNDS / 2], times[0]);
        inputs_release(&inputs);
    }
    printf("(sum of all results: %" PRIu64 ")\n", sum);
    return 0;
}
