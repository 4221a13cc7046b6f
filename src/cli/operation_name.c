#include "cli/operation_name.h"

#include <ctype.h>
#include <string.h>

const char *operation_name(struct arena *arena, struct str command,
                           const struct operation_spec *operations, size_t count)
{
    struct str rest = str_trim(command);
    char *name = arena_copy(arena, str_split(&rest, ' '));
    for (char *at = name; *at != '\0'; at++) {
        *at = (char)toupper((unsigned char)*at);
    }
    size_t like = 1;
    for (size_t i = 0; i < count; i++) {
        size_t len = strlen(name);
        const char *other = operations[i].name;
        like += strncmp(other, name, len) == 0 && (other[len] == '\0' || other[len] == ' ');
    }
    return like == 1 ? name : arena_printf(arena, "%s %zu", name, like);
}
