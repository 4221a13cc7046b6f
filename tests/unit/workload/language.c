/* What a workload may say beyond single commands: several datasets, new keys, texts of replies,
 * scripts, and what is refused. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "model/workload_file.h"
#include "redis/slots.h"
#include "support/tap.h"
#include "workload/builtin.h"
#include "workload/workload.h"

enum { ROOM = 1 << 16 };

static struct workload_spec usual(void)
{
    struct spec spec;
    spec_init(&spec, PRESET_QUICK);
    spec.workload.keys = 100;
    spec.workload.elements = 10;
    spec.workload.key_prefix = "p:";
    spec.workload.value_size_low = spec.workload.value_size_high = 4;
    return spec.workload;
}

/* The words of a command, without lengths. */
static char *command_text(const struct workload *workload, const struct workload_draw *draw,
                          size_t step, const struct workload_replies *replies)
{
    static char text[ROOM];
    static char bytes[ROOM];
    size_t len = workload_write_linked(workload, draw, step, replies, bytes);
    size_t used = 0;
    tap_check(len <= workload->max_step_size, "not longer than the longest command");
    bytes[len] = '\0';
    char *rest = bytes;
    for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
        if (line[0] != '*' && line[0] != '$' && line[0] != '\0') {
            line[strcspn(line, "\r")] = '\0';
            used += (size_t)snprintf(text + used, ROOM - used, "%s%s", used > 0 ? " " : "", line);
        }
    }
    return text;
}

static struct workload_operation *only_operation(struct workload *workload,
                                                 struct workload_spec *spec,
                                                 const struct step_spec *steps, size_t count)
{
    static struct operation_spec operation;
    struct error err = {0};
    operation =
        (struct operation_spec){.name = "op", .weight = 1, .steps = steps, .step_count = count};
    spec->operations = &operation;
    spec->operation_count = 1;
    tap_check(workload_check(spec, &err), "%s: %s", steps[0].command, err.text);
    workload_settle(spec);
    workload_init(workload, spec, 1);
    return &workload->operations[0];
}

static void test_placeholders(void)
{
    static const struct {
        const char *command;
        const char *wanted;
    } rows[] = {
        {"GET {key:users}", "GET p:users:07"},
        {"ZADD {key} {score:key} {member:key}", "ZADD p:users:07 %score m00000007"},
        {"HGET {key} {field:key}", "HGET p:users:07 f00000007"},
        {"GEOADD {key} {float:-1.5:-1.5:3} {float:0:0:2} {float:12:12:1} x",
         "GEOADD p:users:07 -1.500 0.00 12.0 x"},
        {"GEOADD {key} {float:-0.05:-0.05:2} {float:0.123456789:0.123456789:9} y",
         "GEOADD p:users:07 -0.05 0.123456789 y"},
        {"EVALSHA {script:one} 1 {key}",
         "EVALSHA e0e1f9fabfc9d4800c877a703b823ac0578ff8db 1 p:users:07"},
        {"FCALL {function:add-up} 1 {key}", "FCALL p_functions_add_up 1 p:users:07"},
        {"LRANGE {key:log} 0 {index}", NULL},
    };
    static const struct source_spec script = {"one", "return 1"};
    static const struct source_spec function = {"add-up", "return 1"};
    struct workload_spec other = usual();
    other.data_name = "log";
    other.keys = 3;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct workload workload;
        struct workload_spec spec = usual();
        struct step_spec step = {.command = rows[i].command};
        struct workload_draw draw = {.key = 7, .salt = 99};
        char wanted[128];
        spec.data_name = "users";
        spec.others = &other;
        spec.other_count = 1;
        spec.scripts = &script;
        spec.script_count = 1;
        spec.functions = &function;
        spec.function_count = 1;
        only_operation(&workload, &spec, &step, 1);
        char *text = command_text(&workload, &draw, 0, NULL);
        if (rows[i].wanted == NULL) {
            tap_check(strncmp(text, "LRANGE p:log:", 13) == 0, "the other dataset: %s", text);
        } else {
            const char *mark = strstr(rows[i].wanted, "%score");
            (void)snprintf(wanted, sizeof wanted, "%s", rows[i].wanted);
            if (mark != NULL) {
                __extension__ typedef unsigned __int128 u128;
                unsigned score = (unsigned)(((u128)rng_mix(7) * 1000000) >> 64);
                (void)snprintf(wanted, sizeof wanted, "ZADD p:users:07 %u m00000007", score);
            }
            tap_text(text, wanted, "%s", rows[i].command);
        }
        workload_release(&workload);
    }
}

