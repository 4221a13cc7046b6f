/* Which results a suite goes on with, and where. */
#include "run/resume.h"

#include <stdio.h>
#include <string.h>

#include "support/tap.h"

enum { CELLS = 2, ARMS = 2, PAIRS = 3 };

static const struct operation_spec operations[] = {
    {.name = "GET",
     .weight = 4,
     .steps = (const struct step_spec[]){{.command = "GET {key}"}},
     .step_count = 1},
    {.name = "SET",
     .weight = 1,
     .steps = (const struct step_spec[]){{.command = "SET {key} {value}"}},
     .step_count = 1},
};

static void fill(struct result *result)
{
    struct spec spec;
    spec_init(&spec, PRESET_QUICK);
    result_init(result);
    result->kind = RESULT_SUITE;
    result->id = "earlier";
    result->arm_count = ARMS;
    result->arms = arena_alloc_array(&result->arena, ARMS, sizeof *result->arms);
    result->arms[0] = (struct result_arm){.label = "a", .target = "local:a"};
    result->arms[1] = (struct result_arm){.label = "b", .target = "local:b"};
    result->cell_count = CELLS;
    result->cells = arena_alloc_array(&result->arena, CELLS, sizeof *result->cells);
    for (size_t i = 0; i < CELLS; i++) {
        struct result_cell *cell = &result->cells[i];
        cell->name = i == 0 ? "one" : "two";
        cell->workload = spec.workload;
        cell->workload.operations = operations;
        cell->workload.operation_count = 2;
        cell->load = spec.load;
    }
}

static void add_run(struct result *result, size_t cell, uint32_t arm, uint32_t block, bool partial)
{
    struct result_run *run = result_add_run(result, &result->cells[cell], NULL, 0);
    run->arm = arm;
    run->pair = block;
    run->block = block;
    run->attempt = 1;
    run->order = 10 * block + arm;
    run->partial = partial;
}

/* A session before its first launch. */
struct stage {
    struct result result;
    struct cell cells[CELLS];
    struct session session;
};

static void begin(struct stage *stage)
{
    *stage = (struct stage){0};
    fill(&stage->result);
    stage->session = (struct session){
        .result = &stage->result,
        .arm_count = ARMS,
        .cells = stage->cells,
        .cell_count = CELLS,
        .pairs = PAIRS,
    };
    for (uint32_t i = 0; i < CELLS; i++) {
        stage->cells[i].described = &stage->result.cells[i];
        stage->cells[i].number = i;
    }
}

enum change {
    NOTHING,
    KIND,
    TARGET,
    LABEL,
    NAME,
    COUNT,
    VALUES,
    CLIENTS,
    RATE,
    WEIGHT,
    PREFIX,
};

/* Changes one thing about an earlier result of the same suite. */
static void change_one(struct result *earlier, enum change change)
{
    struct result_cell *two = &earlier->cells[1];
    struct operation_spec *changed = arena_alloc_array(&earlier->arena, 2, sizeof *changed);
    memcpy(changed, operations, sizeof operations);
    switch (change) {
    case NOTHING:
        break;
    case KIND:
        earlier->kind = RESULT_COMPARE;
        break;
    case TARGET:
        earlier->arms[1].target = "local:c";
        break;
    case LABEL:
        earlier->arms[1].label = "c";
        break;
    case NAME:
        two->name = "three";
        break;
    case COUNT:
        earlier->cell_count = 1;
        break;
    case VALUES:
        two->workload.value_size_high++;
        break;
    case CLIENTS:
        two->load.clients++;
        break;
    case RATE:
        two->load.profile =
            (struct load_profile){.shape = LOAD_FLAT, .rates = {5}, .rate_count = 1};
        break;
    case WEIGHT:
        changed[1].weight = 7;
        two->workload.operations = changed;
        break;
    case PREFIX:
        two->workload.key_prefix = "tenbin:abcdef:";
        break;
    }
}

