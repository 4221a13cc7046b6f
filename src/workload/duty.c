#include "workload/duty.h"

#include <assert.h>

#include "base/arena.h"
#include "base/mem.h"
#include "redis/slots.h"
#include "workload/workload.h"

/* Streams of random numbers below the workload's seed, apart from those of workload.c. */
enum { STREAM_CHANNELS = 3 };

/* ---- what a command does ---- */

static bool is_literal(const struct phrase_word *word)
{
    return word->part_count == 1 && word->parts[0].kind == PART_TEXT;
}

static size_t count_parts(const struct phrase *command, enum part_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; i < command->word_count; i++) {
        bool is_repeated =
            i >= command->repeat_first && i < command->repeat_first + command->repeat_count;
        for (size_t k = 0; k < command->words[i].part_count; k++) {
            count +=
                command->words[i].parts[k].kind == kind ? (is_repeated ? command->repeats : 1) : 0;
        }
    }
    return count;
}

static struct str name_of(const struct phrase *command)
{
    return command->words[0].parts[0].text;
}

static bool is_one_of(struct str name, const char *const *names)
{
    for (; *names != NULL; names++) {
        if (str_eq_nocase(name, str_from(*names))) {
            return true;
        }
    }
    return false;
}

static bool is_publishing(const struct phrase *command)
{
    static const char *const names[] = {"PUBLISH", "SPUBLISH", NULL};
    return is_one_of(name_of(command), names);
}

/* The word that says how long a command may wait, with the length of its unit; NULL: it does not.
 */
static const struct phrase_word *find_wait(const struct phrase *command, nsec *unit)
{
    static const char *const seconds_last[] = {"BLPOP",  "BRPOP",      "BZPOPMIN", "BZPOPMAX",
                                               "BLMOVE", "BRPOPLPUSH", NULL};
    static const char *const seconds_first[] = {"BLMPOP", "BZMPOP", NULL};
    static const char *const by_block[] = {"XREAD", "XREADGROUP", NULL};
    size_t count = command->word_count;
    *unit = NSEC_PER_SEC;
    if (count > 1 && is_one_of(name_of(command), seconds_last)) {
        return &command->words[count - 1];
    }
    if (count > 1 && is_one_of(name_of(command), seconds_first)) {
        return &command->words[1];
    }
    *unit = NSEC_PER_MSEC;
    for (size_t i = 1; is_one_of(name_of(command), by_block) && i + 1 < count; i++) {
        if (is_literal(&command->words[i]) &&
            str_eq_nocase(command->words[i].parts[0].text, STR("BLOCK"))) {
            return &command->words[i + 1];
        }
    }
    return NULL;
}

/* False: it waits for ever, for too long, or for a time that is not known beforehand. */
static bool read_wait(const struct phrase *command, nsec *wait)
{
    nsec unit;
    double number;
    const struct phrase_word *word = find_wait(command, &unit);
    *wait = 0;
    if (word == NULL) {
        return true;
    }
    if (!is_literal(word) || !str_to_double(word->parts[0].text, &number) || !(number > 0) ||
        number * (double)unit > (double)DUTY_LONGEST_WAIT) {
        return false;
    }
    *wait = (nsec)(number * (double)unit);
    return true;
}

/* Replies that differ although the key has not changed, or change without being told. */
static bool is_fickle(struct str name)
{
    static const char *const names[] = {
        "EXPIRETIME", "HRANDFIELD", "HSCAN", "OBJECT",      "PEXPIRETIME", "PTTL", "SRANDMEMBER",
        "SSCAN",      "TTL",        "XREAD", "ZRANDMEMBER", "ZSCAN",       NULL};
    return is_one_of(name, names);
}

static bool is_cacheable(const struct phrase *command)
{
    bool fits = command->repeats == 1 && count_parts(command, PART_KEY) == 1 &&
                phrase_is_read(name_of(command)) && !is_fickle(name_of(command));
    for (size_t i = 1; fits && i < command->word_count; i++) {
        const struct phrase_word *word = &command->words[i];
        fits = is_literal(word) || (word->part_count == 1 && word->parts[0].kind == PART_KEY);
    }
    return fits;
}

/* ---- checking ---- */

/* What the operations of a workload have among them. */
struct findings {
    bool stamps;
    bool publishes_stamp;
    bool delivers;
    bool sending[ROLES_MAX_GROUPS];
    bool receiving[ROLES_MAX_GROUPS];
};

