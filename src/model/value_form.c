#include "model/value_form.h"

#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "base/units.h"

#define MAX_TEXT (INT64_C(1) << 20)

enum {
    ZLIB_LEVEL = 6, /* what the libraries take without being told */
    ZSTD_LEVEL = 3,
    ZLIB_MOST = 9,
    ZSTD_MOST = 19,
    NUMBER_DIGITS = 18, /* what INCR takes */
    NODE_BYTES = 32,    /* of a number, or around a text */
    MOST_ESCAPED = 6,   /* bytes that one becomes */
};

static const char usual_shape[] =
    "{\"name\":\"text:16\",\"email\":\"hex:24\",\"age\":\"int:18:99\",\"active\":\"bool\","
    "\"balance\":\"number\",\"plan\":\"choice:free|standard|premium\",\"created\":"
    "\"int:1500000000000:1800000000000\",\"tags\":[4,\"text:8\"],\"address\":{\"street\":\"text:"
    "24\","
    "\"city\":\"text:12\",\"zip\":\"hex:5\"},\"notes\":\"text:120-200\"}";

static const char *const kinds[] = {
    [VALUE_RANDOM] = "random",
    [VALUE_TEXT] = "text",
    [VALUE_NUMBER] = "number",
    [VALUE_OBJECT] = "json",
};

bool value_form_read_kind(struct str text, struct value_form *out, struct error *err)
{
    for (int i = 0; i <= VALUE_OBJECT; i++) {
        if (str_eq(text, str_from(kinds[i]))) {
            out->kind = (enum value_kind)i;
            return true;
        }
    }
    return error_set(err, ERROR_USAGE, "\"%.*s\": write random, text, number or json",
                     STR_ARG(text));
}

const char *value_form_kind_name(enum value_kind kind)
{
    return kinds[kind];
}

static const char *const encodings[] = {
    [ENCODE_AHEAD] = "none",
    [ENCODE_JSON] = "json",
    [ENCODE_MSGPACK] = "msgpack",
};

bool value_form_read_encoding(struct str text, struct value_form *out, struct error *err)
{
    for (int i = ENCODE_JSON; i <= ENCODE_MSGPACK; i++) {
        if (str_eq(text, str_from(encodings[i]))) {
            out->encoding = (enum value_encoding)i;
            out->kind = VALUE_OBJECT;
            return true;
        }
    }
    return error_set(err, ERROR_USAGE, "\"%.*s\": write json or msgpack", STR_ARG(text));
}

const char *value_form_encoding_name(enum value_encoding encoding)
{
    return encodings[encoding];
}

struct compression {
    const char *name;
    int usual;
    int most; /* 0: has no levels */
};

static const struct compression compressions[] = {
    [COMPRESS_NONE] = {"none", 0, 0},
    [COMPRESS_ZLIB] = {"zlib", ZLIB_LEVEL, ZLIB_MOST},
    [COMPRESS_ZSTD] = {"zstd", ZSTD_LEVEL, ZSTD_MOST},
    [COMPRESS_LZ4] = {"lz4", 0, 0},
};

bool value_form_read_compression(struct str text, struct value_form *out, struct error *err)
{
    bool has_level = str_find(text, ':') >= 0;
    struct str rest = text;
    struct str name = str_split(&rest, ':');
    for (int i = 0; i <= COMPRESS_LZ4; i++) {
        const struct compression *known = &compressions[i];
        uint64_t level = (uint64_t)known->usual;
        if (!str_eq(name, str_from(known->name))) {
            continue;
        }
        if (has_level &&
            !(str_to_u64(rest, &level) && level >= 1 && level <= (uint64_t)known->most)) {
            break;
        }
        out->compression = (enum value_compression)i;
        out->level = (int)level;
        return true;
    }
    return error_set(err, ERROR_USAGE,
                     "\"%.*s\": write none, zlib or zlib:LEVEL (1 to %d), zstd or zstd:LEVEL (1 to "
                     "%d), or lz4",
                     STR_ARG(text), ZLIB_MOST, ZSTD_MOST);
}

