/* Lines of MONITOR as redis-cli prints them:
 *
 *   1700000000.123456 [0 127.0.0.1:51234] "SET" "a key" "\x00\xff"
 *
 * Words are quoted, with \n, \r, \t, \a, \b, \", \\ and \xHH. The client is host:port, unix:PATH or
 * lua. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"
#include "base/units.h"

enum { CAPTURE_MAX_WORDS = 16384 };

struct capture_line {
    nsec at; /* since 1970 */
    uint32_t database;
    struct str client;
    size_t word_count;
};

/* A reader's memory: words of the last line. Zero-initialise. */
struct capture {
    struct buf bytes;
    struct str words[CAPTURE_MAX_WORDS]; /* point into `bytes` */
};

void capture_release(struct capture *capture);
/* Reads a line (without its end). False with a sentence: it is none, and why. `capture->words` are
 * those of the line until the next call. */
bool capture_read(struct capture *capture, struct str line, struct capture_line *out,
                  struct error *err);
/* Lines that say nothing: empty, "OK" (what MONITOR answers first), comments (#). */
bool capture_is_blank(struct str line);
