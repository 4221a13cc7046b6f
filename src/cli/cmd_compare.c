#include "cli/command.h"
#include "cli/default_targets.h"
#include "cli/measure.h"
#include "cli/option_read.h"
#include "cli/options_workload.h"
#include "run/campaign.h"

/* Presets are the defaults of everything below them, so this table comes first. */
static bool read_preset(const struct option *option, struct str value, void *field,
                        struct error *err)
{
    (void)option;
    enum preset preset;
    if (!spec_read_preset(value, &preset, err)) {
        return false;
    }
    struct spec fresh;
    spec_init(&fresh, preset);
    *(struct design_spec *)field = fresh.design;
    return true;
}

/* A number of pairs is a fixed one, unless more are allowed. */
static bool read_pairs(const struct option *option, struct str value, void *field,
                       struct error *err)
{
    struct design_spec *design = field;
    design->max_pairs = 0;
    return option_read_u32(option, value, &design->pairs, err);
}

static bool read_slice(const struct option *option, struct str value, void *field,
                       struct error *err)
{
    (void)option;
    return spec_read_slice(value, field, err);
}

static bool read_margins(const struct option *option, struct str value, void *field,
                         struct error *err)
{
    (void)option;
    return spec_read_margins(value, field, err);
}

static bool read_gates(const struct option *option, struct str value, void *field,
                       struct error *err)
{
    (void)option;
    return spec_read_gates(value, field, err);
}

#define FIELD(member) offsetof(struct request, member)

static const struct option comparing[] = {
    {"preset", '\0', "NAME",
     "how much evidence to gather: quick (6 pairs), standard (10, and more) or rigorous (30); sets "
     "pairs, warm-up and duration where they are not given",
     "quick", read_preset, FIELD(spec.design), 0, 0},
    {"pairs", '\0', "N", "pairs of runs", "6", read_pairs, FIELD(spec.design), 1, 10000},
    {"slice", '\0', "TIME",
     "how long one arm is loaded before the next has its turn; whole: one slice per run", "250ms",
     read_slice, FIELD(spec.design.slice), 0, 0},
    {"margin", '\0', "LIST", "what difference matters in practice, as in ops=1%,p99=3%",
     "ops=2%,p50=3%,p99=5%,p999=10%,cpu=3%", read_margins, FIELD(spec.design.margins), 0, 0},
    {"gate", '\0', "LIST", "metrics that decide the exit code, as in ops,p99", NULL, read_gates,
     FIELD(spec.design.gated), 0, 0},
    {"aa", '\0', NULL, "control: weigh the first target against itself", NULL, option_read_on,
     FIELD(spec.design.aa), 0, 0},
    {"force", '\0', NULL, "measure although the arms are not comparable; the verdict says so", NULL,
     option_read_on, FIELD(spec.design.force), 0, 0},
    {"require-conclusive", '\0', NULL, "exit with 3 when a comparison stays inconclusive", NULL,
     option_read_on, FIELD(spec.design.require_conclusive), 0, 0},
    {.name = NULL},
};
const struct option_group options_comparing = {"Comparing", comparing};

static const struct option adding[] = {
    {"max-pairs", '\0', "N",
     "add pairs until the intervals of the gated metrics (or of ops, p50 and cpu) are half as wide "
     "as the margins, at most so many in all; of several hosts it takes three of each target",
     "as many as --pairs; standard: 40", option_read_u32, FIELD(spec.design.max_pairs), 1, 10000},
    {"time-budget", '\0', "TIME", "begin no pair that would end later", "none; standard: 15m",
     option_read_duration, FIELD(spec.design.time_budget), NSEC_PER_MSEC,
     30 * 24 * 3600 * NSEC_PER_SEC},
    {"no-calibrate", '\0', NULL,
     "standard, rigorous: do not weigh the first target against itself, which happens once for "
     "these conditions and takes as long as six pairs",
     NULL, option_read_off, FIELD(calibrates), 0, 0},
    {.name = NULL},
};
static const struct option_group options_adding = {"Adding pairs", adding};

static const struct option_group *const groups[] = {
    &options_comparing, &options_adding, &options_measuring, &options_workload,
    &options_load,      &options_output, &options_general,   NULL,
};

static bool check_pairs(const struct design_spec *design, struct error *err)
{
    return design->max_pairs == 0 || design->max_pairs >= design->pairs ||
           error_set(err, ERROR_USAGE,
                     "option '--max-pairs': %u is less than the %u pairs that are made before the "
                     "first look; add --pairs",
                     design->max_pairs, design->pairs);
}

static bool compare(struct request *request, int *exit_code, struct error *err)
{
    struct spec *spec = &request->spec;
    if (!check_pairs(&spec->design, err)) {
        return false;
    }
    request_want_both_loops(request);
    /* A gate that nothing can fail would give false comfort. */
    if (spec->design.gated[METRIC_MEMORY]) {
        return error_set(
            err, ERROR_USAGE,
            "option '--gate': memory is not measured here; write some of ops, p50, p99, "
            "p999, cpu, delivery-p50 and delivery-p99");
    }
    if (spec->target_count == 0 && !default_targets(request, err)) {
        return false;
    }
    if (spec->design.aa) {
        spec->target_count = 1;
    } else if (spec->target_count == 1) {
        return error_set(err, ERROR_USAGE,
                         "compare needs two targets or more, or --aa to weigh one against itself");
    }
    return measure(request, campaign_compare, exit_code, err);
}

const struct command cmd_compare = {
    .name = "compare",
    .arguments = "[options] [A B ...]",
    .summary = "weigh targets against each other",
    .text = "Weighs targets against each other: the first is the baseline, every other one is "
            "compared with it, in alternating slices and in pairs of runs. Without targets: the "
            "redis-server and the valkey-server found on this machine, started in a private "
            "folder. A target is [LABEL=]redis://HOST[:PORT] (rediss:// with TLS), "
            "[LABEL=]unix:///PATH or "
            "[LABEL=]local:PROGRAM[@VERSION][?SETTING=VALUE&...], or several of them separated by "
            "commas: hosts of one arm, which take turns.",
    .groups = groups,
    .takes_targets = true,
    .starts_servers = true,
    .run = compare,
};
