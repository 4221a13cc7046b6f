/* What the monitors saw at the moment of an anomaly that they did not see in the rest of the arm's
 * runs. */
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "analysis/describe.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/units.h"
#include "stats/summary.h"

enum {
    LEAST_OTHERS = 5, /* samples of the rest, to know what is usual */
    MOST_TOLD = 3,
};
/* In robust standard deviations of the rest. */
#define FAR 5.0

enum unit { UNIT_NONE, UNIT_SHARE, UNIT_COUNT, UNIT_BYTES, UNIT_SECONDS, UNIT_NSEC };
enum direction { UP, DOWN, EITHER };

/* How long the stretch of a sample was: longer than others when the server had not answered. */
enum { LENGTH = MONITOR_FIGURES };

/* What counts as different besides being far: at least so much, and at least such a share of what
 * is usual. The order is that of telling. */
static const struct rule {
    int figure;
    enum monitor_source source;
    enum direction direction;
    bool is_count; /* within the stretch: compared, and told, per second */
    double least;
    double least_share;
    enum unit unit;
    const char *before; /* the figure; of a server, its name stands before that */
    const char *after;  /* the figure; NULL: the figure is not told */
} rules[] = {
    {LENGTH, MONITOR_SERVER, UP, false, 0.5, 0.5, UNIT_SECONDS,
     " gave no answer to the monitor for", ""},
    {MONITOR_SAVING, MONITOR_SERVER, UP, false, 0.5, 0, UNIT_NONE, " saved in the background",
     NULL},
    {MONITOR_REWRITING, MONITOR_SERVER, UP, false, 0.5, 0, UNIT_NONE,
     " rewrote its append-only file", NULL},
    {MONITOR_FORKS, MONITOR_SERVER, UP, true, 0.05, 0, UNIT_NONE, " forked", NULL},
    {MONITOR_LINK_UP, MONITOR_SERVER, DOWN, false, 0.5, 0, UNIT_NONE,
     " was cut off from its primary", NULL},
    {MONITOR_REPLICA_LAG, MONITOR_SERVER, UP, false, 1 << 20, 0.5, UNIT_BYTES,
     "'s replica was behind by", ""},
    {MONITOR_EVICTED_KEYS, MONITOR_SERVER, UP, true, 100, 0.5, UNIT_COUNT, " evicted",
     " keys per second"},
    {MONITOR_EXPIRED_KEYS, MONITOR_SERVER, UP, true, 100, 0.5, UNIT_COUNT, " expired",
     " keys per second"},
    {MONITOR_STEAL, MONITOR_HOST, UP, false, 0.03, 0, UNIT_SHARE, "the hypervisor took",
     " of the machine"},
    {MONITOR_THROTTLED, MONITOR_HOST, UP, false, 0.02, 0, UNIT_SHARE, "a processor quota took",
     " of a processor"},
    {MONITOR_LONGEST_LOOP_STALL, MONITOR_CLIENT, UP, false, 0.005, 0, UNIT_SECONDS,
     "the load generator stood still for", ""},
    {MONITOR_SEND_LAG_P99, MONITOR_CLIENT, UP, false, 1e6, 0, UNIT_NSEC,
     "the load generator sent late by", " at p99"},
    {MONITOR_CLIENT_BUSY, MONITOR_CLIENT, UP, false, 0.1, 0, UNIT_SHARE,
     "the load generator was busy for", " of the time"},
    {MONITOR_CONNECTED_CLIENTS, MONITOR_SERVER, EITHER, false, 5, 0.2, UNIT_COUNT, " had",
     " clients"},
    {MONITOR_BLOCKED_CLIENTS, MONITOR_SERVER, UP, false, 1, 0.2, UNIT_COUNT, " kept",
     " clients blocked"},
    {MONITOR_USED_MEMORY, MONITOR_SERVER, EITHER, false, 1 << 20, 0.1, UNIT_BYTES, " held", ""},
    {MONITOR_MEMORY_AVAILABLE, MONITOR_HOST, DOWN, false, 1 << 20, 0.1, UNIT_BYTES,
     "the machine had", " of memory left"},
    {MONITOR_BUSY, MONITOR_HOST, UP, false, 0.1, 0, UNIT_SHARE, "the machine was busy for",
     " of the time"},
    {MONITOR_CPU, MONITOR_SERVER, DOWN, false, 0.2, 0, UNIT_SHARE, " used", " of a processor"},
};

