/* A profile as a workload file. */
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "run/profile.h"
#include "run/profile_commands.h"

/* Groups and operations with less than this part of all are told, and left out. */
#define LEAST_SHARE 0.001

enum { MAX_OPERATIONS = 32, WEIGHTS = 100000, SIZES = 32, USUAL_KEYS = 10 };

static int by_value(const void *a, const void *b)
{
    uint64_t first = *(const uint64_t *)a;
    uint64_t second = *(const uint64_t *)b;
    return (first > second) - (first < second);
}

/* Sorts them. */
static uint64_t quantile(const struct profile_numbers *numbers, double share)
{
    if (numbers->count == 0) {
        return 0;
    }
    qsort(numbers->values, numbers->count, sizeof numbers->values[0], by_value);
    return numbers->values[(size_t)(share * (double)(numbers->count - 1))];
}

static double mean(const struct profile_numbers *numbers)
{
    double sum = 0;
    for (size_t i = 0; i < numbers->count; i++) {
        sum += (double)numbers->values[i];
    }
    return numbers->count == 0 ? 0 : sum / (double)numbers->count;
}

/* One size, or up to SIZES of equal weight at the means of equal parts of the sample. */
static void write_sizes(const struct profile_numbers *sizes, struct buf *out)
{
    uint64_t low = quantile(sizes, 0);
    uint64_t high = quantile(sizes, 1);
    if (sizes->count == 0) {
        return;
    }
    buf_addf(out, "    value-size: ");
    if (low == high) {
        buf_addf(out, "%" PRIu64 "\n", low > 0 ? low : 1);
        return;
    }
    size_t parts = sizes->count < SIZES ? sizes->count : SIZES;
    uint64_t previous = 0;
    size_t weight = 0;
    bool is_first = true;
    for (size_t part = 0; part < parts; part++) {
        size_t first = sizes->count * part / parts;
        size_t end = sizes->count * (part + 1) / parts;
        struct profile_numbers some = {.values = sizes->values + first, .count = end - first};
        uint64_t size = (uint64_t)(mean(&some) + 0.5);
        size = size > 0 ? size : 1;
        if (weight > 0 && size != previous) {
            buf_addf(out, "%s%" PRIu64 ":%zu", is_first ? "" : ",", previous, weight);
            is_first = false;
            weight = 0;
        }
        previous = size;
        weight += some.count;
    }
    buf_addf(out, "%s%" PRIu64 ":%zu\n", is_first ? "" : ",", previous, weight);
}

/* "string", "number-expiring" */
static void write_name(const struct profile_group *group, struct buf *out)
{
    buf_add_text(out, group->is_number ? "number" : spec_data_type_name(group->type));
    buf_add_text(out, group->expires ? "-expiring" : "");
}

struct writing {
    const struct profile *profile;
    struct profile_group *order[PROFILE_MAX_GROUPS]; /* the most frequent one first */
    size_t count;
    struct buf *out;
};

static void write_ttl(const struct profile_group *group, struct buf *out)
{
    uint64_t low = quantile(&group->ttls, 0.05);
    uint64_t high = quantile(&group->ttls, 0.95);
    if (group->expires && high > 0) {
        low = low > 0 ? low : 1;
        buf_addf(out, "    ttl: %" PRIu64 "ms-%" PRIu64 "ms   # what was left\n", low, high);
    }
}

static void write_group(struct writing *writing, const struct profile_group *group)
{
    const struct profile *profile = writing->profile;
    struct buf *out = writing->out;
    double share = (double)group->sampled / (double)(profile->sampled > 0 ? profile->sampled : 1);
    uint64_t keys = (uint64_t)(share * (double)profile->keys + 0.5);
    uint64_t elements = (uint64_t)(mean(&group->elements) + 0.5);
    buf_add_text(out, "  - name: ");
    write_name(group, out);
    buf_addf(out, "\n    type: %s\n    keys: %" PRIu64 "\n", spec_data_type_name(group->type),
             keys > 0 ? keys : 1);
    if (group->type != DATA_STRING) {
        buf_addf(out, "    elements: %" PRIu64 "\n", elements > 0 ? elements : 1);
    }
    if (group->is_number) {
        buf_add_text(out, "    values: number\n");
    }
    if (group->type != DATA_SET && group->type != DATA_ZSET) {
        write_sizes(&group->sizes, out);
    }
    write_ttl(group, out);
    if (group->names.count > 0) {
        buf_addf(out, "    # keys had %" PRIu64 " bytes in the middle",
                 quantile(&group->names, 0.5));
        if (group->memory.count > 0) {
            buf_addf(out, ", and took %.0f bytes of memory on average", mean(&group->memory));
        }
        buf_add_char(out, '\n');
    }
}

