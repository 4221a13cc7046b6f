#include "run/replay.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "workload/capture.h"

struct reading {
    struct client *client;
    struct capture *capture;
    struct trace *trace;
    struct replay_report *report;
    struct error *err;
    bool *is_key; /* CAPTURE_MAX_WORDS */
};

/* ---- names ---- */

static struct replay_name *find_name(struct replay_report *report, struct str name)
{
    for (size_t i = 0; i < report->name_count; i++) {
        if (str_eq_nocase(name, str_from(report->names[i].name))) {
            return &report->names[i];
        }
    }
    if (report->name_count == REPLAY_MAX_NAMES || name.len >= REPLAY_NAME_SIZE) {
        return NULL;
    }
    struct replay_name *found = &report->names[report->name_count++];
    *found = (struct replay_name){0};
    for (size_t i = 0; i < name.len; i++) {
        found->name[i] = (char)tolower((unsigned char)name.data[i]);
    }
    return found;
}

/* Their keys may be named within scripts or patterns, or lead elsewhere. */
static bool is_refused(const char *name)
{
    static const char *const refused[] = {"migrate", "copy",           "move",   "sort",
                                          "sort_ro", "restore-asking", "object", NULL};
    static const char *const beginnings[] = {"eval", "fcall", NULL};
    for (size_t i = 0; refused[i] != NULL; i++) {
        if (strcmp(name, refused[i]) == 0) {
            return true;
        }
    }
    for (size_t i = 0; beginnings[i] != NULL; i++) {
        if (strncmp(name, beginnings[i], strlen(beginnings[i])) == 0) {
            return true;
        }
    }
    return false;
}

static bool has_flag(const struct resp_value *flags, const char *wanted)
{
    for (size_t i = 0; i < flags->count; i++) {
        if (str_eq(flags->elements[i].text, str_from(wanted))) {
            return true;
        }
    }
    return false;
}

/* [name, arity, flags, first, last, step, ACL categories, tips, key specs, subcommands] */
static void learn(struct replay_name *name, const struct resp_value *info)
{
    enum { FLAGS = 2, FIRST = 3, LAST = 4, STEP = 5, SUBCOMMANDS = 9 };
    static const char *const apart[] = {"admin", "pubsub", "blocking", NULL};
    static const char *const keyless[] = {"ping", "echo", "time"};
    if (info->count <= STEP || is_refused(name->name)) {
        return;
    }
    const struct resp_value *flags = &info->elements[FLAGS];
    for (size_t i = 0; apart[i] != NULL; i++) {
        if (has_flag(flags, apart[i])) {
            return;
        }
    }
    name->is_known = true;
    name->first = info->elements[FIRST].integer;
    name->last = info->elements[LAST].integer;
    name->step = info->elements[STEP].integer;
    bool has_subcommands =
        info->count > SUBCOMMANDS && info->elements[SUBCOMMANDS].count > 0 && name->first == 0;
    name->asks = has_flag(flags, "movablekeys") || has_subcommands;
    name->is_taken = name->asks || (name->first > 0 && name->step > 0);
    for (size_t i = 0; i < sizeof keyless / sizeof keyless[0]; i++) {
        name->is_taken = name->is_taken || strcmp(name->name, keyless[i]) == 0;
    }
}

static bool ask_names(struct reading *reading)
{
    struct replay_report *report = reading->report;
    struct arena arena = {0};
    struct resp_value reply;
    struct str *words = mem_alloc_array(report->name_count + 2, sizeof *words);
    words[0] = STR("COMMAND");
    words[1] = STR("INFO");
    for (size_t i = 0; i < report->name_count; i++) {
        words[2 + i] = str_from(report->names[i].name);
    }
    bool done = client_call_words(reading->client, &arena, &reply, reading->err,
                                  &(struct word_list){words, report->name_count + 2});
    if (done && (reply.type == '-' || reply.count != report->name_count)) {
        done = error_set(reading->err, ERROR_TARGET,
                         "%s: COMMAND INFO, which tells where keys stand, was answered by \"%.*s\"",
                         reading->client->name, STR_ARG(reply.text));
    }
    for (size_t i = 0; done && i < report->name_count; i++) {
        learn(&report->names[i], &reply.elements[i]);
    }
    mem_free(words);
    arena_release(&arena);
    return done;
}

/* ---- keys ---- */