static void test_functions_library(void)
{
    static const struct source_spec functions[] = {{"a", "return 1"}, {"b", "return 2"}};
    struct workload_spec spec = usual();
    struct words words;
    spec.functions = functions;
    spec.function_count = 2;
    words_init(&words, &spec, "tenbin:3f2a1c:");
    tap_text(words.library, "tenbin_3f2a1c_functions", "the library has the invocation's mark");
    tap_text(words.source,
             "#!lua name=tenbin_3f2a1c_functions\n"
             "redis.register_function('tenbin_3f2a1c_functions_a', function(keys, args)\n"
             "return 1\nend)\n"
             "redis.register_function('tenbin_3f2a1c_functions_b', function(keys, args)\n"
             "return 2\nend)\n",
             "its source");
    words_release(&words);
}

static void test_replies(void)
{
    static const struct step_spec steps[] = {
        {.command = "LRANGE {key} 0 -1"},
        {.command = "XACK {key} g {reply:1}{reply}"},
        {.command = "GET {key:reply}", .each = true},
    };
    static const struct {
        const char *text;
        const char *wanted;
    } rows[] = {{"m00000012", "GET p:12"},
                {"x", "GET p:00"},
                {"99", "GET p:99"},
                {"100", "GET p:00"},
                {"a250b7", "GET p:07"},
                {"", "GET p:00"},
                {"m123456789012345678901234567890", "GET p:90"}};
    struct workload workload;
    struct workload_spec spec = usual();
    struct resp_texts texts;
    struct workload_draw draw = {.key = 7, .salt = 99};
    struct workload_replies replies = {.texts = &texts};
    const struct workload_operation *operation = only_operation(&workload, &spec, steps, 3);
    tap_check(operation->is_linked && operation->keeps_texts, "it needs replies");
    tap_int(operation->steps[1].needs_replies, 2, "two of them");
    resp_texts_begin(&texts);
    resp_texts_take(&texts, "*2\r\n+ab\r\n:5\r\n", 14);
    tap_text(command_text(&workload, &draw, 1, &replies), "XACK p:07 g 5ab", "texts of a reply");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char reply[64];
        int len = snprintf(reply, sizeof reply, "*2\r\n+x\r\n+%s\r\n", rows[i].text);
        resp_texts_begin(&texts);
        resp_texts_take(&texts, reply, (size_t)len);
        replies.at = 1;
        tap_text(command_text(&workload, &draw, 2, &replies), rows[i].wanted, "the key of \"%s\"",
                 rows[i].text);
    }
    workload_release(&workload);
}

/* ---- keys that are inserted ---- */

