/* Error replies by name: the first word of a Redis error says what kind it is. */
#pragma once

#include "base/str.h"

/* Kinds of failure of one operation. The first ones are error replies, the last ones happen on
 * the connection. The order is part of no file format; names are (reply_error_name). */
enum reply_error {
    REPLY_ERROR_NONE = 0,
    REPLY_ERROR_ERR,
    REPLY_ERROR_NOAUTH,
    REPLY_ERROR_WRONGPASS,
    REPLY_ERROR_NOPERM,
    REPLY_ERROR_OOM,
    REPLY_ERROR_READONLY,
    REPLY_ERROR_LOADING,
    REPLY_ERROR_BUSY,
    REPLY_ERROR_CLUSTERDOWN,
    REPLY_ERROR_TRYAGAIN,
    REPLY_ERROR_MOVED,
    REPLY_ERROR_ASK,
    REPLY_ERROR_CROSSSLOT,
    REPLY_ERROR_MASTERDOWN,
    REPLY_ERROR_MISCONF,
    REPLY_ERROR_NOREPLICAS,
    REPLY_ERROR_NOSCRIPT,
    REPLY_ERROR_WRONGTYPE,
    REPLY_ERROR_EXECABORT,
    REPLY_ERROR_MAXCLIENTS,      /* "ERR max number of clients reached" */
    REPLY_ERROR_UNKNOWN_COMMAND, /* "ERR unknown command" */
    REPLY_ERROR_OTHER,           /* any other first word */
    REPLY_ERROR_LOST,            /* the connection broke before the reply came */
    REPLY_ERROR_TIMEOUT,         /* no reply within the deadline */
    REPLY_ERROR_PROTOCOL,        /* the reply was not RESP */
    REPLY_ERROR_COUNT,
};

/* The kind of an error reply's text (without the leading '-'). */
enum reply_error reply_error_classify(struct str text);
/* "OOM", ..., "connection-lost", "timeout", "protocol": as it appears in results. */
const char *reply_error_name(enum reply_error kind);
