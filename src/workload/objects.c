#include "workload/objects.h"

#include <endian.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "workload/prose.h"

enum { FEWEST = 16, MOST = 1024, ROOM = 1 << 20, NUMBERS = 1000000 };

static const char mark_name[] = "_id";

/* ---- making instances ---- */

static uint64_t draw_between(struct rng *rng, int64_t low, int64_t high)
{
    uint64_t span = (uint64_t)high - (uint64_t)low + 1;
    return span == 0 ? rng_next(rng) : rng_below(rng, span);
}

static void make_text(struct arena *arena, const struct object_shape *shape, struct rng *rng,
                      struct object_node *out)
{
    static const char digits[] = "0123456789abcdef";
    size_t size = (size_t)shape->low + (size_t)draw_between(rng, shape->low, shape->high);
    char *text = arena_alloc(arena, size + 1);
    if (shape->kind == SHAPE_TEXT) {
        prose_fill(text, size, rng);
    }
    for (size_t i = 0; shape->kind == SHAPE_HEX && i < size; i++) {
        text[i] = digits[rng_next(rng) & 15];
    }
    out->kind = SHAPE_TEXT;
    out->text = (struct str){text, size};
}

static void make_choice(const struct object_shape *shape, struct rng *rng, struct object_node *out)
{
    size_t count = 1;
    for (size_t i = 0; i < shape->choices.len; i++) {
        count += shape->choices.data[i] == '|';
    }
    struct str rest = shape->choices;
    for (uint64_t skip = rng_below(rng, count) + 1; skip > 0; skip--) {
        out->text = str_split(&rest, '|');
    }
    out->kind = SHAPE_TEXT;
}

static void make(struct arena *arena, const struct object_shape *shape, struct rng *rng,
                 struct object_node *out)
{
    *out = (struct object_node){.kind = shape->kind, .name = str_from(shape->name)};
    if (shape->name != NULL) {
        out->name.data = arena_copy(arena, out->name);
    }
    switch (shape->kind) {
    case SHAPE_INTEGER:
        out->integer = (int64_t)((uint64_t)shape->low + draw_between(rng, shape->low, shape->high));
        break;
    case SHAPE_NUMBER:
        out->integer = (int64_t)rng_below(rng, NUMBERS);
        break;
    case SHAPE_BOOL:
        out->integer = (int64_t)(rng_next(rng) & 1);
        break;
    case SHAPE_TEXT:
    case SHAPE_HEX:
        make_text(arena, shape, rng, out);
        break;
    case SHAPE_CHOICE:
        make_choice(shape, rng, out);
        out->text.data = arena_copy(arena, out->text);
        break;
    case SHAPE_OBJECT:
    case SHAPE_LIST: {
        bool is_list = shape->kind == SHAPE_LIST;
        size_t count = is_list ? (size_t)shape->low : shape->child_count;
        struct object_node *children = arena_alloc_array(arena, count, sizeof *children);
        for (size_t i = 0; i < count; i++) {
            make(arena, &shape->children[is_list ? 0 : i], rng, &children[i]);
        }
        out->children = children;
        out->child_count = count;
        break;
    }
    }
}

/* ---- JSON ---- */

static char *put(char *out, const void *bytes, size_t len)
{
    memcpy(out, bytes, len);
    return out + len;
}

static char *put_unsigned(char *out, uint64_t number)
{
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    return put(out, digits + at, sizeof digits - at);
}

static char *put_escaped(char *out, unsigned char byte)
{
    static const char digits[] = "0123456789abcdef";
    out = put(out, "\\u00", 4);
    *out++ = digits[byte >> 4];
    *out++ = digits[byte & 15];
    return out;
}

static char *put_text(char *out, struct str text)
{
    *out++ = '"';
    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        if (byte == '"' || byte == '\\') {
            *out++ = '\\';
            *out++ = (char)byte;
        } else if (byte < 0x20) {
            out = put_escaped(out, byte);
        } else {
            *out++ = (char)byte;
        }
    }
    *out++ = '"';
    return out;
}

static char *put_mark(char *out, uint64_t mark)
{
    static const char digits[] = "0123456789abcdef";
    for (int shift = 60; shift >= 0; shift -= 4) {
        *out++ = digits[(mark >> shift) & 15];
    }
    return out;
}

static char *put_hundredths(char *out, uint64_t number)
{
    out = put_unsigned(out, number / 100);
    *out++ = '.';
    *out++ = (char)('0' + number / 10 % 10);
    *out++ = (char)('0' + number % 10);
    return out;
}

static char *put_json(char *out, const struct object_node *node);

static char *put_json_children(char *out, const struct object_node *node)
{
    for (size_t i = 0; i < node->child_count; i++) {
        const struct object_node *child = &node->children[i];
        if (i > 0) {
            *out++ = ',';
        }
        if (node->kind == SHAPE_OBJECT) {
            out = put_text(out, child->name);
            *out++ = ':';
        }
        out = put_json(out, child);
    }
    return out;
}

