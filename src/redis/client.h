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
    unsigned owed;     /* replies that have not come yet, and that nobody waits for any more */
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
/* A question that is not waited for: client_ask sends it, client_take gives the reply until
 * `deadline` (monotonic clock) to come. CLIENT_LATE: it has not come; it is dropped when it does,
 * before the reply to any later call, and the connection stays usable. CLIENT_LATE from client_ask:
 * an earlier reply is still owed, so that a server that stands still is not asked more than once.
 * After CLIENT_BROKEN the connection is unusable. */
enum client_answer { CLIENT_ANSWERED, CLIENT_LATE, CLIENT_BROKEN };
enum client_answer client_ask(struct client *client, const char *word, nsec deadline);
enum client_answer client_take(struct client *client, struct arena *arena, struct resp_value *reply,
                               nsec deadline);
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
