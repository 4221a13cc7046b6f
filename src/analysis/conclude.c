/* The verdict in words. Every sentence takes its figures from the comparisons; nothing is computed
 * here. */
#include <ctype.h>
#include <math.h>
#include <stddef.h>

#include "analysis/compare.h"
#include "analysis/conclude_gates.h"
#include "analysis/conclude_suite.h"
#include "analysis/describe.h"
#include "analysis/enough.h"
#include "analysis/many.h"
#include "analysis/pairs.h"
#include "base/buf.h"
#include "base/units.h"
#include "stats/crossed.h"
#include "stats/power.h"

enum {
    EXIT_DONE = 0,
    EXIT_REGRESSION = 1,
    EXIT_INCONCLUSIVE = 3,
    EXIT_NOT_VALID = 4,
    EXIT_INTERRUPTED = 130,
};

/* The comparisons of one cell and arm, by metric; NULL: none. */
struct figures {
    const struct result_comparison *of[METRIC_COUNT];
    size_t count;
};

static struct figures figures_of(const struct result_cell *cell, uint32_t arm)
{
    struct figures figures = {0};
    for (size_t i = 0; i < cell->comparison_count; i++) {
        if (cell->comparisons[i].arm == arm) {
            figures.of[cell->comparisons[i].metric] = &cell->comparisons[i];
            figures.count++;
        }
    }
    return figures;
}

static bool contains(const char *text, const char *part)
{
    return part[0] != '\0' && strstr(text, part) != NULL;
}

/* "valkey 8.0.1"; "new (valkey 8.0.1)" when the label does not name the engine. */
void conclude_add_name(struct buf *out, const struct result_arm *arm)
{
    const char *engine = arm->engine == NULL ? "" : arm->engine;
    const char *version = arm->engine_version == NULL ? "" : arm->engine_version;
    buf_add_text(out, arm->label);
    if (version[0] == '\0' || contains(arm->label, version)) {
        return;
    }
    if (str_eq(str_from(arm->label), str_from(engine))) {
        buf_addf(out, " %s", version);
    } else {
        buf_addf(out, " (%s%s%s)", engine, engine[0] == '\0' ? "" : " ", version);
    }
}

/* Ends a sentence that may already have its full stop. */
static void end_sentence(struct buf *out)
{
    if (out->len > 0 && strchr(".!?", out->data[out->len - 1]) == NULL) {
        buf_add_char(out, '.');
    }
}

/* A sentence of its own from a text that may begin with a small letter; names like p99 stay. */
static void add_sentence(struct buf *out, const char *text)
{
    bool capital = text[0] != '\0' && !isdigit((unsigned char)text[1]);
    buf_add_char(out, (char)(capital ? toupper((unsigned char)text[0]) : text[0]));
    buf_add_text(out, text[0] == '\0' ? "" : text + 1);
    end_sentence(out);
}

/* "4.1 %" of a ratio, without its sign. */
static const char *size_of_change(double ratio, char text[UNITS_TEXT_SIZE])
{
    return units_format_change(ratio, text) + 1;
}

static bool endless(const struct result_comparison *c)
{
    return !isfinite(c->high);
}

/* "95 % interval +2.9 % to +5.2 %" */
static void add_interval(struct buf *out, const struct result_comparison *c)
{
    char low[UNITS_TEXT_SIZE];
    char high[UNITS_TEXT_SIZE];
    buf_addf(out, "%g %% interval %s to %s", c->confidence * 100, units_format_change(c->low, low),
             units_format_change(c->high, high));
}

/* " (7 minutes)": the wall time of so many pairs; nothing when it is not known. */
static void add_time(struct buf *out, double pairs, const struct result_cell *cell)
{
    double seconds = pairs * analysis_pair_seconds(cell);
    double hours = seconds / 3600;
    if (isnan(seconds)) {
        return;
    }
    if (hours >= 2) {
        buf_addf(out, " (%.0f hours)", hours);
    } else if (seconds >= 120) {
        buf_addf(out, " (%.0f minutes)", seconds / 60);
    } else {
        buf_addf(out, " (%.0f seconds)", fmax(1, seconds));
    }
}

