/* Plans of suites: which cells they give, and what is said about wrong files. */
#include "model/suite.h"

#include <string.h>

#include "support/tap.h"

static const struct operation_spec hash_operations[] = {
    {.name = "HGET",
     .weight = 4,
     .steps = (const struct step_spec[]){{.command = "HGET {key} {field}"}},
     .step_count = 1},
    {.name = "HSET",
     .weight = 1,
     .steps = (const struct step_spec[]){{.command = "HSET {key} {field} {value}"}},
     .step_count = 1},
};
static const struct operation_spec set_operations[] = {
    {.name = "SMEMBERS",
     .weight = 4,
     .steps = (const struct step_spec[]){{.command = "SMEMBERS {key}"}},
     .step_count = 1},
    {.name = "SADD",
     .weight = 1,
     .steps = (const struct step_spec[]){{.command = "SADD {key} {member}"}},
     .step_count = 1},
};

/* Two workloads, as they could be built in. */
static bool find(void *self, struct str name, struct workload_spec *out, struct error *err)
{
    (void)self;
    if (str_eq(name, STR("hash"))) {
        out->name = "hash";
        out->data = DATA_HASH;
        out->keys = 10000;
        out->elements = 100;
        out->operations = hash_operations;
        out->operation_count = 2;
        return true;
    }
    if (str_eq(name, STR("set"))) {
        out->name = "set";
        out->data = DATA_SET;
        out->keys = 10000;
        out->elements = 100;
        out->operations = set_operations;
        out->operation_count = 2;
        return true;
    }
    return error_set(err, ERROR_USAGE, "\"%.*s\" is no workload", STR_ARG(name));
}

static bool expand(const char *text, bool is_crossed, struct arena *arena, struct suite_cells *out,
                   struct error *err)
{
    struct suite suite;
    struct spec spec;
    spec_init(&spec, PRESET_QUICK);
    const struct suite_world world = {.spec = &spec, .find = find, .is_crossed = is_crossed};
    return suite_file_read("x.yaml", str_from(text), arena, &suite, err) &&
           suite_expand(&suite, &world, arena, out, err);
}

/* "a|b|c": the names of the cells. */
static void join_names(const struct suite_cells *cells, struct buf *out)
{
    for (size_t i = 0; i < cells->count; i++) {
        buf_addf(out, "%s%s", i > 0 ? "|" : "", cells->items[i].name);
    }
}

