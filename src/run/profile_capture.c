#include "run/profile_capture.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "run/profile_commands.h"
#include "workload/capture.h"

enum { TYPES = DATA_TYPE_COUNT + 1, NUMBERS = DATA_TYPE_COUNT }; /* strings that are numbers */

/* Numbers seen, without order. */
struct number_set {
    uint64_t *slots; /* 0: free */
    size_t capacity; /* a power of two */
    size_t count;
};

static bool put(struct number_set *set, uint64_t number);

static void grow(struct number_set *set)
{
    struct number_set larger = {.capacity = set->capacity == 0 ? 1024 : set->capacity * 2};
    larger.slots = mem_alloc_array(larger.capacity, sizeof *larger.slots);
    for (size_t i = 0; i < set->capacity; i++) {
        if (set->slots[i] != 0) {
            (void)put(&larger, set->slots[i]);
        }
    }
    mem_free(set->slots);
    *set = larger;
}

/* True: it is new. */
static bool put(struct number_set *set, uint64_t number)
{
    if (set->count * 4 >= set->capacity * 3) {
        grow(set);
    }
    number = number == 0 ? 1 : number;
    size_t at = (size_t)number & (set->capacity - 1);
    while (set->slots[at] != 0) {
        if (set->slots[at] == number) {
            return false;
        }
        at = (at + 1) & (set->capacity - 1);
    }
    set->slots[at] = number;
    set->count++;
    return true;
}

static uint64_t hash_of(struct str text)
{
    uint64_t hash = text.len;
    for (size_t i = 0; i < text.len; i++) {
        hash = rng_mix(hash ^ (unsigned char)text.data[i]);
    }
    return hash;
}

/* What was seen of the keys of one type. */
struct type_facts {
    struct number_set keys;
    struct number_set elements; /* key and element together */
    struct profile_numbers sizes;
    struct profile_numbers ttls;
    struct profile_numbers names;
    uint64_t writes;
};

struct reading {
    struct profile *profile;
    struct type_facts types[TYPES];
    const struct str *words;
    size_t count;
};

static void note_key(struct reading *reading, struct type_facts *facts, struct str key)
{
    if (put(&facts->keys, hash_of(key))) {
        profile_numbers_add(&facts->names, key.len);
        profile_note_prefix(reading->profile, key);
    }
}

/* Milliseconds in a unit that a word stands for; 0: none. */
static uint64_t unit_of(struct str word)
{
    return str_eq_nocase(word, STR("ex")) ? 1000 : str_eq_nocase(word, STR("px")) ? 1 : 0;
}

/* The number of SETEX, EXPIRE and their like, or EX or PX behind a SET. */
static void note_ttl(const struct reading *reading, struct type_facts *facts)
{
    static const struct {
        const char *name;
        uint64_t unit;
    } direct[] = {{"setex", 1000}, {"expire", 1000}, {"psetex", 1}, {"pexpire", 1}};
    const struct str *words = reading->words;
    uint64_t number = 0;
    uint64_t unit = 0;
    for (size_t i = 0; i < sizeof direct / sizeof direct[0] && reading->count >= 3; i++) {
        if (str_eq_nocase(words[0], str_from(direct[i].name)) && str_to_u64(words[2], &number)) {
            unit = direct[i].unit;
        }
    }
    bool is_set = str_eq_nocase(words[0], STR("set"));
    for (size_t i = 3; is_set && i + 1 < reading->count; i++) {
        if (unit_of(words[i]) > 0 && str_to_u64(words[i + 1], &number)) {
            unit = unit_of(words[i]);
        }
    }
    if (unit > 0 && number > 0 && number < UINT32_MAX) {
        profile_numbers_add(&facts->ttls, number * unit);
    }
}

static void note_element(struct type_facts *facts, struct str key, struct str element)
{
    (void)put(&facts->elements, hash_of(key) ^ rng_mix(hash_of(element)));
}

