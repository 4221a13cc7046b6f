/* A server that misbehaves on purpose: on real sockets, with a small in-memory Redis behind them
 * or with a script of exact bytes.
 *
 * Like Redis it does one thing at a time: while it delays one reply, nobody gets one. Zero in the
 * configuration means: behave. All counts of commands leave out the commands that open a session
 * (HELLO, AUTH, SELECT, CLIENT) unless said otherwise.
 * Thread rule: any thread may ask a running server; one thread starts and frees it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/units.h"
#include "net/address.h"

enum fake_action {
    FAKE_END,    /* of the script: from here on a small Redis */
    FAKE_EXPECT, /* reads bytes up to and including `text`; other bytes end the connection */
    FAKE_SEND,   /* sends `text` */
    FAKE_DELAY,  /* waits `pause` */
    FAKE_CLOSE,  /* closes in an orderly way */
    FAKE_RESET,  /* closes with a reset (TCP) */
    FAKE_STALL,  /* reads nothing and sends nothing any more, and keeps the connection */
};

struct fake_step {
    enum fake_action action;
    const char *text;
    nsec pause;
};

struct fake_config {
    const char *unix_path;          /* NULL: TCP on 127.0.0.1 */
    uint16_t port;                  /* 0: one that is free */
    const struct fake_step *script; /* each connection begins with it; NULL: none. Ends with
                                       FAKE_END or an action that ends the connection */
    /* What the small Redis says. */
    const char *info;     /* of INFO; NULL: a short one */
    const char *user;     /* NULL: "default" */
    const char *password; /* NULL: no login needed */
    uint32_t value_size;  /* of every GET that hits; 0: 64 */
    bool is_old;          /* does not know HELLO */
    bool is_mute;         /* accepts and never answers */
    /* When it misbehaves. */
    uint64_t loading;     /* so many first commands are answered -LOADING */
    uint64_t error_every; /* every such command is answered with `error` instead */
    const char *error;    /* NULL: "ERR fake" */
    uint64_t push_every;  /* a push message comes before the reply of every such command */
    uint64_t close_after; /* each connection is closed after so many commands */
    bool closes_by_reset; /* and then by a reset */
    uint64_t delay_at;    /* the reply of this command (from 1) is delayed */
    uint64_t delay_every; /* and of every such command */
    nsec delay;
    uint64_t stall_after; /* no reply to any command after so many */
    uint32_t piece;       /* replies leave in pieces of so many bytes */
    nsec piece_pause;     /* and so long apart */
    uint32_t read_size;   /* commands are read in pieces of at most so many bytes */
    nsec read_pause;      /* and it waits so long after each */
};

struct fake_server;

/* Listens and serves until fake_server_free. The configuration and what it points at must live as
 * long. NULL: `err` says why. */
struct fake_server *fake_server_new(const struct fake_config *config, struct error *err);
/* Ends all connections and threads. NULL is allowed. */
void fake_server_free(struct fake_server *server);

void fake_server_address(const struct fake_server *server, struct address *address);
/* 0 for a unix socket. */
uint16_t fake_server_port(const struct fake_server *server);

struct fake_counts {
    uint64_t connections; /* accepted so far */
    uint64_t commands;    /* answered or swallowed, without session commands */
    uint64_t keys;        /* that exist now */
};
void fake_server_count(struct fake_server *server, struct fake_counts *counts);

enum { FAKE_LOG_SIZE = 4096 };
/* The first commands as text, arguments apart by a blank, each ended by a newline: what was on the
 * wire, session commands included. Cut at a whole command. Returns `text`. */
const char *fake_server_log(struct fake_server *server, char text[FAKE_LOG_SIZE]);