static char *put_json(char *out, const struct object_node *node)
{
    switch (node->kind) {
    case SHAPE_INTEGER:
        if (node->integer < 0) {
            *out++ = '-';
            return put_unsigned(out, 0 - (uint64_t)node->integer);
        }
        return put_unsigned(out, (uint64_t)node->integer);
    case SHAPE_NUMBER:
        return put_hundredths(out, (uint64_t)node->integer);
    case SHAPE_BOOL:
        return node->integer != 0 ? put(out, "true", 4) : put(out, "false", 5);
    case SHAPE_TEXT:
    case SHAPE_HEX:
    case SHAPE_CHOICE:
        return put_text(out, node->text);
    case SHAPE_OBJECT:
    case SHAPE_LIST:
        break;
    }
    *out++ = node->kind == SHAPE_OBJECT ? '{' : '[';
    out = put_json_children(out, node);
    *out++ = node->kind == SHAPE_OBJECT ? '}' : ']';
    return out;
}

static const char json_head[] = "{\"_id\":\"";

size_t object_write_json(const struct object_node *root, uint64_t mark, char *out)
{
    char *at = put(out, json_head, sizeof json_head - 1);
    at = put_mark(at, mark);
    at = put(at, "\",", 2);
    at = put_json_children(at, root);
    *at++ = '}';
    return (size_t)(at - out);
}

/* ---- MessagePack ---- */

static char *put_big_endian(char *out, unsigned char type, uint64_t number, size_t bytes)
{
    uint64_t big = htobe64(number);
    *out++ = (char)type;
    return put(out, (const char *)&big + sizeof big - bytes, bytes);
}

/* The header of a text, list or map: its length within the first byte, or behind one of the types
 * of the table (of 1, 2 and 4 bytes; 0: there is none of 1). */
struct packed_header {
    unsigned char fixed;
    unsigned char fixed_most;
    unsigned char types[3];
};

static const struct packed_header text_header = {0xa0, 31, {0xd9, 0xda, 0xdb}};
static const struct packed_header list_header = {0x90, 15, {0, 0xdc, 0xdd}};
static const struct packed_header map_header = {0x80, 15, {0, 0xde, 0xdf}};

static char *put_header(char *out, const struct packed_header *header, size_t count)
{
    if (count <= header->fixed_most) {
        *out = (char)(header->fixed | count);
        return out + 1;
    }
    if (count <= UINT8_MAX && header->types[0] != 0) {
        return put_big_endian(out, header->types[0], count, 1);
    }
    return count <= UINT16_MAX ? put_big_endian(out, header->types[1], count, 2)
                               : put_big_endian(out, header->types[2], count, 4);
}

static char *put_packed_text(char *out, struct str text)
{
    out = put_header(out, &text_header, text.len);
    return put(out, text.data, text.len);
}

static char *put_packed_integer(char *out, int64_t number)
{
    if (number >= -32 && number <= INT8_MAX) {
        *out = (char)number;
        return out + 1;
    }
    if (number >= 0) {
        uint64_t positive = (uint64_t)number;
        return positive <= UINT8_MAX    ? put_big_endian(out, 0xcc, positive, 1)
               : positive <= UINT16_MAX ? put_big_endian(out, 0xcd, positive, 2)
               : positive <= UINT32_MAX ? put_big_endian(out, 0xce, positive, 4)
                                        : put_big_endian(out, 0xcf, positive, 8);
    }
    return number >= INT32_MIN ? put_big_endian(out, 0xd2, (uint64_t)number, 4)
                               : put_big_endian(out, 0xd3, (uint64_t)number, 8);
}

static char *put_packed(char *out, const struct object_node *node);

static char *put_packed_children(char *out, const struct object_node *node)
{
    for (size_t i = 0; i < node->child_count; i++) {
        if (node->kind == SHAPE_OBJECT) {
            out = put_packed_text(out, node->children[i].name);
        }
        out = put_packed(out, &node->children[i]);
    }
    return out;
}

static char *put_packed(char *out, const struct object_node *node)
{
    uint64_t bits;
    double real = (double)node->integer / 100;
    switch (node->kind) {
    case SHAPE_INTEGER:
        return put_packed_integer(out, node->integer);
    case SHAPE_NUMBER:
        memcpy(&bits, &real, sizeof bits);
        return put_big_endian(out, 0xcb, bits, 8);
    case SHAPE_BOOL:
        *out = (char)(node->integer != 0 ? 0xc3 : 0xc2);
        return out + 1;
    case SHAPE_TEXT:
    case SHAPE_HEX:
    case SHAPE_CHOICE:
        return put_packed_text(out, node->text);
    case SHAPE_OBJECT:
        out = put_header(out, &map_header, node->child_count);
        break;
    case SHAPE_LIST:
        out = put_header(out, &list_header, node->child_count);
        break;
    }
    return put_packed_children(out, node);
}

