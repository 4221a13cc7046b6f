/* A server for tests of the control client: each command is answered with a reply of a table. All
 * clients are served, in turn, by one thread. */
#pragma once

#include <pthread.h>
#include <stdint.h>

#include "base/buf.h"

struct answer {
    const char *command; /* a part of the bytes received; NULL ends the table */
    const char *reply;   /* NULL: none, ever */
};

enum { RESPONDER_CLIENTS = 30, RESPONDER_ANSWERS = 16 };

struct responder {
    int listener;
    int wake[2];
    pthread_mutex_t mutex; /* of `answers` */
    struct {
        char *command;
        char *reply;
    } answers[RESPONDER_ANSWERS]; /* copies: its thread reads them whenever a command comes */
    size_t count;
    pthread_t thread;
    struct buf heard; /* read it after responder_stop; release it */
};

/* Answers are copied. Listens on 127.0.0.1 and returns the port; with `path` on a unix socket
 * instead. What the table lacks is an unknown command. Ends the test where that is impossible. */
uint16_t responder_start(struct responder *responder, const struct answer *answers,
                         const char *path);
/* Other answers from now on. */
void responder_say(struct responder *responder, const struct answer *answers);
/* Closes all connections and the listener. */
void responder_stop(struct responder *responder);