/* Marks the words that the server says are keys. False: it says there are none. */
static bool ask_keys(struct reading *reading, size_t count, bool *failed)
{
    struct arena arena = {0};
    struct resp_value reply;
    struct str *words = mem_alloc_array(count + 2, sizeof *words);
    words[0] = STR("COMMAND");
    words[1] = STR("GETKEYS");
    memcpy(words + 2, reading->capture->words, count * sizeof *words);
    *failed = !client_call_words(reading->client, &arena, &reply, reading->err,
                                 &(struct word_list){words, count + 2});
    size_t found = 0;
    size_t at = 1;
    for (size_t i = 0; !*failed && reply.type != '-' && i < reply.count; i++) {
        size_t from = at;
        while (at < count && !str_eq(reading->capture->words[at], reply.elements[i].text)) {
            at++;
        }
        if (at == count) { /* not in their order: from the beginning */
            for (at = 1; at < from && !str_eq(reading->capture->words[at], reply.elements[i].text);
                 at++) {
            }
        }
        found += at < count;
        reading->is_key[at < count ? at : 0] = at < count;
        at++;
    }
    mem_free(words);
    arena_release(&arena);
    return found > 0;
}

/* False: the command cannot be taken. */
static bool mark_keys(struct reading *reading, const struct replay_name *name, size_t count,
                      bool *failed)
{
    memset(reading->is_key, 0, count * sizeof *reading->is_key);
    *failed = false;
    if (name->asks) {
        return ask_keys(reading, count, failed);
    }
    if (name->first == 0) {
        return true;
    }
    int64_t last = name->last < 0 ? (int64_t)count + name->last : name->last;
    if (last >= (int64_t)count || last < name->first) {
        return false;
    }
    for (int64_t i = name->first; i <= last; i += name->step) {
        reading->is_key[i] = true;
    }
    return true;
}

/* ---- lines ---- */

typedef bool take_line(struct reading *reading, const struct capture_line *line);

static bool collect_name(struct reading *reading, const struct capture_line *line)
{
    (void)line;
    (void)find_name(reading->report, reading->capture->words[0]);
    return true;
}

static bool take_command(struct reading *reading, const struct capture_line *line)
{
    struct replay_name *name = find_name(reading->report, reading->capture->words[0]);
    bool failed = false;
    bool is_taken =
        name != NULL && name->is_taken && mark_keys(reading, name, line->word_count, &failed);
    if (failed) {
        return false;
    }
    if (!is_taken) {
        if (name != NULL) {
            name->skipped++;
        }
        return true;
    }
    reading->report->taken++;
    trace_add(reading->trace, &(struct trace_line){
                                  .at = line->at,
                                  .database = line->database,
                                  .client = line->client,
                                  .words = reading->capture->words,
                                  .word_count = line->word_count,
                                  .is_key = reading->is_key,
                              });
    return true;
}

static bool go_through(struct reading *reading, struct str text, take_line *take)
{
    struct replay_report *report = reading->report;
    report->lines = 0;
    report->bad = 0;
    for (uint64_t number = 1; text.len > 0; number++) {
        struct str line = str_split(&text, '\n');
        struct capture_line read;
        struct error problem = {0};
        if (capture_is_blank(line)) {
            continue;
        }
        if (capture_read(reading->capture, line, &read, &problem)) {
            report->lines++;
            if (!take(reading, &read)) {
                return false;
            }
        } else if (report->bad++ == 0) {
            report->first_bad = number;
            memcpy(report->problem, problem.text, sizeof report->problem);
        }
    }
    return true;
}

bool replay_read(struct target *target, struct str text, struct trace *trace,
                 struct replay_report *report, struct error *err)
{
    struct reading reading = {
        .client = &target->control,
        .capture = mem_alloc(sizeof *reading.capture),
        .trace = trace,
        .report = report,
        .err = err,
        .is_key = mem_alloc_array(CAPTURE_MAX_WORDS, sizeof *reading.is_key),
    };
    bool done = go_through(&reading, text, collect_name) &&
                (report->name_count == 0 || ask_names(&reading)) &&
                go_through(&reading, text, take_command);
    capture_release(reading.capture);
    mem_free(reading.capture);
    mem_free(reading.is_key);
    if (done && trace->count == 0) {
        return error_set(err, ERROR_USAGE, "there is no command in it that can be sent again%s%s",
                         report->bad > 0 ? "; the first line that cannot be read: " : "",
                         report->problem);
    }
    return done;
}

static int by_skipped(const void *a, const void *b)
{
    const struct replay_name *first = *(const struct replay_name *const *)a;
    const struct replay_name *second = *(const struct replay_name *const *)b;
    if (first->skipped != second->skipped) {
        return first->skipped < second->skipped ? 1 : -1;
    }
    return strcmp(first->name, second->name);
}

void replay_list_skipped(const struct replay_report *report, struct buf *out)
{
    const struct replay_name *order[REPLAY_MAX_NAMES] = {NULL};
    for (size_t i = 0; i < report->name_count; i++) {
        order[i] = &report->names[i];
    }
    qsort(order, report->name_count, sizeof order[0], by_skipped);
    for (size_t i = 0; i < report->name_count && order[i]->skipped > 0; i++) {
        buf_addf(out, "%s%s %llu", i > 0 ? ", " : "", order[i]->name,
                 (unsigned long long)order[i]->skipped);
    }
}
