#include "workload/encoder.h"

#include <jansson.h>
#include <zlib.h>

#include "base/mem.h"
#include "base/rng.h"
#include "support/tap.h"
#include "workload/objects.h"
#include "workload/values.h"
#include "workload/workload.h"

static const char shape[] = "{\"n\":\"int:-40000:70000\",\"x\":\"number\",\"b\":\"bool\",\"t\":"
                            "\"text:3-300\",\"h\":\"hex:5\","
                            "\"c\":\"choice:a\\\"b|c\\\\d|\\u0001\",\"l\":[20,\"int:0:9\"],\"o\":{"
                            "\"deep\":[2,{\"z\":\"bool\"}]}}";

static void set_spec(struct spec *spec, const struct value_form *form)
{
    spec_init(spec, PRESET_QUICK);
    spec->workload.form = *form;
    spec->workload.keys = 100;
    spec->workload.value_size_low = 10;
    spec->workload.value_size_high = 3000;
}

/* ---- storing and reading ---- */

struct seen {
    unsigned parts[ENCODER_PARTS];
    size_t plain;
    size_t stored;
    nsec time;
};

static nsec tick(void *self)
{
    return ((struct seen *)self)->time += 7;
}

static void took(void *self, enum encoder_part part, nsec taken)
{
    ((struct seen *)self)->parts[part] += taken == 7;
}

static void stored(void *self, size_t plain, size_t stored_bytes)
{
    ((struct seen *)self)->plain += plain;
    ((struct seen *)self)->stored += stored_bytes;
}

struct row {
    struct value_form form;
    unsigned parts[ENCODER_PARTS]; /* times per value */
    const char *name;
};

static const struct row rows[] = {
    {{.encoding = ENCODE_JSON, .kind = VALUE_OBJECT, .object = shape}, {1, 0, 0, 1}, "json"},
    {{.encoding = ENCODE_MSGPACK, .kind = VALUE_OBJECT, .object = shape}, {1, 0, 0, 1}, "msgpack"},
    {{.compression = COMPRESS_ZLIB, .level = 6}, {0, 1, 1, 0}, "random, zlib"},
    {{.compression = COMPRESS_ZSTD, .level = 3, .kind = VALUE_TEXT}, {0, 1, 1, 0}, "text, zstd"},
    {{.compression = COMPRESS_LZ4, .kind = VALUE_TEXT}, {0, 1, 1, 0}, "text, lz4"},
    {{.compression = COMPRESS_LZ4, .kind = VALUE_OBJECT}, {0, 1, 1, 0}, "documents, lz4"},
    {{.encoding = ENCODE_JSON, .kind = VALUE_OBJECT, .compression = COMPRESS_ZLIB, .level = 1},
     {1, 1, 1, 1},
     "json, zlib"},
    {{.encoding = ENCODE_MSGPACK, .kind = VALUE_OBJECT, .compression = COMPRESS_ZSTD, .level = 19},
     {1, 1, 1, 1},
     "msgpack, zstd"},
    {{.encoding = ENCODE_JSON, .kind = VALUE_OBJECT, .compression = COMPRESS_LZ4},
     {1, 1, 1, 1},
     "json, lz4"},
};

/* What a value is before it is compressed. */
static size_t write_plain(const struct value_space *values, uint64_t identity, char *out)
{
    struct value_space plain = *values;
    plain.form.compression = COMPRESS_NONE;
    struct encoder *encoder = encoder_new(&plain, NULL);
    size_t size = encoder_make(encoder, identity, out);
    encoder_free(encoder);
    return size;
}

static void test_round_trip(const struct row *row)
{
    enum { VALUES = 300 };
    struct spec spec;
    struct value_space values;
    struct seen seen = {.time = 1};
    struct encoder_watch watch = {tick, took, stored, &seen};
    set_spec(&spec, &row->form);
    value_space_init(&values, &spec.workload, 5);
    struct encoder *encoder = encoder_new(&values, &watch);
    char *bytes = mem_alloc(values.max_put + VALUES_SLACK);
    char *again = mem_alloc(values.max_put + VALUES_SLACK);
    char *plain = mem_alloc(values.max_put + values.max_plain + VALUES_SLACK);
    unsigned same = 0;
    unsigned stable = 0;
    size_t plain_bytes = 0;
    size_t stored_bytes = 0;
    for (uint64_t i = 0; i < VALUES; i++) {
        size_t size = encoder_make(encoder, i, bytes);
        size_t wanted = write_plain(&values, i, plain);
        plain_bytes += wanted;
        stored_bytes += size;
        bool done = size <= values.max_put && encoder_take(encoder, (struct str){bytes, size});
        struct str got = encoder_taken(encoder);
        if (row->form.compression == COMPRESS_NONE) {
            got = (struct str){bytes, size};
        }
        same += done && str_eq(got, (struct str){plain, wanted});
    }
    for (uint64_t i = 0; i < VALUES; i++) {
        size_t size = encoder_make(encoder, i, bytes);
        stable += encoder_make(encoder, i, again) == size && memcmp(bytes, again, size) == 0;
    }
    tap_int(same, VALUES, "%s: what is stored can be read back", row->name);
    tap_int(stable, VALUES, "%s: a value has the same bytes each time", row->name);
    for (int part = 0; part < ENCODER_PARTS; part++) {
        unsigned makes = part <= ENCODER_COMPRESS ? 3 : 1;
        tap_int(seen.parts[part], row->parts[part] * makes * VALUES, "%s: part %d was timed",
                row->name, part);
    }
    tap_check(seen.plain == 3 * plain_bytes && seen.stored == 3 * stored_bytes,
              "%s: bytes before and after are told", row->name);
    encoder_free(encoder);
    mem_free(bytes);
    mem_free(again);
    mem_free(plain);
    value_space_release(&values);
}