/* "6 pairs"; "3 and 4 hosts in 12 pairs" where hosts are the unit of inference. */
static void add_evidence(struct buf *out, const struct result_comparison *c)
{
    if (c->baseline_hosts > 0) {
        buf_addf(out, "%u and %u hosts in ", c->baseline_hosts, c->arm_hosts);
    }
    buf_addf(out, "%u %s", c->pairs, c->pairs == 1 ? "pair" : "pairs");
}

/* "too few for a 95 % interval; at least 6 are needed" */
static void add_too_few(struct buf *out, const struct result_comparison *c, const char *joint)
{
    buf_addf(out, "too few for a %g %% interval%s at least ", c->confidence * 100, joint);
    if (c->baseline_hosts > 0) {
        buf_addf(out, "%u hosts of each target are needed", c->hosts_needed);
    } else {
        buf_addf(out, "%u are needed", c->pairs_needed);
    }
}

/* "about 9 hosts of each target, with as many pairs each, would settle it" */
static void add_hosts_needed(struct buf *out, const struct result_comparison *c)
{
    buf_addf(out, "%s %u hosts of each target, with as many pairs each, would settle it",
             c->hosts_needed >= STATS_HOSTS_MOST ? "over" : "about", c->hosts_needed);
}

/* "about 34 more pairs (7 minutes) would settle it" */
static void add_needed(struct buf *out, const struct result_cell *cell,
                       const struct result_comparison *c)
{
    if (c->baseline_hosts > 0) {
        add_hosts_needed(out, c);
        return;
    }
    char text[UNITS_TEXT_SIZE];
    bool most = c->pairs_needed >= STATS_PAIRS_MOST;
    uint32_t more = c->pairs_needed - c->n;
    buf_addf(out, "%s %s more %s", most ? "over" : "about", units_format_count(more, text),
             more == 1 ? "pair" : "pairs");
    add_time(out, more, cell);
    buf_add_text(out, " would settle it");
}

/* ", not shown to be more than the margin of 2 %" */
static void add_not_shown(struct buf *out, const struct result_comparison *c)
{
    buf_addf(out, "a small difference, not shown to be more than the margin of %g %%",
             c->margin * 100);
}

struct names {
    const struct result_cell *cell;
    const struct result_arm *arm;
    const struct result_arm *baseline;
};

static void add_more_operations(struct buf *out, const struct names *names,
                                const struct result_comparison *c)
{
    char text[UNITS_TEXT_SIZE];
    conclude_add_name(out, names->arm);
    buf_addf(out, " serves %s %s operations per second than ", size_of_change(c->ratio, text),
             c->ratio < 1 ? "fewer" : "more");
    conclude_add_name(out, names->baseline);
    buf_add_text(out, " (");
    add_interval(out, c);
    buf_add_text(out, ", ");
    add_evidence(out, c);
    buf_add_text(out, "): ");
    if (c->verdict == VERDICT_SMALL_DIFFERENCE) {
        add_not_shown(out, c);
    } else {
        buf_add_text(out, verdict_name(c->verdict));
    }
    buf_add_char(out, '.');
}

static void add_no_difference(struct buf *out, const struct names *names,
                              const struct result_comparison *c)
{
    char text[UNITS_TEXT_SIZE];
    buf_add_text(out, "No difference in throughput that matters between ");
    conclude_add_name(out, names->arm);
    buf_add_text(out, " and ");
    conclude_add_name(out, names->baseline);
    buf_addf(out, ": %s (", units_format_change(c->ratio, text));
    add_interval(out, c);
    buf_add_text(out, ", ");
    add_evidence(out, c);
    buf_addf(out, "), within the margin of %g %%.", c->margin * 100);
}

static void add_cannot_tell(struct buf *out, const struct names *names,
                            const struct result_comparison *c)
{
    char text[UNITS_TEXT_SIZE];
    buf_add_text(out, "Cannot tell yet whether ");
    conclude_add_name(out, names->arm);
    buf_add_text(out, " serves more operations per second than ");
    conclude_add_name(out, names->baseline);
    buf_addf(out, ": %s ", units_format_change(c->ratio, text));
    if (endless(c)) {
        buf_add_text(out, c->baseline_hosts > 0 ? "on " : "in ");
        add_evidence(out, c);
        buf_add_text(out, ", ");
        add_too_few(out, c, ";");
        buf_add_char(out, '.');
        return;
    }
    buf_add_char(out, '(');
    add_interval(out, c);
    buf_add_text(out, ", ");
    add_evidence(out, c);
    buf_add_text(out, "); ");
    add_needed(out, names->cell, c);
    buf_add_char(out, '.');
}

