/* Finding nodes: single servers, sentinels and clusters that answer as told. */
#include "redis/discover.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "os/clock.h"
#include "support/responder.h"
#include "support/tap.h"

#define HELLO                                                                                      \
    {"HELLO", "%1\r\n$5\r\nproto\r\n:3\r\n"},                                                      \
    {                                                                                              \
        "PING", "+PONG\r\n"                                                                        \
    }

enum { SERVERS = 3, TEXT_SIZE = 1024 };

static const struct answer plain[] = {HELLO, {NULL, NULL}};
static const struct answer silent[] = {{"", NULL}, {NULL, NULL}};

/* Servers, who asks them, and what was found. */
struct fixture {
    struct responder servers[SERVERS];
    uint16_t ports[SERVERS];
    struct endpoint endpoint;
    struct locator locator;
    struct topology *known;
    struct topology *found;
    struct error err;
    nsec took;
    char text[TEXT_SIZE]; /* of the answer under test */
};

static void fixture_init(struct fixture *fixture)
{
    *fixture = (struct fixture){.endpoint = {.transport = transport_plain()}};
    for (int i = 0; i < SERVERS; i++) {
        fixture->ports[i] = responder_start(&fixture->servers[i], plain, NULL);
    }
    fixture->locator = (struct locator){
        .endpoint = &fixture->endpoint, .host = "127.0.0.1", .port = fixture->ports[0]};
    fixture->known = mem_alloc(sizeof *fixture->known);
    fixture->found = mem_alloc(sizeof *fixture->found);
}

static void fixture_release(struct fixture *fixture)
{
    for (int i = 0; i < SERVERS; i++) {
        responder_stop(&fixture->servers[i]);
        buf_release(&fixture->servers[i].heard);
    }
    mem_free(fixture->known);
    mem_free(fixture->found);
}

/* Server `number` answers `command` with the text of the fixture. */
static void let_answer(struct fixture *fixture, int number, const char *command)
{
    static const struct answer hello[] = {HELLO};
    const struct answer answers[] = {{command, fixture->text}, hello[0], hello[1], {NULL, NULL}};
    responder_say(&fixture->servers[number], answers);
}

static bool search(struct fixture *fixture, const struct topology *known)
{
    fixture->err = (struct error){0};
    nsec begun = clock_now(clock_monotonic());
    bool done = discover(&fixture->locator, known, 2 * NSEC_PER_SEC, fixture->found, &fixture->err);
    fixture->took = clock_now(clock_monotonic()) - begun;
    return done;
}

/* Fails with a sentence that has this part. */
static void check_fails(struct fixture *fixture, const char *part, const char *name)
{
    tap_check(!search(fixture, NULL), "%s: fails", name);
    tap_int(fixture->err.code, ERROR_TARGET, "%s: an error of the target", name);
    tap_check(strstr(fixture->err.text, part) != NULL, "%s: says %s", name, fixture->err.text);
}

static uint16_t port_of(const struct fixture *fixture, uint16_t node)
{
    return node < fixture->found->node_count ? fixture->found->nodes[node].port : 0;
}

/* ---- one server ---- */

static void test_single(void)
{
    struct fixture fixture;
    fixture_init(&fixture);
    fixture.locator.host = "localhost"; /* also ::1, perhaps, where nobody listens */
    tap_check(search(&fixture, NULL), "a single server is found: %s", fixture.err.text);
    tap_int((int64_t)fixture.found->node_count, 1, "one node");
    tap_check(!fixture.found->is_cluster, "no cluster");
    tap_int(fixture.found->shards[0].primary, 0, "it is the primary");
    tap_int(fixture.found->shards[0].readers[0], 0, "and it is read from");
    char text[ADDRESS_TEXT_SIZE];
    char wanted[ADDRESS_TEXT_SIZE];
    (void)snprintf(wanted, sizeof wanted, "127.0.0.1:%u", (unsigned)fixture.ports[0]);
    tap_text(address_format(&fixture.found->nodes[0].address, text), wanted,
             "the address that answers");
    responder_say(&fixture.servers[0], silent);
    check_fails(&fixture, "no answer within", "a silent server");
    tap_check(fixture.took < 4 * NSEC_PER_SEC, "in time");
    fixture_release(&fixture);
}