static void test_same(void)
{
    static const struct {
        enum change change;
        const char *said; /* NULL: it is the same suite */
    } rows[] = {
        {NOTHING, NULL},
        {KIND, "it is the result of tenbin compare, not of a suite"},
        {TARGET, "its target 2 is b=local:c, not local:b"},
        {LABEL, "its target 2 is c=local:b, not local:b"},
        {NAME, "its cell \"three\" is not the \"two\" of this suite"},
        {COUNT, "it has 1 cells, and this suite has 2"},
        {VALUES, "its cell \"two\" is not the \"two\" of this suite"},
        {CLIENTS, "its cell \"two\" is not the \"two\" of this suite"},
        {RATE, "its cell \"two\" is not the \"two\" of this suite"},
        {WEIGHT, "its cell \"two\" is not the \"two\" of this suite"},
        {PREFIX, NULL}, /* a part of it is drawn anew */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct stage stage;
        struct result earlier;
        struct error err = {0};
        begin(&stage);
        fill(&earlier);
        change_one(&earlier, rows[i].change);
        bool same = resume_check(&stage.session, &earlier, &err);
        tap_int(same, rows[i].said == NULL, "row %zu", i);
        tap_text(err.text, rows[i].said == NULL ? "" : rows[i].said, "and why");
        result_release(&earlier);
        result_release(&stage.result);
    }
}

static void test_first_block(void)
{
    static const struct {
        uint32_t whole[CELLS]; /* blocks that each cell has */
        bool partial;          /* and a part of the next one */
        uint32_t first;
    } rows[] = {
        {{0, 0}, false, 1}, {{1, 1}, false, 2}, {{2, 1}, false, 2},
        {{1, 1}, true, 2},  {{3, 2}, true, 3},  {{3, 3}, false, 4},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct stage stage;
        struct result earlier;
        size_t runs = 0;
        begin(&stage);
        fill(&earlier);
        for (size_t cell = 0; cell < CELLS; cell++) {
            for (uint32_t block = 1; block <= rows[i].whole[cell]; block++) {
                add_run(&earlier, cell, 0, block, false);
                add_run(&earlier, cell, 1, block, false);
                runs += 2;
            }
        }
        if (rows[i].partial) {
            add_run(&earlier, 1, 0, rows[i].whole[1] + 1, true);
            runs++;
        }
        tap_int(resume_take(&stage.session, &earlier), rows[i].first, "first block of row %zu", i);
        size_t taken = stage.result.cells[0].run_count + stage.result.cells[1].run_count;
        tap_int((int64_t)taken, (int64_t)runs, "all runs are kept");
        tap_int((int64_t)(earlier.cells[0].run_count + earlier.cells[1].run_count), 0,
                "and are no longer in the other");
        tap_text(stage.result.id, "earlier", "it is the same result");
        result_release(&earlier);
        result_release(&stage.result);
    }
}

