#include "analysis/contract.h"

#include <math.h>
#include <string.h>

/* How a fact that differs between two arms is judged. */
struct rule {
    const char *fact;
    const char *code;
    enum severity severity;
    const char *advice; /* NULL: none */
};

static const struct rule rules[] = {
    {"tls", "tls-differs", SEVERITY_INVALID, "speak to both with TLS, or to both without"},
    {"redis_mode", "cluster-differs", SEVERITY_INVALID, "compare servers of the same shape"},
    {"primaries", "cluster-differs", SEVERITY_INVALID, "compare clusters with as many primaries"},
    {"replicas", "replicas-differ", SEVERITY_INVALID, "compare servers with as many replicas"},
    {"save", "persistence-differs", SEVERITY_INVALID, "give both the same save setting"},
    {"appendonly", "persistence-differs", SEVERITY_INVALID,
     "give both the same appendonly setting"},
    {"appendfsync", "persistence-differs", SEVERITY_INVALID,
     "give both the same appendfsync setting"},
    {"maxmemory-policy", "eviction-differs", SEVERITY_INVALID,
     "give both the same maxmemory-policy"},
    {"maxmemory", "memory-limit-differs", SEVERITY_CONDITIONAL, "give both the same maxmemory"},
    {"modules", "modules-differ", SEVERITY_CONDITIONAL, "load the same modules, or none"},
    {"io-threads", "threads-differ", SEVERITY_CONDITIONAL, "give both the same io-threads"},
    {"activedefrag", "tuning-differs", SEVERITY_CONDITIONAL, "give both the same activedefrag"},
    {"latency-tracking", "tuning-differs", SEVERITY_CONDITIONAL,
     "give both the same latency-tracking"},
    {"hz", "tuning-differs", SEVERITY_NOTE, NULL},
    {"lazyfree-lazy-user-del", "tuning-differs", SEVERITY_NOTE, NULL},
    {"arch_bits", "platform-differs", SEVERITY_CONDITIONAL, "compare on the same platform"},
    {"mem_allocator", "platform-differs", SEVERITY_NOTE, NULL},
};

/* Facts that are figures, and matter where they are so far apart. */
struct figure_rule {
    const char *fact;
    double ratio;      /* of the larger to the smaller */
    double difference; /* and between them */
    const char *code;
    const char *what, *unit;
    const char *advice;
};

static const struct figure_rule figure_rules[] = {
    {"round-trip-us", 1.2, 100, "network-differs", "round trip", " us",
     "measure from where both are as near, for example in the same zone: latency compares the "
     "networks, too"},
    {"bytes-per-key", 1.5, 32, "data-differs", "size of the keys that were there before",
     " bytes on average", "compare servers that hold the same data"},
    {"expiring-percent", 1, 10, "data-differs", "share of the keys there before that expire", " %",
     "compare servers that hold the same data"},
};
enum { FIGURE_RULES = sizeof figure_rules / sizeof figure_rules[0] };
static const double KEYS_RATIO = 1.1;

/* The arm with what was said of one of its hosts. */
static struct result_arm at_host(struct result *result, const struct result_arm *arm, size_t index)
{
    struct result_arm view = *arm;
    if (arm->host_count > 0) {
        const struct result_host *host = &arm->hosts[index];
        view.label = arena_printf(&result->arena, "%s at %s", arm->label, host->target);
        view.engine = host->engine;
        view.engine_version = host->engine_version;
        view.facts = host->facts;
        view.fact_count = host->fact_count;
        view.settings = host->settings;
        view.setting_count = host->setting_count;
    }
    return view;
}

