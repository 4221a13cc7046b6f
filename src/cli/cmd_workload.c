#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "cli/command.h"
#include "cli/option_read.h"
#include "cli/options_workload.h"
#include "cli/workload_option.h"
#include "workload/builtin.h"
#include "workload/encoder.h"
#include "workload/workload.h"

enum { SAMPLES = 20, SHOWN_BYTES = 48 };

static const struct option sampling[] = {
    {"requests", 'n', "N", "operations to show", "20", option_read_u64,
     offsetof(struct request, spec.load.requests), 1, 1000000},
    {"seed", '\0', "N", "where all random numbers begin", "0", option_read_u64,
     offsetof(struct request, spec.seed), 0, SPEC_SEED_MAX},
    {.name = NULL},
};
static const struct option_group options_sampling = {"Sample", sampling};

static const struct option_group *const groups[] = {&options_sampling, &options_general, NULL};

static bool write_out(struct buf *text, struct error *err)
{
    bool done = fwrite(buf_text(text), 1, text->len, stdout) == text->len && fflush(stdout) == 0;
    buf_release(text);
    return done || error_set(err, ERROR_USAGE, "standard output cannot be written");
}

static bool list(struct error *err)
{
    struct buf text = {0};
    for (const struct builtin_workload *at = builtin_workloads; at->name != NULL; at++) {
        buf_addf(&text, "%-15s  %s\n", at->name, at->description);
    }
    return write_out(&text, err);
}

static bool show(struct str name, struct error *err)
{
    struct buf text = {0};
    const struct builtin_workload *builtin = builtin_find(name);
    if (builtin == NULL) {
        return error_set(err, ERROR_USAGE,
                         "there is no built-in workload \"%.*s\"; tenbin workload list shows them",
                         STR_ARG(name));
    }
    buf_add_text(&text, builtin->text);
    return write_out(&text, err);
}

static bool check(struct str name, struct request *request, struct error *err)
{
    struct buf text = {0};
    const struct workload_spec *workload = &request->spec.workload;
    if (!workload_option_read(name, &request->arena, &request->spec.workload, err)) {
        return false;
    }
    buf_addf(&text, "%.*s: %zu operation%s on ", STR_ARG(name), workload->operation_count,
             workload->operation_count == 1 ? "" : "s");
    for (size_t i = 0; i <= workload->other_count; i++) {
        const struct workload_spec *data = i == 0 ? workload : &workload->others[i - 1];
        buf_addf(&text, "%s%s key%s (%s)", i == 0 ? "" : ", ",
                 units_format_count(data->keys, (char[UNITS_TEXT_SIZE]){0}),
                 data->keys == 1 ? "" : "s", spec_data_type_name(data->data));
    }
    buf_add_char(&text, '\n');
    return write_out(&text, err);
}

/* ---- samples ---- */

/* As redis-cli would read it; long words are cut short. */
static void add_word(struct buf *out, struct str word)
{
    bool is_plain = word.len > 0;
    struct str shown = str_prefix(word, word.len > SHOWN_BYTES ? SHOWN_BYTES / 2 : word.len);
    for (size_t i = 0; i < shown.len; i++) {
        unsigned char byte = (unsigned char)shown.data[i];
        is_plain = is_plain && isgraph(byte) != 0 && byte != '"' && byte != '\\' && byte != '\'';
    }
    buf_add_text(out, is_plain ? "" : "\"");
    for (size_t i = 0; i < shown.len; i++) {
        unsigned char byte = (unsigned char)shown.data[i];
        if (is_plain || (isprint(byte) != 0 && byte != '"' && byte != '\\')) {
            buf_add_char(out, (char)byte);
        } else {
            buf_addf(out, "\\x%02x", byte);
        }
    }
    buf_add_text(out, is_plain ? "" : "\"");
    if (shown.len < word.len) {
        buf_addf(out, "... (%zu bytes)", word.len);
    }
}

/* The words of a command that this program wrote itself. */
static void add_command(struct buf *out, struct str bytes)
{
    struct str words = str_split(&bytes, '\n');
    uint64_t count = 0;
    (void)str_to_u64(str_trim(str_from_index(words, 1)), &count);
    for (uint64_t i = 0; i < count; i++) {
        struct str header = str_split(&bytes, '\n');
        uint64_t len = 0;
        (void)str_to_u64(str_trim(str_from_index(header, 1)), &len);
        buf_add_text(out, i > 0 ? " " : "");
        add_word(out, str_prefix(bytes, (size_t)len));
        bytes = str_from_index(bytes, (size_t)len + 2);
    }
    buf_add_char(out, '\n');
}