static void test_replicas(void)
{
    struct fixture fixture;
    fixture_init(&fixture);
    fixture.locator.read_from = READ_FROM_REPLICA;
    (void)snprintf(fixture.text, sizeof fixture.text,
                   "*3\r\n$6\r\nmaster\r\n:10\r\n*3\r\n"
                   "*3\r\n$9\r\n127.0.0.1\r\n$5\r\n%u\r\n$1\r\n9\r\n"
                   "*3\r\n$9\r\n127.0.0.1\r\n$5\r\nwrong\r\n$1\r\n9\r\n"
                   "*3\r\n$9\r\n127.0.0.1\r\n$5\r\n%u\r\n$1\r\n9\r\n",
                   (unsigned)fixture.ports[1], (unsigned)fixture.ports[2]);
    let_answer(&fixture, 0, "ROLE");
    tap_check(search(&fixture, NULL), "replicas are found: %s", fixture.err.text);
    tap_int((int64_t)fixture.found->node_count, 3, "a primary and two replicas");
    tap_int(fixture.found->shards[0].reader_count, 2, "both are read from");
    tap_int(port_of(&fixture, fixture.found->shards[0].readers[0]), fixture.ports[1], "the first");
    tap_int(port_of(&fixture, fixture.found->shards[0].readers[1]), fixture.ports[2], "the last");
    tap_int(port_of(&fixture, fixture.found->shards[0].primary), fixture.ports[0], "the primary");
    /* A silent replica is not the nearest, and does not use up the time of the others. */
    fixture.locator.read_from = READ_FROM_NEAREST;
    responder_say(&fixture.servers[1], silent);
    tap_check(search(&fixture, NULL), "the nearest is found: %s", fixture.err.text);
    tap_int(fixture.found->shards[0].reader_count, 1, "there is one");
    tap_check(port_of(&fixture, fixture.found->shards[0].readers[0]) != fixture.ports[1],
              "it is not the one that is silent");
    tap_check(fixture.took < 2 * NSEC_PER_SEC, "in time");
    fixture.locator.read_from = READ_FROM_REPLICA;
    fixture.locator.reader_host = "127.0.0.1";
    fixture.locator.reader_port = fixture.ports[2];
    (void)snprintf(fixture.text, sizeof fixture.text, "-ERR ROLE is not asked for\r\n");
    let_answer(&fixture, 0, "ROLE");
    tap_check(search(&fixture, NULL), "a reader endpoint: %s", fixture.err.text);
    tap_int(fixture.found->shards[0].reader_count, 1, "is one reader");
    tap_int(port_of(&fixture, fixture.found->shards[0].readers[0]), fixture.ports[2], "this one");
    fixture_release(&fixture);
}

static void test_roles(void)
{
    static const struct {
        const char *reply;
        const char *part;
    } rows[] = {
        {"-NOPERM this user has no permissions to run the 'role' command\r\n", "+role"},
        {"*5\r\n$5\r\nslave\r\n$9\r\n127.0.0.1\r\n:6379\r\n$9\r\nconnected\r\n:1\r\n",
         "is a replica of 127.0.0.1:6379"},
        {"*1\r\n+odd\r\n", "?reader=HOST"},
    };
    struct fixture fixture;
    fixture_init(&fixture);
    fixture.locator.read_from = READ_FROM_REPLICA;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        (void)snprintf(fixture.text, sizeof fixture.text, "%s", rows[i].reply);
        let_answer(&fixture, 0, "ROLE");
        check_fails(&fixture, rows[i].part, rows[i].part);
    }
    fixture_release(&fixture);
}

/* ---- sentinels ---- */

static void test_sentinel(void)
{
    static const struct {
        const char *reply;
        const char *part;
    } rows[] = {
        {"_\r\n", "knows no primary named \"mine\""},
        {"*-1\r\n", "knows no primary named \"mine\""},
        {"-ERR unknown command 'SENTINEL'\r\n", "is no sentinel"},
        {"*2\r\n$9\r\n127.0.0.1\r\n$1\r\n1\r\n", "the primary that sentinel 127.0.0.1:"},
        {"*2\r\n$9\r\n127.0.0.1\r\n$5\r\n99999\r\n", "knows no primary"},
    };
    struct fixture fixture;
    fixture_init(&fixture);
    fixture.locator.sentinel_master = "mine";
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        (void)snprintf(fixture.text, sizeof fixture.text, "%s", rows[i].reply);
        let_answer(&fixture, 0, "SENTINEL");
        check_fails(&fixture, rows[i].part, rows[i].part);
    }
    (void)snprintf(fixture.text, sizeof fixture.text, "*2\r\n$9\r\n127.0.0.1\r\n$5\r\n%u\r\n",
                   (unsigned)fixture.ports[1]);
    let_answer(&fixture, 0, "SENTINEL");
    tap_check(search(&fixture, NULL), "the primary is found: %s", fixture.err.text);
    tap_int(port_of(&fixture, fixture.found->shards[0].primary), fixture.ports[1],
            "where the sentinel says");
    /* ROLE is unknown to it, which is no reason to doubt. That it is a replica is one. */
    static const struct answer replica[] = {
        HELLO, {"ROLE", "*5\r\n$5\r\nslave\r\n$1\r\nh\r\n:1\r\n$9\r\nconnected\r\n:1\r\n"}, {0}};
    responder_say(&fixture.servers[1], replica);
    check_fails(&fixture, "is a replica of h:1, not a primary", "a sentinel that is late");
    responder_say(&fixture.servers[0], silent);
    check_fails(&fixture, "no answer within", "a silent sentinel");
    fixture_release(&fixture);
}