static bool is_asked(const struct result_arm *arm, const char *name)
{
    for (size_t i = 0; i < arm->setting_count; i++) {
        if (strcasecmp(arm->settings[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

static const char *shown(const char *value)
{
    return value[0] == '\0' ? "none" : value;
}

/* The rule for appendfsync matters only where there is an append-only file. */
static bool matters(const struct rule *rule, const struct result_arm *a, const struct result_arm *b)
{
    if (strcmp(rule->fact, "appendfsync") != 0) {
        return true;
    }
    const char *one = result_arm_fact(a, "appendonly");
    const char *other = result_arm_fact(b, "appendonly");
    return one != NULL && other != NULL && strcmp(one, "yes") == 0 && strcmp(other, "yes") == 0;
}

/* What a server that we start has for modules is built in, or was asked for. */
static bool are_own_modules(const struct rule *rule, const struct result_arm *a,
                            const struct result_arm *b)
{
    return strcmp(rule->fact, "modules") == 0 && a->started_by_us && b->started_by_us;
}

static bool compare_fact(struct result *result, const struct rule *rule,
                         const struct result_arm *baseline, const struct result_arm *arm)
{
    const char *a = result_arm_fact(baseline, rule->fact);
    const char *b = result_arm_fact(arm, rule->fact);
    if (a == NULL || b == NULL || strcmp(a, b) == 0 || !matters(rule, baseline, arm)) {
        return true;
    }
    const char *meant = NULL;
    if (is_asked(baseline, rule->fact) || is_asked(arm, rule->fact)) {
        meant = ", as asked";
    } else if (are_own_modules(rule, baseline, arm)) {
        meant = ", built in or as asked";
    }
    enum severity severity = meant != NULL ? SEVERITY_NOTE : rule->severity;
    result_add_finding(result, &result->findings, severity, rule->code,
                       meant != NULL ? NULL : rule->advice, "%s: %s has \"%s\", %s has \"%s\"%s",
                       rule->fact, baseline->label, shown(a), arm->label, shown(b),
                       meant != NULL ? meant : "");
    return severity != SEVERITY_INVALID;
}

/* A fact as a number; NAN when unknown. */
static double figure(const struct result_arm *arm, const char *name)
{
    const char *text = result_arm_fact(arm, name);
    uint64_t number = 0;
    return text != NULL && str_to_u64(str_from(text), &number) ? (double)number : NAN;
}

/* Tells of it, and says so. */
static bool compare_figure(struct result *result, const struct figure_rule *rule,
                           const struct result_arm *baseline, const struct result_arm *arm)
{
    double a = figure(baseline, rule->fact);
    double b = figure(arm, rule->fact);
    bool differ = fabs(a - b) > rule->difference && fmax(a, b) > rule->ratio * fmin(a, b);
    if (differ) {
        result_add_finding(result, &result->findings, SEVERITY_CONDITIONAL, rule->code,
                           rule->advice, "%s: %s has %g%s, %s %g%s", rule->what, baseline->label, a,
                           rule->unit, arm->label, b, rule->unit);
    }
    return differ;
}

/* The first two hosts of two arms that differ: one sentence is enough. */
static void compare_figures(struct result *result, const struct figure_rule *rule,
                            const struct result_arm *baseline, const struct result_arm *arm)
{
    for (uint32_t i = 0; i < result_arm_hosts(baseline); i++) {
        for (uint32_t k = 0; k < result_arm_hosts(arm); k++) {
            struct result_arm one = at_host(result, baseline, i);
            struct result_arm other = at_host(result, arm, k);
            if (compare_figure(result, rule, &one, &other)) {
                return;
            }
        }
    }
}

/* Any two servers: of two arms, or of one. */
static bool compare_identity(struct result *result, const struct result_arm *baseline,
                             const struct result_arm *arm, const char *advice)
{
    const char *a = result_arm_fact(baseline, "run_id");
    const char *b = result_arm_fact(arm, "run_id");
    if (result->design.aa || baseline->started_by_us || arm->started_by_us || a == NULL ||
        b == NULL || a[0] == '\0' || strcmp(a, b) != 0) {
        return true;
    }
    result_add_finding(result, &result->findings, SEVERITY_INVALID, "same-server", advice,
                       "%s and %s are the same server", baseline->label, arm->label);
    return false;
}

static bool is_yes(const struct result_arm *arm, const char *fact)
{
    const char *value = result_arm_fact(arm, fact);
    return value != NULL && strcmp(value, "1") == 0;
}

static void check_state(struct result *result, const struct result_arm *arm)
{
    const char *role = result_arm_fact(arm, "role");
    bool loads = is_yes(arm, "loading");
    bool saves = is_yes(arm, "rdb_bgsave_in_progress");
    if (role != NULL && strcmp(role, "slave") == 0) {
        result_add_finding(result, &result->findings, SEVERITY_CONDITIONAL, "replica",
                           "name its primary", "%s is a replica", arm->label);
    }
    if (loads || saves || is_yes(arm, "aof_rewrite_in_progress")) {
        result_add_finding(result, &result->findings, SEVERITY_CONDITIONAL, "busy-server",
                           "wait until it is done, and measure again",
                           "%s was %s when it was asked", arm->label,
                           loads   ? "loading its data"
                           : saves ? "saving in the background"
                                   : "rewriting its append-only file");
    }
}

static void check_keys(struct result *result)
{
    double least = INFINITY;
    double most = 0;
    const char *fullest = NULL;
    for (size_t i = 0; i < result->arm_count; i++) {
        for (uint32_t k = 0; k < result_arm_hosts(&result->arms[i]); k++) {
            struct result_arm host = at_host(result, &result->arms[i], k);
            double keys = figure(&host, "keys");
            least = fmin(least, keys);
            if (keys > most) {
                most = keys;
                fullest = host.label;
            }
        }
    }
    if (fullest == NULL) {
        return;
    }
    bool differ = most > KEYS_RATIO * least;
    result_add_finding(result, &result->findings, differ ? SEVERITY_CONDITIONAL : SEVERITY_NOTE,
                       "not-empty", differ ? "compare servers that hold the same data" : NULL,
                       "%s held %.0f keys before%s", fullest, most,
                       result->arm_count < 2 ? ""
                       : differ              ? ", another arm fewer"
                                             : ", the others about as many");
}

/* Each host of one arm with each host of the other. */
static bool compare_identities(struct result *result, const struct result_arm *baseline,
                               const struct result_arm *arm)
{
    bool differ = true;
    for (uint32_t i = 0; i < result_arm_hosts(baseline); i++) {
        for (uint32_t k = 0; k < result_arm_hosts(arm); k++) {
            struct result_arm one = at_host(result, baseline, i);
            struct result_arm other = at_host(result, arm, k);
            differ =
                compare_identity(result, &one, &other, "use --aa for an A/A control") && differ;
        }
    }
    return differ;
}

static void compare_versions(struct result *result, const struct result_arm *one,
                             const struct result_arm *other)
{
    if (strcmp(one->engine, other->engine) != 0 ||
        strcmp(one->engine_version, other->engine_version) != 0) {
        result_add_finding(result, &result->findings, SEVERITY_CONDITIONAL, "hosts-differ",
                           "list hosts that run the same", "%s runs %s %s, %s runs %s %s",
                           one->label, one->engine, one->engine_version, other->label,
                           other->engine, other->engine_version);
    }
}

/* The hosts of one arm are meant to be alike: each is held against the first. */
static bool check_hosts(struct result *result, const struct result_arm *arm)
{
    bool is_comparable = true;
    for (uint32_t i = 1; i < arm->host_count; i++) {
        struct result_arm first = at_host(result, arm, 0);
        struct result_arm other = at_host(result, arm, i);
        compare_versions(result, &first, &other);
        for (size_t k = 0; k < sizeof rules / sizeof rules[0]; k++) {
            struct rule rule = rules[k];
            rule.code = "hosts-differ";
            is_comparable = compare_fact(result, &rule, &first, &other) && is_comparable;
        }
        for (uint32_t k = 0; k < i; k++) {
            struct result_arm before = at_host(result, arm, k);
            is_comparable =
                compare_identity(result, &before, &other, "list each server once") && is_comparable;
        }
    }
    return is_comparable;
}

bool contract_check(struct result *result)
{
    bool is_comparable = true;
    size_t told = result->design.aa ? 1 : result->arm_count; /* else each would be told twice */
    for (size_t i = 0; i < told; i++) {
        is_comparable = check_hosts(result, &result->arms[i]) && is_comparable;
    }
    for (size_t i = 1; i < result->arm_count; i++) {
        const struct result_arm *baseline = &result->arms[0];
        const struct result_arm *arm = &result->arms[i];
        is_comparable = compare_identities(result, baseline, arm) && is_comparable;
        for (size_t k = 0; k < sizeof rules / sizeof rules[0]; k++) {
            is_comparable = compare_fact(result, &rules[k], baseline, arm) && is_comparable;
        }
        for (size_t k = 0; k < FIGURE_RULES; k++) {
            compare_figures(result, &figure_rules[k], baseline, arm);
        }
    }
    for (size_t i = 0; i < result->arm_count; i++) {
        for (uint32_t k = 0; k < result_arm_hosts(&result->arms[i]); k++) {
            struct result_arm host = at_host(result, &result->arms[i], k);
            check_state(result, &host);
        }
    }
    check_keys(result);
    return is_comparable;
}