static bool check_command(const struct workload_spec *spec, const struct phrase *command,
                          struct findings *found, struct error *err)
{
    nsec wait;
    size_t stamps = count_parts(command, PART_STAMP);
    if (count_parts(command, PART_CHANNEL) > 0 && spec->roles.channels.count == 0) {
        return error_set(err, ERROR_USAGE, "{channel}: the workload says nothing of \"channels\"");
    }
    if (!read_wait(command, &wait)) {
        return error_set(err, ERROR_USAGE,
                         "%.*s: write how long it may wait as a number above 0, at most one "
                         "second: the end of a slice waits for it",
                         STR_ARG(name_of(command)));
    }
    if (stamps > 1 && is_publishing(command)) {
        return error_set(err, ERROR_USAGE, "a message has one {stamp}");
    }
    found->stamps = found->stamps || stamps > 0;
    found->publishes_stamp = found->publishes_stamp || (stamps > 0 && is_publishing(command));
    return true;
}

/* All commands of an operation: how many keys they name at most, and whether one writes. */
struct command_facts {
    size_t keys;
    bool writes;
    bool stamps;
};

static bool check_commands(const struct workload_spec *spec, const struct operation_spec *operation,
                           struct findings *found, struct command_facts *facts, struct error *err)
{
    bool done = true;
    for (size_t i = 0; i < operation->step_count && done; i++) {
        struct arena arena = {0};
        struct phrase command;
        done = phrase_parse(str_from(operation->steps[i].command), &arena, &command, err) &&
               (check_command(spec, &command, found, err) ||
                error_prefix(err, "command \"%s\"", operation->steps[i].command));
        if (done) {
            size_t keys = count_parts(&command, PART_KEY);
            facts->keys = keys > facts->keys ? keys : facts->keys;
            facts->writes = facts->writes || !phrase_is_read(name_of(&command));
            facts->stamps = facts->stamps || count_parts(&command, PART_STAMP) > 0;
        }
        arena_release(&arena);
    }
    return done;
}

static bool check_operation(const struct workload_spec *spec,
                            const struct operation_spec *operation, struct findings *found,
                            struct error *err)
{
    struct command_facts facts = {0};
    int group = operation->group == NULL ? -1 : roles_find_group(&spec->roles, operation->group);
    if (!check_commands(spec, operation, found, &facts, err)) {
        return false;
    }
    if (operation->delivers && group < 0) {
        return error_set(err, ERROR_USAGE,
                         "delivers: \"%s\" needs a group of its own, apart from those that send",
                         operation->name);
    }
    if (group >= 0) {
        found->receiving[group] = found->receiving[group] || operation->delivers;
        found->sending[group] = found->sending[group] || facts.stamps;
    }
    found->delivers = found->delivers || operation->delivers;
    if (spec->roles.tracking.no_loop && facts.writes && facts.keys > 1) {
        return error_set(err, ERROR_USAGE,
                         "tracking: with noloop an operation writes one key, \"%s\" has several",
                         operation->name);
    }
    return true;
}

bool duty_check(const struct workload_spec *spec, struct error *err)
{
    struct findings found = {0};
    for (size_t i = 0; i < spec->operation_count; i++) {
        if (!check_operation(spec, &spec->operations[i], &found, err)) {
            return false;
        }
    }
    for (size_t i = 0; i < spec->roles.group_count; i++) {
        if (found.sending[i] && found.receiving[i]) {
            return error_set(err, ERROR_USAGE,
                             "group \"%s\" sends a {stamp} and receives messages: those that "
                             "receive go on until the others have ended, so make it two groups",
                             spec->roles.groups[i].name);
        }
    }
    if (found.delivers && !found.stamps) {
        return error_set(err, ERROR_USAGE,
                         "delivers: no command carries a {stamp} that could be found");
    }
    if (spec->roles.subscribers.connections > 0 && !found.publishes_stamp) {
        return error_set(err, ERROR_USAGE, "subscribers: no PUBLISH or SPUBLISH carries a {stamp}");
    }
    return true;
}

/* ---- compiling ---- */

_Static_assert((int)WORKLOAD_MAX_OPERATIONS <= (int)DUTY_MAX_OPERATIONS, "an operation has a bit");

static void compile_step(struct workload *workload, struct workload_operation *operation,
                         size_t index, const char *text)
{
    struct operation_duty *duty = &operation->duty;
    struct workload_step *step = &operation->steps[index];
    bool is_only = operation->step_count == 1;
    struct arena arena = {0};
    struct phrase command;
    nsec wait = 0;
    bool parsed = phrase_parse(str_from(text), &arena, &command, NULL);
    assert(parsed && "workload_check comes first");
    (void)parsed;
    (void)read_wait(&command, &wait);
    duty->wait = wait > duty->wait ? wait : duty->wait;
    step->waits = wait > 0;
    step->publishes = is_publishing(&command);
    step->stamps = (uint16_t)count_parts(&command, PART_STAMP);
    workload->duties.stamps = workload->duties.stamps || step->stamps > 0;
    duty->writes = duty->writes || !phrase_is_read(name_of(&command));
    /* Caches know keys by their number in the first dataset. */
    duty->is_cacheable = is_only && operation->home == 0 && workload->duties.roles.tracking.is_on &&
                         step->key.data == 0 && wait == 0 && is_cacheable(&command);
    duty->by_channel = duty->by_channel || (count_parts(&command, PART_CHANNEL) > 0 &&
                                            count_parts(&command, PART_KEY) == 0);
    arena_release(&arena);
}

