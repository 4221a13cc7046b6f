#include "redis/resp_value.h"

#include <assert.h>
#include <math.h>

/* The bytes were read by resp_read before: what is built here is whole and well formed. */

static struct str take(struct str *rest, size_t len)
{
    struct str taken = str_prefix(*rest, len);
    assert(taken.len == len);
    *rest = str_from_index(*rest, len);
    return taken;
}

static struct str take_line(struct str *rest)
{
    struct str line = take(rest, (size_t)str_find(*rest, '\r'));
    (void)take(rest, 2);
    return line;
}

static struct str keep(struct arena *arena, struct str text)
{
    return (struct str){arena_copy(arena, text), text.len};
}

static double read_double(struct str text)
{
    double value = NAN;
    if (str_to_double(text, &value)) {
        return value;
    }
    if (str_eq_nocase(text, STR("inf"))) {
        return INFINITY;
    }
    return str_eq_nocase(text, STR("-inf")) ? -INFINITY : NAN;
}

static int64_t read_integer(struct str text)
{
    int64_t value = 0;
    bool plus = text.len > 0 && text.data[0] == '+';
    bool read = str_to_i64(plus ? str_from_index(text, 1) : text, &value);
    assert(read);
    (void)read;
    return value;
}

static void build_bulk(struct str *rest, struct arena *arena, struct str line,
                       struct resp_value *out)
{
    int64_t len = read_integer(line);
    out->is_null = len < 0;
    if (len < 0) {
        return;
    }
    struct str body = take(rest, (size_t)len);
    (void)take(rest, 2);
    if (out->type == '=' && body.data[3] == ':') {
        body = str_from_index(body, 4);
    }
    out->text = keep(arena, body);
}

static void build(struct str *rest, struct arena *arena, struct resp_value *out);

static void build_elements(struct str *rest, struct arena *arena, struct str line,
                           struct resp_value *out)
{
    int64_t count = read_integer(line);
    out->is_null = count < 0;
    if (count <= 0) {
        return;
    }
    out->count = (size_t)count * (out->type == '%' ? 2 : 1);
    out->elements = arena_alloc_array(arena, out->count, sizeof *out->elements);
    for (size_t i = 0; i < out->count; i++) {
        build(rest, arena, &out->elements[i]);
    }
}

/* Recursion ends at RESP_MAX_DEPTH, which resp_read has enforced. */
static void build(struct str *rest, struct arena *arena, struct resp_value *out)
{
    *out = (struct resp_value){.type = *take(rest, 1).data};
    struct str line = take_line(rest);
    while (out->type == '|') {
        struct resp_value ignored = {.type = '%'};
        build_elements(rest, arena, line, &ignored);
        out->type = *take(rest, 1).data;
        line = take_line(rest);
    }
    switch (out->type) {
    case '$':
    case '=':
    case '!':
        build_bulk(rest, arena, line, out);
        break;
    case '*':
    case '~':
    case '>':
    case '%':
        build_elements(rest, arena, line, out);
        break;
    case ':':
        out->integer = read_integer(line);
        break;
    case '#':
        out->boolean = line.data[0] == 't';
        break;
    case '_':
        out->is_null = true;
        break;
    case ',':
        out->real = read_double(line);
        out->text = keep(arena, line);
        break;
    default:
        out->text = keep(arena, line);
    }
}

enum resp_status resp_value_parse(struct str data, struct arena *arena, struct resp_value *out,
                                  size_t *used)
{
    struct resp_reader reader = {0};
    struct resp_reply reply;
    size_t at = 0;
    enum resp_status status = resp_read(&reader, data.data, data.len, &at, &reply);
    if (status == RESP_OK) {
        struct str rest = str_prefix(data, at);
        build(&rest, arena, out);
        assert(rest.len == 0);
        *used = at;
    }
    return status;
}

const struct resp_value *resp_value_get(const struct resp_value *map, const char *key)
{
    if (map->type != '%' && map->type != '*') {
        return NULL;
    }
    for (size_t i = 0; i + 1 < map->count; i += 2) {
        const struct resp_value *name = &map->elements[i];
        if ((name->type == '$' || name->type == '+') && str_eq(name->text, str_from(key))) {
            return &map->elements[i + 1];
        }
    }
    return NULL;
}
