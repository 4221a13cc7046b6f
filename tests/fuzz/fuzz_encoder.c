/* What servers answer where clients decompress and parse: any bytes are a value or are none. */
#include <assert.h>

#include "fuzz.h"
#include "workload/encoder.h"
#include "workload/objects.h"
#include "workload/values.h"

static const struct value_form forms[] = {
    {.kind = VALUE_OBJECT, .encoding = ENCODE_JSON},
    {.kind = VALUE_OBJECT, .encoding = ENCODE_MSGPACK},
    {.kind = VALUE_OBJECT, .encoding = ENCODE_MSGPACK, .compression = COMPRESS_ZLIB, .level = 6},
    {.kind = VALUE_RANDOM, .compression = COMPRESS_ZLIB, .level = 6},
    {.kind = VALUE_RANDOM, .compression = COMPRESS_ZSTD, .level = 3},
    {.kind = VALUE_RANDOM, .compression = COMPRESS_LZ4},
};

enum { FORMS = sizeof forms / sizeof forms[0] };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct value_space spaces[FORMS];
    static struct encoder *encoders[FORMS];
    for (size_t i = 0; i < FORMS; i++) {
        if (encoders[i] == NULL) {
            struct spec spec;
            spec_init(&spec, PRESET_QUICK);
            spec.workload.form = forms[i];
            value_space_init(&spaces[i], &spec.workload, i);
            encoders[i] = encoder_new(&spaces[i], NULL);
        }
        struct str bytes = {(const char *)data, size};
        bool taken = encoder_take(encoders[i], bytes);
        assert(!taken || size > 0);
        assert(encoder_taken(encoders[i]).len <= spaces[i].max_plain + VALUES_SLACK || !taken);
        assert(object_skip_msgpack(bytes) <= size);
    }
    return 0;
}