static void test_inserts(void)
{
    static const struct step_spec insert[] = {{.command = "SET {key:new} {value}"},
                                              {.command = "LPUSH {key:new} {key}"}};
    static const struct step_spec get[] = {{.command = "GET {key}"}};
    static const struct operation_spec operations[] = {
        {.name = "insert", .weight = 1, .steps = insert, .step_count = 2},
        {.name = "GET", .weight = 3, .steps = get, .step_count = 1}};
    enum { CLIENTS = 3, DRAWS = 3000 };
    struct workload workload;
    struct workload_spec spec = usual();
    struct error err = {0};
    spec.operations = operations;
    spec.operation_count = 2;
    spec.key_distribution = KEYS_LATEST;
    spec.zipf_theta = 0.99;
    tap_check(workload_check(&spec, &err), "%s", err.text);
    workload_init(&workload, &spec, 1);
    tap_check(workload.data[0].grows && !workload.is_quick, "the dataset grows");
    bool seen[DRAWS * CLIENTS] = {false};
    for (uint32_t client = 0; client < CLIENTS; client++) {
        struct workload_stream stream;
        struct workload_stream again;
        uint64_t own = 0;
        uint64_t newest = 0;
        uint64_t old = 0;
        bool known = true;
        bool in_turn = true;
        bool same = true;
        workload_stream_init(&stream, &workload, 5, client, CLIENTS);
        workload_stream_init(&again, &workload, 5, client, CLIENTS);
        tap_int((int64_t)workload_stream_reach(&stream, &workload), 0, "nothing is inserted yet");
        for (int i = 0; i < DRAWS; i++) {
            struct workload_draw draw;
            struct workload_draw other;
            (void)workload_draw_next(&workload, &stream, &draw);
            (void)workload_draw_next(&workload, &again, &other);
            same = same && draw.key == other.key && draw.salt == other.salt;
            if (draw.operation == 0) {
                in_turn = in_turn && draw.key == 100 + client + CLIENTS * own && !seen[draw.key];
                seen[draw.key] = true;
                own++;
                continue;
            }
            known = known && (draw.key < 100 || seen[draw.key]);
            newest += own > 0 && draw.key == 100 + client + CLIENTS * (own - 1);
            old += draw.key < 100;
        }
        tap_check(same, "client %u: a function of the seed", client);
        tap_check(in_turn, "client %u: each new key is its own", client);
        tap_check(known, "client %u: only keys that exist are asked for", client);
        /* About 750 inserts, 2,250 reads; the newest of n keys has 1/H(n) of the draws. */
        tap_near((double)newest / (double)(DRAWS - (int)own), 0.155, 0.03,
                 "client %u: the newest key is asked for most", client);
        tap_check(old > 0, "client %u: old ones too", client);
        tap_int((int64_t)workload_stream_reach(&stream, &workload),
                (int64_t)(100 + client + CLIENTS * (own - 1) + 1), "client %u: how far it came",
                client);
    }
    struct workload_draw draw = {.key = 123, .salt = 9, .operation = 0};
    char *text = command_text(&workload, &draw, 0, NULL);
    tap_check(strncmp(text, "SET p:0000000000123 ", 20) == 0, "a new key: %s", text);
    text = command_text(&workload, &draw, 1, NULL);
    tap_check(strncmp(text, "LPUSH p:0000000000123 p:00000000000", 35) == 0,
              "the same in the next step, beside an old one: %s", text);
    workload_release(&workload);
}

/* Rank by rank against the definition. */
static void test_distances(void)
{
    enum { ITEMS = 20, DRAWS = 200000 };
    struct workload_spec spec = usual();
    struct key_space space;
    struct rng rng;
    double seen[ITEMS] = {0};
    double sum = 0;
    double chi = 0;
    spec.key_distribution = KEYS_LATEST;
    spec.zipf_theta = 0.99;
    spec.keys = 5; /* drawn among more */
    key_space_init(&space, &spec, 1);
    rng_init(&rng, 3);
    for (int i = 0; i < DRAWS; i++) {
        uint64_t distance = key_space_draw_distance(&space, &rng, ITEMS);
        seen[distance < ITEMS ? distance : 0]++;
    }
    for (int i = 0; i < ITEMS; i++) {
        sum += pow(i + 1, -0.99);
    }
    for (int i = 0; i < ITEMS; i++) {
        double expected = DRAWS * pow(i + 1, -0.99) / sum;
        chi += (seen[i] - expected) * (seen[i] - expected) / expected;
    }
    tap_check(chi < 43.8, "distances are zipf (chi2 = %.1f, 19 degrees)", chi);
}

/* ---- several datasets ---- */

