/* Commands with any placeholders, by their bytes. */
#include "workload/pattern.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "support/tap.h"
#include "workload/workload.h"

enum { ROOM = 1 << 16 };

/* A workload of one operation; '|' instead of line ends. */
struct scene {
    struct workload workload;
    struct operation_spec operation;
    struct step_spec steps[2];
};

static const struct workload_spec usual = {
    .name = "test",
    .keys = 100,
    .key_prefix = "p:",
    .elements = 10,
    .value_size_low = 4,
    .value_size_high = 4,
    .ttl_low = 5 * NSEC_PER_MSEC,
    .ttl_high = 5 * NSEC_PER_MSEC,
};

static void begin(struct scene *scene, struct workload_spec spec, const char *command)
{
    struct error err = {0};
    scene->steps[0] = (struct step_spec){.command = command};
    scene->operation =
        (struct operation_spec){.name = "op", .weight = 1, .steps = scene->steps, .step_count = 1};
    spec.operations = &scene->operation;
    spec.operation_count = 1;
    tap_check(workload_check(&spec, &err), "%s: %s", command, err.text);
    workload_init(&scene->workload, &spec, 1);
}

static void write_text(const struct scene *scene, const struct workload_draw *draw, char *text)
{
    size_t len = workload_write_step(&scene->workload, draw, 0, text);
    tap_check(len <= scene->workload.max_step_size, "not longer than the longest command");
    text[len] = '\0';
    for (char *at = text; *at != '\0'; at++) {
        *at = *at == '\r' || *at == '\n' ? '|' : *at;
    }
}

static void test_bytes(void)
{
    static const struct {
        const char *command;
        const char *wanted;
    } rows[] = {
        {"PING", "*1||$4||PING||"},
        {"SET {key} 'a b' PX {ttl}", "*5||$3||SET||$4||p:07||$3||a b||$2||PX||$1||5||"},
        {"SET {key} x{int:7:7}y", "*3||$3||SET||$4||p:07||$3||x7y||"},
        {"GETRANGE {key} {int:3:3} {int:-1:-1}", "*4||$8||GETRANGE||$4||p:07||$1||3||$2||-1||"},
        {"SET {key} {choice:one}", "*3||$3||SET||$4||p:07||$3||one||"},
        {"SET {key} \"\"", "*3||$3||SET||$4||p:07||$0||||"},
        {"SET {key} {{{choice:a}}}", "*3||$3||SET||$4||p:07||$3||{a}||"},
        {"XREADGROUP GROUP g {consumer:1} STREAMS {key} >",
         "*7||$10||XREADGROUP||$5||GROUP||$1||g||$9||c00000000||$7||STREAMS||$4||p:07||$1||>||"},
        {"LPUSH {key} [a b]*2 c", "*7||$5||LPUSH||$4||p:07||$1||a||$1||b||$1||a||$1||b||$1||c||"},
    };
    char text[1024];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene scene;
        struct workload_draw draw = {.key = 7, .salt = 12345};
        begin(&scene, usual, rows[i].command);
        write_text(&scene, &draw, text);
        tap_text(text, rows[i].wanted, "%s", rows[i].command);
        workload_release(&scene.workload);
    }
}

/* The words of a command that is written with '|'. */
static size_t split(char *text, const char *words[64])
{
    size_t count = 0;
    char *rest = text;
    for (char *part; (part = strsep(&rest, "|")) != NULL;) {
        if (part[0] != '\0' && part[0] != '*' && part[0] != '$') {
            words[count++] = part;
        }
    }
    return count;
}

static void test_elements(void)
{
    char text[1024];
    const char *words[64];
    struct scene scene;
    bool stable_low = true;
    bool churn_high = true;
    bool neighbours = true;
    begin(&scene, usual, "X {key} {field:stable} {member:churn} [{field}]*3");
    for (uint64_t salt = 0; salt < 1000; salt++) {
        struct workload_draw draw = {.key = 7, .salt = rng_mix(salt)};
        write_text(&scene, &draw, text);
        if (split(text, words) != 7) {
            tap_check(false, "seven words");
            break;
        }
        long stable = strtol(words[2] + 1, NULL, 10);
        long churn = strtol(words[3] + 1, NULL, 10);
        long first = strtol(words[4] + 1, NULL, 10);
        stable_low = stable_low && stable >= 0 && stable < 5;
        churn_high = churn_high && churn >= 5 && churn < 15;
        neighbours = neighbours && strtol(words[5] + 1, NULL, 10) == (first + 1) % 10 &&
                     strtol(words[6] + 1, NULL, 10) == (first + 2) % 10;
    }
    tap_check(stable_low, "stable elements are in the lower half");
    tap_check(churn_high, "churning ones in the upper half and beyond");
    tap_check(neighbours, "elements of one command are neighbours");
    workload_release(&scene.workload);
}