/* Bytes that are no value of ours are left alone, whatever they are. */
static void test_foreign(const struct row *row)
{
    static const char *const foreign[] = {"",
                                          "f",
                                          "f00000012",
                                          "OK",
                                          "[1,2]",
                                          "{\"cut\":",
                                          "\x28\xb5\x2f\xfd\x01\x02",
                                          "\x04\x22\x4d\x18\xff\xff",
                                          "\x78\x9c\xff\xff\xff",
                                          "\x81\xa3_i",
                                          "\xdf\xff\xff\xff\xff"};
    struct spec spec;
    struct value_space values;
    set_spec(&spec, &row->form);
    value_space_init(&values, &spec.workload, 5);
    struct encoder *encoder = encoder_new(&values, NULL);
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
        tap_check(!encoder_take(encoder, str_from(foreign[i])), "%s: foreign bytes %zu", row->name,
                  i);
    }
    encoder_free(encoder);
    value_space_release(&values);
}

/* ---- formats ---- */

/* Does a parsed document have the shape? */
static bool fits(const json_t *json, const char *name, int type)
{
    const json_t *value = json_object_get(json, name);
    return value != NULL &&
           ((int)json_typeof(value) == type || (type == JSON_TRUE && json_is_boolean(value)));
}

static bool has_types(const json_t *json)
{
    const json_t *deep = json_object_get(json_object_get(json, "o"), "deep");
    return fits(json, "_id", JSON_STRING) && fits(json, "x", JSON_REAL) &&
           fits(json, "b", JSON_TRUE) && json_array_size(json_object_get(json, "l")) == 20 &&
           json_array_size(deep) == 2;
}

static bool has_limits(const json_t *json)
{
    static const char *const choices[] = {"a\"b", "c\\d", "\x01"};
    json_int_t number = json_integer_value(json_object_get(json, "n"));
    size_t len = json_string_length(json_object_get(json, "t"));
    const char *chosen = json_string_value(json_object_get(json, "c"));
    bool is_choice = false;
    for (size_t i = 0; chosen != NULL && i < 3; i++) {
        is_choice = is_choice || strcmp(chosen, choices[i]) == 0;
    }
    return is_choice && number >= -40000 && number <= 70000 && len >= 3 && len <= 300 &&
           json_string_length(json_object_get(json, "h")) == 5;
}

static void test_json(void)
{
    struct object_space space;
    struct value_form form = {.kind = VALUE_OBJECT, .object = shape};
    char text[4096];
    char copy[4096];
    unsigned good = 0;
    object_space_init(&space, &form, 9);
    for (uint64_t i = 0; i < space.count; i++) {
        size_t size = object_write_json(object_space_find(&space, i), rng_mix(i), text);
        json_t *json = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
        good += has_types(json) && has_limits(json) && size <= space.max_json &&
                object_space_copy(&space, i, copy) == size && memcmp(copy, text, size) == 0;
        json_decref(json);
    }
    tap_int(good, (int64_t)space.count, "documents are JSON of the shape");
    object_space_release(&space);
}

/* Bytes by hand from the MessagePack specification. */
static void test_msgpack(void)
{
    const struct object_node items[] = {{.kind = SHAPE_INTEGER, .integer = 300},
                                        {.kind = SHAPE_INTEGER, .integer = 70000}};
    const struct object_node fields[] = {
        {.kind = SHAPE_INTEGER, .name = STR("a"), .integer = -1},
        {.kind = SHAPE_INTEGER, .name = STR("b"), .integer = 200},
        {.kind = SHAPE_INTEGER, .name = STR("c"), .integer = -40000},
        {.kind = SHAPE_NUMBER, .name = STR("d"), .integer = 150},
        {.kind = SHAPE_BOOL, .name = STR("e"), .integer = 1},
        {.kind = SHAPE_LIST, .name = STR("f"), .children = items, .child_count = 2},
        {.kind = SHAPE_TEXT, .name = STR("g"), .text = STR("0123456789012345678901234567890123")},
    };
    const struct object_node root = {.kind = SHAPE_OBJECT, .children = fields, .child_count = 7};
    static const char wanted[] = "\x88\xa3_id\xb0"
                                 "0123456789abcdef"
                                 "\xa1"
                                 "a\xff\xa1"
                                 "b\xcc\xc8\xa1"
                                 "c\xd2\xff\xff\x63\xc0\xa1"
                                 "d\xcb\x3f\xf8\0\0\0\0\0\0\xa1"
                                 "e\xc3\xa1"
                                 "f\x92\xcd\x01\x2c\xce\x00\x01\x11\x70\xa1"
                                 "g\xd9\x22"
                                 "0123456789012345678901234567890123";
    char got[512];
    size_t size = object_write_msgpack(&root, 0x0123456789abcdefu, got);
    tap_int((int64_t)size, sizeof wanted - 1, "length of a map");
    tap_check(size == sizeof wanted - 1 && memcmp(got, wanted, size) == 0, "bytes of a map");
    for (size_t cut = 0; cut < size; cut++) {
        if (object_skip_msgpack((struct str){got, cut}) != 0) {
            tap_check(false, "cut after %zu bytes it is not whole", cut);
        }
    }
    tap_int((int64_t)object_skip_msgpack((struct str){got, size}), (int64_t)size, "walked over");
}

