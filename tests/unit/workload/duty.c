/* What operations do besides asking: as it is found out from their commands, and what is refused.
 */
#include "workload/duty.h"

#include <string.h>

#include "model/workload_file.h"
#include "support/tap.h"
#include "workload/workload.h"

static bool read_spec(const char *text, struct arena *arena, struct workload_spec *out,
                      struct error *err)
{
    struct spec spec;
    spec_init(&spec, PRESET_QUICK);
    *out = spec.workload;
    return workload_file_read("t.yaml", str_from(text), arena, out, err) &&
           spec_validate_workload(out, err) && workload_check(out, err);
}

static void test_facts(void)
{
    static const char text[] = "data: {type: list, keys: 10}\n"
                               "channels: 10\n"
                               "groups: {a: 50%, b: 50%}\n"
                               "operations:\n"
                               "  - {group: a, command: 'LPUSH {key} \"{stamp}\" {stamp}'}\n"
                               "  - {group: a, command: 'PUBLISH {channel} {stamp}'}\n"
                               "  - {group: b, delivers: true, command: 'BRPOP {key} 0.25'}\n"
                               "  - {group: b, name: late, steps: ['LLEN {key}', "
                               "'XREAD COUNT 1 BLOCK 70 STREAMS {key} 0']}\n"
                               "  - {group: b, command: 'XREAD COUNT 1 STREAMS {key} 0'}\n"
                               "  - {group: b, command: 'BLMPOP 1 1 {key} LEFT'}\n";
    struct arena arena = {0};
    struct error err = {0};
    struct workload_spec spec;
    struct workload workload;
    if (!tap_check(read_spec(text, &arena, &spec, &err), "it is right: %s", err.text)) {
        return;
    }
    workload_init(&workload, &spec, 1);
    const struct workload_operation *operations = workload.operations;
    tap_int(operations[0].steps[0].stamps, 2, "stamps are counted");
    tap_check(!operations[0].steps[0].publishes, "a push publishes nothing");
    tap_check(operations[1].steps[0].publishes && operations[1].duty.by_channel,
              "PUBLISH does, to a channel");
    tap_int((int64_t)operations[2].duty.wait, (int64_t)(250 * NSEC_PER_MSEC), "seconds to wait");
    tap_check(operations[2].duty.delivers && !operations[3].duty.delivers, "delivers as asked");
    tap_int((int64_t)operations[3].duty.wait, (int64_t)(70 * NSEC_PER_MSEC), "milliseconds");
    tap_int((int64_t)operations[4].duty.wait, 0, "XREAD without BLOCK answers at once");
    tap_int((int64_t)operations[5].duty.wait, (int64_t)NSEC_PER_SEC, "the first word of BLMPOP");
    tap_int((int64_t)workload.duties.waiting, 4 + 8 + 32, "those that wait");
    tap_int((int64_t)workload.duties.longest_wait, (int64_t)NSEC_PER_SEC, "the longest wait");
    tap_check(!workload.duties.group_waits[0] && workload.duties.group_waits[1],
              "the second group waits");
    tap_check(workload.duties.is_on && !workload.is_quick, "it takes the long way");
    workload_release(&workload);
    arena_release(&arena);
}

/* Clients draw from their own group, with the weights inside of it, and always the same. */
static void test_draws(void)
{
    enum { CLIENTS = 10, DRAWS = 4000 };
    static const char text[] = "data: {keys: 100}\n"
                               "groups: {a: 30%, b: {}}\n"
                               "operations:\n"
                               "  - {group: a, weight: 3, command: 'GET {key}'}\n"
                               "  - {group: b, weight: 1, command: 'SET {key} {value}'}\n"
                               "  - {group: a, weight: 1, command: 'STRLEN {key}'}\n";
    struct arena arena = {0};
    struct error err = {0};
    struct workload_spec spec;
    struct workload workload;
    if (!tap_check(read_spec(text, &arena, &spec, &err), "it is right: %s", err.text)) {
        return;
    }
    workload_init(&workload, &spec, 1);
    int seen[3] = {0};
    bool is_same = true;
    bool is_own = true;
    for (uint32_t client = 0; client < CLIENTS; client++) {
        struct workload_stream stream;
        struct workload_stream again;
        workload_stream_init(&stream, &workload, 7, client, CLIENTS);
        workload_stream_init(&again, &workload, 7, client, CLIENTS);
        for (int i = 0; i < DRAWS; i++) {
            struct workload_draw draw = {0};
            struct workload_draw other = {0};
            (void)workload_draw_next(&workload, &stream, &draw);
            (void)workload_draw_next(&workload, &again, &other);
            is_same = is_same && draw.key == other.key && draw.operation == other.operation;
            is_own = is_own && (draw.operation == 1) == (stream.group == 1);
            seen[draw.operation]++;
        }
    }
    tap_check(is_same, "draws are a function of workload, seed and client");
    tap_check(is_own, "each client draws from its group");
    tap_int(seen[1], 7 * DRAWS, "seven clients of ten write");
    tap_near(seen[0], 3 * DRAWS * 0.75, 200, "weights count inside of a group");
    workload_release(&workload);
    arena_release(&arena);
}

