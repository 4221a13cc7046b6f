/* Lines of MONITOR: any bytes are read or refused, and what is read has its words in place. */
#include <assert.h>
#include <stdlib.h>

#include "fuzz.h"
#include "workload/capture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct capture capture;
    struct str text = {(const char *)data, size};
    while (text.len > 0) {
        struct str line = str_split(&text, '\n');
        struct capture_line read;
        struct error err = {0};
        if (capture_is_blank(line)) {
            continue;
        }
        if (!capture_read(&capture, line, &read, &err)) {
            assert(err.code == ERROR_USAGE && err.text[0] != '\0');
            continue;
        }
        assert(read.word_count >= 1 && read.word_count <= CAPTURE_MAX_WORDS);
        size_t bytes = 0;
        for (size_t i = 0; i < read.word_count; i++) {
            assert(capture.words[i].data == buf_text(&capture.bytes) + bytes);
            bytes += capture.words[i].len;
        }
        assert(bytes == capture.bytes.len && bytes <= line.len && read.client.len > 0);
    }
    return 0;
}
