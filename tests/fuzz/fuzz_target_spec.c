/* A target as a user may type it: a password never shows, neither in the text nor in a sentence. */
#include <assert.h>

#include "fuzz.h"
#include "model/target_spec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct target_spec target;
    struct error err = {0};
    if (target_spec_parse((struct str){(const char *)data, size}, &arena, &target, &err)) {
        assert(target.text != NULL);
        assert(target.password == NULL || strstr(target.text, ":***@") != NULL);
        assert((target.host != NULL) + (target.path != NULL) + (target.program != NULL) == 1);
    } else {
        assert(err.code == ERROR_USAGE && err.text[0] != '\0');
    }
    arena_release(&arena);
    return 0;
}
