/* Workload files: what they say, and what is said about wrong ones. */
#include "model/workload_file.h"

#include "support/tap.h"

static struct workload_spec defaults(void)
{
    struct spec spec;
    spec_init(&spec, PRESET_QUICK);
    return spec.workload;
}

static void test_right(void)
{
    static const char text[] = "# a comment\n"
                               "name: carts\n"
                               "description: shopping carts\n"
                               "data:\n"
                               "  type: hash\n"
                               "  keys: 5k\n"
                               "  elements: 20\n"
                               "  key-size: 40\n"
                               "  hash-tags: 16\n"
                               "  key-dist: zipf:0.9\n"
                               "  value-size: 10:1,20:3\n"
                               "  compressibility: 0.5\n"
                               "  ttl: 10s-20s\n"
                               "operations:\n"
                               "  - HGET {key} {field}\n"
                               "  - name: put\n"
                               "    weight: 3\n"
                               "    steps: [MULTI, 'HSET {key} {field} {value}', EXEC]\n";
    struct arena arena = {0};
    struct error err = {0};
    struct workload_spec got = defaults();
    bool read = workload_file_read("x.yaml", str_from(text), &arena, &got, &err);
    if (!tap_check(read, "reads a whole file: %s", err.text)) {
        return;
    }
    tap_text(got.name, "carts", "name");
    tap_text(got.description, "shopping carts", "description");
    tap_int(got.data, DATA_HASH, "type");
    tap_int((int64_t)got.keys, 5000, "keys");
    tap_int((int64_t)got.elements, 20, "elements");
    tap_int(got.key_size, 40, "key size");
    tap_int((int64_t)got.hash_tags, 16, "hash tags");
    tap_int(got.key_distribution, KEYS_ZIPF, "distribution");
    tap_near(got.zipf_theta, 0.9, 0, "theta");
    tap_int((int64_t)got.value_choice_count, 2, "sizes");
    tap_near(got.compressibility, 0.5, 0, "compressibility");
    tap_int((int64_t)got.ttl_high, (int64_t)(20 * NSEC_PER_SEC), "time to live");
    tap_int((int64_t)got.operation_count, 2, "operations");
    tap_text(got.operations[0].name, "HGET", "an operation is called like its command");
    tap_int(got.operations[0].weight, 1, "weight unless given");
    tap_text(got.operations[1].name, "put", "or as it says");
    tap_int((int64_t)got.operations[1].step_count, 3, "steps");
    tap_text(got.operations[1].steps[1].command, "HSET {key} {field} {value}", "a step");
    arena_release(&arena);
}

/* Several datasets, steps with conditions, sources. */
static void test_more(void)
{
    static const char text[] = "data:\n"
                               "  - {name: users, type: hash, keys: 500, key-dist: latest}\n"
                               "  - {name: index, type: zset, keys: 1, elements: keys}\n"
                               "  - name: log\n"
                               "    type: stream\n"
                               "    prepare: ['XGROUP CREATE {key} g 0']\n"
                               "scripts:\n"
                               "  add: |\n"
                               "    return 1\n"
                               "functions: {sub: return 2}\n"
                               "operations:\n"
                               "  - name: cache\n"
                               "    retry: 3\n"
                               "    steps:\n"
                               "      - GET {key}\n"
                               "      - command: SET {key} {value}\n"
                               "        when: miss\n"
                               "        think: 5ms\n"
                               "      - {command: 'GET {key:reply}', each: true, when: hit}\n";
    struct arena arena = {0};
    struct error err = {0};
    struct workload_spec got = defaults();
    got.keys = 7; /* an option: of the first dataset only */
    bool read = workload_file_read("x.yaml", str_from(text), &arena, &got, &err);
    if (!tap_check(read, "reads it: %s", err.text)) {
        return;
    }
    tap_text(got.data_name, "users", "the first dataset");
    tap_int((int64_t)got.keys, 500, "its keys");
    tap_int(got.key_distribution, KEYS_LATEST, "its distribution");
    tap_int((int64_t)got.other_count, 2, "others");
    tap_text(got.others[0].data_name, "index", "the second");
    tap_int(got.others[0].data, DATA_ZSET, "its type");
    tap_check(got.others[0].counts_keys, "as many elements as keys");
    tap_int((int64_t)got.others[1].keys, 100000, "the third has the usual number of keys");
    tap_int((int64_t)got.others[1].prepare_count, 1, "and is prepared");
    tap_text(got.others[1].prepare[0], "XGROUP CREATE {key} g 0", "in this way");
    tap_text(got.scripts[0].name, "add", "a script");
    tap_text(got.scripts[0].text, "return 1\n", "its source");
    tap_text(got.functions[0].name, "sub", "a function");
    tap_int(got.operations[0].retries, 3, "retries");
    const struct step_spec *steps = got.operations[0].steps;
    tap_int(steps[1].when, STEP_ON_MISS, "a condition");
    tap_int((int64_t)steps[1].think, (int64_t)(5 * NSEC_PER_MSEC), "a pause");
    tap_check(steps[2].each && !steps[1].each, "each");
    tap_int(steps[2].when, STEP_ON_HIT, "another condition");
    arena_release(&arena);
}

#define OPERATIONS "operations: ['GET {key}']\n"

