/* A target as a user may type it: a password never shows, neither in the text nor in a sentence. */
#include <assert.h>

#include "fuzz.h"
#include "model/target_spec.h"

static void check_host(const struct target_spec *host)
{
    assert(host->text != NULL);
    assert(host->password == NULL || strstr(host->text, ":***@") != NULL);
    assert((host->host != NULL) + (host->path != NULL) + (host->program != NULL) == 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct target_spec target;
    struct error err = {0};
    if (target_spec_parse((struct str){(const char *)data, size}, &arena, &target, &err)) {
        assert(target_spec_hosts(&target) <= TARGET_MAX_HOSTS);
        for (size_t i = 0; i < target_spec_hosts(&target); i++) {
            check_host(target_spec_host(&target, i));
        }
        struct target_spec again; /* what is shown names as many hosts */
        const char *text = target_spec_text(&target, &arena);
        assert(!target_spec_parse(str_from(text), &arena, &again, &err) ||
               again.other_count == target.other_count);
    } else {
        assert(err.code == ERROR_USAGE && err.text[0] != '\0');
    }
    arena_release(&arena);
    return 0;
}