size_t object_write_msgpack(const struct object_node *root, uint64_t mark, char *out)
{
    char *at = put_header(out, &map_header, root->child_count + 1);
    at = put_packed_text(at, STR(mark_name));
    at = put_header(at, &text_header, OBJECT_MARK_DIGITS);
    at = put_mark(at, mark);
    at = put_packed_children(at, root);
    return (size_t)(at - out);
}

/* A header in MessagePack: what follows it. */
struct packed_step {
    size_t header; /* bytes; 0: not known here */
    uint64_t bytes;
    uint64_t items;
};

/* A big-endian number of `bytes` bytes behind the first one; beyond the end: as if it were huge. */
static uint64_t number_at(struct str bytes, size_t size)
{
    uint64_t number = 0;
    if (bytes.len < 1 + size) {
        return UINT32_MAX;
    }
    for (size_t i = 0; i < size; i++) {
        number = number << 8 | (unsigned char)bytes.data[1 + i];
    }
    return number;
}

/* A type of its own, above those that carry a length in their first byte. */
static struct packed_step read_long_header(struct str bytes, unsigned char type)
{
    if (type >= 0xca && type <= 0xd3) { /* floats and integers */
        static const unsigned char sizes[] = {4, 8, 1, 2, 4, 8, 1, 2, 4, 8};
        return (struct packed_step){.header = 1, .bytes = sizes[type - 0xca]};
    }
    if (type >= 0xd9 && type <= 0xdb) {
        size_t size = (size_t)1 << (type - 0xd9);
        return (struct packed_step){.header = 1 + size, .bytes = number_at(bytes, size)};
    }
    if (type >= 0xdc) {
        size_t size = type % 2 == 0 ? 2 : 4;
        uint64_t count = number_at(bytes, size);
        return (struct packed_step){.header = 1 + size, .items = type < 0xde ? count : 2 * count};
    }
    bool is_constant = type == 0xc0 || type == 0xc2 || type == 0xc3;
    return (struct packed_step){.header = is_constant ? 1 : 0};
}

static struct packed_step read_header(struct str bytes)
{
    unsigned char type = (unsigned char)bytes.data[0];
    if (type < 0x80 || type >= 0xe0) {
        return (struct packed_step){.header = 1};
    }
    if (type < 0xa0) {
        uint64_t count = type & 15;
        return (struct packed_step){.header = 1, .items = type < 0x90 ? 2 * count : count};
    }
    if (type < 0xc0) {
        return (struct packed_step){.header = 1, .bytes = type & 31};
    }
    return read_long_header(bytes, type);
}

size_t object_skip_msgpack(struct str bytes)
{
    uint64_t missing = 1;
    size_t at = 0;
    while (missing > 0) {
        struct packed_step step = {0};
        if (at < bytes.len) {
            step = read_header(str_from_index(bytes, at));
        }
        if (step.header == 0 || step.header + step.bytes > bytes.len - at ||
            step.items > bytes.len) {
            return 0;
        }
        at += step.header + (size_t)step.bytes;
        missing += step.items - 1;
    }
    return at;
}

/* ---- the space ---- */

void object_space_init(struct object_space *space, const struct value_form *form, uint64_t seed)
{
    struct object_shape shape;
    struct rng rng;
    *space = (struct object_space){0};
    (void)value_form_parse_shape(form->object, &space->arena, &shape, NULL);
    size_t most = value_form_shape_size(&shape) + sizeof json_head + OBJECT_MARK_DIGITS + 64;
    size_t fitting = ROOM / most;
    space->count = fitting < FEWEST ? FEWEST : fitting < MOST ? fitting : MOST;
    space->objects = arena_alloc_array(&space->arena, space->count, sizeof *space->objects);
    space->documents = arena_alloc_array(&space->arena, space->count, sizeof *space->documents);
    rng_init(&rng, seed);
    char *scratch = mem_alloc(most);
    for (size_t i = 0; i < space->count; i++) {
        make(&space->arena, &shape, &rng, &space->objects[i]);
        size_t packed = object_write_msgpack(&space->objects[i], 0, scratch);
        size_t len = object_write_json(&space->objects[i], 0, scratch);
        space->documents[i] =
            (struct str){arena_copy(&space->arena, (struct str){scratch, len}), len};
        space->max_json = len > space->max_json ? len : space->max_json;
        space->max_msgpack = packed > space->max_msgpack ? packed : space->max_msgpack;
    }
    mem_free(scratch);
}

void object_space_release(struct object_space *space)
{
    arena_release(&space->arena);
    *space = (struct object_space){0};
}

static size_t index_of(const struct object_space *space, uint64_t identity)
{
    return (size_t)(rng_mix(~identity) % space->count);
}

const struct object_node *object_space_find(const struct object_space *space, uint64_t identity)
{
    return &space->objects[index_of(space, identity)];
}

size_t object_space_copy(const struct object_space *space, uint64_t identity, char *out)
{
    struct str document = space->documents[index_of(space, identity)];
    memcpy(out, document.data, document.len);
    (void)put_mark(out + sizeof json_head - 1, rng_mix(identity));
    return document.len;
}