/* The first group that fits, in the order of their frequency; NULL: none. */
static const struct profile_group *find_group(const struct writing *writing,
                                              const struct profile_form *form)
{
    bool wants_number = form->place == PROFILE_ON_NUMBER;
    const struct profile_group *second = NULL;
    for (size_t i = 0; i < writing->count; i++) {
        const struct profile_group *group = writing->order[i];
        if (form->place == PROFILE_ON_ANY) {
            return group;
        }
        if (group->type == form->type && group->is_number == wants_number) {
            return group;
        }
        if (group->type == form->type && !wants_number && second == NULL) {
            second = group;
        }
    }
    return second;
}

static void write_command(const struct writing *writing, const struct profile_command *command,
                          const struct profile_form *form, const struct profile_group *group)
{
    struct buf *out = writing->out;
    bool writes_value = strstr(form->text, "{ttl}") != NULL && !group->expires;
    for (const char *at = form->text; *at != '\0'; at++) {
        if (*at == '@' && group == writing->order[0]) {
            buf_add_text(out, "{key}");
        } else if (*at == '@') {
            buf_add_text(out, "{key:");
            write_name(group, out);
            buf_add_char(out, '}');
        } else if (*at == '*' && at[-1] == ']' && (at[1] == '\0' || at[1] == ' ')) {
            uint64_t each = command->keys > 0 ? command->keys / command->calls : USUAL_KEYS;
            buf_addf(out, "*%" PRIu64, each > 0 ? each : 1);
        } else if (writes_value && strncmp(at, " PX {ttl}", 9) == 0) {
            at += 8;
        } else {
            buf_add_char(out, *at);
        }
    }
}

static void write_operation(const struct writing *writing, const struct profile_command *command,
                            uint64_t weight)
{
    struct buf *out = writing->out;
    const struct profile_form *form = profile_form_find(str_from(command->name));
    const struct profile_group *group = find_group(writing, form);
    buf_add_text(out, "  - name: ");
    for (const char *at = command->name; *at != '\0'; at++) {
        buf_add_char(out, (char)toupper((unsigned char)*at));
    }
    buf_add_text(out, "\n    command: '");
    write_command(writing, command, form, group);
    buf_addf(out, "'\n    weight: %" PRIu64 "\n", weight);
}

/* Can it be an operation? */
static bool is_usable(const struct writing *writing, const struct profile_command *command)
{
    const struct profile_form *form = profile_form_find(str_from(command->name));
    return form != NULL && (form->place == PROFILE_ON_NONE || find_group(writing, form) != NULL);
}

/* A command on a type of which no key was sampled gives one key of it. */
static void add_missing_groups(struct profile *profile)
{
    for (size_t i = 0; i < profile->command_count; i++) {
        const struct profile_form *form = profile_form_find(str_from(profile->commands[i].name));
        bool found = form == NULL || form->place == PROFILE_ON_NONE ||
                     (form->place == PROFILE_ON_ANY && profile->group_count > 0);
        for (size_t g = 0; g < profile->group_count && !found; g++) {
            const struct profile_group *group = &profile->groups[g];
            found =
                group->type == form->type && (form->place != PROFILE_ON_NUMBER || group->is_number);
        }
        if (!found) {
            bool is_number = form->place == PROFILE_ON_NUMBER;
            struct profile_group *group = profile_group(profile, form->type, is_number, false);
            if (group != NULL && is_number) {
                profile_numbers_add(&group->sizes, 3);
            }
        }
    }
}