static void test_sentinel_login(void)
{
    struct fixture fixture;
    struct credentials secret = {.password = "sesame"};
    struct credential_provider login = {credentials_get_fixed, &secret};
    fixture_init(&fixture);
    fixture.locator.sentinel_master = "mine";
    fixture.endpoint.login = &login;
    (void)snprintf(fixture.text, sizeof fixture.text, "*2\r\n$9\r\n127.0.0.1\r\n$5\r\n%u\r\n",
                   (unsigned)fixture.ports[1]);
    let_answer(&fixture, 0, "SENTINEL");
    tap_check(search(&fixture, NULL), "a sentinel without login: %s", fixture.err.text);
    const struct answer guarded[] = {
        {"sesame", "%1\r\n$5\r\nproto\r\n:3\r\n"},
        {"HELLO", "-NOAUTH HELLO must be called with the client already authenticated\r\n"},
        {"PING", "+PONG\r\n"},
        {"SENTINEL", fixture.text},
        {NULL, NULL}};
    responder_say(&fixture.servers[0], guarded);
    tap_check(search(&fixture, NULL), "one that wants the login: %s", fixture.err.text);
    fixture_release(&fixture);
}

/* ---- clusters ---- */

/* Ranges: the first half to server a, the second to server b. */
static void let_two_serve(struct fixture *fixture, int asked, int a, int b)
{
    (void)snprintf(fixture->text, sizeof fixture->text,
                   "*2\r\n*3\r\n:8192\r\n:16383\r\n*2\r\n$9\r\n127.0.0.1\r\n:%u\r\n"
                   "*3\r\n:0\r\n:8191\r\n*2\r\n$9\r\n127.0.0.1\r\n:%u\r\n",
                   (unsigned)fixture->ports[b], (unsigned)fixture->ports[a]);
    let_answer(fixture, asked, "SLOTS");
}

static void test_cluster(void)
{
    struct fixture fixture;
    fixture_init(&fixture);
    fixture.locator.is_cluster = true;
    let_two_serve(&fixture, 0, 0, 1); /* CLUSTER SHARDS is unknown to it */
    tap_check(search(&fixture, NULL), "a cluster is found: %s", fixture.err.text);
    tap_check(fixture.found->is_cluster, "it is one");
    tap_int((int64_t)fixture.found->shard_count, 2, "shards");
    tap_int(fixture.found->slots[0], 0, "the lowest slot is that of the first shard");
    tap_int(port_of(&fixture, fixture.found->shards[0].primary), fixture.ports[0], "its primary");
    tap_int(fixture.found->nodes[0].address.len > 0, 1, "with an address");
    uint16_t second = fixture.found->shards[1].primary;
    /* The host that was named is silent; the other one tells of a third. */
    *fixture.known = *fixture.found;
    responder_say(&fixture.servers[0], silent);
    let_two_serve(&fixture, 1, 1, 2);
    tap_check(search(&fixture, fixture.known), "another is asked: %s", fixture.err.text);
    tap_check(fixture.took < 2 * NSEC_PER_SEC, "in time");
    tap_int(fixture.err.code, 0, "and no error is left");
    tap_int(fixture.found->shards[0].primary, second, "a node keeps its number");
    tap_int((int64_t)fixture.found->node_count, 3, "the new one is known");
    uint16_t gone = topology_find_node(fixture.found, STR("127.0.0.1"), fixture.ports[0]);
    tap_check(gone != TOPOLOGY_NONE && fixture.found->nodes[gone].is_gone, "the former is gone");
    /* Nobody answers: the sentence is about the host that the user knows. */
    responder_say(&fixture.servers[1], silent);
    bool done = search(&fixture, fixture.known);
    char named[ADDRESS_TEXT_SIZE];
    (void)snprintf(named, sizeof named, "127.0.0.1:%u", (unsigned)fixture.ports[0]);
    tap_check(!done && strstr(fixture.err.text, named) != NULL, "nobody: %s", fixture.err.text);
    tap_check(fixture.took < 4 * NSEC_PER_SEC, "in time");
    fixture_release(&fixture);
}

static void test_refusals(void)
{
    static const struct {
        const char *reply;
        const char *part;
    } rows[] = {
        {"-NOPERM this user has no permissions to run the 'cluster|slots' command\r\n",
         "+cluster|shards"},
        {"-ERR This instance has cluster support disabled\r\n", "leave cluster=yes out"},
        {"*0\r\n", "no node serves any slot"},
        {"+OK\r\n", "no list"},
    };
    struct fixture fixture;
    fixture_init(&fixture);
    fixture.locator.is_cluster = true;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        (void)snprintf(fixture.text, sizeof fixture.text, "%s", rows[i].reply);
        let_answer(&fixture, 0, "SLOTS");
        check_fails(&fixture, rows[i].part, rows[i].part);
    }
    fixture_release(&fixture);
}

int main(void)
{
    test_single();
    test_replicas();
    test_roles();
    test_sentinel();
    test_sentinel_login();
    test_cluster();
    test_refusals();
    return tap_end();
}