static void add_throughput(struct buf *out, const struct names *names,
                           const struct result_comparison *c)
{
    switch (c->verdict) {
    case VERDICT_EQUIVALENT:
        add_no_difference(out, names, c);
        break;
    case VERDICT_INCONCLUSIVE:
        add_cannot_tell(out, names, c);
        break;
    case VERDICT_BETTER:
    case VERDICT_WORSE:
    case VERDICT_SMALL_DIFFERENCE:
    case VERDICT_INVALID:
        add_more_operations(out, names, c);
        break;
    }
}

/* "p99 latency is 8.1 % lower (95 % interval -9.0 % to -7.1 %): better." */
static void add_difference(struct buf *out, const struct result_comparison *c)
{
    struct buf text = {0};
    char change[UNITS_TEXT_SIZE];
    buf_addf(&text, "%s is %s %s (", metric_title(c->metric), size_of_change(c->ratio, change),
             c->ratio < 1 ? "lower" : "higher");
    add_interval(&text, c);
    buf_add_text(&text, "): ");
    if (c->verdict == VERDICT_SMALL_DIFFERENCE) {
        add_not_shown(&text, c);
    } else {
        buf_add_text(&text, verdict_name(c->verdict));
    }
    buf_add_char(out, ' ');
    add_sentence(out, buf_text(&text));
    buf_release(&text);
}

/* Appends "A, B and C": the titles of the metrics other than throughput with this verdict. Returns
 * how many there are. */
static unsigned add_titles(struct buf *out, const struct figures *figures, enum verdict verdict)
{
    enum metric found[METRIC_COUNT];
    unsigned count = 0;
    for (enum metric metric = METRIC_P50; metric < METRIC_COUNT; metric++) {
        if (figures->of[metric] != NULL && figures->of[metric]->verdict == verdict) {
            found[count++] = metric;
        }
    }
    for (unsigned i = 0; i < count; i++) {
        buf_addf(out, "%s%s",
                 i == 0           ? ""
                 : i + 1 == count ? " and "
                                  : ", ",
                 metric_title(found[i]));
    }
    return count;
}

static void add_equivalents(struct buf *out, const struct figures *figures)
{
    struct buf text = {0};
    unsigned count = add_titles(&text, figures, VERDICT_EQUIVALENT);
    if (count > 0) {
        buf_add_text(&text, count == 1 ? " is equivalent within its margin"
                                       : " are equivalent within their margins");
        buf_add_char(out, ' ');
        add_sentence(out, buf_text(&text));
    }
    buf_release(&text);
}

static void add_undecided(struct buf *out, const struct result_cell *cell,
                          const struct figures *figures)
{
    const struct result_comparison *longest = NULL;
    for (enum metric metric = METRIC_P50; metric < METRIC_COUNT; metric++) {
        const struct result_comparison *c = figures->of[metric];
        if (c != NULL && c->verdict == VERDICT_INCONCLUSIVE &&
            (longest == NULL || c->pairs_needed > longest->pairs_needed ||
             c->hosts_needed > longest->hosts_needed)) {
            longest = c;
        }
    }
    if (longest == NULL || (endless(longest) && figures->of[METRIC_OPS] != NULL)) {
        return; /* endless: the sentence on throughput has said that pairs are too few */
    }
    buf_add_text(out, " Cannot tell yet for ");
    add_titles(out, figures, VERDICT_INCONCLUSIVE);
    buf_add_text(out, ": ");
    if (endless(longest)) {
        add_evidence(out, longest);
        buf_add_text(out, longest->baseline_hosts == 0 && longest->pairs == 1 ? " is " : " are ");
        add_too_few(out, longest, ",");
    } else {
        add_needed(out, cell, longest);
    }
    buf_add_char(out, '.');
}

