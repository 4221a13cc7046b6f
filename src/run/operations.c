#include "run/operations.h"

#include <string.h>

#include "base/mem.h"

enum { ARGUMENTS = 2 * PHRASE_MAX_WORDS * 100 };

/* The words of a command as it is sent, behind those that are in `words` already. */
static size_t list_words(struct str bytes, struct str *words, size_t count, size_t room)
{
    struct str header = str_split(&bytes, '\n');
    uint64_t wanted = 0;
    (void)str_to_u64(str_trim(str_from_index(header, 1)), &wanted);
    for (uint64_t i = 0; i < wanted && count < room; i++) {
        uint64_t len = 0;
        header = str_split(&bytes, '\n');
        (void)str_to_u64(str_trim(str_from_index(header, 1)), &len);
        words[count++] = str_prefix(bytes, (size_t)len);
        bytes = str_from_index(bytes, (size_t)len + 2);
    }
    return count;
}

static bool contains(struct str text, const char *wanted)
{
    return memmem(text.data, text.len, wanted, strlen(wanted)) != NULL;
}

static enum operation_status judge_error(const struct client *client, struct str command,
                                         struct str said, struct error *err)
{
    if (contains(said, "Invalid command")) {
        return OPERATION_UNKNOWN;
    }
    if (contains(said, "Invalid number of arguments") || contains(said, "Invalid arguments")) {
        error_set(err, ERROR_USAGE, "%s: %.*s has wrong arguments (%.*s)", client->name,
                  STR_ARG(command), STR_ARG(said));
        return OPERATION_WRONG;
    }
    return OPERATION_KNOWN; /* no keys, or we may not ask */
}

static bool is_ours(const struct workload *workload, struct str key)
{
    bool is_known = false;
    for (size_t i = 0; i < workload->data_count; i++) {
        const struct dataset *data = &workload->data[i];
        is_known = is_known || (str_starts_with(key, str_from(data->key_prefix)) &&
                                key.len == key_format_size(&data->key_format));
    }
    return is_known;
}

static enum operation_status judge_keys(const struct workload *workload, struct str command,
                                        const struct resp_value *reply, struct error *err)
{
    for (size_t i = 0; i < reply->count; i++) {
        struct str key = reply->elements[i].text;
        if (!is_ours(workload, key)) {
            error_set(err, ERROR_USAGE,
                      "%.*s would touch the key \"%.*s\": only keys of the dataset are touched, "
                      "because they are removed by name, and they are written as {key}",
                      STR_ARG(command), STR_ARG(str_prefix(key, 64)));
            return OPERATION_WRONG;
        }
    }
    return OPERATION_KNOWN;
}

static enum operation_status ask(struct client *client, const struct workload *workload,
                                 struct str bytes, struct str *words, struct error *err)
{
    struct arena arena = {0};
    struct resp_value reply;
    enum operation_status status = OPERATION_WRONG;
    words[0] = STR("COMMAND");
    words[1] = STR("GETKEYS");
    size_t count = list_words(bytes, words, 2, ARGUMENTS);
    if (client_call_words(client, &arena, &reply, err, &(struct word_list){words, count})) {
        status = reply.type == '-' ? judge_error(client, words[2], reply.text, err)
                                   : judge_keys(workload, words[2], &reply, err);
    }
    arena_release(&arena);
    return status;
}

enum operation_status operation_check(struct client *client, const struct workload *workload,
                                      size_t operation, struct error *err)
{
    const struct workload_operation *facts = &workload->operations[operation];
    struct workload_draw draw = {.operation = (uint32_t)operation};
    struct str *words = mem_alloc_array(ARGUMENTS, sizeof *words);
    char *bytes = mem_alloc(workload->max_step_size + TEMPLATE_CHUNK);
    enum operation_status status = OPERATION_KNOWN;
    for (size_t step = 0; step < facts->step_count && status == OPERATION_KNOWN; step++) {
        size_t len = workload_write_step(workload, &draw, step, bytes);
        status = ask(client, workload, (struct str){bytes, len}, words, err);
    }
    mem_free(bytes);
    mem_free(words);
    return status;
}