static void test_keys_and_values(void)
{
    char text[1024];
    char again[1024];
    const char *words[64];
    struct scene scene;
    struct workload_spec tagged = usual;
    tagged.hash_tags = 7;
    struct workload_draw draw = {.key = 23, .salt = 99};
    begin(&scene, usual, "MSET [{key} {value}]*3");
    write_text(&scene, &draw, text);
    write_text(&scene, &draw, again);
    tap_text(text, again, "the same draw gives the same bytes");
    tap_int((int64_t)split(text, words), 7, "words of MSET");
    tap_text(words[1], "p:23", "the first key is the drawn one");
    tap_check(strcmp(words[1], words[3]) != 0 && strcmp(words[3], words[5]) != 0, "others follow");
    workload_release(&scene.workload);
    begin(&scene, tagged, "MSET {key}{hashtag} {hashtag}");
    write_text(&scene, &draw, text);
    tap_text(text, "*3||$4||MSET||$7||p:{2}23||$3||{2}||", "the tag of a key, and by itself");
    workload_release(&scene.workload);
    begin(&scene, tagged, "MGET [{key}]*3");
    write_text(&scene, &draw, text);
    tap_text(text, "*4||$4||MGET||$7||p:{2}23||$7||p:{2}30||$7||p:{2}37||", "keys of one tag");
    tap_int(workload_slot(&scene.workload, &draw, 0, NULL), 5649, "the slot of the tag");
    workload_release(&scene.workload);
}

/* Every element of every key is stored once. */
static void test_loading(enum data_type data, uint64_t elements, size_t per_element)
{
    static char text[ROOM];
    struct scene scene;
    struct workload_spec spec = usual;
    struct workload_stream stream;
    struct workload_draw draw;
    const char *name = spec_data_type_name(data);
    spec.data = data;
    spec.keys = 3;
    spec.elements = elements;
    begin(&scene, spec, "TYPE {key}");
    unsigned seen[3] = {0};
    workload_stream_sweep(&stream, scene.workload.data[0].load_operation, 0, 3);
    while (workload_draw_next(&scene.workload, &stream, &draw)) {
        size_t len = workload_write_step(&scene.workload, &draw, 0, text);
        tap_check(len <= scene.workload.max_step_size, "%s: room", name);
        uint64_t words = strtoull(text + 1, NULL, 10);
        seen[draw.key] += (unsigned)((words - 2) / per_element);
    }
    for (size_t key = 0; key < 3; key++) {
        tap_int((int64_t)seen[key], (int64_t)elements, "%s: elements of key %zu", name, key);
    }
    workload_release(&scene.workload);
}

static void test_batches(void)
{
    static const struct step_spec transaction[] = {
        {.command = "MULTI"}, {.command = "SET {key} {value}"}, {.command = "EXEC"}};
    struct operation_spec operation = {
        .name = "t", .weight = 1, .steps = transaction, .step_count = 3};
    struct workload_spec spec = usual;
    struct workload workload;
    spec.operations = &operation;
    spec.operation_count = 1;
    workload_init(&workload, &spec, 1);
    tap_int(workload.operations[0].steps[0].followers, 2, "a transaction is sent at once");
    tap_int((int64_t)workload.longest_batch, 3, "its length");
    tap_check(workload_operation_writes(&operation), "it writes");
    workload_release(&workload);
}

int main(void)
{
    test_bytes();
    test_elements();
    test_keys_and_values();
    test_loading(DATA_LIST, 100, 1);
    test_loading(DATA_HASH, 130, 2);
    test_loading(DATA_SET, 64, 1);
    test_loading(DATA_ZSET, 1, 2);
    test_batches();
    return tap_end();
}