/* At what load latencies were compared, where that is not the one of throughput. */
static void add_latency_load(struct buf *out, const struct result_cell *cell)
{
    char text[UNITS_TEXT_SIZE];
    if (result_has_two_loops(cell)) {
        buf_addf(out, " Latencies are those at %s operations per second, the same for all.",
                 units_format_count((uint64_t)llround(cell->latency_load.rates[0]), text));
    }
}

static void add_gates(struct buf *out, const struct result *result, const struct figures *figures)
{
    const struct design_spec *design = &result->design;
    for (enum metric metric = 0; metric < METRIC_COUNT; metric++) {
        const struct result_comparison *c = figures->of[metric];
        if (!design->gated[metric]) {
            continue;
        }
        if (c == NULL) {
            buf_addf(out, " The gate on %s could not be checked: there are no figures.",
                     metric_title(metric));
        } else if (c->verdict == VERDICT_WORSE) {
            conclude_gate(out, result, c);
        }
    }
}

static void add_paragraph(struct buf *out, const struct result *result,
                          const struct result_cell *cell, uint32_t arm)
{
    struct figures figures = figures_of(cell, arm);
    struct names names = {cell, &result->arms[arm], &result->arms[0]};
    if (figures.count == 0) {
        return;
    }
    if (out->len > 0) {
        buf_add_char(out, '\n');
    }
    if (result->cell_count > 1) {
        buf_addf(out, "%s: ", cell->name);
    }
    if (figures.of[METRIC_OPS] != NULL) {
        add_throughput(out, &names, figures.of[METRIC_OPS]);
    } else {
        conclude_add_name(out, names.arm);
        buf_add_text(out, " against ");
        conclude_add_name(out, names.baseline);
        buf_add_char(out, '.');
    }
    for (enum metric metric = METRIC_P50; metric < METRIC_COUNT; metric++) {
        const struct result_comparison *c = figures.of[metric];
        if (c != NULL && (c->verdict == VERDICT_BETTER || c->verdict == VERDICT_WORSE ||
                          c->verdict == VERDICT_SMALL_DIFFERENCE)) {
            add_difference(out, c);
        }
    }
    add_equivalents(out, &figures);
    add_undecided(out, cell, &figures);
    add_latency_load(out, cell);
    add_gates(out, result, &figures);
}

/* Pairs that count, over all comparisons: the fewest. */
static uint32_t fewest_pairs(const struct result *result)
{
    uint32_t fewest = UINT32_MAX;
    for (size_t i = 0; i < result->cell_count; i++) {
        const struct result_cell *cell = &result->cells[i];
        for (size_t k = 0; k < cell->comparison_count; k++) {
            uint32_t n = cell->comparisons[k].pairs;
            fewest = n < fewest ? n : fewest;
        }
    }
    return fewest == UINT32_MAX ? 0 : fewest;
}

static void add_reservations(struct buf *out, const struct finding_list *findings)
{
    bool first = true;
    for (size_t i = 0; i < findings->count; i++) {
        if (findings->items[i].severity == SEVERITY_CONDITIONAL) {
            buf_addf(out, "%s%s", first ? " Holds with reservations: " : ", ",
                     findings->items[i].code);
            first = false;
        }
    }
    if (!first) {
        buf_add_char(out, '.');
    }
}

/* Why the measurement is no verdict: the first reason with its advice, and how many more. */
static void add_not_valid(struct buf *out, const struct result *result)
{
    const struct finding *first = NULL;
    size_t others = 0;
    for (size_t i = 0; i < result->findings.count; i++) {
        const struct finding *finding = &result->findings.items[i];
        if (finding->severity == SEVERITY_INVALID) {
            others += first == NULL ? 0 : 1;
            first = first == NULL ? finding : first;
        }
    }
    buf_addf(out, "NOT VALID%s: %s", result->design.force ? " (measured all the same)" : "",
             first == NULL ? "there is no pair of valid runs" : first->text);
    end_sentence(out);
    if (first != NULL && first->advice != NULL) {
        buf_add_char(out, ' ');
        add_sentence(out, first->advice);
    }
    if (others > 0) {
        buf_addf(out, " There %s %zu more %s.", others == 1 ? "is" : "are", others,
                 others == 1 ? "reason" : "reasons");
    }
    buf_add_text(out, " The figures are no verdict.");
}

