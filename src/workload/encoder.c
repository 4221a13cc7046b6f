#include "workload/encoder.h"

#include <assert.h>
#include <jansson.h>
#include <lz4frame.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "base/mem.h"
#include "base/rng.h"
#include "workload/objects.h"
#include "workload/values.h"

struct encoder {
    const struct value_space *values;
    struct value_form form;
    struct encoder_watch watch;
    char *plain; /* a value before it is compressed, or after it was decompressed */
    size_t room;
    size_t taken; /* bytes in `plain` that encoder_take left */
    z_stream deflating;
    z_stream inflating;
    ZSTD_CCtx *zstd;
    ZSTD_DCtx *unzstd;
    LZ4F_dctx *unlz4;
};

struct encoder *encoder_new(const struct value_space *values, const struct encoder_watch *watch)
{
    const struct value_form *form = &values->form;
    struct encoder *encoder = mem_alloc(sizeof *encoder);
    bool done = true;
    encoder->values = values;
    encoder->form = *form;
    encoder->room = values->max_plain + VALUES_SLACK;
    encoder->plain = mem_alloc(encoder->room);
    if (watch != NULL) {
        encoder->watch = *watch;
    }
    switch (form->compression) {
    case COMPRESS_NONE:
        break;
    case COMPRESS_ZLIB:
        done = deflateInit(&encoder->deflating, form->level) == Z_OK &&
               inflateInit(&encoder->inflating) == Z_OK;
        break;
    case COMPRESS_ZSTD:
        encoder->zstd = ZSTD_createCCtx();
        encoder->unzstd = ZSTD_createDCtx();
        done = encoder->zstd != NULL && encoder->unzstd != NULL;
        break;
    case COMPRESS_LZ4:
        done = LZ4F_isError(LZ4F_createDecompressionContext(&encoder->unlz4, LZ4F_VERSION)) == 0;
        break;
    }
    assert(done && "only lack of memory makes these fail");
    (void)done;
    return encoder;
}

void encoder_free(struct encoder *encoder)
{
    if (encoder == NULL) {
        return;
    }
    if (encoder->form.compression == COMPRESS_ZLIB) {
        (void)deflateEnd(&encoder->deflating);
        (void)inflateEnd(&encoder->inflating);
    }
    (void)ZSTD_freeCCtx(encoder->zstd);
    (void)ZSTD_freeDCtx(encoder->unzstd);
    (void)LZ4F_freeDecompressionContext(encoder->unlz4);
    mem_free(encoder->plain);
    mem_free(encoder);
}

size_t encoder_bound(const struct value_form *form, size_t plain)
{
    switch (form->compression) {
    case COMPRESS_NONE:
        break;
    case COMPRESS_ZLIB:
        return compressBound(plain);
    case COMPRESS_ZSTD:
        return ZSTD_compressBound(plain);
    case COMPRESS_LZ4:
        return LZ4F_compressFrameBound(plain, NULL);
    }
    return plain;
}

static nsec now(const struct encoder *encoder)
{
    return encoder->watch.now == NULL ? 0 : encoder->watch.now(encoder->watch.self);
}

static void tell(const struct encoder *encoder, enum encoder_part part, nsec since)
{
    if (encoder->watch.took != NULL) {
        encoder->watch.took(encoder->watch.self, part, now(encoder) - since);
    }
}

/* ---- storing ---- */

static size_t write_plain(const struct encoder *encoder, uint64_t identity, char *out)
{
    const struct value_space *values = encoder->values;
    if (values->objects != NULL && encoder->form.encoding != ENCODE_AHEAD) {
        const struct object_node *object = object_space_find(values->objects, identity);
        nsec since = now(encoder);
        size_t size = encoder->form.encoding == ENCODE_JSON
                          ? object_write_json(object, rng_mix(identity), out)
                          : object_write_msgpack(object, rng_mix(identity), out);
        tell(encoder, ENCODER_SERIALISE, since);
        return size;
    }
    if (values->objects != NULL) {
        return object_space_copy(values->objects, identity, out);
    }
    size_t size = value_space_size(values, identity);
    value_space_write(values, identity, size, out);
    return size;
}

/* The room is always enough, so that none of them can fail. */
static size_t compress_plain(struct encoder *encoder, size_t size, char *out)
{
    size_t room = encoder->values->max_put;
    switch (encoder->form.compression) {
    case COMPRESS_ZLIB: {
        z_stream *stream = &encoder->deflating;
        (void)deflateReset(stream);
        stream->next_in = (unsigned char *)encoder->plain;
        stream->avail_in = (uInt)size;
        stream->next_out = (unsigned char *)out;
        stream->avail_out = (uInt)room;
        (void)deflate(stream, Z_FINISH);
        return room - stream->avail_out;
    }
    case COMPRESS_ZSTD:
        return ZSTD_compressCCtx(encoder->zstd, out, room, encoder->plain, size,
                                 encoder->form.level);
    case COMPRESS_LZ4: {
        static const LZ4F_preferences_t preferences = {.autoFlush = 1};
        return LZ4F_compressFrame(out, room, encoder->plain, size, &preferences);
    }
    case COMPRESS_NONE:
        break;
    }
    memcpy(out, encoder->plain, size);
    return size;
}

