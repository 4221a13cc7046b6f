/* Everything that one invocation measured: plain data, the waist of the program. Measuring fills
 * it; verdicts, reports and files read it. Strings and arrays live in the result's arena unless
 * said otherwise; latencies are nanoseconds, rates per second, sizes bytes, ratios B/A. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/units.h"
#include "hist/hist.h"
#include "model/calibration.h"
#include "model/env.h"
#include "model/metric.h"
#include "model/monitor.h"
#include "model/spec.h"
#include "model/statistics.h"

enum severity { SEVERITY_NOTE, SEVERITY_CONDITIONAL, SEVERITY_INVALID };
const char *severity_name(enum severity severity); /* "note", "conditional", "invalid" */
bool severity_find(struct str name, enum severity *out);

/* Something the reader must know, with what to do about it. */
struct finding {
    const char *code; /* stable, kebab-case: "client-saturated" */
    enum severity severity;
    const char *text;   /* one sentence: what was seen, with figures */
    const char *advice; /* one sentence: what to do; NULL: nothing */
};

struct finding_list {
    struct finding *items;
    size_t count;
    size_t capacity;
};

/* What an imported result does not say; null in the file. Numbers that may be less say NAN, texts
 * NULL; clients, threads and pipeline 0. */
#define RESULT_UNKNOWN UINT64_MAX

/* Where a result comes from that tenbin did not measure. */
struct result_origin {
    const char *format;  /* "memtier-json", ...: docs/FORMATS.md, "Imports" */
    const char *program; /* that measured; NULL: unknown */
    const char *file;
};

/* Latencies as another program sums them up: ns, RESULT_UNKNOWN. */
struct result_figures {
    uint64_t count;
    double mean;
    uint64_t min, p50, p90, p95, p99, p999, p9999, max;
};

/* Errors of one kind. */
struct result_error {
    const char *kind; /* as reply_error_name; each kind once */
    uint64_t count;
};

struct result_command {
    const char *name;
    uint64_t operations;
    struct hist *latency;                 /* owned by the result, on the heap */
    const struct result_figures *figures; /* imported without a histogram; NULL: as in `latency` */
};

/* A slice (in a comparison) or a second (elsewhere). */
struct result_window {
    double end;        /* seconds of measured time at its end, counted from the run's start */
    double seconds;    /* its length */
    nsec started_wall; /* nanoseconds since 1970 */
    uint64_t operations;
    uint64_t errors;
    uint64_t p50, p99, p999, max;
};

/* Operations served by one node. */
struct result_node {
    const char *name; /* "10.0.0.5:6379" */
    bool is_replica;
    uint64_t operations;
};

struct result_worker {
    double cpu_seconds;
    double busy; /* 0..1, without waiting and spinning */
};

/* What became of the operations that an open loop meant to send: intended = completed (the run's
 * operations) + errors + outstanding. */
struct result_schedule {
    uint64_t intended;
    uint64_t sent;
    uint64_t late; /* of those sent: more than 1 ms after the intended moment */
    uint64_t outstanding;
    uint64_t beside;       /* operations of clients in a closed loop beside, not intended by it */
    struct hist *send_lag; /* owned by the result; what the load generator itself was late by */
};

/* Messages that some clients sent and others received. All zero: there were none. */
struct result_deliveries {
    struct hist *latency; /* owned by the result: from sending to receiving; NULL: no messages */
    uint64_t expected;    /* that should have been received, as the server or the workload says */
    uint64_t delivered;   /* that were */
};

/* Reads that clients answered themselves. */
struct result_client_cache {
    uint64_t local_hits;
    uint64_t invalidations; /* keys that clients were told to forget */
    uint64_t flushes;       /* how often all of them */
};

/* The parts of making connections during the measurement; owned by the result. All NULL: none was
 * made; each may be empty. */
struct result_connects {
    struct hist *connect; /* the network's part */
    struct hist *tls;
    struct hist *session; /* HELLO, AUTH, SELECT */
};

/* What clients did to values before storing and after reading them; histograms owned by the result,
 * all NULL: nothing. */
struct result_client_work {
    struct hist *serialise;
    struct hist *compress;
    struct hist *decompress;
    struct hist *parse;
    uint64_t values_made;  /* before storing */
    uint64_t plain_bytes;  /* of those, before... */
    uint64_t stored_bytes; /* ...and after it */
    uint64_t values_taken; /* after reading */
};

