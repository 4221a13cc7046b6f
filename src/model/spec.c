#include "model/spec.h"

#include <inttypes.h>

#include "model/load_profile.h"
#include "model/spec_check.h"

/* Bytes of values that all clients together may have on their way. */
#define MAX_ON_THE_WAY (UINT64_C(4) << 30)
#define MAX_COPIED (UINT64_C(16) << 10) /* of one value */
#define MAX_TIME (UINT64_C(24) * 3600 * NSEC_PER_SEC)

enum {
    MAX_CLIENTS = 100000,
    MAX_PIPELINE = 10000,
    MAX_PAIRS = 10000,
};

struct preset_facts {
    const char *name;
    uint32_t pairs;
    uint32_t max_pairs;
    nsec time_budget;
    nsec warmup;
    nsec duration;
};

static const struct preset_facts presets[] = {
    [PRESET_QUICK] = {"quick", 6, 0, 0, 500 * NSEC_PER_MSEC, 3 * NSEC_PER_SEC},
    [PRESET_STANDARD] = {"standard", 10, 40, 15 * 60 * NSEC_PER_SEC, 1 * NSEC_PER_SEC,
                         5 * NSEC_PER_SEC},
    [PRESET_RIGOROUS] = {"rigorous", 30, 0, 0, 2 * NSEC_PER_SEC, 10 * NSEC_PER_SEC},
};

enum { PRESET_COUNT = sizeof presets / sizeof presets[0] };

void spec_init(struct spec *spec, enum preset preset)
{
    *spec = (struct spec){
        .workload =
            {
                .writes = 1,
                .reads = 4,
                .keys = 100000,
                .key_prefix = "tenbin:",
                .name = "strings",
                .elements = 100,
                .key_distribution = KEYS_UNIFORM,
                .value_size_low = 100,
                .value_size_high = 100,
            },
        .load =
            {
                .clients = 50,
                .threads = 1,
                .pipeline = 1,
                .timeout = 5 * NSEC_PER_SEC,
                .pin = true,
            },
        .design =
            {
                .preset = preset,
                .pairs = presets[preset].pairs,
                .max_pairs = presets[preset].max_pairs,
                .time_budget = presets[preset].time_budget,
                .warmup = presets[preset].warmup,
                .duration = presets[preset].duration,
                .slice = 250 * NSEC_PER_MSEC,
                .confidence = 0.95,
            },
    };
    for (int i = 0; i < METRIC_COUNT; i++) {
        spec->design.margins[i] = metric_default_margin((enum metric)i);
    }
}

bool spec_read_preset(struct str text, enum preset *out, struct error *err)
{
    for (int i = 0; i < PRESET_COUNT; i++) {
        if (str_eq(text, str_from(presets[i].name))) {
            *out = (enum preset)i;
            return true;
        }
    }
    return error_set(err, ERROR_USAGE, "\"%.*s\": write quick, standard or rigorous",
                     STR_ARG(text));
}

bool spec_read_slice(struct str text, nsec *out, struct error *err)
{
    if (str_eq(text, STR("whole"))) {
        *out = 0;
        return true;
    }
    nsec slice;
    if (!units_read_duration(text, &slice) || slice == 0) {
        return error_set(err, ERROR_USAGE,
                         "\"%.*s\": write a time such as 250ms, or whole for one slice per run",
                         STR_ARG(text));
    }
    *out = slice;
    return true;
}

static bool bad_metric(struct str name, struct error *err)
{
    return error_set(err, ERROR_USAGE,
                     "\"%.*s\" is not a metric; known are ops, p50, p99, p999, cpu and memory",
                     STR_ARG(name));
}

bool spec_read_margins(struct str text, double margins[METRIC_COUNT], struct error *err)
{
    double read[METRIC_COUNT];
    memcpy(read, margins, sizeof read);
    bool more = true;
    while (more) {
        more = str_find(text, ',') >= 0;
        struct str item = str_split(&text, ',');
        struct str value = item;
        enum metric metric;
        if (!metric_find(str_split(&value, '='), &metric)) {
            return bad_metric(str_split(&item, '='), err);
        }
        if (!units_read_fraction(value, &read[metric]) || read[metric] >= 1) {
            return error_set(err, ERROR_USAGE,
                             "\"%.*s\": write a margin above 0 and below 100%%, for example %s=2%%",
                             STR_ARG(item), metric_name(metric));
        }
    }
    memcpy(margins, read, sizeof read);
    return true;
}

bool spec_read_gates(struct str text, bool gated[METRIC_COUNT], struct error *err)
{
    bool read[METRIC_COUNT] = {false};
    bool more = true;
    while (more) {
        more = str_find(text, ',') >= 0;
        struct str item = str_split(&text, ',');
        enum metric metric;
        if (!metric_find(item, &metric)) {
            return bad_metric(item, err);
        }
        read[metric] = true;
    }
    memcpy(gated, read, sizeof read);
    return true;
}

bool spec_refuse(struct error *err, const char *sentence)
{
    return error_set(err, ERROR_USAGE, "%s", sentence);
}

bool spec_within(const char *name, uint64_t value, uint64_t low, uint64_t high, struct error *err)
{
    if (value >= low && value <= high) {
        return true;
    }
    char got[UNITS_TEXT_SIZE];
    char from[UNITS_TEXT_SIZE];
    char to[UNITS_TEXT_SIZE];
    return error_set(err, ERROR_USAGE, "%s: %s is not from %s to %s", name,
                     units_format_count(value, got), units_format_count(low, from),
                     units_format_count(high, to));
}

