#include "run/profile_live.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/rng.h"
#include "os/clock.h"
#include "run/profile_commands.h"

enum {
    KEY_COMMANDS = 8,     /* of one key, at most */
    GONE = -2,            /* what PTTL answers for a key that is not there */
    PAGE = 20,            /* COUNT of SCAN at a random place... */
    CENSUS_PAGE = 200,    /* ...and when all keys are gone through */
    CENSUS_FACTOR = 20,   /* up to so many keys per sample they are */
    PAGES_PER_SAMPLE = 2, /* places may be empty */
    FIXED_COMMANDS = 6,   /* INFO twice, DBSIZE, and what began the connection */
    BULKY = 64 * 1024,    /* elements longer than that are not fetched, but estimated */
};

struct watching {
    const struct profile_live_config *config;
    struct profile *profile;
    struct client *client;
    struct error *err;
    struct rng rng;
    nsec next_call; /* not before */
    uint64_t asked; /* commands of our own */
    bool is_final;  /* the second reading of the counters */
    uint64_t primaries;
    uint64_t samples; /* of this primary */
    uint64_t seen;    /* keys that a census has met */
};

uint64_t profile_live_cost(const struct profile_live_config *config)
{
    return FIXED_COMMANDS + config->samples * (KEY_COMMANDS + PAGES_PER_SAMPLE);
}

static bool stopped(const struct watching *watching)
{
    const struct profile_live_config *config = watching->config;
    return config->wants_stop != NULL && config->wants_stop(config->self) &&
           !error_set(watching->err, ERROR_INTERRUPTED, "interrupted");
}

/* One command, not faster than agreed on. An error reply is an answer. */
static bool ask(struct watching *watching, struct arena *arena, struct resp_value *reply,
                const struct word_list *words)
{
    nsec now = clock_now(clock_monotonic());
    nsec pause = (nsec)(1e9 / watching->config->rate);
    if (now < watching->next_call) {
        clock_sleep(watching->next_call - now);
        now = watching->next_call;
    }
    watching->next_call = now + pause;
    watching->asked++;
    /* It will be in the second reading of commandstats, and is no part of the load. */
    profile_count(watching->profile, words->words[0], 0 - (uint64_t)1, 0);
    return client_call_words(watching->client, arena, reply, watching->err, words) &&
           !stopped(watching);
}

/* The same with words that are texts, and perhaps a key in the middle. */
static bool ask_key(struct watching *watching, struct arena *arena, struct resp_value *reply,
                    struct str key, const char *const words[4])
{
    struct str list[5];
    size_t count = 0;
    for (size_t i = 0; i < 4 && words[i] != NULL; i++) {
        list[count++] = strcmp(words[i], "@") == 0 ? key : str_from(words[i]);
    }
    return ask(watching, arena, reply, &(struct word_list){list, count});
}

#define ASK(...) ask_key(watching, arena, &reply, key, (const char *const[4]){__VA_ARGS__})

/* ---- commands ---- */

/* "cmdstat_get:calls=5,usec=..." */
static void read_line(struct watching *watching, struct str line)
{
    static const struct str head = {"cmdstat_", sizeof "cmdstat_" - 1};
    static const struct str calls = {"calls=", sizeof "calls=" - 1};
    struct str rest = str_trim(line);
    uint64_t count;
    if (!str_starts_with(rest, head)) {
        return;
    }
    struct str name = str_from_index(str_split(&rest, ':'), head.len);
    struct str figure = str_split(&rest, ',');
    if (!str_starts_with(figure, calls) || profile_form_is_apart(name) ||
        !str_to_u64(str_from_index(figure, calls.len), &count)) {
        return;
    }
    /* The first reading is taken off: unsigned numbers come round again. */
    profile_count(watching->profile, name, watching->is_final ? count : 0 - count, 0);
}

static bool read_counters(void *self, struct client *client, struct error *err)
{
    struct watching *watching = self;
    struct arena arena = {0};
    struct str text;
    uint64_t hits = 0;
    uint64_t misses = 0;
    watching->client = client;
    if (!client_info(client, &arena, NULL, &text, err)) {
        arena_release(&arena);
        return false;
    }
    (void)info_find_u64(text, "keyspace_hits", &hits);
    (void)info_find_u64(text, "keyspace_misses", &misses);
    watching->profile->hits += watching->is_final ? hits : 0 - hits;
    watching->profile->misses += watching->is_final ? misses : 0 - misses;
    bool done = client_info(client, &arena, "commandstats", &text, err);
    while (done && text.len > 0) {
        read_line(watching, str_split(&text, '\n'));
    }
    arena_release(&arena);
    return done;
}

/* ---- one key ---- */

static bool number_of(const struct resp_value *reply, uint64_t *out)
{
    if (reply->type != ':' || reply->integer < 0) {
        return false;
    }
    *out = (uint64_t)reply->integer;
    return true;
}