void value_form_format_compression(const struct value_form *form, struct buf *out)
{
    const struct compression *known = &compressions[form->compression];
    buf_add_text(out, known->name);
    if (known->most > 0) {
        buf_addf(out, ":%d", form->level);
    }
}

/* ---- shapes ---- */

struct shape_reading {
    struct arena *arena;
    struct error *err;
    struct buf path; /* of the place, ".address.zip" */
    size_t depth;
};

static bool wrong(struct shape_reading *reading, const char *what)
{
    return error_set(reading->err, ERROR_USAGE, "object%s: %s", buf_text(&reading->path), what);
}

static bool read_sizes(struct str text, int64_t *low, int64_t *high)
{
    bool is_range = str_find(text, '-') >= 0;
    struct str last = text;
    struct str first = is_range ? str_split(&last, '-') : text;
    return str_to_i64(first, low) && str_to_i64(last, high) && *low >= 1 && *low <= *high &&
           *high <= MAX_TEXT;
}

static bool read_leaf(struct shape_reading *reading, struct str text, struct object_shape *out)
{
    struct str rest = text;
    struct str name = str_split(&rest, ':');
    if (str_eq(text, STR("bool"))) {
        out->kind = SHAPE_BOOL;
        return true;
    }
    if (str_eq(text, STR("number"))) {
        out->kind = SHAPE_NUMBER;
        return true;
    }
    if (str_eq(name, STR("int"))) {
        struct str high = rest;
        struct str low = str_split(&high, ':');
        out->kind = SHAPE_INTEGER;
        if (str_to_i64(low, &out->low) && str_to_i64(high, &out->high) && out->low <= out->high) {
            return true;
        }
    } else if (str_eq(name, STR("text")) || str_eq(name, STR("hex"))) {
        out->kind = str_eq(name, STR("text")) ? SHAPE_TEXT : SHAPE_HEX;
        if (read_sizes(rest, &out->low, &out->high)) {
            return true;
        }
    } else if (str_eq(name, STR("choice")) && rest.len > 0) {
        out->kind = SHAPE_CHOICE;
        out->choices = (struct str){arena_copy(reading->arena, rest), rest.len};
        return true;
    }
    return wrong(reading, "write int:LOW:HIGH, number, bool, text:SIZE, text:LOW-HIGH, hex:SIZE, "
                          "choice:A|B|C, an object, or [N, SHAPE]");
}

static bool read_shape(struct shape_reading *reading, const json_t *json, struct object_shape *out);

static bool read_child(struct shape_reading *reading, const char *name, const json_t *json,
                       struct object_shape *out)
{
    size_t before = reading->path.len;
    buf_addf(&reading->path, "%s%s", name == NULL ? "[]" : ".", name == NULL ? "" : name);
    out->name = name == NULL ? NULL : arena_copy_text(reading->arena, name);
    bool done = read_shape(reading, json, out);
    reading->path.len = before;
    return done;
}

static bool read_fields(struct shape_reading *reading, const json_t *json, struct object_shape *out)
{
    const char *name;
    json_t *value;
    size_t at = 0;
    out->kind = SHAPE_OBJECT;
    out->child_count = json_object_size(json);
    out->children = arena_alloc_array(reading->arena, out->child_count, sizeof *out->children);
    if (out->child_count == 0) {
        return wrong(reading, "an object has at least one field");
    }
    /* Iterating does not change it, but the type does not say so. */
    json_t *object = json_incref((json_t *)(uintptr_t)json);
    bool done = true;
    json_object_foreach(object, name, value)
    {
        done = done && read_child(reading, name, value, &out->children[at++]);
    }
    json_decref(object);
    return done;
}