static void test_channels(void)
{
    enum { CHANNELS = 7 };
    static const char text[] = "data: {keys: 1}\n"
                               "channels: {count: 7, dist: seq}\n"
                               "subscribers: {connections: 5, channels: 3}\n"
                               "operations: ['PUBLISH {channel} \"{stamp}\"']\n";
    struct arena arena = {0};
    struct error err = {0};
    struct workload_spec spec;
    struct workload workload;
    if (!tap_check(read_spec(text, &arena, &spec, &err), "it is right: %s", err.text)) {
        return;
    }
    spec.key_prefix = "p:";
    workload_init(&workload, &spec, 1);
    uint64_t heard[CHANNELS] = {0};
    for (uint32_t i = 0; i < 5; i++) {
        for (uint32_t k = 0; k < 3; k++) {
            heard[duty_channel_of(&workload.duties, i, k)]++;
        }
    }
    for (uint64_t i = 0; i < CHANNELS; i++) {
        tap_int((int64_t)duty_audience(&workload.duties, i), (int64_t)heard[i],
                "subscribers of channel %d", (int)i);
    }
    struct workload_draw draw = {.key = 4};
    char bytes[256] = {0};
    bytes[workload_write_step(&workload, &draw, 0, bytes)] = '\0';
    tap_text(bytes,
             "*3\r\n$7\r\nPUBLISH\r\n$6\r\np:ch:4\r\n$32\r\n@tenbin@000000?0000000000000000@\r\n",
             "a message");
    tap_int(workload_slot(&workload, &draw, 0, NULL), 9105, "its slot is that of the channel");
    workload_release(&workload);
    arena_release(&arena);
}

static void test_cacheable(void)
{
    static const struct {
        const char *command;
        bool wanted;
    } rows[] = {
        {"GET {key}", true},           {"HGET {key} f1", true},     {"LRANGE {key} 0 9", true},
        {"HGET {key} {field}", false}, {"MGET {key} {key}", false}, {"TTL {key}", false},
        {"SRANDMEMBER {key}", false},  {"SET {key} x", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[128];
        struct arena arena = {0};
        struct error err = {0};
        struct workload_spec spec;
        struct workload workload;
        (void)snprintf(text, sizeof text, "tracking: true\noperations: ['%s']\n", rows[i].command);
        tap_check(read_spec(text, &arena, &spec, &err), "%s: %s", rows[i].command, err.text);
        workload_init(&workload, &spec, 1);
        tap_check(workload.operations[0].duty.is_cacheable == rows[i].wanted, "%s: kept or not: %d",
                  rows[i].command, rows[i].wanted);
        workload_release(&workload);
        arena_release(&arena);
    }
}

static void test_refused(void)
{
    static const struct {
        const char *text;
        const char *sentence;
    } rows[] = {
        {"operations: ['BRPOP {key} 0']",
         "command \"BRPOP {key} 0\": BRPOP: write how long it may wait as a number above 0, at "
         "most one second: the end of a slice waits for it"},
        {"operations: ['XREAD BLOCK 1001 STREAMS {key} $']",
         "command \"XREAD BLOCK 1001 STREAMS {key} $\": XREAD: write how long it may wait as a "
         "number above 0, at most one second: the end of a slice waits for it"},
        {"operations: ['PUBLISH {channel} {stamp}']",
         "command \"PUBLISH {channel} {stamp}\": {channel}: the workload says nothing of "
         "\"channels\""},
        {"operations: ['PUBLISH news {stamp}']",
         "command \"PUBLISH news {stamp}\": write PUBLISH {channel} and a message"},
        {"groups: {a: {}}\noperations: [{group: a, delivers: true, command: 'LPOP {key}'}]",
         "delivers: no command carries a {stamp} that could be found"},
        {"operations: [{delivers: true, command: 'LPOP {key}'}, 'LPUSH {key} {stamp}']",
         "delivers: \"LPOP\" needs a group of its own, apart from those that send"},
        {"groups: {a: {}}\noperations: [{group: a, delivers: true, command: 'LPOP {key}'}, "
         "{group: a, command: 'LPUSH {key} {stamp}'}]",
         "group \"a\" sends a {stamp} and receives messages: those that receive go on until the "
         "others have ended, so make it two groups"},
        {"channels: 1\nsubscribers: {connections: 1}\noperations: ['PUBLISH {channel} x']",
         "subscribers: no PUBLISH or SPUBLISH carries a {stamp}"},
        {"tracking: {noloop: true}\noperations: ['MSET {key} x {key} y']",
         "tracking: with noloop an operation writes one key, \"MSET\" has several"},
        {"groups: {a: {}}\noperations: ['GET {key}']",
         "operation \"GET\" belongs to no group: write group: a, say"},
        {"groups: {a: 120%}\noperations: ['GET {key}']",
         "t.yaml:1: clients: write a number of clients, or a share such as 20%"},
        {"groups: {a: {paced: true}, b: {paced: true}}\noperations: ['GET {key}']",
         "t.yaml:1: groups: only one of them can be paced"},
        {"groups: [a]\noperations: ['GET {key}']",
         "t.yaml:1: groups: write 1 to 8 names, each with its clients, such as \"producers: 20%\""},
        {"subscribers: {channels: 2}\noperations: ['GET {key}']",
         "t.yaml:1: subscribers: \"connections\" is missing"},
        {"tracking: yes\noperations: ['GET {key}']", "t.yaml:1: tracking: write true or false"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct arena arena = {0};
        struct error err = {0};
        struct workload_spec spec;
        tap_check(!read_spec(rows[i].text, &arena, &spec, &err), "row %zu is refused", i);
        tap_text(err.text, rows[i].sentence, "row %zu: sentence", i);
        arena_release(&arena);
    }
}

int main(void)
{
    test_facts();
    test_draws();
    test_channels();
    test_cacheable();
    test_refused();
    return tap_end();
}