static void test_cells(void)
{
    static const struct {
        const char *text;
        bool is_crossed;
        const char *names;
    } rows[] = {
        {"workloads: [hash]\n", false, "hash"},
        {"workloads: [hash, set]\n", false, "hash|set"},
        {"workloads: [{workload: hash, name: carts}]\n", false, "carts"},
        {"workloads: [hash]\nfactors:\n  a: [{clients: 1}, {name: many, clients: 99}]\n", false,
         "hash|hash clients=1|hash many"},
        /* One factor at a time, in the order of the file. */
        {"workloads: [hash]\nfactors:\n  b: [{clients: 1}]\n  a: [{pipeline: 9}]\n", false,
         "hash|hash clients=1|hash pipeline=9"},
        {"workloads: [hash]\nfactors:\n  b: [{clients: 1}]\n  a: [{pipeline: 9}]\n", true,
         "hash|hash pipeline=9|hash clients=1|hash clients=1 pipeline=9"},
        /* Sets have no values: their size makes no cell, not even beside their number. */
        {"workloads: [hash, set]\nfactors:\n  v: [{name: big, value-size: 1KB}]\n", false,
         "hash|hash big|set"},
        {"workloads: [set]\nfactors:\n  v: [{name: big, value-size: 1KB, elements: 10}]\n", false,
         "set"},
        {"workloads: [set]\nfactors:\n  v: [{name: few, elements: 10}]\n", false, "set|set few"},
        /* What the base is already is no level. */
        {"workloads: [hash]\nbase: {clients: 7}\nfactors:\n  a: [{clients: 7}, {clients: 8}]\n",
         false, "hash|hash clients=8"},
        {"workloads: [hash]\nfactors:\n  a: [{clients: 1}, {clients: 2}]\n"
         "cells: [{cell: hash clients=1, skip: yes}]\n",
         false, "hash|hash clients=2"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct arena arena = {0};
        struct error err = {0};
        struct suite_cells cells = {0};
        struct buf names = {0};
        (void)expand(rows[i].text, rows[i].is_crossed, &arena, &cells, &err);
        join_names(&cells, &names);
        tap_text(buf_text(&names), rows[i].names, "cells of row %zu %s", i, err.text);
        buf_release(&names);
        arena_release(&arena);
    }
}

static const struct cell_spec *find_cell(const struct suite_cells *cells, const char *name)
{
    for (size_t i = 0; i < cells->count; i++) {
        if (strcmp(cells->items[i].name, name) == 0) {
            return &cells->items[i];
        }
    }
    static const struct cell_spec none = {.name = "none"};
    return &none;
}

/* Data that clients make differently is other data: it is loaded for each level. */
static void test_values(void)
{
    static const char text[] =
        "base: {values: text, value-size: 4KB}\n"
        "workloads: [hash]\n"
        "factors:\n"
        "  store: [{compress: none}, {compress: zlib}, {compress: 'zstd:9'},\n"
        "          {compress: lz4}, {name: packed, encode: msgpack}]\n";
    struct arena arena = {0};
    struct error err = {0};
    struct suite_cells cells = {0};
    tap_check(expand(text, false, &arena, &cells, &err), "a plan of values: %s", err.text);
    tap_int((int64_t)cells.count, 5, "none is what the base is");
    const struct workload_spec *base = &find_cell(&cells, "hash")->workload;
    const struct workload_spec *zstd = &find_cell(&cells, "hash compress=zstd:9")->workload;
    const struct workload_spec *packed = &find_cell(&cells, "hash packed")->workload;
    tap_check(base->form.kind == VALUE_TEXT && zstd->form.compression == COMPRESS_ZSTD &&
                  zstd->form.level == 9 && packed->form.encoding == ENCODE_MSGPACK,
              "values of the cells");
    tap_check(!spec_same_data(base, zstd) && spec_same_data(base, base), "data of their own");
    arena_release(&arena);
}

static void test_settings(void)
{
    static const char text[] = "data-limit: 1MB\n"
                               "base: {write-share: 5%, clients: 20}\n"
                               "workloads:\n"
                               "  - {workload: hash, keys: 500}\n"
                               "factors:\n"
                               "  values: [{name: big, value-size: 1000, elements: 50}]\n"
                               "  calls: [{name: tx, transaction: yes}, {name: lua, script: yes}]\n"
                               "  load:\n"
                               "    - {name: open, load: 70%}\n"
                               "    - {name: fixed, load: 5k}\n"
                               "    - {name: burst, load: 'burst:20%,80%,1s,100ms'}\n"
                               "cells:\n"
                               "  - {cell: hash tx, clients: 3}\n";
    struct arena arena = {0};
    struct error err = {0};
    struct suite_cells cells = {0};
    tap_check(expand(text, false, &arena, &cells, &err), "a plan with everything: %s", err.text);
    tap_int((int64_t)cells.count, 7, "its cells");
    const struct cell_spec *base = find_cell(&cells, "hash");
    tap_check(base->factor == NULL && base->has_ratio && !base->is_share, "the base cell");
    tap_text(base->structure, "hash", "structure");
    tap_int(base->workload.writes * 100 + base->workload.reads, 119, "5%% is 1:19");
    tap_int(base->load.clients, 20, "clients of the base");
    tap_check(base->workload.keys < 500 && spec_data_bytes(&base->workload) <= 1000000 &&
                  spec_data_bytes(&base->workload) > 900000,
              "keys are as many as the limit of data leaves");
    const struct cell_spec *big = find_cell(&cells, "hash big");
    tap_text(big->factor, "values", "factor");
    tap_int((int64_t)big->workload.value_size_low, 1000, "value size");
    tap_int((int64_t)big->workload.elements, 50, "elements");
    tap_check(big->workload.keys >= 16, "but never below sixteen keys");
    tap_check(find_cell(&cells, "hash tx")->is_transaction, "transaction");
    tap_int(find_cell(&cells, "hash tx")->load.clients, 3, "a cell is changed by its name");
    tap_check(find_cell(&cells, "hash lua")->is_script, "script");
    const struct cell_spec *open = find_cell(&cells, "hash open");
    tap_check(open->is_share && open->load.profile.shape == LOAD_FLAT, "a share of the rate");
    tap_near(open->load.profile.rates[0], 70, 0, "per cent");
    const struct cell_spec *fixed = find_cell(&cells, "hash fixed");
    tap_check(!fixed->is_share, "a rate is no share");
    tap_near(fixed->load.profile.rates[0], 5000, 0, "a rate");
    const struct cell_spec *burst = find_cell(&cells, "hash burst");
    tap_check(burst->is_share && burst->load.profile.shape == LOAD_BURST, "a burst");
    tap_near(burst->load.profile.rates[1], 80, 0, "its peak");
    arena_release(&arena);
}

static void test_wrong(void)
{
    static const struct {
        const char *text;
        const char *said;
    } rows[] = {
        {"", "x.yaml: there is nothing in it"},
        {"a: [", "x.yaml:2: not YAML: did not find expected node content"},
        {"name: x\n", "x.yaml:1: \"workloads\" is missing"},
        {"workload: hash\n", "x.yaml:1: \"workload\" is not known here; known are workloads, name, "
                             "description, data-limit, base, factors, cells"},
        {"workloads: hash\n", "x.yaml:1: workloads: write a list, each item behind \"- \""},
        {"workloads: [hash]\nworkloads: [set]\n", "x.yaml:2: \"workloads\" is given twice"},
        {"workloads:\n  - hush\n", "x.yaml:2: \"hush\" is no workload"},
        {"workloads:\n  - name: x\n",
         "x.yaml:2: \"workload\" is missing: a built-in name or a file"},
        {"workloads: [hash]\nbase:\n  clients: 0\n",
         "x.yaml:3: clients: \"0\": write a whole number from 1 to 100000"},
        {"workloads: [hash]\nbase: {write-share: 1.5}\n",
         "x.yaml:2: write-share: \"1.5\": write a share of writes such as 20%"},
        {"workloads: [hash]\nbase: {transaction: maybe}\n",
         "x.yaml:2: transaction: \"maybe\": write yes or no"},
        {"workloads: [hash]\nbase: {load: 'burst:20%,800,1s,100ms'}\n",
         "x.yaml:2: load: \"burst:20%,800,1s,100ms\": write all rates per cent of what the slower "
         "arm can do, or none"},
        {"workloads: [hash]\nbase: {load: fast}\n",
         "x.yaml:2: load: \"fast\": write closed, a rate such as 10k or 70%, or a shape such as "
         "burst:20%,80%,1s,100ms"},
        {"workloads: [hash]\nbase: {clients: 1, clients: 2}\n",
         "x.yaml:2: \"clients\" is given twice"},
        {"workloads: [hash]\nfactors: [1]\n",
         "x.yaml:2: factors: write a name and a list of levels for each, such as \"values: "
         "[{value-size: 1KB}]\""},
        {"workloads: [hash]\nfactors:\n  a: [{name: x}]\n",
         "x.yaml:3: a level changes something: write a field"},
        {"workloads: [hash]\nfactors:\n  a: [{clients: 1}]\n  a: [{clients: 2}]\n",
         "x.yaml:4: factor \"a\" is given twice"},
        {"workloads: [hash]\nfactors:\n  a: []\n",
         "x.yaml:3: a: write a list, each item behind \"- \""},
        {"workloads: [hash, hash]\n",
         "x.yaml: two cells are called \"hash\": give workloads or levels different names"},
        {"workloads: [hash]\ncells:\n  - {cell: hesh, clients: 1}\n",
         "x.yaml:3: \"hesh\" is no cell of this plan, or named twice"},
        {"workloads: [hash]\ncells:\n  - {cell: hesh, skip: yes}\n",
         "x.yaml:3: \"hesh\" is no cell of this plan, or named twice"},
        {"workloads: [hash]\ncells:\n  - {cell: hash}\n",
         "x.yaml:3: nothing is changed: write a field, or \"skip: yes\""},
        {"workloads: [hash]\ncells:\n  - {clients: 1}\n",
         "x.yaml:3: \"cell\" is missing: the name of the cell"},
        {"workloads: [hash]\ncells:\n  - {cell: hash, skip: yes}\n", "x.yaml: no cell is left"},
        {"workloads: [hash]\ndata-limit: much\n",
         "x.yaml:2: data-limit: \"much\": write a size such as 32MiB"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct arena arena = {0};
        struct error err = {0};
        struct suite_cells cells = {0};
        tap_check(!expand(rows[i].text, false, &arena, &cells, &err), "row %zu is refused", i);
        tap_text(err.text, rows[i].said, "with this sentence");
        tap_int(err.code, ERROR_USAGE, "as wrong usage");
        arena_release(&arena);
    }
}

/* Sixteen factors of eleven levels. */
static void test_too_many(void)
{
    struct arena arena = {0};
    struct error err = {0};
    struct suite_cells cells = {0};
    struct buf text = {0};
    buf_add_text(&text, "workloads: [hash]\nfactors:\n");
    for (int factor = 0; factor < SUITE_MAX_FACTORS; factor++) {
        buf_addf(&text, "  f%d: [{clients: 1}", factor);
        for (int level = 2; level < 12; level++) {
            buf_addf(&text, ", {clients: %d}", level);
        }
        buf_add_text(&text, "]\n");
    }
    tap_check(!expand(buf_text(&text), true, &arena, &cells, &err), "combinations without end");
    tap_text(err.text, "x.yaml: all combinations of its levels are more than 10000", "are refused");
    buf_release(&text);
    arena_release(&arena);
}

static void test_unknown_setting(void)
{
    struct arena arena = {0};
    struct error err = {0};
    struct suite_cells cells = {0};
    const char *text = "workloads: [hash]\nfactors:\n  a:\n    - {klients: 1}\n";
    tap_check(!expand(text, false, &arena, &cells, &err), "a field that nobody knows is refused");
    tap_check(strstr(err.text, "x.yaml:4: \"klients\" is not known here; known are name, ") !=
                      NULL &&
                  strstr(err.text, "clients") != NULL,
              "with its line and what is known: %s", err.text);
    arena_release(&arena);
}

int main(void)
{
    test_cells();
    test_values();
    test_settings();
    test_wrong();
    test_unknown_setting();
    test_too_many();
    return tap_end();
}