/* The values and elements that a command brings, by where its form has them. */
static void note_values(const struct reading *reading, const struct profile_form *form,
                        struct type_facts *facts)
{
    const struct str *words = reading->words;
    size_t count = reading->count;
    bool has_value = strstr(form->text, "{value}") != NULL;
    facts->writes += has_value;
    switch (form->type) {
    case DATA_STRING:
        if (has_value && count >= 3) {
            bool is_last =
                str_eq_nocase(words[0], STR("setex")) || str_eq_nocase(words[0], STR("psetex"));
            profile_numbers_add(&facts->sizes, words[is_last ? count - 1 : 2].len);
        }
        break;
    case DATA_LIST:
    case DATA_STREAM:
        if (has_value && count >= 3) {
            profile_numbers_add(&facts->sizes, words[count - 1].len);
        }
        break;
    case DATA_HASH:
        for (size_t i = 2; i < count && strstr(form->text, "{field") != NULL;
             i += has_value ? 2 : 1) {
            note_element(facts, words[1], words[i]);
            if (has_value && i + 1 < count) {
                profile_numbers_add(&facts->sizes, words[i + 1].len);
            }
        }
        break;
    case DATA_SET:
    case DATA_ZSET:
        if (count >= 3 && strstr(form->text, "{member") != NULL) {
            note_element(facts, words[1], words[count - 1]);
        }
        break;
    case DATA_NONE:
    case DATA_HYPERLOGLOG:
    case DATA_GEO:
    case DATA_BITMAP:
        break;
    }
}

static void note_command(struct reading *reading)
{
    const struct profile_form *form = profile_form_find(reading->words[0]);
    struct profile *profile = reading->profile;
    uint64_t keys = 0;
    if (form != NULL && form->place != PROFILE_ON_NONE && reading->count >= 2) {
        size_t step = strstr(form->text, "[@ {value}]*") != NULL ? 2 : 1;
        bool is_many = strstr(form->text, "[@") != NULL;
        /* A key on which any type's commands work is looked at when another command says more. */
        struct type_facts *facts =
            &reading->types[form->place == PROFILE_ON_NUMBER ? (int)NUMBERS : (int)form->type];
        for (size_t i = 1; i < (is_many ? reading->count : 2); i += step) {
            keys++;
            if (form->place != PROFILE_ON_ANY) {
                note_key(reading, facts, reading->words[i]);
            }
        }
        note_values(reading, form, facts);
        note_ttl(reading, facts);
    }
    profile_count(profile, reading->words[0], 1, keys);
}

static void end_type(struct profile *profile, struct type_facts *facts, int type)
{
    bool is_number = type == NUMBERS;
    bool expires = facts->ttls.count > 0 && facts->ttls.count * 2 > facts->writes;
    struct profile_group *group = NULL;
    if (facts->keys.count > 0) {
        group = profile_group(profile, is_number ? DATA_STRING : (enum data_type)type, is_number,
                              expires);
    }
    if (group != NULL) {
        group->sampled = facts->keys.count;
        group->sizes = facts->sizes;
        group->ttls = facts->ttls;
        group->names = facts->names;
        profile->keys += facts->keys.count;
        profile->sampled += facts->keys.count;
        if (type != DATA_STRING && !is_number) {
            profile_numbers_add(&group->elements, (facts->elements.count + facts->keys.count / 2) /
                                                      facts->keys.count);
        }
        if (is_number) {
            group->sizes.count = 0;
            profile_numbers_add(&group->sizes, 3);
        }
    } else {
        mem_free(facts->sizes.values);
        mem_free(facts->ttls.values);
        mem_free(facts->names.values);
    }
    mem_free(facts->keys.slots);
    mem_free(facts->elements.slots);
}

void profile_capture_read(struct str text, struct profile *profile,
                          struct profile_capture_report *report)
{
    struct capture *capture = mem_alloc(sizeof *capture);
    struct reading *reading = mem_alloc(sizeof *reading);
    nsec first = 0;
    nsec last = 0;
    *report = (struct profile_capture_report){0};
    reading->profile = profile;
    profile->source = "a capture";
    for (uint64_t number = 1; text.len > 0; number++) {
        struct str line = str_split(&text, '\n');
        struct capture_line read;
        struct error problem = {0};
        if (capture_is_blank(line)) {
            continue;
        }
        if (!capture_read(capture, line, &read, &problem)) {
            if (report->bad++ == 0) {
                report->first_bad = number;
                (void)snprintf(report->problem, sizeof report->problem, "%s", problem.text);
            }
            continue;
        }
        report->lines++;
        first = first == 0 ? read.at : first;
        last = read.at;
        reading->words = capture->words;
        reading->count = read.word_count;
        if (profile_form_is_apart(capture->words[0])) {
            report->apart++;
        } else {
            note_command(reading);
        }
    }
    profile->seconds = last > first ? (double)(last - first) / (double)NSEC_PER_SEC : 0;
    for (int type = 0; type < TYPES; type++) {
        end_type(profile, &reading->types[type], type);
    }
    capture_release(capture);
    mem_free(capture);
    mem_free(reading);
}