static void compile_operation(struct workload *workload, const struct operation_spec *spec,
                              size_t index)
{
    struct workload_duties *duties = &workload->duties;
    struct operation_duty *duty = &workload->operations[index].duty;
    int group = spec->group == NULL ? 0 : roles_find_group(&duties->roles, spec->group);
    assert(group >= 0 && "spec_validate comes first");
    duty->group = (uint8_t)group;
    duty->delivers = spec->delivers;
    for (size_t i = 0; i < spec->step_count; i++) {
        compile_step(workload, &workload->operations[index], i, spec->steps[i].command);
    }
    duties->weights[group][index] = spec->weight;
    duties->totals[group] += spec->weight;
    duties->group_waits[group] = duties->group_waits[group] || duty->wait > 0;
    duties->group_delivers[group] = duties->group_delivers[group] || duty->delivers;
    duties->waiting |= (uint64_t)(duty->wait > 0) << index;
    duties->longest_wait = duty->wait > duties->longest_wait ? duty->wait : duties->longest_wait;
    duties->delivers = duties->delivers || duty->delivers;
    duties->is_on =
        duties->is_on || duty->wait > 0 || duty->delivers || duties->stamps || duty->by_channel;
}

void duty_init(struct workload *workload, const struct workload_spec *spec, uint64_t seed)
{
    struct workload_duties *duties = &workload->duties;
    const struct channel_spec *channels = &spec->roles.channels;
    struct buf prefix = {0};
    duties->roles = spec->roles;
    if (channels->count == 0) {
        return;
    }
    struct workload_spec numbers = {
        .keys = channels->count,
        .key_distribution = (enum key_distribution)channels->distribution,
        .zipf_theta = channels->zipf_theta,
        .hot = channels->hot,
        .hot_share = channels->hot_share,
        .sigma = channels->sigma,
    };
    key_space_init(&duties->channels.numbers, &numbers, rng_derive(seed, STREAM_CHANNELS));
    buf_addf(&prefix, "%sch:", spec->key_prefix);
    duties->channels.prefix = mem_copy_text(buf_text(&prefix), prefix.len);
    key_format_init(&duties->channels.format, duties->channels.prefix, channels->count, 0);
    buf_release(&prefix);
}

void duty_compile(struct workload *workload, const struct workload_spec *spec)
{
    struct workload_duties *duties = &workload->duties;
    size_t index = 0;
    duties->is_on = duties->roles.group_count > 0 || duties->roles.subscribers.connections > 0 ||
                    duties->roles.tracking.is_on;
    duties->delivers = duties->roles.subscribers.connections > 0;
    for (size_t i = 0; i < spec->operation_count; i++) {
        if (spec->operations[i].weight > 0) {
            compile_operation(workload, &spec->operations[i], index++);
        }
    }
    for (size_t i = 0; i < workload->operation_count && spec->operation_count == 0; i++) {
        struct workload_operation *operation = &workload->operations[i];
        operation->duty.is_cacheable = duties->roles.tracking.is_on && operation->steps[0].is_read;
        operation->duty.writes = !operation->steps[0].is_read;
    }
}

void duty_release(struct workload *workload)
{
    mem_free(workload->duties.channels.prefix);
}

/* ---- channels ---- */

void duty_write_channel(const struct channel_space *channels, uint64_t number, char *out)
{
    key_format_write(&channels->format, number, out);
}

uint16_t duty_channel_slot(const struct channel_space *channels, uint64_t number)
{
    enum { LONGEST = 2048 };
    char name[LONGEST];
    size_t len = key_format_size(&channels->format);
    assert(len <= sizeof name);
    duty_write_channel(channels, number, name);
    return slots_of_key((struct str){name, len});
}

uint64_t duty_audience(const struct workload_duties *duties, uint64_t channel)
{
    uint64_t count = duties->roles.channels.count;
    uint64_t all =
        (uint64_t)duties->roles.subscribers.connections * duties->roles.subscribers.channels;
    return all / count + (channel < all % count ? 1 : 0);
}
