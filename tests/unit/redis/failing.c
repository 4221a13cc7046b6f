/* The control client, and finding nodes with it, while the system refuses one call. */
#include "base/mem.h"
#include "redis/client.h"
#include "redis/discover.h"
#include "support/refusing.h"
#include "support/responder.h"

static const uint32_t conversation = 1U << FAIL_GETADDRINFO | 1U << FAIL_SOCKET |
                                     1U << FAIL_SETSOCKOPT | 1U << FAIL_CONNECT |
                                     1U << FAIL_GETSOCKOPT | 1U << FAIL_READ | 1U << FAIL_WRITE;
static const nsec LIMIT = 5 * NSEC_PER_SEC;

static bool ask(const void *self, struct error *err)
{
    const uint16_t *port = self;
    struct address addresses[ADDRESS_MAX_RESULTS];
    unsigned count = 0;
    struct client client = {0};
    struct arena arena = {0};
    struct resp_value reply;
    const struct transport transport = failing_transport();
    struct endpoint endpoint = {.transport = &transport, .name = "fake"};
    if (!address_resolve("127.0.0.1", *port, addresses, &count, err)) {
        return false;
    }
    endpoint.address = addresses[0];
    bool done = client_connect(&client, &endpoint, LIMIT, err) &&
                client_call(&client, &arena, &reply, err, "PING", NULL);
    client_close(&client);
    arena_release(&arena);
    return done;
}

static bool find(const void *self, struct error *err)
{
    const uint16_t *port = self;
    const struct transport transport = failing_transport();
    struct endpoint endpoint = {.transport = &transport};
    struct locator locator = {
        .endpoint = &endpoint, .host = "127.0.0.1", .port = *port, .is_cluster = true};
    struct topology *found = mem_alloc(sizeof *found);
    bool done = discover(&locator, NULL, LIMIT, found, err);
    mem_free(found);
    return done;
}

int main(void)
{
    static const struct answer answers[] = {
        {"HELLO", "%1\r\n$5\r\nproto\r\n:3\r\n"},
        {"PING", "+PONG\r\n"},
        {"SLOTS", "*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$9\r\n127.0.0.1\r\n:7000\r\n"},
        {0}};
    struct responder responder;
    uint16_t port = responder_start(&responder, answers, NULL);
    refuse_all(
        &(struct attempt){.name = "client", .run = ask, .self = &port, .uses = conversation});
    refuse_all(&(struct attempt){
        .name = "nodes",
        .run = find,
        .self = &port,
        .uses = conversation,
        .survives = {[FAIL_GETADDRINFO] = 1}, /* a node may stay without an address */
    });
    responder_stop(&responder);
    buf_release(&responder.heard);
    return tap_end();
}