static bool validate_load(const struct load_spec *load, struct error *err)
{
    if (!spec_within("number of clients", load->clients, 1, MAX_CLIENTS, err)) {
        return false;
    }
    if (load->threads > load->clients) {
        return error_set(err, ERROR_USAGE,
                         "%" PRIu32 " threads for %" PRIu32 " clients: every thread needs a client",
                         load->threads, load->clients);
    }
    if (!spec_within("number of threads", load->threads, 1, load->clients, err) ||
        !spec_within("pipeline depth", load->pipeline, 1, MAX_PIPELINE, err)) {
        return false;
    }
    if (load->timeout < NSEC_PER_MSEC || load->timeout > 3600 * NSEC_PER_SEC) {
        return spec_refuse(err, "timeout: write a time from 1ms to 1h");
    }
    if (load->protocol != 0 && load->protocol != 2 && load->protocol != 3) {
        return spec_refuse(err, "protocol: write 2 or 3");
    }
    return load_profile_validate(load, err);
}

static bool validate_margins(const struct design_spec *design, struct error *err)
{
    for (int i = 0; i < METRIC_COUNT; i++) {
        if (!(design->margins[i] > 0 && design->margins[i] < 1)) {
            return error_set(err, ERROR_USAGE,
                             "margin of %s: write more than 0 and less than 100%%",
                             metric_name((enum metric)i));
        }
    }
    return true;
}

static bool validate_design(const struct spec *spec, struct error *err)
{
    const struct design_spec *design = &spec->design;
    if (!spec_within("number of pairs", design->pairs, 1, MAX_PAIRS, err)) {
        return false;
    }
    if (design->duration > MAX_TIME || design->warmup > MAX_TIME) {
        return spec_refuse(err, "warm-up and duration: write at most 24h");
    }
    if (design->duration == 0 && spec->load.requests == 0) {
        return spec_refuse(err, "duration: 0 needs a number of requests");
    }
    if (design->slice != 0 && design->slice < 10 * NSEC_PER_MSEC) {
        return spec_refuse(err, "slice: write at least 10ms, or whole");
    }
    if (design->duration != 0 && design->slice > design->duration) {
        return spec_refuse(err,
                           "slice: it is longer than the duration; write whole for one slice per "
                           "run");
    }
    if (!(design->confidence >= 0.5 && design->confidence <= 0.9999)) {
        return spec_refuse(err, "confidence: write a level from 50% to 99.99%");
    }
    return validate_margins(design, err);
}

static bool validate_labels(const struct spec *spec, struct error *err)
{
    for (size_t i = 1; i < spec->target_count; i++) {
        for (size_t j = 0; j < i; j++) {
            const char *label = spec->targets[i].label;
            if (label != NULL && str_eq(str_from(label), str_from(spec->targets[j].label))) {
                return error_set(err, ERROR_USAGE, "label \"%s\" is given to two targets", label);
            }
        }
    }
    return true;
}

/* Each host of an arm must have a turn, or what it was listed for says nothing. */
static bool validate_hosts(const struct spec *spec, struct error *err)
{
    for (size_t i = 0; i < spec->target_count; i++) {
        size_t hosts = target_spec_hosts(&spec->targets[i]);
        if (hosts > spec->design.pairs && hosts > 1) {
            return error_set(
                err, ERROR_USAGE,
                "number of pairs: with %u of them not all %zu hosts of target %zu have "
                "a turn; write at least %zu",
                spec->design.pairs, hosts, i + 1, hosts);
        }
    }
    return true;
}

/* Each client may have as many values on their way out as its pipeline is deep. Large ones are sent
 * from where they lie, and only their heads are copied. */
static bool validate_memory(const struct spec *spec, struct error *err)
{
    const struct load_spec *load = &spec->load;
    uint64_t values = (uint64_t)load->clients * (spec->workload.writes > 0 ? load->pipeline : 1);
    uint64_t size = spec->workload.value_size_high;
    size = size < MAX_COPIED ? size : MAX_COPIED;
    if (values * size <= MAX_ON_THE_WAY) {
        return true;
    }
    char limit[UNITS_TEXT_SIZE];
    return error_set(err, ERROR_USAGE,
                     "%u clients with pipeline %u and values of %llu bytes: more than %s may be on "
                     "their way at once; take fewer clients or a shorter pipeline",
                     load->clients, load->pipeline,
                     (unsigned long long)spec->workload.value_size_high,
                     units_format_size(MAX_ON_THE_WAY, limit));
}

bool spec_validate(const struct spec *spec, struct error *err)
{
    if (spec->seed > SPEC_SEED_MAX) {
        return spec_within("seed", spec->seed, 0, SPEC_SEED_MAX, err);
    }
    return validate_labels(spec, err) && validate_hosts(spec, err) &&
           spec_validate_workload(&spec->workload, err) && validate_load(&spec->load, err) &&
           validate_memory(spec, err) &&
           spec_validate_role_load(&spec->workload, &spec->load, err) && validate_design(spec, err);
}

const char *spec_preset_name(enum preset preset)
{
    return presets[preset].name;
}