struct sample_ref {
    const struct monitor_sample *sample;
};

/* The samples of the arm: those of the moment, and the others. */
struct samples {
    struct sample_ref *at;
    size_t at_count;
    struct sample_ref *rest;
    size_t rest_count;
    double *values; /* scratch */
    bool is_sliced; /* stretches are slices, whose length is not the server's doing */
};

/* ---- which samples ---- */

/* The stretch of the run that the moment covers; false: nothing of it. */
static bool find_stretch(const struct witness *witness, const struct result_run *run, double *start,
                         double *end)
{
    *start = INFINITY;
    *end = 0;
    for (size_t i = 0; i < witness->moment_count; i++) {
        if (witness->moments[i].run == run) {
            const struct result_window *window = &run->windows[witness->moments[i].window];
            *start = fmin(*start, window->end - window->seconds);
            *end = fmax(*end, window->end);
        }
    }
    return *end > *start;
}

/* Together for at least half of the shorter one. */
static bool is_within(const struct monitor_sample *sample, double start, double end)
{
    double common = fmin(sample->end, end) - fmax(sample->end - sample->seconds, start);
    return common > 0 && common >= fmin(sample->seconds, end - start) / 2;
}

static void samples_init(struct samples *samples, const struct witness *witness)
{
    uint32_t arm = witness->moments[0].run->arm;
    size_t most = 1;
    for (size_t i = 0; i < witness->run_count; i++) {
        most += witness->runs[i].run->sample_count;
    }
    *samples = (struct samples){
        .at = mem_alloc_array(most, sizeof *samples->at),
        .rest = mem_alloc_array(most, sizeof *samples->rest),
        .values = mem_alloc_array(most, sizeof *samples->values),
        .is_sliced = result_kind_compares(witness->result->kind),
    };
    for (size_t i = 0; i < witness->run_count; i++) {
        const struct result_run *run = witness->runs[i].run;
        double start;
        double end;
        bool is_met = run->arm == arm && find_stretch(witness, run, &start, &end);
        for (size_t k = 0; run->arm == arm && k < run->sample_count; k++) {
            const struct monitor_sample *sample = &run->samples[k];
            if (is_met && is_within(sample, start, end)) {
                samples->at[samples->at_count++].sample = sample;
            } else {
                samples->rest[samples->rest_count++].sample = sample;
            }
        }
    }
}

static void samples_release(struct samples *samples)
{
    mem_free(samples->at);
    mem_free(samples->rest);
    mem_free(samples->values);
}

static bool is_of(const struct monitor_sample *sample, const struct monitor_sample *one)
{
    return sample->source == one->source && str_eq(str_from(sample->node), str_from(one->node));
}

/* ---- what they say ---- */

static double value_of(const struct monitor_sample *sample, const struct rule *rule)
{
    if (rule->figure == LENGTH) {
        return sample->seconds;
    }
    double value = sample->figures[rule->figure];
    return rule->is_count ? value / sample->seconds : value;
}

/* The known values of those in the list that are of the same source and node as `one`. */
static size_t collect(double *values, const struct sample_ref *list, size_t count,
                      const struct monitor_sample *one, const struct rule *rule)
{
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        double value = is_of(list[i].sample, one) ? value_of(list[i].sample, rule) : NAN;
        if (isfinite(value)) {
            values[n++] = value;
        }
    }
    return n;
}

/* What a figure was at the moment, and what it is usually. */
struct sight {
    double at;
    double usual;
};

enum look { LOOK_UNKNOWN, LOOK_USUAL, LOOK_DIFFERENT };

static enum look look(const struct samples *samples, const struct monitor_sample *one,
                      const struct rule *rule, struct sight *out)
{
    struct stats_summary summary;
    size_t n = collect(samples->values, samples->at, samples->at_count, one, rule);
    if (n == 0 || (rule->figure == LENGTH && samples->is_sliced)) {
        return LOOK_UNKNOWN;
    }
    stats_summary(samples->values, n, &summary);
    out->at = summary.mean;
    n = collect(samples->values, samples->rest, samples->rest_count, one, rule);
    if (n < LEAST_OTHERS) {
        return LOOK_UNKNOWN;
    }
    out->usual = stats_median(samples->values, n);
    double least = fmax(fmax(rule->least, rule->least_share * out->usual),
                        FAR * stats_mad(samples->values, n));
    double more = out->at - out->usual;
    bool is_up = rule->direction != DOWN && more >= least;
    bool is_down = rule->direction != UP && -more >= least;
    return is_up || is_down ? LOOK_DIFFERENT : LOOK_USUAL;
}