static void test_wrong(void)
{
    static const struct {
        const char *text;
        const char *sentence;
    } rows[] = {
        {"", "w.yaml: there is nothing in it"},
        {"name: x\n", "w.yaml:1: \"operations\" is missing"},
        {"- a\n", "w.yaml:1: write fields with values, such as \"name: ...\""},
        {"label: x\n", "w.yaml:1: \"label\" is not known here; known are name, description, data, "
                       "operations, scripts, functions, groups, subscribers, channels, tracking"},
        {"name: x\nname: y\n", "w.yaml:2: \"name\" is given twice"},
        {"name: [x]\n", "w.yaml:1: name: write one value"},
        {"name: ''\n", "w.yaml:1: name: write one value"},
        {"data:\n  type: bits\n", "w.yaml:2: type: \"bits\": write string, list, hash, set, zset, "
                                  "stream, hyperloglog, geo, bitmap or none"},
        {"data:\n  keys: none\n", "w.yaml:2: keys: \"none\": write a whole number from 1"},
        {"data:\n  values: xml\n", "w.yaml:2: values: \"xml\": write random, text, number or json"},
        {"data:\n  encode: xml\n", "w.yaml:2: encode: \"xml\": write json or msgpack"},
        {"data:\n  compress: zlib:99\n",
         "w.yaml:2: compress: \"zlib:99\": write none, zlib or zlib:LEVEL (1 to 9), zstd or "
         "zstd:LEVEL (1 to 19), or lz4"},
        {"data:\n  object:\n    a: [3, {b: text:0}]\n",
         "w.yaml:3: object.a[].b: write int:LOW:HIGH, number, bool, text:SIZE, text:LOW-HIGH, "
         "hex:SIZE, choice:A|B|C, an object, or [N, SHAPE]"},
        {"data:\n  object: &a\n    a: *a\n",
         "w.yaml:2: object.a.a.a.a.a.a.a.a: objects lie at most "
         "eight deep"},
        {"data:\n  compressibility: 2\n",
         "w.yaml:2: compressibility: \"2\": write a share from 0 to 1"},
        {"data: hash\n", "w.yaml:1: write fields with values, such as \"type: ...\""},
        {"operations: GET\n", "w.yaml:1: operations: write a list, each behind \"- \""},
        {"operations: []\n", "w.yaml:1: operations: write a list, each behind \"- \""},
        {"operations:\n  - weight: 3\n", "w.yaml:2: an operation needs a command, or steps"},
        {"operations:\n  - command: GET {key}\n    steps: [TIME]\n",
         "w.yaml:3: an operation has either a command or steps"},
        {"operations:\n  - command: GET {key}\n    weight: 0\n",
         "w.yaml:3: weight: \"0\": write a whole number from 1"},
        {"operations:\n  - steps: []\n",
         "w.yaml:2: steps: write a list of 1 to 1000 commands, each behind \"- \""},
        {"operations:\n  - steps:\n      - when: hit\n", "w.yaml:3: a step needs a command"},
        {"operations:\n  - steps:\n      - GET {key}\n      - command: GET {key}\n        when: "
         "no\n",
         "w.yaml:5: when: \"no\": write hit, miss or always"},
        {"operations:\n  - steps:\n      - GET {key}\n      - command: GET {key}\n        think: "
         "5\n",
         "w.yaml:5: think: \"5\": write a time such as 5ms"},
        {"operations:\n  - steps:\n      - GET {key}\n      - command: GET {key}\n        each: "
         "1\n",
         "w.yaml:5: each: \"1\": write true or false"},
        {"operations:\n  - steps:\n      - GET {key}\n      - command: GET {key}\n        wen: "
         "hit\n",
         "w.yaml:5: \"wen\" is not known here; known are command, when, think, each"},
        {"operations:\n  - command: GET {key}\n    retry: 300\n",
         "w.yaml:3: retry: write at most 255"},
        {"data:\n  - name: a\n  - keys: 3\n", "w.yaml:3: several datasets need names"},
        {"data: []\n", "w.yaml:1: data: write 1 to 8 datasets"},
        {"data:\n  prepare: X\n",
         "w.yaml:2: prepare: write a list of commands, each behind \"- \""},
        {"scripts: [a]\n",
         "w.yaml:1: scripts: write names with their source, such as \"add: return 1\""},
        {"functions:\n  a: b\n  a: c\n", "w.yaml:3: \"a\" is given twice"},
        {"scripts:\n  a: [b]\n", "w.yaml:2: scripts: write one value"},
        {"operations:\n  - GET {key}\n  - GET {key}\n",
         "w.yaml:3: two operations are called \"GET\": give them different names"},
        {OPERATIONS "\tx", "w.yaml:2: not YAML: found character that cannot start any token"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct arena arena = {0};
        struct error err = {0};
        struct workload_spec got = defaults();
        tap_check(!workload_file_read("w.yaml", str_from(rows[i].text), &arena, &got, &err),
                  "row %zu is refused", i);
        tap_text(err.text, rows[i].sentence, "row %zu: sentence", i);
        tap_int(err.code, ERROR_USAGE, "row %zu: code", i);
        tap_text(got.name, "strings", "row %zu: nothing is changed", i);
        arena_release(&arena);
    }
}

int main(void)
{
    test_right();
    test_more();
    test_wrong();
    return tap_end();
}
