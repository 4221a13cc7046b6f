/* A command as a user may type it. */
#include <assert.h>
#include <string.h>

#include "fuzz.h"
#include "workload/phrase.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct error err = {0};
    struct phrase phrase;
    struct str text = {(const char *)data, size};
    if (!phrase_parse(text, &arena, &phrase, &err)) {
        assert(err.code == ERROR_USAGE && err.text[0] != '\0');
    } else {
        assert(phrase.word_count >= 1 && phrase.word_count <= PHRASE_MAX_WORDS);
        assert(phrase.repeats >= 1);
        assert(phrase.repeat_first + phrase.repeat_count <= phrase.word_count);
        assert(phrase.replies <= PHRASE_MAX_REPLIES);
        assert(phrase.words[0].part_count == 1 && phrase.words[0].parts[0].kind == PART_TEXT);
    }
    arena_release(&arena);
    return 0;
}
