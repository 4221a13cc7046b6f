/* What both directions of the Redis serialisation protocol (RESP2 and RESP3) share.
 * https://redis.io/docs/latest/develop/reference/protocol-spec/ */
#pragma once

enum {
    RESP_MAX_DEPTH = 32,                  /* nested aggregates */
    RESP_MAX_BULK = 512 * 1024 * 1024,    /* bytes of one string: the servers' own limit */
    RESP_MAX_LINE = 64 * 1024,            /* bytes of a simple string, error, number or length */
    RESP_MAX_ELEMENTS = 1024 * 1024 * 16, /* elements of one aggregate */
};