struct result_run {
    uint32_t arm;         /* index into the result's arms */
    uint32_t pair;        /* from 1 */
    uint32_t block;       /* from 1 */
    uint32_t slot;        /* 1: this arm's slice began the pair */
    uint32_t attempt;     /* from 1; a repeated pair counts up */
    uint32_t order;       /* position within the result, from 1 */
    const char *load;     /* "closed", "open" */
    const char *launch;   /* names the server process: its run_id */
    const char *host;     /* the server: as its endpoint is named */
    uint32_t host_number; /* of the arm's hosts, from 1 */
    nsec started_wall;
    bool valid;
    bool partial; /* its pair was broken off: figures to look at, never compared; not valid */
    struct finding_list findings;
    double measured_seconds;
    uint64_t operations;
    uint64_t steps;
    uint64_t hits, misses;
    uint64_t empty; /* operations that waited on purpose, and in vain */
    struct result_deliveries deliveries;
    struct result_client_cache client_cache;
    uint64_t bytes_sent, bytes_received;
    uint64_t read_calls, write_calls, poll_calls;
    uint64_t lost_connections;
    double gap_seconds; /* sum over connections of the time without one */
    double longest_gap_seconds;
    double client_cpu_seconds; /* NAN: unknown, as while it is being measured */
    double client_busy;        /* of the busiest worker, 0..1; NAN: unknown */
    struct result_worker *workers;
    size_t worker_count;
    uint64_t loop_stalls; /* rounds of a worker's loop that took more than 1 ms */
    double longest_loop_stall_seconds;
    double offered_per_second;       /* open loop; < 0: closed */
    struct result_schedule schedule; /* open loop; send_lag NULL: closed */
    struct hist *service_latency;    /* open loop; NULL: closed */
    struct result_connects connects;
    struct result_client_work client_work;
    struct result_node *nodes;
    size_t node_count;
    uint64_t moved, asked;   /* redirections followed */
    uint64_t retries;        /* transactions that were begun again, for EXEC had answered null */
    uint64_t aborted;        /* ... and operations that ended so */
    uint64_t scripts_loaded; /* anew, because a server did not know them any more */
    uint64_t topology_changes;
    double server_cpu_seconds; /* < 0: unknown */
    double server_busy;        /* main thread, 0..1; < 0: unknown */
    bool server_is_told;       /* what follows is known */
    uint64_t evicted_keys;     /* by the server in the course of the run */
    uint64_t expired_keys;
    uint64_t forks;   /* to save, to rewrite, to send a snapshot to a replica */
    double steal;     /* share of the machine's time that the hypervisor took, 0..1 */
    double throttled; /* processors that a quota of tenbin's control groups held back, on average;
                         NAN: not known */
    struct result_error *errors;
    size_t error_count;
    struct hist *latency; /* response time in an open loop, service time in a closed one */
    const struct result_figures *figures; /* imported without a histogram; NULL: as in `latency` */
    double stated_rate; /* imported: operations per second; 0: operations / measured_seconds */
    struct result_command *commands;
    size_t command_count;
    struct result_window *windows;
    size_t window_count;
    struct monitor_sample *samples; /* in the order in which they became known */
    size_t sample_count;
};

enum verdict {
    VERDICT_BETTER,
    VERDICT_WORSE,
    VERDICT_EQUIVALENT,
    VERDICT_SMALL_DIFFERENCE,
    VERDICT_INCONCLUSIVE,
    VERDICT_INVALID,
};
enum { VERDICT_COUNT = VERDICT_INVALID + 1 };
const char *verdict_name(enum verdict verdict); /* "better", ..., "small-difference", ... */
bool verdict_find(struct str name, enum verdict *out);

/* The same comparison made of fresh pairs alone, because a gate was about to fail. */
struct result_confirmation {
    uint32_t n; /* 0: none was made */
    double ratio, low, high;
    uint32_t baseline_hosts, arm_hosts; /* like those of the comparison */
    enum verdict verdict;
};