static void add_self_control(struct buf *out, const struct result *result)
{
    for (size_t i = 0; i < result->cell_count; i++) {
        for (size_t k = 0; k < result->cells[i].comparison_count; k++) {
            enum verdict verdict = result->cells[i].comparisons[k].verdict;
            if (verdict == VERDICT_BETTER || verdict == VERDICT_WORSE) {
                buf_add_text(out, " This was a target against itself: a difference here is noise "
                                  "of the set-up, and says how far it can be trusted.");
                return;
            }
        }
    }
}

/* Why there are as many pairs as there are, where that was not fixed. */
static void add_stop(struct buf *out, const struct result *result)
{
    char text[UNITS_TEXT_SIZE];
    switch (result->stopped) {
    case STOP_PLANNED:
        if (result->design.max_pairs > result->design.pairs && !enough_adds_pairs(result) &&
            !result->interrupted) {
            buf_addf(out,
                     " No pairs were added: where hosts are compared that takes %d of each target.",
                     ENOUGH_HOSTS);
        }
        break;
    case STOP_PRECISE:
        buf_addf(out, " Stopped after %u pairs: the intervals of what decides are narrow enough.",
                 fewest_pairs(result));
        break;
    case STOP_MAX_PAIRS:
        buf_addf(out, " Stopped after %u pairs, the most that were allowed.",
                 result->design.max_pairs);
        break;
    case STOP_TIME_BUDGET:
        buf_addf(out, " Stopped after %u pairs: more would not have ended within %s.",
                 fewest_pairs(result), units_format_duration(result->design.time_budget, text));
        break;
    }
}

static void describe_comparison(struct buf *out, const struct result *result)
{
    struct buf paragraphs = {0};
    for (size_t i = 0; i < result->cell_count; i++) {
        for (uint32_t arm = 1; arm < result->arm_count; arm++) {
            add_paragraph(&paragraphs, result, &result->cells[i], arm);
        }
    }
    if (result->interrupted && result_confirms_gates(result)) {
        buf_add_text(out, "Interrupted while fresh pairs were made to confirm a gate. ");
    } else if (result->interrupted) {
        bool adds = enough_adds_pairs(result);
        buf_addf(out, "Interrupted after %u of %s%u pairs%s", fewest_pairs(result),
                 adds ? "at least " : "", adds ? enough_least(result) : result->design.pairs,
                 paragraphs.len == 0 ? ": no verdict." : ". ");
    }
    if (result->design.aa && paragraphs.len > 0) {
        buf_add_text(out, "A/A control: ");
    }
    buf_add_str(out, buf_str(&paragraphs));
    buf_release(&paragraphs);
    if (result->design.aa) {
        add_self_control(out, result);
    }
    add_stop(out, result);
}

static void describe_runs(struct buf *out, const struct result *result)
{
    char rate[UNITS_TEXT_SIZE];
    char p50[UNITS_TEXT_SIZE];
    char p99[UNITS_TEXT_SIZE];
    char p999[UNITS_TEXT_SIZE];
    for (size_t i = 0; i < result->cell_count; i++) {
        const struct result_cell *cell = &result->cells[i];
        for (size_t k = 0; k < cell->run_count; k++) {
            const struct result_run *run = &cell->runs[k];
            if (run->operations == 0 || !(run->measured_seconds > 0) || run->latency == NULL) {
                continue;
            }
            double ops = (double)run->operations / run->measured_seconds;
            buf_add_text(out, out->len > 0 ? "\n" : result->interrupted ? "Interrupted. " : "");
            conclude_add_name(out, &result->arms[run->arm]);
            buf_addf(out,
                     " serves %s operations per second; latency is %s at the median, %s at p99 "
                     "and %s at p99.9 (%u clients, %.1f s measured).",
                     units_format_count((uint64_t)llround(ops), rate),
                     units_format_latency((double)hist_percentile(run->latency, 50), p50),
                     units_format_latency((double)hist_percentile(run->latency, 99), p99),
                     units_format_latency((double)hist_percentile(run->latency, 99.9), p999),
                     cell->load.clients, run->measured_seconds);
        }
    }
    if (out->len == 0 && result->interrupted) {
        buf_add_text(out, "Interrupted before anything was measured.");
    }
}

