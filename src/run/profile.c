#include "run/profile.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

void profile_numbers_add(struct profile_numbers *numbers, uint64_t value)
{
    if (numbers->count == numbers->capacity) {
        numbers->capacity = numbers->capacity == 0 ? 64 : 2 * numbers->capacity;
        numbers->values = mem_resize(numbers->values, numbers->capacity, sizeof value);
    }
    numbers->values[numbers->count++] = value;
}

void profile_release(struct profile *profile)
{
    for (size_t i = 0; i < profile->group_count; i++) {
        struct profile_group *group = &profile->groups[i];
        mem_free(group->sizes.values);
        mem_free(group->elements.values);
        mem_free(group->ttls.values);
        mem_free(group->names.values);
        mem_free(group->memory.values);
    }
    *profile = (struct profile){0};
}

struct profile_group *profile_group(struct profile *profile, enum data_type type, bool is_number,
                                    bool expires)
{
    for (size_t i = 0; i < profile->group_count; i++) {
        struct profile_group *group = &profile->groups[i];
        if (group->type == type && group->is_number == is_number && group->expires == expires) {
            return group;
        }
    }
    if (profile->group_count == PROFILE_MAX_GROUPS) {
        return NULL;
    }
    struct profile_group *group = &profile->groups[profile->group_count++];
    *group = (struct profile_group){.type = type, .is_number = is_number, .expires = expires};
    return group;
}

void profile_count(struct profile *profile, struct str name, uint64_t calls, uint64_t keys)
{
    struct profile_command *command = NULL;
    for (size_t i = 0; i < profile->command_count && command == NULL; i++) {
        if (str_eq_nocase(name, str_from(profile->commands[i].name))) {
            command = &profile->commands[i];
        }
    }
    if (command == NULL) {
        if (profile->command_count == PROFILE_MAX_COMMANDS || name.len >= PROFILE_NAME_SIZE) {
            return;
        }
        command = &profile->commands[profile->command_count++];
        *command = (struct profile_command){0};
        for (size_t i = 0; i < name.len; i++) {
            command->name[i] = (char)tolower((unsigned char)name.data[i]);
        }
    }
    command->calls += calls;
    command->keys += keys;
}

void profile_note_prefix(struct profile *profile, struct str key)
{
    ptrdiff_t end = str_find_last(key, ':');
    if (!profile->shows_keys || end <= 0 || (size_t)end >= PROFILE_NAME_SIZE) {
        return;
    }
    struct str text = str_prefix(key, (size_t)end);
    for (size_t i = 0; i < profile->prefix_count; i++) {
        if (str_eq(text, str_from(profile->prefixes[i].text))) {
            profile->prefixes[i].sampled++;
            return;
        }
    }
    if (profile->prefix_count < PROFILE_MAX_PREFIXES && memchr(text.data, '\0', text.len) == NULL) {
        struct profile_prefix *prefix = &profile->prefixes[profile->prefix_count++];
        *prefix = (struct profile_prefix){.sampled = 1};
        memcpy(prefix->text, text.data, text.len);
    }
}
