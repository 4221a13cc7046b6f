/* Reads RESP2 and RESP3 replies out of a byte stream.
 *
 * Pure: no I/O, no allocation, no copying of values. Every byte given is consumed at once (a reply
 * may be split anywhere, also inside a length), so a connection needs no buffer of its own and a
 * reply of 512 MB passes through a small one. Lengths are never trusted: see resp.h for limits. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/str.h"
#include "redis/resp.h"

enum resp_status {
    RESP_OK,   /* one whole reply has ended; there may be more bytes */
    RESP_MORE, /* all bytes consumed, the reply goes on */
    RESP_BAD,  /* not RESP: close the connection; `problem` of the reader says what */
};

enum { RESP_HEAD_SIZE = 128 };

/* What is known of a reply when it has ended. */
struct resp_reply {
    char type;        /* its first byte: + - : $ * _ # , ( ! = % ~ > | is skipped (attributes) */
    bool is_error;    /* - or ! at top level; `head` of the reader holds its text */
    bool holds_error; /* one of its elements is - or !, as in what EXEC answers; `head` has the
                         text of the first one if it is - */
    bool is_null;     /* $-1, *-1, _ */
    bool is_push;     /* > : not an answer to any command */
    int64_t number;   /* : the integer; # 1 for true; $ = ! the length in bytes; * ~ > the element
                         count, of %   twice the pairs; -1 where $ or * says null */
    uint64_t size;    /* bytes of the whole reply on the wire */
    struct str text;  /* + - : , # ( $ = !: its body when it lay whole in the bytes given, else
                         empty with data NULL. Points into the caller's bytes. */
};

/* Zero-initialise; ready for the next reply after RESP_OK. After RESP_BAD only a fresh one helps.
 */
struct resp_reader {
    uint8_t state;
    char type;       /* first byte of the value being read */
    bool at_top;     /* the line being read belongs to the top-level reply */
    bool keeps_head; /* ... and is an error's text, or the first one's inside of it */
    uint64_t size;   /* bytes of this reply so far */
    uint64_t skip;   /* bytes of a bulk body (with its CRLF) still to come */
    uint64_t pending[RESP_MAX_DEPTH + 1]; /* elements missing per open aggregate */
    uint32_t depth;                       /* open aggregates */
    uint32_t line_len;                    /* bytes of the current line so far */
    uint32_t head_len;
    struct resp_reply reply;
    char line[32];             /* start of the current line */
    char head[RESP_HEAD_SIZE]; /* start of the last error's text, NUL-terminated */
    const char *problem;       /* static text after RESP_BAD */
};

/* The result does not depend on how the bytes are cut into calls, but for `text`.
 * Consumes bytes of `data` from `*at` (advanced) until one reply has ended or they are used up.
 * On RESP_OK `*reply` is filled. Call again while `*at < len`. The whole reply `+OK\r\n` or a bulk
 * string that lies whole in `data` takes the fast path (a few dozen instructions). */
enum resp_status resp_read(struct resp_reader *reader, const char *data, size_t len, size_t *at,
                           struct resp_reply *reply);

/* Is the next byte the first of a reply? */
static inline bool resp_is_between(const struct resp_reader *reader)
{
    return reader->state == 0;
}

/* What the replies to one kind of command look like: most begin and end alike. Zero-initialise. */
struct resp_habit {
    uint64_t word; /* the first bytes, "$64\r\n" or all of "+OK\r\n", as they lie in memory */
    uint64_t mask; /* of those bytes */
    size_t whole;  /* bytes of the whole reply; 0: none was seen yet */
};

enum { RESP_HABIT_ROOM = 8 };

/* A reply like the last one, without a call: its length when it lies whole at `data`, where at
 * least RESP_HABIT_ROOM bytes can be read beyond `left`; 0 for everything else. */
static inline size_t resp_read_habit(const struct resp_habit *habit, const char *data, size_t left)
{
    uint64_t word;
    memcpy(&word, data, sizeof word);
    size_t whole = habit->whole;
    /* No habit is one byte short of nothing, which is more than there ever is. */
    if ((word & habit->mask) != habit->word || whole - 1 >= left) {
        return 0;
    }
    return memcmp(data + whole - 2, "\r\n", 2) == 0 ? whole : 0;
}

/* Learns from a reply that begins and lies whole at `data`: a string, a status of up to five bytes
 * or an integer of up to five digits. From any other nothing is learned. */
void resp_learn_habit(struct resp_habit *habit, const char *data, const struct resp_reply *reply);
