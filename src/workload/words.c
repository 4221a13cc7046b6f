#include "workload/words.h"

#include <ctype.h>
#include <openssl/evp.h>
#include <string.h>

#include "base/mem.h"
#include "redis/resp_write.h"

enum { SHA1_SIZE = 20 };

/* In hexadecimal, as EVALSHA takes it. */
static char *sha1_of(const char *text)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    char hex[2 * SHA1_SIZE];
    unsigned size = 0;
    memset(digest, 0, sizeof digest);
    (void)EVP_Digest(text, strlen(text), digest, &size, EVP_sha1(), NULL);
    for (size_t i = 0; i < SHA1_SIZE; i++) {
        hex[2 * i] = "0123456789abcdef"[digest[i] >> 4];
        hex[2 * i + 1] = "0123456789abcdef"[digest[i] & 15];
    }
    return mem_copy_text(hex, sizeof hex);
}

static char *library_name(const char *key_prefix)
{
    struct buf name = {0};
    for (const char *at = key_prefix; *at != '\0'; at++) {
        buf_add_char(&name, isalnum((unsigned char)*at) != 0 ? *at : '_');
    }
    buf_add_text(&name, "functions");
    char *copy = mem_copy_text(name.data, name.len);
    buf_release(&name);
    return copy;
}

/* The name of a function may hold no '-'. */
static char *function_name(const char *library, const char *name)
{
    struct buf text = {0};
    buf_addf(&text, "%s_%s", library, name);
    char *copy = mem_copy_text(text.data, text.len);
    for (char *at = copy; *at != '\0'; at++) {
        *at = *at == '-' ? '_' : *at;
    }
    buf_release(&text);
    return copy;
}

static void add_word(struct words *words, enum part_kind kind, const char *name, char *text)
{
    words->list[words->count++] = (struct pattern_word){.kind = kind, .name = name, .text = text};
}

static void add_functions(struct words *words, const struct workload_spec *spec,
                          const char *key_prefix)
{
    struct buf source = {0};
    if (spec->function_count == 0) {
        return;
    }
    words->library = library_name(key_prefix);
    buf_addf(&source, "#!lua name=%s\n", words->library);
    for (size_t i = 0; i < spec->function_count; i++) {
        const struct source_spec *function = &spec->functions[i];
        char *name = function_name(words->library, function->name);
        buf_addf(&source, "redis.register_function('%s', function(keys, args)\n%s\nend)\n", name,
                 function->text);
        add_word(words, PART_FUNCTION, function->name, name);
    }
    words->source = mem_copy_text(source.data, source.len);
    buf_release(&source);
}

void words_init(struct words *words, const struct workload_spec *spec, const char *key_prefix)
{
    *words = (struct words){.load_count = spec->script_count};
    words->list = mem_alloc_array(spec->script_count + spec->function_count, sizeof *words->list);
    for (size_t i = 0; i < spec->script_count; i++) {
        const struct source_spec *script = &spec->scripts[i];
        add_word(words, PART_SCRIPT, script->name, sha1_of(script->text));
        resp_write_text(&words->loads, "SCRIPT", "LOAD", script->text, NULL);
    }
    add_functions(words, spec, key_prefix);
}

void words_release(struct words *words)
{
    for (size_t i = 0; i < words->count; i++) {
        mem_free((char *)words->list[i].text);
    }
    mem_free(words->list);
    mem_free(words->library);
    mem_free(words->source);
    buf_release(&words->loads);
    *words = (struct words){0};
}