/* All blocks are whole, and some of those that confirm the gate of the second cell. */
static void test_fresh_pairs(void)
{
    static const struct {
        const char *name;
        uint32_t whole; /* blocks of the first cell */
        uint32_t fresh; /* blocks of the second one that confirm */
        uint32_t confirmed_from;
        uint32_t first;
        uint32_t fresh_from;
    } rows[] = {
        {"none yet", PAIRS, 0, PAIRS + 1, PAIRS + 1, PAIRS + 1},
        {"two", PAIRS, 2, PAIRS + 1, PAIRS + 3, PAIRS + 1},
        {"nothing is confirmed", PAIRS, 0, 0, PAIRS + 1, 0},
        {"an earlier block is lacking", PAIRS - 1, 2, PAIRS + 1, PAIRS, 0},
        {"a number that cannot be", PAIRS, 0, 4000000000, PAIRS + 1, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct stage stage;
        struct result earlier;
        begin(&stage);
        fill(&earlier);
        for (uint32_t block = 1; block <= PAIRS + rows[i].fresh; block++) {
            for (uint32_t arm = 0; arm < ARMS; arm++) {
                if (block <= rows[i].whole) {
                    add_run(&earlier, 0, arm, block, false);
                }
                add_run(&earlier, 1, arm, block, false);
            }
        }
        earlier.cells[1].confirmed_from = rows[i].confirmed_from;
        tap_int(resume_take(&stage.session, &earlier), rows[i].first, "%s: first block",
                rows[i].name);
        tap_int(stage.session.fresh_from, rows[i].fresh_from, "%s: since when", rows[i].name);
        tap_int(stage.result.cells[1].confirmed_from, rows[i].confirmed_from,
                "%s: fresh pairs stay apart", rows[i].name);
        tap_int(stage.cells[1].confirms, rows[i].fresh_from > 0 || rows[i].whole < PAIRS,
                "%s: the cell concerned", rows[i].name);
        tap_check(!stage.cells[0].confirms, "%s: not the other one", rows[i].name);
        result_release(&earlier);
        result_release(&stage.result);
    }
}

/* What was known of each host of an arm is known until it is reached again. */
static void test_hosts(void)
{
    struct result_host now[] = {{.target = "local:b", .engine = "", .engine_version = ""},
                                {.target = "local:c", .engine = "", .engine_version = ""}};
    struct setting facts[] = {{"io-threads", "2"}};
    struct result_host then[] = {
        {.target = "local:b", .engine = "redis", .engine_version = "7.0.15"},
        {.target = "local:c",
         .engine = "valkey",
         .engine_version = "8.0.1",
         .facts = facts,
         .fact_count = 1}};
    struct stage stage;
    struct result earlier;
    begin(&stage);
    fill(&earlier);
    stage.result.arms[1].hosts = now;
    stage.result.arms[1].host_count = 2;
    earlier.arms[1].hosts = then;
    earlier.arms[1].host_count = 2;
    (void)resume_take(&stage.session, &earlier);
    tap_text(now[0].engine_version, "7.0.15", "the first host");
    tap_text(now[1].engine, "valkey", "the second one");
    tap_int((int64_t)now[1].fact_count, 1, "and its settings");
    result_release(&earlier);
    result_release(&stage.result);
}

static void find(struct result *result, size_t cell, const char *code)
{
    result_add_finding(result, &result->cells[cell].findings, SEVERITY_INVALID, code, NULL, "%s",
                       code);
}

static bool has_only(const struct finding_list *findings, const char *code)
{
    return findings->count == 1 && strcmp(findings->items[0].code, code) == 0;
}

/* What was found about pairs is found anew, what was found at the first launch only where nothing
 * is launched. */
static void test_findings(void)
{
    struct setting without[] = {{"appendonly", "no"}};
    struct setting with[] = {{"appendonly", "yes"}};
    struct stage stage;
    struct result earlier;
    begin(&stage);
    fill(&earlier);
    earlier.arms[0].facts = without;
    earlier.arms[1].facts = with;
    earlier.arms[0].fact_count = earlier.arms[1].fact_count = 1;
    find(&earlier, 0, "cannot-be-measured");
    find(&earlier, 1, "no-valid-pairs");
    find(&earlier, 1, "operation-skipped");
    earlier.cells[1].skipped = &(struct result_skip){"GETEX", "a"};
    earlier.cells[1].skip_count = 1;
    (void)resume_take(&stage.session, &earlier);
    tap_check(has_only(&stage.result.cells[0].findings, "cannot-be-measured"), "a cell stays out");
    tap_int((int64_t)stage.result.cells[1].findings.count, 0,
            "what was found of pairs is not kept");
    resume_recall(&stage.result, &earlier);
    tap_check(has_only(&stage.result.cells[1].findings, "operation-skipped"), "what was left out");
    tap_int((int64_t)stage.result.cells[1].skip_count, 1, "is known");
    tap_check(has_only(&stage.result.findings, "persistence-differs"),
              "and that the arms are not comparable");
    result_release(&earlier);
    result_release(&stage.result);
}

static void test_server(void)
{
    static const struct {
        const char *engine, *version;
        uint32_t host;
        const char *said;
    } rows[] = {
        {"redis", "7.0.15", 0, ""},
        {"valkey", "8.0.1", 1, ""},
        {"valkey", "8.0.1", 2, ""}, /* it was not reached then */
        {"redis", "7.0.16", 0,
         "option '--resume': a at redis://1 was redis 7.0.15 when the suite began, and is redis "
         "7.0.16 now; "
         "begin a new suite (or add --force)"},
        {"redis", "8.0.1", 1,
         "option '--resume': a at redis://2 was valkey 8.0.1 when the suite began, and is redis "
         "8.0.1 now; "
         "begin "
         "a new suite (or add --force)"},
    };
    struct result_host hosts[] = {
        {.target = "redis://1", .engine = "redis", .engine_version = "7.0.15"},
        {.target = "redis://2", .engine = "valkey", .engine_version = "8.0.1"},
        {.target = "redis://3", .engine = "", .engine_version = ""}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct result earlier;
        struct arm arm = {.of = 0, .host = rows[i].host};
        struct error err = {0};
        fill(&earlier);
        earlier.arms[0].hosts = hosts;
        earlier.arms[0].host_count = 3;
        (void)snprintf(arm.target.server.engine, sizeof arm.target.server.engine, "%s",
                       rows[i].engine);
        (void)snprintf(arm.target.server.version, sizeof arm.target.server.version, "%s",
                       rows[i].version);
        tap_int(resume_check_server(&earlier, &arm, &err), rows[i].said[0] == '\0', "server %zu",
                i);
        tap_text(err.text, rows[i].said, "and what it was");
        result_release(&earlier);
    }
}

int main(void)
{
    test_findings();
    test_server();
    test_same();
    test_fresh_pairs();
    test_hosts();
    test_first_block();
    return tap_end();
}