static void test_data(void)
{
    static const struct step_spec steps[] = {{.command = "GET {key:b}"}, {.command = "GET {key}"}};
    static const char *const prepare[] = {"XGROUP CREATE {key} g {random:4}"};
    struct workload workload;
    struct workload_spec spec = usual();
    struct workload_spec other = usual();
    spec.data_name = "a";
    other.data_name = "b";
    other.keys = 50;
    other.data = DATA_HASH;
    other.counts_keys = true;
    other.prepare = prepare;
    other.prepare_count = 1;
    spec.others = &other;
    spec.other_count = 1;
    const struct workload_operation *operation = only_operation(&workload, &spec, steps, 2);
    tap_int((int64_t)other.elements, 100, "elements by the keys of the first");
    tap_check(operation->is_spread && operation->is_linked, "its steps go to different nodes");
    struct workload_draw draw = {.key = 7, .salt = 4};
    char key[32] = {0};
    (void)snprintf(key, sizeof key, "%s", command_text(&workload, &draw, 0, NULL) + 4);
    tap_check(strncmp(key, "p:b:", 4) == 0 && strtoul(key + 4, NULL, 10) < 50, "key %s", key);
    tap_int(workload_slot(&workload, &draw, 0, NULL), slots_of_key(str_from(key)),
            "the slot of the first step");
    tap_int(workload_slot(&workload, &draw, 1, NULL), slots_of_key(STR("p:a:07")),
            "the slot of the second");
    struct workload_stream stream;
    workload_stream_sweep(&stream, workload.data[1].load_operation, 0, 50);
    uint64_t commands = 0;
    while (workload_draw_next(&workload, &stream, &draw)) {
        commands++;
        if (draw.key == 49 && draw.salt > 0) {
            tap_check(strncmp(command_text(&workload, &draw, 0, NULL), "HSET p:b:49 ", 12) == 0,
                      "it is a hash");
        }
    }
    tap_int((int64_t)commands, 100, "100 fields in two commands for each of 50 keys");
    draw =
        (struct workload_draw){.key = 3, .operation = (uint32_t)workload.data[1].prepare_operation};
    (void)snprintf(key, sizeof key, "%s", command_text(&workload, &draw, 0, NULL));
    draw.key = 4;
    tap_check(strncmp(key, "XGROUP CREATE p:b:03 g ", 23) == 0, "prepared: %s", key);
    tap_check(strcmp(key + 23, command_text(&workload, &draw, 0, NULL) + 23) != 0,
              "each with values of its own");
    tap_int((int64_t)workload.data[0].prepare_operation, (int64_t)DATASET_NONE, "the other is not");
    workload_release(&workload);
}

/* Keys of one operation share a slot when they have tags, whatever dataset they are of. */
static void test_tags(void)
{
    static const struct step_spec steps[] = {
        {.command = "LMOVE {hashtag}{key} {hashtag}{key:b} LEFT LEFT"}};
    struct workload workload;
    struct workload_spec spec = usual();
    struct workload_spec other = usual();
    bool same = true;
    bool differ = false;
    uint64_t first = UINT64_MAX;
    spec.data_name = "a";
    other.data_name = "b";
    other.keys = 30;
    spec.others = &other;
    spec.other_count = 1;
    only_operation(&workload, &spec, steps, 1);
    tap_int((int64_t)spec.hash_tags, 30, "as many tags as the smallest dataset has keys");
    tap_int((int64_t)other.hash_tags, 30, "in both");
    for (uint64_t salt = 0; salt < 200; salt++) {
        struct workload_draw draw = {.key = rng_mix(salt) % 100, .salt = salt};
        char *rest = command_text(&workload, &draw, 0, NULL) + strlen("LMOVE ");
        char *source = strsep(&rest, " ");
        char *destination = strsep(&rest, " ");
        uint64_t number = strtoul(strchr(destination, '}') + 1, NULL, 10);
        same = same && slots_of_key(str_from(source)) == slots_of_key(str_from(destination)) &&
               number < 30;
        first = first == UINT64_MAX ? number : first;
        differ = differ || number != first;
    }
    tap_check(same, "the same slot");
    tap_check(differ, "and different keys");
    workload_release(&workload);
}

