/* The blocking control client: connects, logs in and asks a server a few questions. It is not for
 * load. All waiting has a deadline.
 *
 * Thread rule: one thread at a time. */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/units.h"
#include "redis/endpoint.h"
#include "redis/reply_error.h"
#include "redis/resp_value.h"

struct client {
    struct stream stream;
    struct buf in;
    struct buf out;
    nsec timeout;      /* of each call */
    uint8_t protocol;  /* 2 or 3 as agreed; 0: not connected */
    bool has_answered; /* some reply has come on this connection */
    char name[ADDRESS_TEXT_SIZE];
};

/* Connects within `timeout`, then HELLO 3 with AUTH and CLIENT SETNAME tenbin (falling back to
 * RESP2 with AUTH where HELLO is unknown, unless the endpoint insists on RESP3), SELECT.
 * ERROR_TARGET with a sentence that names the endpoint and the cause: refused, time out, wrong
 * password (WRONGPASS), login required (NOAUTH), "does not speak RESP", LOADING that did not end in
 * time, max clients. */
bool client_connect(struct client *client, const struct endpoint *endpoint, nsec timeout,
                    struct error *err);
/* Sends one command (NULL-terminated list after `reply`) and waits for its reply, which lives in
 * `arena`. Push messages are skipped. An error reply is a value of type '-', not a failure; failure
 * (ERROR_TARGET) means the connection is unusable. */
bool client_call(struct client *client, struct arena *arena, struct resp_value *reply,
                 struct error *err, ...) __attribute__((sentinel));
struct word_list {
    const struct str *words;
    size_t count;
};
/* The same for words that are no C strings. */
bool client_call_words(struct client *client, struct arena *arena, struct resp_value *reply,
                       struct error *err, const struct word_list *list);
/* INFO of these sections ("server", "cpu", NULL: everything) as text in `arena`. */
bool client_info(struct client *client, struct arena *arena, const char *section, struct str *text,
                 struct error *err);
/* Closes; allowed on a client that never connected (zero-initialised). */
void client_close(struct client *client);

/* The commands that open a session for `endpoint` in `protocol` (2 or 3), pipelined into `out`:
 * HELLO or AUTH, SELECT, and in protocol 2 CLIENT SETNAME as the last one, whose failure does not
 * matter (a user may not be allowed to); `replies` counts them. The load engine's connections use
 * the same. Wipe `out` afterwards: it holds the password. */
bool client_write_session(const struct endpoint *endpoint, uint8_t protocol, struct buf *out,
                          unsigned *replies, struct error *err);