/* What stands for the texts of a reply that nobody has given. */
static void fill_replies(struct resp_texts *texts)
{
    resp_texts_begin(texts);
    for (int i = 0; i < RESP_TEXTS_MOST; i++) {
        char line[32];
        int len = snprintf(line, sizeof line, "+<reply %d>\r\n", i);
        resp_texts_take(texts, line, (size_t)len);
    }
}

/* Later steps stand under the first one, behind what they depend on. */
static void add_operation(struct buf *out, const struct workload *workload,
                          const struct workload_draw *draw, char *bytes)
{
    static const char *const conditions[] = {
        [STEP_ALWAYS] = "", [STEP_ON_HIT] = "(if found) ", [STEP_ON_MISS] = "(if not found) "};
    const struct workload_operation *operation = &workload->operations[draw->operation];
    struct resp_texts texts;
    struct workload_replies replies = {.texts = &texts};
    fill_replies(&texts);
    for (size_t i = 0; i < operation->step_count; i++) {
        const struct workload_step *step = &operation->steps[i];
        buf_add_text(out, i > 0 ? "  " : "");
        buf_add_text(out, conditions[step->when]);
        buf_add_text(out, step->each ? "(for each text) " : "");
        if (step->think > 0) {
            buf_addf(out, "(after %g ms) ", (double)step->think / (double)NSEC_PER_MSEC);
        }
        size_t len = workload_write_linked(workload, draw, i, &replies, bytes);
        add_command(out, (struct str){bytes, len});
    }
}

static bool sample(struct str name, struct request *request, struct error *err)
{
    const struct workload_spec *spec = &request->spec.workload;
    if (!workload_option_read(name, &request->arena, &request->spec.workload, err)) {
        return false;
    }
    workload_settle(&request->spec.workload);
    struct buf text = {0};
    struct workload workload;
    struct workload shown; /* with values as clients make them */
    struct encoder *encoders[SPEC_MAX_DATA] = {NULL};
    struct workload_stream stream;
    struct workload_draw draw;
    uint64_t count = request->spec.load.requests == 0 ? SAMPLES : request->spec.load.requests;
    workload_init(&workload, spec, request->spec.seed);
    for (size_t i = 0; i < workload.data_count; i++) {
        if (workload.data[i].values.is_made) {
            encoders[i] = encoder_new(&workload.data[i].values, NULL);
        }
    }
    workload_equip(&shown, &workload, encoders);
    workload_stream_init(&stream, &workload, request->spec.seed, 0, 1);
    char *bytes = mem_alloc(workload.max_step_size + TEMPLATE_CHUNK);
    for (uint64_t i = 0; i < count && workload_draw_next(&workload, &stream, &draw); i++) {
        if (spec->roles.group_count > 0) { /* each in turn */
            stream.group = (uint8_t)((i + 1) % spec->roles.group_count);
        }
        add_operation(&text, &shown, &draw, bytes);
    }
    mem_free(bytes);
    for (size_t i = 0; i < workload.data_count; i++) {
        encoder_free(encoders[i]);
    }
    workload_release(&workload);
    return write_out(&text, err);
}

static bool workload(struct request *request, int *exit_code, struct error *err)
{
    const struct option_line *line = &request->line;
    struct str action = line->word_count > 0 ? str_from(line->words[0]) : STR("");
    struct str name = line->word_count > 1 ? str_from(line->words[1]) : STR("");
    *exit_code = COMMAND_DONE;
    if (str_eq(action, STR("list")) && line->word_count == 1) {
        return list(err);
    }
    if (line->word_count == 2 && str_eq(action, STR("show"))) {
        return show(name, err);
    }
    if (line->word_count == 2 && str_eq(action, STR("check"))) {
        return check(name, request, err);
    }
    if (line->word_count == 2 && str_eq(action, STR("sample"))) {
        return sample(name, request, err);
    }
    return error_set(err, ERROR_USAGE,
                     "write tenbin workload list, show NAME, check FILE or sample NAME|FILE");
}

const struct command cmd_workload = {
    .name = "workload",
    .arguments = "list | show NAME | check FILE | sample NAME [options]",
    .summary = "list, show, check and try out workloads",
    .text = "list names the workloads that tenbin brings. show prints one as a file to start from. "
            "check reads a file and says what is wrong with it. sample prints the commands that a "
            "workload would send, without a server.",
    .groups = groups,
    .takes_words = true,
    .run = workload,
};