static void test_loading_types(void)
{
    static const struct {
        enum data_type data;
        const char *begins;
    } rows[] = {
        {DATA_HYPERLOGLOG, "PFADD p:07 m00000000 m00000001 "},
        {DATA_GEO, "GEOADD p:07 "},
        {DATA_BITMAP, "BITFIELD p:07 SET u1 0 "},
        {DATA_ZSET, "ZADD p:07 "},
    };
    static const struct step_spec steps[] = {{.command = "TYPE {key}"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct workload workload;
        struct workload_spec spec = usual();
        spec.data = rows[i].data;
        only_operation(&workload, &spec, steps, 1);
        struct workload_draw draw = {.key = 7,
                                     .operation = (uint32_t)workload.data[0].load_operation};
        const char *text = command_text(&workload, &draw, 0, NULL);
        tap_check(strncmp(text, rows[i].begins, strlen(rows[i].begins)) == 0, "%s", text);
        workload_release(&workload);
    }
}

/* ---- what is refused ---- */

static void test_refused(void)
{
    static const struct {
        struct step_spec steps[4];
        uint32_t retries;
        const char *sentence;
    } rows[] = {
        {{{.command = "GET {key:nosuch}"}}, 0, "{key:nosuch}: there is no such dataset"},
        {{{.command = "EVALSHA {script:a} 1 {key}"}}, 0, "{script:a}: there is no such script"},
        {{{.command = "FCALL {function:a} 1 {key}"}}, 0, "{function:a}: there is no such function"},
        {{{.command = "GET {key:}"}}, 0, "write {key}, {key:NAME}, {key:new} or {key:NAME:reply}"},
        {{{.command = "GET {key:a:b}"}}, 0, "write {key}, {key:NAME}"},
        {{{.command = "GET {key} {reply:128}"}}, 0, "write {reply} or {reply:N}"},
        {{{.command = "GEOADD {key} {float:1:2} 1 x"}}, 0, "write {float:LOW:HIGH:DIGITS}"},
        {{{.command = "GEOADD {key} {float:2:1:3} 1 x"}}, 0, "write {float:LOW:HIGH:DIGITS}"},
        {{{.command = "GEOADD {key} {float:1:2:10} 1 x"}}, 0, "write {float:LOW:HIGH:DIGITS}"},
        {{{.command = "SET {key} {reply}"}}, 0, "nothing comes before the first step"},
        {{{.command = "SET {key} x", .when = STEP_ON_HIT}}, 0, "nothing comes before"},
        {{{.command = "SET {key} x", .think = 5}}, 0, "nothing comes before"},
        {{{.command = "GET {key}"}, {.command = "SET {key:reply} x"}},
         0,
         "{key:reply} is for commands that only read"},
        {{{.command = "GET {key}"}, {.command = "GET {key}", .each = true}},
         0,
         "each: the command has no {reply} or {key:reply}"},
        {{{.command = "GET {key}"}, {.command = "MULTI"}}, 0, "MULTI without EXEC"},
        {{{.command = "GET {key}"}, {.command = "EXEC"}}, 0, "MULTI and EXEC belong together"},
        {{{.command = "MULTI"},
          {.command = "SET {key} x", .when = STEP_ON_HIT},
          {.command = "EXEC"}},
         0,
         "what stands between MULTI and EXEC is sent at once"},
        {{{.command = "GET {key}"}}, 3, "retry is for transactions: there is no EXEC"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct workload_spec spec = usual();
        struct error err = {0};
        size_t count = 0;
        while (count < 4 && rows[i].steps[count].command != NULL) {
            count++;
        }
        struct operation_spec operation = {.name = "op",
                                           .weight = 1,
                                           .steps = rows[i].steps,
                                           .step_count = count,
                                           .retries = rows[i].retries};
        spec.operations = &operation;
        spec.operation_count = 1;
        tap_check(!workload_check(&spec, &err), "row %zu is refused", i);
        tap_check(strstr(err.text, rows[i].sentence) != NULL, "row %zu: %s", i, err.text);
    }
}

static void test_prepare_refused(void)
{
    static const char *const commands[] = {"SET {key:new} x", "SET {key} {reply}", "SET name x",
                                           "GET {key:b}"};
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        struct workload_spec spec = usual();
        struct error err = {0};
        spec.prepare = &commands[i];
        spec.prepare_count = 1;
        tap_check(!workload_check(&spec, &err) && strstr(err.text, "prepare") != NULL, "%s: %s",
                  commands[i], err.text);
    }
}

/* ---- YCSB ---- */

/* Core workloads as their definition has them: proportions of read, update, insert, scan and
 * read-modify-write; records of 10 fields with 100 bytes that are read whole. */
static void test_ycsb(void)
{
    static const struct {
        const char *name;
        unsigned read, update, insert, scan, modify;
        enum key_distribution distribution;
    } rows[] = {
        {"ycsb-a", 50, 50, 0, 0, 0, KEYS_ZIPF}, {"ycsb-b", 95, 5, 0, 0, 0, KEYS_ZIPF},
        {"ycsb-c", 100, 0, 0, 0, 0, KEYS_ZIPF}, {"ycsb-d", 95, 0, 5, 0, 0, KEYS_LATEST},
        {"ycsb-e", 0, 0, 5, 95, 0, KEYS_ZIPF},  {"ycsb-f", 50, 0, 0, 0, 50, KEYS_ZIPF},
    };
    static const char read[] = "HGETALL {key}";
    static const char update[] = "HSET {key} {field} {value}";
    static const char insert[] = "HSET {key:new} [{field} {value}]*10";
    static const char scan[] = "ZRANGEBYSCORE {key:index} {score:key} +inf LIMIT 0 {int:1:100}";
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct arena arena = {0};
        struct error err = {0};
        struct workload_spec spec = usual();
        unsigned seen[5] = {0};
        const struct builtin_workload *builtin = builtin_find(str_from(rows[i].name));
        tap_check(builtin != NULL && workload_file_read(builtin->name, str_from(builtin->text),
                                                        &arena, &spec, &err),
                  "%s: %s", rows[i].name, err.text);
        tap_int(spec.data, DATA_HASH, "%s: records are hashes", rows[i].name);
        tap_int((int64_t)spec.elements, 10, "%s: ten fields", rows[i].name);
        tap_int((int64_t)spec.value_size_low, 100, "%s: of 100 bytes", rows[i].name);
        tap_int((int64_t)spec.value_size_high, 100, "%s: all of them", rows[i].name);
        tap_int(spec.key_distribution, rows[i].distribution, "%s: distribution", rows[i].name);
        tap_near(spec.zipf_theta, 0.99, 0, "%s: theta", rows[i].name);
        for (size_t k = 0; k < spec.operation_count; k++) {
            const struct operation_spec *operation = &spec.operations[k];
            const char *first = operation->steps[0].command;
            bool modifies = operation->step_count == 2 && strcmp(first, read) == 0 &&
                            strcmp(operation->steps[1].command, update) == 0;
            int kind = modifies                     ? 4
                       : strcmp(first, read) == 0   ? 0
                       : strcmp(first, update) == 0 ? 1
                       : strcmp(first, insert) == 0 ? 2
                       : strcmp(first, scan) == 0   ? 3
                                                    : -1;
            tap_check(kind >= 0, "%s: %s is one of YCSB's", rows[i].name, first);
            seen[kind < 0 ? 0 : kind] += operation->weight;
        }
        const unsigned wanted[] = {rows[i].read, rows[i].update, rows[i].insert, rows[i].scan,
                                   rows[i].modify};
        for (int kind = 0; kind < 5; kind++) {
            tap_int(seen[kind], wanted[kind], "%s: share of kind %d", rows[i].name, kind);
        }
        arena_release(&arena);
    }
}