struct result_comparison {
    uint32_t baseline; /* arm indices */
    uint32_t arm;
    enum metric metric;
    const char *load;
    uint32_t n; /* pairs, or hosts of the arm that has fewer (see result_unit_is_host) */
    double ratio, low, high; /* arm / baseline; low 0 and high INFINITY when n is too small */
    double confidence;
    double margin;
    double minimum_detectable;        /* as a fraction; INFINITY: n is too small; NAN: not known */
    double baseline_value, arm_value; /* medians over runs, for tables */
    enum verdict verdict;
    uint32_t pairs_needed;  /* 0: none needed, or more pairs are not what is lacking */
    double position_effect; /* what going first adds to the arm's value, a fraction; it has been
                               taken out of the figures. NAN: too few pairs to tell */
    double p_equivalence;   /* of "the difference is not below the margin"; NAN: not tested */
    double p_value;         /* of "there is no difference"; NAN: not tested */
    double adjusted;        /* the same for all cells together (analysis/many.h); NAN: one cell */
    double gate;        /* where the metric is gated: of "it is not worse by more than the margin",
                           for all gates together; NAN: no gate, or one cell */
    double noise_floor; /* the smallest difference that n pairs see with the noise that was
                           calibrated, a fraction; NAN: not calibrated */
    uint32_t pairs;     /* that count */
    uint32_t baseline_hosts, arm_hosts; /* with runs in those; 0: the pair is the unit */
    uint32_t hosts_needed;              /* of each arm, where hosts are the unit; 0: none needed */
    struct result_confirmation confirmation;
};

/* An operation that was left out for all arms, because one of them lacks it. */
struct result_skip {
    const char *operation;
    const char *arm;
};

/* What the data of a cell took in the server of one arm. */
struct result_memory {
    uint32_t arm;
    uint64_t keys;
    uint64_t elements; /* of each key; 1: strings */
    uint64_t before;   /* the server's used_memory, bytes */
    uint64_t after;
    bool was_empty; /* nothing else was in the server */
};

struct result_cell {
    const char *name;
    const char *structure; /* of a suite: the base cell; NULL: no suite */
    const char *factor;    /* what makes it another one; NULL: nothing */
    bool is_transaction;
    bool is_script;
    double write_share;           /* of operations that write; < 0: not told */
    struct finding_list findings; /* of a suite: about this cell alone */
    struct result_memory *memory; /* of a cell whose data was weighed: one per arm */
    size_t memory_count;
    struct result_skip *skipped;
    size_t skip_count;
    struct workload_spec workload;
    struct load_spec load;
    struct load_profile latency_load; /* the open loop beside a closed `load`, for all metrics of
                                         latency; LOAD_CLOSED: none */
    struct result_run *runs;          /* owned by the result, grown by result_add_run */
    size_t run_count;
    size_t run_capacity;
    uint32_t confirmed_from; /* pairs from this one on confirm a gate, and count for nothing else;
                                0: there are none */
    struct result_comparison *comparisons;
    size_t comparison_count;
    struct result_description *descriptions; /* of the arms that have a valid run */
    size_t description_count;
    struct result_shift *shifts; /* of the arms but the first */
    size_t shift_count;
    struct result_anomaly *anomalies;
    size_t anomaly_count;
    double client_maximum; /* operations per second that the load generator can do by itself, in a
                              closed loop against a server that does nothing; 0: not known */
    struct calibration *calibration; /* of a control: its own; else one that was made under the same
                                        conditions before; NULL: none */
};

/* What was agreed on with the servers of an arm, over all connections to them. */
struct result_tls {
    const char *version; /* of the latest: "TLSv1.3" */
    const char *cipher;
    uint64_t handshakes; /* completed: load, control and cleaning up */
    uint64_t resumed;    /* of those, in a few steps less, with what was kept of one before */
};

/* One of several hosts of an arm. */
struct result_host {
    const char *target; /* as written, without password */
    const char *engine;
    const char *engine_version;
    struct setting *facts;
    size_t fact_count;
    struct setting *settings; /* that were asked for */
    size_t setting_count;
};

struct result_arm {
    const char *label; /* unique in the result: how files name the arm */
    const char *engine;
    const char *engine_version;
    const char *target;        /* as written, without password: all hosts */
    struct result_host *hosts; /* all of them, where there are several; what is said of the arm is
                                  then said of the first */
    size_t host_count;         /* 0: one host */
    struct setting *settings;
    size_t setting_count;
    struct setting *facts; /* what the server said of itself at the first launch: names and values
                              as in target/facts.h */
    size_t fact_count;
    bool started_by_us;
    const char *placement; /* "pinned to processors 1", "not pinned", "remote" */
    struct result_tls tls; /* version NULL: no TLS, or no handshake was completed */
};

/* Is there an open loop beside the closed one? */
static inline bool result_has_two_loops(const struct result_cell *cell)
{
    return cell->latency_load.shape != LOAD_CLOSED;
}
/* Bytes of server memory for each key. */
double result_memory_per_key(const struct result_memory *memory);
/* Of how many hosts the arm's runs come: at least one. */
uint32_t result_arm_hosts(const struct result_arm *arm);
/* A fact of the arm, or NULL when it is not known. */
const char *result_arm_fact(const struct result_arm *arm, const char *name);