/* ---- in words ---- */

static void add_value(struct buf *out, double value, enum unit unit)
{
    char text[UNITS_TEXT_SIZE];
    switch (unit) {
    case UNIT_NONE:
        break;
    case UNIT_SHARE:
        buf_addf(out, "%.0f %%", value * 100);
        break;
    case UNIT_COUNT:
        buf_add_text(out, units_format_count((uint64_t)nearbyint(value), text));
        break;
    case UNIT_BYTES:
        buf_add_text(out, units_format_size((uint64_t)value, text));
        break;
    case UNIT_SECONDS:
        buf_add_text(out, units_format_latency(value * 1e9, text));
        break;
    case UNIT_NSEC:
        buf_add_text(out, units_format_latency(value, text));
        break;
    }
}

static void tell(struct buf *out, const struct rule *rule, const char *server,
                 const struct sight *sight)
{
    buf_add_text(out, out->len == 0 ? "while " : " and ");
    if (rule->source == MONITOR_SERVER) {
        buf_add_text(out, server);
    }
    buf_add_text(out, rule->before);
    if (rule->after != NULL) {
        buf_add_char(out, ' ');
        add_value(out, sight->at, rule->unit);
        buf_add_text(out, rule->after);
        buf_add_text(out, " (usually ");
        add_value(out, sight->usual, rule->unit);
        buf_add_char(out, ')');
    }
}

/* Is it the first of its source and node in the list? */
static bool is_first(const struct samples *samples, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (is_of(samples->at[i].sample, samples->at[index].sample)) {
            return false;
        }
    }
    return true;
}

/* Looks at all nodes with one rule. Returns how many things it told; `*known`: it could judge. */
static size_t apply(const struct samples *samples, const struct rule *rule, bool is_alone,
                    struct buf *out, bool *known)
{
    size_t told = 0;
    for (size_t i = 0; i < samples->at_count && told < MOST_TOLD; i++) {
        const struct monitor_sample *one = samples->at[i].sample;
        struct sight sight;
        if (one->source != rule->source || !is_first(samples, i)) {
            continue;
        }
        enum look seen = look(samples, one, rule, &sight);
        *known = *known || seen != LOOK_UNKNOWN;
        if (seen == LOOK_DIFFERENT) {
            tell(out, rule, is_alone || one->node == NULL ? "the server" : one->node, &sight);
            told++;
        }
    }
    return told;
}

static bool has_one_server(const struct samples *samples)
{
    size_t servers = 0;
    for (size_t i = 0; i < samples->at_count; i++) {
        servers += samples->at[i].sample->source == MONITOR_SERVER && is_first(samples, i);
    }
    return servers <= 1;
}

/* Failed operations are in the windows themselves. */
static void add_errors(struct buf *out, const struct witness *witness)
{
    uint64_t errors = 0;
    for (size_t i = 0; i < witness->moment_count; i++) {
        const struct moment *moment = &witness->moments[i];
        errors += moment->run->windows[moment->window].errors;
    }
    if (errors > 0) {
        buf_addf(out, "%s%llu operations failed", out->len == 0 ? "while " : " and ",
                 (unsigned long long)errors);
    }
}

const char *describe_moment(const struct witness *witness)
{
    struct samples samples;
    struct buf text = {0};
    bool known = false;
    bool has_saved = false;
    size_t told = 0;
    const char *cause = NULL;
    samples_init(&samples, witness);
    bool is_alone = has_one_server(&samples);
    for (size_t i = 0; i < sizeof rules / sizeof rules[0] && told < MOST_TOLD; i++) {
        /* A save or a rewrite is why it forked. */
        if (rules[i].figure == MONITOR_FORKS && has_saved) {
            continue;
        }
        size_t more = apply(&samples, &rules[i], is_alone, &text, &known);
        bool is_save = rules[i].figure == MONITOR_SAVING || rules[i].figure == MONITOR_REWRITING;
        has_saved = has_saved || (is_save && more > 0);
        told += more;
    }
    if (known) {
        add_errors(&text, witness);
        cause = text.len == 0 ? "nothing else was seen"
                              : arena_copy_text(&witness->result->arena, buf_text(&text));
    } else {
        cause = describe_cause(witness->result, witness->moments[0].run);
    }
    buf_release(&text);
    samples_release(&samples);
    return cause;
}