static int by_sampled(const void *a, const void *b)
{
    const struct profile_group *first = *(struct profile_group *const *)a;
    const struct profile_group *second = *(struct profile_group *const *)b;
    if (first->sampled != second->sampled) {
        return first->sampled < second->sampled ? 1 : -1;
    }
    return (first > second) - (first < second);
}

static int by_calls(const void *a, const void *b)
{
    const struct profile_command *first = *(const struct profile_command *const *)a;
    const struct profile_command *second = *(const struct profile_command *const *)b;
    if (first->calls != second->calls) {
        return first->calls < second->calls ? 1 : -1;
    }
    return strcmp(first->name, second->name);
}

static void write_head(const struct writing *writing)
{
    const struct profile *profile = writing->profile;
    struct buf *out = writing->out;
    buf_addf(out,
             "# Derived from %s by tenbin profile: %.0f s were watched, %" PRIu64 " of %" PRIu64
             " keys looked at.\n",
             profile->source, profile->seconds, profile->sampled, profile->keys);
    if (profile->hits + profile->misses > 0) {
        buf_addf(out, "# %.1f %% of the reads found their key.\n",
                 100 * (double)profile->hits / (double)(profile->hits + profile->misses));
    }
    for (size_t i = 0; i < profile->prefix_count; i++) {
        buf_addf(out, "# prefix %s: %" PRIu64 " of the keys looked at\n", profile->prefixes[i].text,
                 profile->prefixes[i].sampled);
    }
    buf_add_text(out, "name: profile\ndescription: derived from a load that was watched\ndata:\n");
}

static bool write_operations(const struct writing *writing, struct error *err)
{
    const struct profile *profile = writing->profile;
    struct buf *out = writing->out;
    const struct profile_command *order[PROFILE_MAX_COMMANDS];
    uint64_t total = 0;
    size_t written = 0;
    for (size_t i = 0; i < profile->command_count; i++) {
        order[i] = &profile->commands[i];
        total += is_usable(writing, order[i]) ? order[i]->calls : 0;
    }
    if (total == 0) {
        return error_set(err, ERROR_INVALID,
                         "no command was seen that a workload could be made of; watch for longer");
    }
    qsort(order, profile->command_count, sizeof order[0], by_calls);
    buf_add_text(out, "operations:\n");
    for (size_t i = 0; i < profile->command_count; i++) {
        double share = (double)order[i]->calls / (double)total;
        bool is_used = is_usable(writing, order[i]) && written < MAX_OPERATIONS &&
                       (share >= LEAST_SHARE || written == 0);
        if (is_used) {
            uint64_t weight = (uint64_t)(share * WEIGHTS + 0.5);
            write_operation(writing, order[i], weight > 0 ? weight : 1);
            written++;
        } else if (order[i]->calls > 0) {
            buf_addf(out, "  # left out: %s (%" PRIu64 " calls)\n", order[i]->name,
                     order[i]->calls);
        }
    }
    return true;
}

bool profile_write(const struct profile *profile, struct buf *out, struct error *err)
{
    struct profile all = *profile; /* with groups that commands need */
    struct writing writing = {.profile = &all, .out = out};
    add_missing_groups(&all);
    for (size_t i = 0; i < all.group_count; i++) {
        writing.order[writing.count++] = &all.groups[i];
    }
    qsort(writing.order, writing.count, sizeof writing.order[0], by_sampled);
    write_head(&writing);
    size_t kept = writing.count < SPEC_MAX_DATA ? writing.count : SPEC_MAX_DATA;
    for (size_t i = 0; i < kept; i++) {
        write_group(&writing, writing.order[i]);
    }
    for (size_t i = kept; i < writing.count; i++) {
        buf_add_text(out, "  # left out: ");
        write_name(writing.order[i], out);
        buf_addf(out, " (%" PRIu64 " of the keys looked at)\n", writing.order[i]->sampled);
    }
    writing.count = kept;
    bool done = kept > 0 ? write_operations(&writing, err)
                         : error_set(err, ERROR_INVALID, "there are neither keys nor commands");
    /* Groups beyond those of the caller have memory of their own. */
    for (size_t i = profile->group_count; i < all.group_count; i++) {
        mem_free(all.groups[i].sizes.values);
    }
    return done;
}
