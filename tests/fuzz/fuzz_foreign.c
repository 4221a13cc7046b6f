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
    struct buf first = {0};
    struct buf second = {0};
    result_json_write(&result, &first);
    result_release(&result);
    bool again = result_json_read(buf_str(&first), &result, NULL);
    assert(again);
    result_json_write(&result, &second);
    assert(str_eq(buf_str(&first), buf_str(&second)));
    result_release(&result);
    buf_release(&second);
    buf_release(&first);
    return 0;
}
