/* Prints a result in which every member holds something, for the test of the schema. */
#include <stdio.h>

#include "model/result_json.h"
#include "support/full_result.h"

int main(void)
{
    struct result result;
    struct buf text = {0};
    full_result_init(&result);
    result_json_write(&result, &text);
    size_t written = fwrite(text.data, 1, text.len, stdout);
    bool good = written == text.len && fflush(stdout) == 0;
    buf_release(&text);
    result_release(&result);
    return good ? 0 : 1;
}