static bool read_list(struct shape_reading *reading, const json_t *json, struct object_shape *out)
{
    json_int_t count = json_integer_value(json_array_get(json, 0));
    out->kind = SHAPE_LIST;
    if (json_array_size(json) != 2 || count < 1 || count > SHAPE_MAX_NODES) {
        return wrong(reading, "a list is [N, SHAPE], with N from 1");
    }
    out->low = count;
    out->child_count = 1;
    out->children = arena_alloc_array(reading->arena, 1, sizeof *out->children);
    return read_child(reading, NULL, json_array_get(json, 1), out->children);
}

static bool read_shape(struct shape_reading *reading, const json_t *json, struct object_shape *out)
{
    bool done;
    if (++reading->depth > SHAPE_MAX_DEPTH) {
        return wrong(reading, "objects lie at most eight deep");
    }
    if (json_is_object(json)) {
        done = read_fields(reading, json, out);
    } else if (json_is_array(json)) {
        done = read_list(reading, json, out);
    } else {
        const char *text = json_is_string(json) ? json_string_value(json) : "";
        done = read_leaf(reading, str_from(text), out);
    }
    reading->depth--;
    return done;
}

/* Far above what is allowed, far below an overflow. */
#define CAP (UINT64_C(1) << 40)

static uint64_t add_up(const struct object_shape *shape, bool bytes)
{
    uint64_t own = 1;
    if (bytes) {
        own = NODE_BYTES + (shape->name == NULL ? 0 : MOST_ESCAPED * strlen(shape->name));
        own += shape->kind == SHAPE_TEXT || shape->kind == SHAPE_HEX ? (uint64_t)shape->high : 0;
        own += MOST_ESCAPED * shape->choices.len;
    }
    uint64_t below = 0;
    for (size_t i = 0; i < shape->child_count && below < CAP; i++) {
        below += add_up(&shape->children[i], bytes);
    }
    below = below < CAP ? below : CAP;
    uint64_t all = own + below * (shape->kind == SHAPE_LIST ? (uint64_t)shape->low : 1);
    return all < CAP ? all : CAP;
}

size_t value_form_shape_size(const struct object_shape *shape)
{
    return (size_t)add_up(shape, true);
}

bool value_form_parse_shape(const char *text, struct arena *arena, struct object_shape *out,
                            struct error *err)
{
    json_error_t problem;
    struct shape_reading reading = {.arena = arena, .err = err};
    json_t *json = json_loads(text == NULL ? usual_shape : text, JSON_REJECT_DUPLICATES, &problem);
    if (json == NULL) {
        return error_set(err, ERROR_USAGE, "object: not JSON: %s", problem.text);
    }
    *out = (struct object_shape){0};
    bool done = json_is_object(json) ? read_shape(&reading, json, out)
                                     : wrong(&reading, "write fields, {\"name\": \"text:12\"}");
    json_decref(json);
    buf_release(&reading.path);
    if (done && (add_up(out, false) > SHAPE_MAX_NODES || add_up(out, true) > (uint64_t)MAX_TEXT)) {
        return error_set(err, ERROR_USAGE, "object: it would become larger than 1 MiB");
    }
    return done;
}

bool value_form_validate(const struct value_form *form, uint64_t high, struct error *err)
{
    if (form->kind == VALUE_NUMBER && high > NUMBER_DIGITS) {
        return error_set(err, ERROR_USAGE,
                         "values: a number has at most %d digits; write a value "
                         "size up to that",
                         NUMBER_DIGITS);
    }
    if (form->kind != VALUE_OBJECT && form->object != NULL) {
        return error_set(err, ERROR_USAGE, "object: values are %s, not json",
                         value_form_kind_name(form->kind));
    }
    if (form->kind != VALUE_OBJECT) {
        return true;
    }
    struct arena arena = {0};
    struct object_shape shape;
    bool done = value_form_parse_shape(form->object, &arena, &shape, err);
    arena_release(&arena);
    return done;
}
