#include "redis/reply_error.h"

#include <assert.h>
#include <stddef.h>

/* The first word of an error reply, and the name in results: they are the same for most. */
static const struct {
    const char *word; /* NULL: no first word of its own */
    const char *name;
} kinds[REPLY_ERROR_COUNT] = {
    [REPLY_ERROR_NONE] = {NULL, "none"},
    [REPLY_ERROR_ERR] = {"ERR", "ERR"},
    [REPLY_ERROR_NOAUTH] = {"NOAUTH", "NOAUTH"},
    [REPLY_ERROR_WRONGPASS] = {"WRONGPASS", "WRONGPASS"},
    [REPLY_ERROR_NOPERM] = {"NOPERM", "NOPERM"},
    [REPLY_ERROR_OOM] = {"OOM", "OOM"},
    [REPLY_ERROR_READONLY] = {"READONLY", "READONLY"},
    [REPLY_ERROR_LOADING] = {"LOADING", "LOADING"},
    [REPLY_ERROR_BUSY] = {"BUSY", "BUSY"},
    [REPLY_ERROR_CLUSTERDOWN] = {"CLUSTERDOWN", "CLUSTERDOWN"},
    [REPLY_ERROR_TRYAGAIN] = {"TRYAGAIN", "TRYAGAIN"},
    [REPLY_ERROR_MOVED] = {"MOVED", "MOVED"},
    [REPLY_ERROR_ASK] = {"ASK", "ASK"},
    [REPLY_ERROR_CROSSSLOT] = {"CROSSSLOT", "CROSSSLOT"},
    [REPLY_ERROR_MASTERDOWN] = {"MASTERDOWN", "MASTERDOWN"},
    [REPLY_ERROR_MISCONF] = {"MISCONF", "MISCONF"},
    [REPLY_ERROR_NOREPLICAS] = {"NOREPLICAS", "NOREPLICAS"},
    [REPLY_ERROR_NOSCRIPT] = {"NOSCRIPT", "NOSCRIPT"},
    [REPLY_ERROR_WRONGTYPE] = {"WRONGTYPE", "WRONGTYPE"},
    [REPLY_ERROR_EXECABORT] = {"EXECABORT", "EXECABORT"},
    [REPLY_ERROR_MAXCLIENTS] = {NULL, "MAXCLIENTS"},
    [REPLY_ERROR_UNKNOWN_COMMAND] = {NULL, "unknown-command"},
    [REPLY_ERROR_OTHER] = {NULL, "other"},
    [REPLY_ERROR_LOST] = {NULL, "connection-lost"},
    [REPLY_ERROR_TIMEOUT] = {NULL, "timeout"},
    [REPLY_ERROR_PROTOCOL] = {NULL, "protocol"},
};

enum reply_error reply_error_classify(struct str text)
{
    struct str rest = text;
    struct str word = str_split(&rest, ' ');
    if (str_eq(word, STR("ERR"))) {
        if (str_starts_with(rest, STR("max number of clients"))) {
            return REPLY_ERROR_MAXCLIENTS;
        }
        return str_starts_with(rest, STR("unknown command")) ? REPLY_ERROR_UNKNOWN_COMMAND
                                                             : REPLY_ERROR_ERR;
    }
    for (int kind = 0; kind < REPLY_ERROR_COUNT; kind++) {
        if (kinds[kind].word != NULL && str_eq(word, str_from(kinds[kind].word))) {
            return (enum reply_error)kind;
        }
    }
    return REPLY_ERROR_OTHER;
}

const char *reply_error_name(enum reply_error kind)
{
    assert((unsigned)kind < REPLY_ERROR_COUNT);
    return kinds[kind].name;
}