/* Bytes of one element: of the reply's last text. */
static void note_text(struct profile_group *group, const struct resp_value *reply)
{
    const struct resp_value *value = reply;
    while (value->elements != NULL && value->count > 0) {
        value = &value->elements[value->count - 1];
    }
    if (value->type == '$' && !value->is_null) {
        profile_numbers_add(&group->sizes, value->text.len);
    }
}

/* What is asked of a key by its type. */
struct type_questions {
    const char *name; /* as TYPE says */
    enum data_type type;
    const char *length;     /* a command */
    const char *element[4]; /* one that answers with an element; NULL: not asked for */
};

static const struct type_questions questions[] = {
    {"string", DATA_STRING, "STRLEN", {NULL}},
    {"list", DATA_LIST, "LLEN", {"LINDEX", "@", "0", NULL}},
    {"hash", DATA_HASH, "HLEN", {"HRANDFIELD", "@", "1", "WITHVALUES"}},
    {"set", DATA_SET, "SCARD", {NULL}},
    {"zset", DATA_ZSET, "ZCARD", {NULL}},
    {"stream", DATA_STREAM, "XLEN", {NULL}},
};

static const struct type_questions *questions_for(struct str type)
{
    for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++) {
        if (str_eq(type, str_from(questions[i].name))) {
            return &questions[i];
        }
    }
    return NULL;
}

/* A key that is being looked at. */
struct looking {
    struct str key;
    const struct type_questions *kind;
    bool is_number;
    bool expires;
    uint64_t ttl;
    uint64_t memory;
};

static bool ask_length(struct watching *watching, struct arena *arena,
                       const struct looking *looking, struct profile_group *group)
{
    const struct type_questions *kind = looking->kind;
    struct str key = looking->key;
    struct resp_value reply;
    uint64_t length = 0;
    if (!ASK(kind->length, "@")) {
        return false;
    }
    if (!number_of(&reply, &length)) {
        return true;
    }
    if (kind->type == DATA_STRING) {
        profile_numbers_add(&group->sizes, length);
        return true;
    }
    profile_numbers_add(&group->elements, length);
    if (length > 0 && looking->memory / length > BULKY) {
        profile_numbers_add(&group->sizes, looking->memory / length);
        return true;
    }
    if (kind->element[0] == NULL || length == 0) {
        return true;
    }
    if (!ask_key(watching, arena, &reply, key, kind->element)) {
        return false;
    }
    note_text(group, &reply);
    return true;
}

/* Type, time to live, encoding, memory; `kind` NULL: of no type that is known here. */
static bool ask_facts(struct watching *watching, struct arena *arena, struct looking *out)
{
    struct resp_value reply;
    struct str key = out->key;
    if (!ASK("TYPE", "@")) {
        return false;
    }
    out->kind = questions_for(reply.text);
    if (out->kind == NULL) {
        return true;
    }
    if (!ASK("PTTL", "@")) {
        return false;
    }
    if (reply.type == ':' && reply.integer == GONE) {
        out->kind = NULL; /* since it was found */
        return true;
    }
    out->expires = number_of(&reply, &out->ttl);
    if (out->kind->type == DATA_STRING) {
        if (!ASK("OBJECT", "ENCODING", "@")) {
            return false;
        }
        out->is_number = str_eq(reply.text, STR("int"));
    }
    if (!ASK("MEMORY", "USAGE", "@")) {
        return false;
    }
    (void)number_of(&reply, &out->memory);
    return true;
}

/* A key that has gone meanwhile, or is of an unknown type, is no failure. */
static bool look_at(struct watching *watching, struct str key)
{
    struct arena arena = {0};
    struct looking looking = {.key = key};
    struct profile *profile = watching->profile;
    struct profile_group *group = NULL;
    bool done = ask_facts(watching, &arena, &looking);
    if (done && looking.kind != NULL) {
        group = profile_group(profile, looking.kind->type, looking.is_number, looking.expires);
    }
    if (group != NULL) {
        group->sampled++;
        profile->sampled++;
        profile_numbers_add(&group->names, key.len);
        profile_numbers_add(&group->memory, looking.memory);
        if (looking.expires) {
            profile_numbers_add(&group->ttls, looking.ttl);
        }
        profile_note_prefix(profile, key);
        done = ask_length(watching, &arena, &looking, group);
    }
    arena_release(&arena);
    return done;
}

/* ---- which keys ---- */

static bool scan(struct watching *watching, struct arena *arena, uint64_t *cursor, unsigned count,
                 struct resp_value *reply)
{
    char place[24];
    char size[12];
    (void)snprintf(place, sizeof place, "%" PRIu64, *cursor);
    (void)snprintf(size, sizeof size, "%u", count);
    const char *const words[4] = {"SCAN", place, "COUNT", size};
    if (!ask_key(watching, arena, reply, STR(""), words)) {
        return false;
    }
    if (reply->type != '*' || reply->count != 2 || !str_to_u64(reply->elements[0].text, cursor)) {
        return error_set(watching->err, ERROR_TARGET, "%s: SCAN was answered by \"%.*s\"",
                         watching->client->name, STR_ARG(reply->text));
    }
    return true;
}