/* Every built-in workload compiles, and all its commands can be written. */
static void test_builtin(void)
{
    for (const struct builtin_workload *at = builtin_workloads; at->name != NULL; at++) {
        struct arena arena = {0};
        struct error err = {0};
        struct workload workload;
        struct workload_stream stream;
        struct workload_draw draw;
        struct workload_spec spec = usual();
        tap_check(workload_file_read(at->name, str_from(at->text), &arena, &spec, &err) &&
                      spec_validate_workload(&spec, &err) && workload_check(&spec, &err),
                  "%s: %s", at->name, err.text);
        workload_settle(&spec);
        workload_init(&workload, &spec, 1);
        workload_stream_init(&stream, &workload, 1, 0, 1);
        char *bytes = mem_alloc(workload.max_step_size + TEMPLATE_CHUNK);
        size_t longest = 0;
        for (int i = 0; i < 200; i++) {
            (void)workload_draw_next(&workload, &stream, &draw);
            size_t count = workload.operations[draw.operation].step_count;
            for (size_t step = 0; step < count; step++) {
                size_t len = workload_write_step(&workload, &draw, step, bytes);
                longest = len > longest ? len : longest;
            }
        }
        tap_check(longest <= workload.max_step_size, "%s: nothing is longer than it may be",
                  at->name);
        mem_free(bytes);
        workload_release(&workload);
        arena_release(&arena);
    }
}

int main(void)
{
    test_placeholders();
    test_functions_library();
    test_replies();
    test_inserts();
    test_distances();
    test_data();
    test_tags();
    test_loading_types();
    test_refused();
    test_prepare_refused();
    test_ycsb();
    test_builtin();
    return tap_end();
}
