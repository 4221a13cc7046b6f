/* A server that does nothing: a thread on 127.0.0.1 that counts commands and answers each at once,
 * so that what a load comes to against it is what the load generator can do. It keeps no data and
 * knows only the form of commands: a GET gets a value of a fixed size, HELLO an error, everything
 * else +OK.
 *
 * Thread rule: the calls from one thread; only null_parser is used on the server's. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"
#include "net/address.h"
#include "os/cpu.h"

struct null_server;

/* Listens at a port of the system's choice. `cpus`: where its thread runs; NULL: anywhere.
 * ERROR_SYSTEM. */
struct null_server *null_server_start(size_t value_size, const struct cpu_set *cpus,
                                      struct error *err);
void null_server_address(const struct null_server *server, struct address *out);
/* Ends the thread and its connections. NULL is allowed. */
void null_server_stop(struct null_server *server);

/* Takes commands apart as they come, in pieces of any size; keeps nothing but where it is.
 * Zero-initialise it. */
struct null_parser {
    uint64_t number; /* of the line at hand */
    uint64_t words;  /* of the command that are not complete */
    uint64_t left;   /* bytes of the word at hand, with its end of line */
    uint8_t state;
    bool is_first; /* the word at hand is the command's name */
    uint8_t name_len;
    char name[8]; /* the name's beginning */
};

/* Appends an answer to `out` for each command that ends in `input`. `value` is that to GET, as it
 * is sent. False: this is no command; what follows cannot be read. */
bool null_parser_feed(struct null_parser *parser, struct str input, struct str value,
                      struct buf *out);
