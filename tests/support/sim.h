/* A network and a server in virtual time: a clock, a loop and a transport whose time passes only
 * while the loop waits (and, when that is asked for, the clock is read). What a model server does
 * is exact, so percentiles can be checked to the nanosecond. One thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "net/loop.h"
#include "net/transport.h"
#include "os/clock.h"

enum {
    SIM_MAX_CONNECTIONS = 64,
    SIM_MAX_REPLIES = 256,
    SIM_MAX_TEXT = 256,
    SIM_MAX_WORDS = 16,
    SIM_NODES = 8,
};

struct sim;
struct sim_connection;

/* A command that has arrived at a node. */
struct sim_command {
    int node;
    struct str name;
    struct str key;   /* the first argument; empty: none */
    const char *line; /* all of it, with spaces between its words */
    struct str words[SIM_MAX_WORDS];
    size_t count;
    struct sim_connection *from;
    bool is_asking;   /* ASKING came right before it, on the same connection */
    uint32_t pending; /* commands of the connection that are not answered yet, this one with them */
};

/* A reply under way. */
struct sim_reply {
    nsec at;
    char text[SIM_MAX_TEXT];
};

struct sim_connection {
    bool is_open;
    bool is_closed_by_peer;
    bool is_asking;
    int node;
    bool want_write;
    uint32_t token;
    struct buf received; /* bytes of commands not yet parsed */
    struct sim_reply replies[SIM_MAX_REPLIES];
    uint32_t head;
    uint32_t tail;
    size_t taken; /* bytes of the oldest reply that were read */
    void *facts;  /* of whoever answers for the server */
};

/* The model servers: as many nodes as there are ports among the addresses that are connected to,
 * from port 1 on; every other address means the first. Each answers commands one after the other:
 * one that arrives at `arrival` while the node is free is answered `service` later; during
 * [stall_from, stall_until) it does nothing. */
struct sim {
    nsec now;
    nsec reading; /* what reading the clock takes; 0: no time */
    nsec service;
    nsec stall_from;
    nsec stall_until;
    uint32_t faulty; /* the nodes that stall, close and are down, a bit for each; 0: all */
    nsec free_at[SIM_NODES];
    /* Says what a node answers, one line; NULL: what the fields below say. May be NULL. */
    const char *(*script)(void *self, const struct sim_command *command);
    void *script_self;
    uint64_t commands;   /* received */
    uint64_t fail_every; /* every n-th command is answered with -OOM; 0: none */
    uint64_t twice_at;   /* the n-th command is answered twice; 0: none */
    uint64_t miss_every; /* every n-th GET finds nothing; 0: none */
    uint64_t gets;
    nsec close_at;   /* closes all connections then, once; 0: never */
    nsec down_until; /* refuses connections before */
    uint64_t opened; /* connections accepted */
    uint64_t write_calls;
    uint64_t read_calls;
    size_t write_limit; /* bytes that one write takes; 0: all */
    size_t read_limit;  /* bytes that one read gives; 0: all there are */
    nsec tick;          /* that a wait without waiting takes */
    /* What a command is answered (as redis-cli would write it, with spaces); NULL, or a reply that
     * is NULL: what a string server says. */
    const char *(*reply_to)(void *self, struct str command);
    void *self;
    /* May answer in place of the server; NULL: nobody does. */
    bool (*special)(struct sim *sim, const struct sim_command *command);
    void *special_self;
    struct buf log; /* all bytes received, when keep_log */
    bool keep_log;
    struct sim_connection connections[SIM_MAX_CONNECTIONS];
    struct clock clock;
    struct loop loop;
    struct transport transport;
};

/* A new simulation (heap: it is large); time starts at 1 s. */
struct sim *sim_new(nsec service);
void sim_free(struct sim *sim);
/* A reply of the connection, to come at a time that is not before that of its last one. */
struct sim_reply *sim_reply(struct sim_connection *connection, nsec at, const char *text);
