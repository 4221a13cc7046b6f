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
    tap_text(got.operations[1].steps[1], "HSET {key} {field} {value}", "a step");
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
                       "operations"},
        {"name: x\nname: y\n", "w.yaml:2: \"name\" is given twice"},
        {"name: [x]\n", "w.yaml:1: name: write one value"},
        {"name: ''\n", "w.yaml:1: name: write one value"},
        {"data:\n  type: bitmap\n",
         "w.yaml:2: type: \"bitmap\": write string, list, hash, set, zset or stream"},
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
         "w.yaml:2: steps: write a list of commands, each behind \"- \""},
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
    test_wrong();
    return tap_end();
}