static double packed_share(const char *plain, size_t size)
{
    uLongf room = compressBound(size);
    unsigned char *packed = mem_alloc(room);
    (void)compress(packed, &room, (const unsigned char *)plain, size);
    mem_free(packed);
    return (double)room / (double)size;
}

/* zlib makes about two fifths of English prose of that length. */
static void test_kinds(void)
{
    enum { SIZE = 4000 };
    char text[SIZE + VALUES_SLACK];
    struct spec spec;
    struct value_space values;
    set_spec(&spec, &(struct value_form){.kind = VALUE_TEXT});
    spec.workload.value_size_low = spec.workload.value_size_high = SIZE;
    value_space_init(&values, &spec.workload, 3);
    tap_int((int64_t)value_space_put(&values, 1, text), SIZE, "text has the asked size");
    double share = packed_share(text, SIZE);
    tap_check(share > 0.35 && share < 0.55, "text compresses like prose (%.3f)", share);
    bool is_text = true;
    for (size_t i = 0; i < SIZE; i++) {
        is_text = is_text && (text[i] == ' ' || (text[i] >= 'a' && text[i] <= 'z'));
    }
    tap_check(is_text, "text is letters and spaces");
    value_space_release(&values);

    set_spec(&spec, &(struct value_form){.kind = VALUE_NUMBER});
    spec.workload.value_size_low = 1;
    spec.workload.value_size_high = 18;
    value_space_init(&values, &spec.workload, 3);
    unsigned good = 0;
    for (uint64_t i = 0; i < 1000; i++) {
        int64_t number = 0;
        size_t size = value_space_put(&values, i, text);
        good += str_to_i64((struct str){text, size}, &number) && number > 0;
    }
    tap_int(good, 1000, "numbers are numbers");
    value_space_release(&values);
}

/* ---- in commands ---- */

static void test_commands(void)
{
    static const struct step_spec set[] = {{.command = "SET {key} {value}"}};
    static const struct step_spec several[] = {{.command = "HSET {key} [{field} {value}]*3"}};
    static const struct operation_spec operations[] = {
        {.name = "SET", .weight = 1, .steps = set, .step_count = 1},
        {.name = "HSET", .weight = 1, .steps = several, .step_count = 1},
    };
    struct spec spec;
    struct workload shared;
    struct workload own;
    struct value_form form = {
        .kind = VALUE_OBJECT, .encoding = ENCODE_JSON, .compression = COMPRESS_LZ4};
    set_spec(&spec, &form);
    spec.workload.operations = operations;
    spec.workload.operation_count = 2;
    workload_init(&shared, &spec.workload, 1);
    struct encoder *encoder = encoder_new(&shared.data[0].values, NULL);
    struct encoder *encoders[SPEC_MAX_DATA] = {encoder};
    workload_equip(&own, &shared, encoders);
    char *bytes = mem_alloc(own.max_step_size + TEMPLATE_CHUNK);
    unsigned found = 0;
    tap_check(!own.is_quick, "made values take no quick path");
    for (uint32_t i = 0; i < 200; i++) {
        struct workload_draw draw = {.key = i % 100, .salt = i, .operation = i % 2};
        struct str rest = {bytes, workload_write_step(&own, &draw, 0, bytes)};
        while (rest.len > 0) {
            struct str line = str_split(&rest, '\n');
            uint64_t size;
            if (line.data[0] == '$' && str_to_u64(str_trim(str_from_index(line, 1)), &size)) {
                found += encoder_take(encoder, str_prefix(rest, (size_t)size));
                rest = str_from_index(rest, (size_t)size + 2);
            }
        }
    }
    tap_int(found, 100 + 300, "every value of a command was made");
    mem_free(bytes);
    encoder_free(encoder);
    workload_release(&shared);
}

int main(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        test_round_trip(&rows[i]);
        test_foreign(&rows[i]);
    }
    test_json();
    test_msgpack();
    test_kinds();
    test_commands();
    return tap_end();
}