/* Over all cells of a suite: one arm and metric. */
struct result_summary {
    uint32_t baseline;
    uint32_t arm;
    enum metric metric;
    uint32_t verdicts[VERDICT_COUNT]; /* cells with each */
    uint32_t cells;                   /* that the mean is over */
    uint32_t n;              /* blocks that it comes from, or hosts of the arm that has fewer */
    double ratio, low, high; /* geometric mean over the cells; low 0 and high INFINITY as above */
    double confidence;
};

enum result_kind { RESULT_COMPARE, RESULT_RUN, RESULT_SUITE };
const char *result_kind_name(enum result_kind kind); /* "compare", "run", "suite" */
/* Are its arms compared? */
bool result_kind_compares(enum result_kind kind);
bool result_kind_find(struct str name, enum result_kind *out);

/* Why no more pairs were made. */
enum stop_reason {
    STOP_PLANNED,     /* their number was fixed, or it was interrupted */
    STOP_PRECISE,     /* the intervals are narrow enough */
    STOP_MAX_PAIRS,   /* so many pairs were allowed */
    STOP_TIME_BUDGET, /* the next ones would not have ended in time */
};
const char *stop_reason_name(enum stop_reason reason); /* "planned", "precise", "max-pairs", ... */
bool stop_reason_find(struct str name, enum stop_reason *out);

struct result {
    struct arena arena;
    enum result_kind kind;
    const char *id;
    const struct result_origin *origin; /* imported; NULL: measured by tenbin */
    nsec created_wall;
    const char *tenbin_version;
    const char **command_line;
    size_t command_line_count;
    uint64_t seed;
    struct design_spec design;
    const char *worker_placement; /* "worker pinned to processor 0", ... */
    struct env env;               /* of the machine that measured */
    struct result_arm *arms;
    size_t arm_count;
    struct result_cell *cells;
    size_t cell_count;
    struct result_summary *summaries; /* of a suite */
    size_t summary_count;
    struct finding_list findings; /* of the contract between the arms, and of the whole */
    uint32_t repeated_pairs;
    enum stop_reason stopped;
    bool interrupted;
    const char *verdict_text; /* one paragraph, the first thing a reader sees; NULL: none yet */
    int exit_code;
};

/* An empty result of kind compare with the defaults of spec_init. */
void result_init(struct result *result);
/* Were fresh pairs made, or begun, in any cell because a gate was about to fail? */
bool result_confirms_gates(const struct result *result);
/* What varies at the highest level, so that it is the unit of inference: hosts where an arm has
 * several, else pairs. A target against itself is on the same host in each pair: pairs. */
bool result_unit_is_host(const struct result *result);
/* Releases everything, histograms and arena too. Allowed on a zeroed result, and twice. */
void result_release(struct result *result);
/* A zeroed run at the end of the cell, with `commands` named commands and empty histograms; load is
 * "closed", launch and host are "", host_number is 1. Names are copied. The pointer is valid until
 * the next result_add_run of the cell. */
struct result_run *result_add_run(struct result *result, struct result_cell *cell,
                                  const char *const *commands, size_t command_count);
/* Makes a new run one of an open loop: load is "open", send lag and service latency are empty
 * histograms. */
void result_make_open(struct result_run *run);
/* Gives a new run an empty histogram of deliveries. */
void result_make_deliveries(struct result_run *run);
/* Messages that were not received. */
uint64_t result_lost(const struct result_deliveries *deliveries);
/* Gives a new run empty histograms for the parts of making connections. */
void result_make_connects(struct result_run *run);
/* ... and for what clients do to values. */
void result_make_client_work(struct result_run *run);
/* Adds a finding with the code, severity and advice of `head`, whose text does not matter, and the
 * formatted text. Code and advice are copied. */
void result_put_finding(struct result *result, struct finding_list *list,
                        const struct finding *head, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* The same with the parts of the head in a row; then the format and its arguments. */
#define result_add_finding(result, list, severity_, code_, advice_, ...)                           \
    result_put_finding(                                                                            \
        (result), (list),                                                                          \
        &(struct finding){.code = (code_), .severity = (severity_), .advice = (advice_)},          \
        __VA_ARGS__)
/* The worst severity in the list; SEVERITY_NOTE when empty. */
enum severity finding_list_worst(const struct finding_list *list);
/* The value of a metric in one run: operations per second, nanoseconds, CPU seconds per operation.
 * False, and `out` untouched, when unknown there: nothing completed, no measured time, no CPU
 * figures, memory (which is no figure of a run). */
bool result_run_metric(const struct result_run *run, enum metric metric, double *out);
