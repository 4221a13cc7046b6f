/* A file of another program from anywhere: a result that was read from it can be written, and reads
 * and writes the same again. */
#include <assert.h>

#include "foreign/foreign.h"
#include "fuzz.h"
#include "model/result_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct foreign_source source = {.name = "file", .changed = UINT64_C(1795405205123000000)};
    struct result result;
    if (!foreign_read((struct str){(const char *)data, size}, &source, &result, NULL)) {
        return 0;
    }
    struct buf texts[3] = {{0}};
    for (size_t i = 0; i < 3; i++) {
        result_json_write(&result, &texts[i]);
        result_release(&result);
        bool again = result_json_read(buf_str(&texts[i]), &result, NULL);
        assert(again);
    }
    /* The first one may spell a byte that is no UTF-8 differently. */
    assert(str_eq(buf_str(&texts[1]), buf_str(&texts[2])));
    result_release(&result);
    for (size_t i = 0; i < 3; i++) {
        buf_release(&texts[i]);
    }
    return 0;
}