size_t encoder_make(struct encoder *encoder, uint64_t identity, char *out)
{
    size_t plain;
    size_t stored;
    if (encoder->form.compression == COMPRESS_NONE) {
        plain = stored = write_plain(encoder, identity, out);
    } else {
        plain = write_plain(encoder, identity, encoder->plain);
        nsec since = now(encoder);
        stored = compress_plain(encoder, plain, out);
        tell(encoder, ENCODER_COMPRESS, since);
    }
    if (encoder->watch.stored != NULL) {
        encoder->watch.stored(encoder->watch.self, plain, stored);
    }
    return stored;
}

/* ---- reading ---- */

static bool begins_compressed(const struct encoder *encoder, struct str bytes)
{
    static const unsigned char zstd_magic[] = {0x28, 0xb5, 0x2f, 0xfd};
    static const unsigned char lz4_magic[] = {0x04, 0x22, 0x4d, 0x18};
    switch (encoder->form.compression) {
    case COMPRESS_ZLIB:
        return bytes.len > 4 && (bytes.data[0] & 15) == 8 &&
               ((unsigned char)bytes.data[0] * 256 + (unsigned char)bytes.data[1]) % 31 == 0;
    case COMPRESS_ZSTD:
        return bytes.len > 4 && memcmp(bytes.data, zstd_magic, sizeof zstd_magic) == 0;
    case COMPRESS_LZ4:
        return bytes.len > 4 && memcmp(bytes.data, lz4_magic, sizeof lz4_magic) == 0;
    case COMPRESS_NONE:
        break;
    }
    return true;
}

/* False: what came out is not whole, or longer than any of our values. */
static bool decompress(struct encoder *encoder, struct str bytes)
{
    size_t room = encoder->room;
    size_t left = bytes.len;
    encoder->taken = 0;
    switch (encoder->form.compression) {
    case COMPRESS_ZLIB: {
        z_stream *stream = &encoder->inflating;
        (void)inflateReset(stream);
        stream->next_in = (unsigned char *)(uintptr_t)bytes.data;
        stream->avail_in = (uInt)bytes.len;
        stream->next_out = (unsigned char *)encoder->plain;
        stream->avail_out = (uInt)room;
        bool done = inflate(stream, Z_FINISH) == Z_STREAM_END && stream->avail_in == 0;
        encoder->taken = room - stream->avail_out;
        return done;
    }
    case COMPRESS_ZSTD:
        encoder->taken =
            ZSTD_decompressDCtx(encoder->unzstd, encoder->plain, room, bytes.data, bytes.len);
        return ZSTD_isError(encoder->taken) == 0;
    case COMPRESS_LZ4: {
        LZ4F_resetDecompressionContext(encoder->unlz4);
        size_t status =
            LZ4F_decompress(encoder->unlz4, encoder->plain, &room, bytes.data, &left, NULL);
        encoder->taken = room;
        return status == 0 && left == bytes.len;
    }
    case COMPRESS_NONE:
        break;
    }
    return false;
}

/* As an application would; what it holds is thrown away. */
static bool parse(const struct encoder *encoder, struct str plain)
{
    if (encoder->form.encoding == ENCODE_MSGPACK) {
        return object_skip_msgpack(plain) == plain.len;
    }
    json_t *json = json_loadb(plain.data, plain.len, 0, NULL);
    bool done = json != NULL;
    json_decref(json);
    return done;
}

static bool begins_object(const struct encoder *encoder, struct str plain)
{
    unsigned char first = plain.len < 2 ? 0 : (unsigned char)plain.data[0];
    if (encoder->form.encoding == ENCODE_MSGPACK) {
        return (first & 0xf0) == 0x80 || first == 0xde || first == 0xdf;
    }
    return first == '{';
}

bool encoder_take(struct encoder *encoder, struct str stored)
{
    struct str plain = stored;
    if (!begins_compressed(encoder, stored)) {
        return false;
    }
    if (encoder->form.compression != COMPRESS_NONE) {
        nsec since = now(encoder);
        if (!decompress(encoder, stored)) {
            return false;
        }
        tell(encoder, ENCODER_DECOMPRESS, since);
        plain = (struct str){encoder->plain, encoder->taken};
    }
    if (encoder->form.encoding == ENCODE_AHEAD) {
        return true;
    }
    nsec since = now(encoder);
    if (!begins_object(encoder, plain) || !parse(encoder, plain)) {
        return false;
    }
    tell(encoder, ENCODER_PARSE, since);
    return true;
}

struct str encoder_taken(const struct encoder *encoder)
{
    return (struct str){encoder->plain, encoder->taken};
}