/* Is there nothing to say: no run that served anything, no pair that counts? */
static bool nothing_measured(const struct result *result)
{
    for (size_t i = 0; i < result->cell_count; i++) {
        const struct result_cell *cell = &result->cells[i];
        if (result_kind_compares(result->kind) && cell->comparison_count > 0) {
            return false;
        }
        for (size_t k = 0; result->kind == RESULT_RUN && k < cell->run_count; k++) {
            if (cell->runs[k].operations > 0) {
                return false;
            }
        }
    }
    return true;
}

/* Over all cells and arms: does some figure that decides have this verdict (or is it missing, when
 * `missing` counts)? */
static bool any_deciding(const struct result *result, enum verdict verdict, bool all, bool missing)
{
    for (size_t i = 0; i < result->cell_count; i++) {
        for (uint32_t arm = 1; arm < result->arm_count; arm++) {
            struct figures figures = figures_of(&result->cells[i], arm);
            for (enum metric metric = 0; metric < METRIC_COUNT; metric++) {
                const struct result_comparison *c = figures.of[metric];
                bool gated = result->design.gated[metric];
                bool stands =
                    verdict != VERDICT_WORSE || (c != NULL && analysis_gate_fails(result, c));
                if ((gated || all) && c != NULL && c->verdict == verdict && stands) {
                    return true;
                }
                if (gated && c == NULL && missing) {
                    return true;
                }
            }
        }
    }
    return false;
}

static bool any_gate(const struct design_spec *design)
{
    for (enum metric metric = 0; metric < METRIC_COUNT; metric++) {
        if (design->gated[metric]) {
            return true;
        }
    }
    return false;
}

static int exit_code_of(const struct result *result, bool valid)
{
    if (result->interrupted) {
        return EXIT_INTERRUPTED;
    }
    if (!valid) {
        return EXIT_NOT_VALID;
    }
    if (!result_kind_compares(result->kind)) {
        return EXIT_DONE;
    }
    if (any_deciding(result, VERDICT_WORSE, false, false)) {
        return EXIT_REGRESSION;
    }
    if (result->design.require_conclusive &&
        any_deciding(result, VERDICT_INCONCLUSIVE, !any_gate(&result->design), true)) {
        return EXIT_INCONCLUSIVE;
    }
    /* A gate that could not be checked has not passed. Cells of a suite need not have every figure.
     */
    bool must_have = result->kind == RESULT_COMPARE;
    if (any_gate(&result->design) && any_deciding(result, VERDICT_INVALID, false, must_have)) {
        return EXIT_NOT_VALID;
    }
    return EXIT_DONE;
}

/* What was added behind `before` begins a line; nothing ends with an empty one. */
static void end_lines(struct buf *text, size_t before)
{
    struct str all = buf_str(text);
    struct str added = str_trim(str_from_index(all, before));
    struct buf joined = {0};
    buf_add_str(&joined, str_prefix(all, before));
    buf_add_str(&joined, added);
    buf_clear(text);
    buf_add_str(text, str_trim(buf_str(&joined)));
    buf_release(&joined);
}

void analysis_conclude(struct result *result)
{
    struct buf text = {0};
    bool broken = finding_list_worst(&result->findings) == SEVERITY_INVALID;
    bool valid = !broken && !nothing_measured(result);
    analysis_describe(result);
    if (result->kind == RESULT_SUITE) {
        many_check(result);
    }
    if (broken || (!valid && !result->interrupted)) {
        buf_add_text(&text, result->interrupted ? "Interrupted. " : "");
        add_not_valid(&text, result);
    } else if (result->kind == RESULT_SUITE) {
        conclude_suite(&text, result);
        size_t before = text.len;
        add_reservations(&text, &result->findings);
        end_lines(&text, before);
    } else if (result->kind == RESULT_COMPARE) {
        describe_comparison(&text, result);
        add_reservations(&text, &result->findings);
    } else {
        describe_runs(&text, result);
        add_reservations(&text, &result->findings);
    }
    result->verdict_text = arena_copy(&result->arena, buf_str(&text));
    result->exit_code = exit_code_of(result, valid);
    buf_release(&text);
}