/* Every key has the same chance: of `seen` so far, so many are wanted. */
static bool is_chosen(struct watching *watching, uint64_t keys, uint64_t wanted)
{
    uint64_t left = keys > watching->seen ? keys - watching->seen : 1;
    watching->seen++;
    return rng_below(&watching->rng, left) < wanted;
}

/* All keys are gone through once, and a sample is looked at. */
static bool take_census(struct watching *watching, uint64_t keys)
{
    uint64_t cursor = 0;
    uint64_t wanted = watching->samples;
    bool done = true;
    watching->seen = 0;
    do {
        struct arena arena = {0};
        struct resp_value reply;
        done = scan(watching, &arena, &cursor, CENSUS_PAGE, &reply);
        for (size_t i = 0; done && i < reply.elements[1].count && wanted > 0; i++) {
            if (is_chosen(watching, keys, wanted)) {
                wanted--;
                done = look_at(watching, reply.elements[1].elements[i].text);
            }
        }
        arena_release(&arena);
    } while (done && cursor != 0 && wanted > 0);
    return done;
}

/* Pages of SCAN at random places: a cursor is a number that the server has not told before. */
static bool look_around(struct watching *watching)
{
    uint64_t wanted = watching->samples;
    uint64_t pages = watching->samples * PAGES_PER_SAMPLE;
    bool done = true;
    while (done && wanted > 0 && pages-- > 0) {
        struct arena arena = {0};
        struct resp_value reply;
        uint64_t cursor = rng_next(&watching->rng);
        done = scan(watching, &arena, &cursor, PAGE, &reply);
        /* A few of each page: neighbours have nothing in common, but places are cheap. */
        size_t most = done && reply.elements[1].count > 4 ? 4 : done ? reply.elements[1].count : 0;
        for (size_t i = 0; done && i < most && wanted > 0; i++) {
            wanted--;
            done = look_at(watching, reply.elements[1].elements[i].text);
        }
        arena_release(&arena);
    }
    return done;
}

static bool sample_primary(void *self, struct client *client, struct error *err)
{
    struct watching *watching = self;
    struct arena arena = {0};
    struct resp_value reply;
    uint64_t keys = 0;
    (void)err;
    watching->client = client;
    bool done = ask_key(watching, &arena, &reply, STR(""), (const char *const[4]){"DBSIZE"});
    (void)(done && number_of(&reply, &keys));
    arena_release(&arena);
    watching->profile->keys += keys;
    if (!done || keys == 0) {
        return done;
    }
    return keys <= watching->samples * CENSUS_FACTOR ? take_census(watching, keys)
                                                     : look_around(watching);
}

static bool count_primary(void *self, struct client *client, struct error *err)
{
    (void)client;
    (void)err;
    ((struct watching *)self)->primaries++;
    return true;
}

/* Counts below 0 are those of our own that the server did not count. Where our own questions would
 * be seen among hits and misses, nothing is said about them. */
static void forget_own(struct watching *watching)
{
    enum { NEGLIGIBLE = 20 };
    struct profile *profile = watching->profile;
    for (size_t i = 0; i < profile->command_count; i++) {
        if (profile->commands[i].calls > INT64_MAX) {
            profile->commands[i].calls = 0;
        }
    }
    if (profile->hits + profile->misses < watching->asked * NEGLIGIBLE) {
        profile->hits = 0;
        profile->misses = 0;
    }
}

static bool wait_until(struct watching *watching, nsec end)
{
    enum { STEP_MS = 50 };
    while (clock_now(clock_monotonic()) < end) {
        if (stopped(watching)) {
            return false;
        }
        clock_sleep(STEP_MS * NSEC_PER_MSEC);
    }
    return true;
}

bool profile_live_watch(struct target *target, const struct profile_live_config *config,
                        struct profile *profile, struct error *err)
{
    struct watching watching = {.config = config, .profile = profile, .err = err};
    nsec began = clock_now(clock_monotonic());
    rng_init(&watching.rng, config->seed);
    profile->source = "a live server";
    bool done = target_each_primary(target, count_primary, &watching, err) &&
                target_each_primary(target, read_counters, &watching, err);
    watching.samples = watching.primaries > 0
                           ? (config->samples + watching.primaries - 1) / watching.primaries
                           : 0;
    done = done && target_each_primary(target, sample_primary, &watching, err) &&
           wait_until(&watching, began + config->duration);
    watching.is_final = true;
    done = done && target_each_primary(target, read_counters, &watching, err);
    forget_own(&watching);
    profile->seconds = (double)(clock_now(clock_monotonic()) - began) / (double)NSEC_PER_SEC;
    return done;
}
