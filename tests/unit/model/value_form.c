#include "model/value_form.h"

#include "model/value_histogram.h"
#include "support/tap.h"

static void test_compressions(void)
{
    static const struct {
        const char *text;
        const char *wanted; /* NULL: refused */
    } rows[] = {
        {"none", "none"},   {"zlib", "zlib:6"},     {"zlib:9", "zlib:9"},
        {"zstd", "zstd:3"}, {"zstd:19", "zstd:19"}, {"lz4", "lz4"},
        {"zlib:10", NULL},  {"zstd:0", NULL},       {"zstd:", NULL},
        {"lz4:1", NULL},    {"none:1", NULL},       {"gzip", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct value_form form = {0};
        struct error err = {0};
        struct buf text = {0};
        bool done = value_form_read_compression(str_from(rows[i].text), &form, &err);
        value_form_format_compression(&form, &text);
        tap_check(done == (rows[i].wanted != NULL), "compress \"%s\"", rows[i].text);
        tap_text(done ? buf_text(&text) : "none", done ? rows[i].wanted : "none",
                 "compress \"%s\" written", rows[i].text);
        tap_check(done || err.code == ERROR_USAGE, "compress \"%s\": code", rows[i].text);
        buf_release(&text);
    }
}

static void test_kinds(void)
{
    struct value_form form = {0};
    for (int i = 0; i <= VALUE_OBJECT; i++) {
        const char *name = value_form_kind_name((enum value_kind)i);
        tap_check(value_form_read_kind(str_from(name), &form, NULL) && (int)form.kind == i, "%s",
                  name);
    }
    tap_check(!value_form_read_kind(STR("xml"), &form, NULL), "xml is no kind");
    form.kind = VALUE_RANDOM;
    tap_check(value_form_read_encoding(STR("msgpack"), &form, NULL) && form.kind == VALUE_OBJECT &&
                  form.encoding == ENCODE_MSGPACK,
              "what is serialised is an object");
    tap_check(!value_form_read_encoding(STR("none"), &form, NULL), "none is the default");
}

static void test_shapes(void)
{
    static const struct {
        const char *text;
        const char *wanted; /* a part of the sentence; NULL: read */
    } rows[] = {
        {NULL, NULL},
        {"{\"a\":\"int:1:2\",\"b\":[3,{\"c\":\"text:1-9\"}],\"d\":\"choice:x|y\"}", NULL},
        {"{\"a\":\"int:2:1\"}", "object.a: write int:LOW:HIGH"},
        {"{\"a\":{\"b\":\"text:0\"}}", "object.a.b: write int"},
        {"{\"a\":[0,\"bool\"]}", "object.a: a list is [N, SHAPE]"},
        {"{\"a\":[1,\"bool\",2]}", "object.a: a list is [N, SHAPE]"},
        {"{\"a\":[1,\"boolean\"]}", "object.a[]: write int"},
        {"{}", "object: an object has at least one field"},
        {"[1,\"bool\"]", "object: write fields"},
        {"{\"a\":7}", "object.a: write int"},
        {"{\"a\":\"bool\",\"a\":\"bool\"}", "object: not JSON: duplicate"},
        {"nonsense", "object: not JSON"},
        {"{\"a\":[100000,[100000,[100000,[100000,\"bool\"]]]]}", "larger than 1 MiB"},
        {"{\"a\":\"text:1048576\"}", "larger than 1 MiB"},
        {"{\"a\":[1,[1,[1,[1,[1,[1,[1,[1,\"bool\"]]]]]]]]}", "at most eight deep"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct arena arena = {0};
        struct object_shape shape;
        struct error err = {0};
        bool done = value_form_parse_shape(rows[i].text, &arena, &shape, &err);
        tap_check(done == (rows[i].wanted == NULL) &&
                      (done || strstr(err.text, rows[i].wanted) != NULL),
                  "shape %s: %s", rows[i].text == NULL ? "(usual)" : rows[i].text, err.text);
        arena_release(&arena);
    }
}

static void test_validity(void)
{
    struct error err = {0};
    tap_check(!value_form_validate(&(struct value_form){.kind = VALUE_NUMBER}, 19, &err),
              "numbers of 19 digits: %s", err.text);
    tap_check(value_form_validate(&(struct value_form){.kind = VALUE_NUMBER}, 18, &err),
              "numbers of 18 digits");
    tap_check(!value_form_validate(&(struct value_form){.object = "{}"}, 1, &err),
              "an object of random values: %s", err.text);
    tap_check(
        !value_form_validate(&(struct value_form){.kind = VALUE_OBJECT, .object = "{}"}, 1, &err),
        "an empty object: %s", err.text);
}

static void test_histograms(void)
{
    struct workload_spec workload = {0};
    struct error err = {0};
    struct buf text = {0};
    bool done =
        value_histogram_read("h", STR("# sizes\n200 3\n\n100,1 # few\n1k : 2\n"), &workload, &err);
    spec_value_size_format(&workload, &text);
    tap_check(done, "a histogram is read: %s", err.text);
    tap_text(buf_text(&text), "100:1,200:3,1000:2", "in the order of sizes");
    buf_clear(&text);
    for (int i = 1; i <= 5000; i++) {
        buf_addf(&text, "%d %d\n", i, i);
    }
    done = value_histogram_read("h", buf_str(&text), &workload, &err);
    double bytes = 0;
    double weight = 0;
    for (size_t i = 0; i < workload.value_choice_count; i++) {
        bytes += (double)workload.value_choices[i].size * (double)workload.value_choices[i].weight;
        weight += (double)workload.value_choices[i].weight;
    }
    tap_check(done && workload.value_choice_count <= SPEC_MAX_VALUE_CHOICES &&
                  workload.value_choice_count > SPEC_MAX_VALUE_CHOICES / 2,
              "many sizes become %zu", workload.value_choice_count);
    /* The sum of i * i over the sum of i, up to n: (2n + 1) / 3. */
    tap_near(bytes / weight, 10001.0 / 3, 1, "with the same mean");
    static const char *const wrong[] = {"", "#\n", "100\n", "x 1\n", "100 0\n", "0 1\n", "1 2 3\n"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        tap_check(!value_histogram_read("h", str_from(wrong[i]), &workload, &err) &&
                      err.code == ERROR_USAGE,
                  "refused: %s", err.text);
    }
    buf_release(&text);
}

int main(void)
{
    test_compressions();
    test_kinds();
    test_shapes();
    test_validity();
    test_histograms();
    return tap_end();
}
