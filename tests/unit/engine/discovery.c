/* The thread that looks for nodes, with servers that answer as told. */
#include "engine/discovery.h"

#include <stdio.h>
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

enum { SERVERS = 3, TEXT_SIZE = 512 };

static const nsec LIMIT = 10 * NSEC_PER_SEC; /* until what must happen is taken as not happening */
static const nsec TIMEOUT = 400 * NSEC_PER_MSEC; /* of one search */
static const nsec PAUSE = 50 * NSEC_PER_MSEC;    /* between two */

static const struct answer plain[] = {HELLO, {0}};
static const struct answer silent[] = {{"", NULL}, {0}};

struct fixture {
    struct responder servers[SERVERS];
    uint16_t ports[SERVERS];
    struct endpoint endpoint;
    struct locator locator;
    struct topology *topology;
    struct discovery *discovery;
};

static void fixture_init(struct fixture *fixture)
{
    *fixture = (struct fixture){.endpoint = {.transport = transport_plain()}};
    for (int i = 0; i < SERVERS; i++) {
        fixture->ports[i] = responder_start(&fixture->servers[i], plain, NULL);
    }
    fixture->locator = (struct locator){
        .endpoint = &fixture->endpoint, .host = "127.0.0.1", .port = fixture->ports[0]};
    fixture->topology = mem_alloc(sizeof *fixture->topology);
    topology_init_single(fixture->topology, &fixture->endpoint);
}

static void begin(struct fixture *fixture)
{
    struct error err = {0};
    fixture->discovery = discovery_new(&fixture->locator, fixture->topology, TIMEOUT, &err);
    tap_check(fixture->discovery != NULL, "begins %s", err.text);
}

static void fixture_release(struct fixture *fixture)
{
    discovery_free(fixture->discovery);
    for (int i = 0; i < SERVERS; i++) {
        responder_stop(&fixture->servers[i]);
        buf_release(&fixture->servers[i].heard);
    }
    mem_free(fixture->topology);
}

/* Server `number` says that these two share the slots. */
static void let_two_serve(struct fixture *fixture, int number, int a, int b)
{
    char text[TEXT_SIZE];
    const struct answer answers[] = {{"SLOTS", text}, HELLO, {0}};
    (void)snprintf(text, sizeof text,
                   "*2\r\n*3\r\n:0\r\n:8191\r\n*2\r\n$9\r\n127.0.0.1\r\n:%u\r\n"
                   "*3\r\n:8192\r\n:16383\r\n*2\r\n$9\r\n127.0.0.1\r\n:%u\r\n",
                   (unsigned)fixture->ports[a], (unsigned)fixture->ports[b]);
    responder_say(&fixture->servers[number], answers);
}

static bool wait_for_answer(const struct fixture *fixture, uint64_t ticket)
{
    nsec end = clock_now(clock_monotonic()) + LIMIT;
    while (!discovery_is_answered(fixture->discovery, ticket)) {
        if (clock_now(clock_monotonic()) > end) {
            return false;
        }
        clock_sleep(NSEC_PER_MSEC);
    }
    return true;
}

static bool wait_for_problem(const struct fixture *fixture, struct error *problem)
{
    nsec end = clock_now(clock_monotonic()) + LIMIT;
    do {
        clock_sleep(NSEC_PER_MSEC);
        discovery_problem(fixture->discovery, problem);
    } while (problem->code == ERROR_NONE && clock_now(clock_monotonic()) < end);
    return problem->code != ERROR_NONE;
}

static uint16_t primary_port(const struct topology *topology, size_t shard)
{
    uint16_t primary = shard < topology->shard_count ? topology->shards[shard].primary : 0;
    return primary < topology->node_count ? topology->nodes[primary].port : 0;
}

/* ---- what never changes ---- */

static void test_what_never_changes(void)
{
    struct fixture fixture;
    fixture_init(&fixture);
    struct locator local = {.endpoint = &fixture.endpoint, .path = "/run/socket"};
    const struct locator *const rows[] = {NULL, &fixture.locator, &local};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct discovery *discovery = discovery_new(rows[i], fixture.topology, TIMEOUT, NULL);
        const struct topology *latest = discovery_latest(discovery);
        tap_check(latest != fixture.topology && topology_equal(latest, fixture.topology),
                  "never changes %zu: a copy of what it was given", i);
        tap_int((int64_t)discovery_request(discovery), 0, "never changes %zu: no ticket", i);
        tap_check(discovery_is_answered(discovery, 0), "never changes %zu: nothing to wait for", i);
        tap_check(!discovery_has_names(discovery, &latest->nodes[0]),
                  "never changes %zu: no name to look up", i);
        discovery_free(discovery);
    }
    discovery_free(NULL);
    fixture_release(&fixture);
}

static void test_names(void)
{
    static const struct {
        const char *host;
        uint16_t port;
        bool wanted;
    } rows[] = {{"localhost", 6379, true},
                {"node.example", 6379, true},
                {"127.0.0.1", 6379, false},
                {"::1", 6379, false},
                {"/run/socket", 0, false}};
    struct fixture fixture;
    fixture_init(&fixture);
    fixture.locator.host = "localhost";
    begin(&fixture);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct topology_node node = {.port = rows[i].port};
        (void)snprintf(node.host, sizeof node.host, "%s", rows[i].host);
        tap_int(discovery_has_names(fixture.discovery, &node), rows[i].wanted, "a name: %s",
                rows[i].host);
    }
    uint64_t ticket = discovery_request(fixture.discovery);
    tap_check(ticket > 0 && wait_for_answer(&fixture, ticket), "a name is looked up again");
    tap_int(primary_port(discovery_latest(fixture.discovery), 0), fixture.ports[0], "its port");
    fixture_release(&fixture);
}

/* ---- clusters ---- */

static void test_cluster(void)
{
    struct fixture fixture;
    fixture_init(&fixture);
    fixture.locator.is_cluster = true;
    let_two_serve(&fixture, 0, 0, 1);
    begin(&fixture);
    const struct topology *first = discovery_latest(fixture.discovery);
    uint64_t ticket = discovery_request(fixture.discovery);
    tap_check(wait_for_answer(&fixture, ticket), "a search is answered");
    const struct topology *second = discovery_latest(fixture.discovery);
    tap_check(second != first && second->is_cluster, "and what it found is published");
    tap_int(primary_port(second, 0), fixture.ports[0], "the first shard");
    tap_int(primary_port(second, 1), fixture.ports[1], "the second");
    ticket = discovery_request(fixture.discovery);
    tap_check(wait_for_answer(&fixture, ticket), "a second search");
    tap_check(discovery_latest(fixture.discovery) == second, "that finds the same publishes none");
    let_two_serve(&fixture, 0, 0, 2);
    ticket = discovery_request(fixture.discovery);
    tap_check(!discovery_is_answered(fixture.discovery, ticket + 1),
              "tickets are answered in their order");
    tap_check(wait_for_answer(&fixture, ticket), "a third search");
    tap_int(primary_port(discovery_latest(fixture.discovery), 1), fixture.ports[2],
            "finds who took over");
    tap_check(!first->is_cluster && primary_port(second, 1) == fixture.ports[1],
              "what was published stays as it was");
    fixture_release(&fixture);
}

/* It goes on until it works, and says meanwhile why it does not. */
static void test_failing(void)
{
    struct fixture fixture;
    struct error problem = {0};
    fixture_init(&fixture);
    fixture.locator.is_cluster = true;
    responder_say(&fixture.servers[0], silent);
    begin(&fixture);
    const struct topology *first = discovery_latest(fixture.discovery);
    uint64_t ticket = discovery_request(fixture.discovery);
    tap_check(wait_for_problem(&fixture, &problem), "a silent server is a problem");
    tap_check(strstr(problem.text, "no answer within") != NULL, "it is named: %s", problem.text);
    tap_check(!discovery_is_answered(fixture.discovery, ticket), "and no answer");
    tap_check(discovery_latest(fixture.discovery) == first, "what was known stays");
    let_two_serve(&fixture, 0, 0, 1);
    tap_check(wait_for_answer(&fixture, ticket), "without being asked again it finds them");
    ticket = discovery_request(fixture.discovery);
    (void)wait_for_answer(&fixture, ticket);
    discovery_problem(fixture.discovery, &problem);
    tap_int(problem.code, ERROR_NONE, "and the problem is gone");
    fixture_release(&fixture);
}

/* A thousand connections are lost at once. */
static void test_flood(void)
{
    struct fixture fixture;
    fixture_init(&fixture);
    fixture.locator.is_cluster = true;
    let_two_serve(&fixture, 0, 0, 1);
    begin(&fixture);
    nsec began = clock_now(clock_monotonic());
    uint64_t ticket = 0;
    int in_order = 0;
    for (int i = 0; i < 1000; i++) {
        uint64_t next = discovery_request(fixture.discovery);
        in_order += next == ticket + 1;
        ticket = next;
    }
    tap_int(in_order, 1000, "flood: tickets count up");
    tap_check(wait_for_answer(&fixture, ticket), "flood: the last one is answered");
    nsec took = clock_now(clock_monotonic()) - began;
    discovery_free(fixture.discovery);
    fixture.discovery = NULL;
    for (int i = 0; i < SERVERS; i++) {
        responder_stop(&fixture.servers[i]);
    }
    unsigned searches = 0;
    const char *at = buf_text(&fixture.servers[0].heard);
    while ((at = strstr(at, "SLOTS")) != NULL) {
        searches++;
        at++;
    }
    tap_check(searches >= 1 && searches <= 2 + took / PAUSE, "flood: %u searches in %llu ms",
              searches, (unsigned long long)(took / NSEC_PER_MSEC));
    for (int i = 0; i < SERVERS; i++) {
        buf_release(&fixture.servers[i].heard);
    }
    mem_free(fixture.topology);
}

/* ---- sentinels ---- */

/* They are asked again and again, because a former primary may go on answering. */
static void test_sentinel(void)
{
    char text[TEXT_SIZE];
    const struct answer answers[] = {{"SENTINEL", text}, HELLO, {0}};
    struct fixture fixture;
    fixture_init(&fixture);
    fixture.locator.sentinel_master = "mine";
    (void)snprintf(text, sizeof text, "*2\r\n$9\r\n127.0.0.1\r\n$5\r\n%u\r\n",
                   (unsigned)fixture.ports[1]);
    responder_say(&fixture.servers[0], answers);
    begin(&fixture);
    tap_check(wait_for_answer(&fixture, discovery_request(fixture.discovery)), "a sentinel");
    tap_int(primary_port(discovery_latest(fixture.discovery), 0), fixture.ports[1], "its primary");
    (void)snprintf(text, sizeof text, "*2\r\n$9\r\n127.0.0.1\r\n$5\r\n%u\r\n",
                   (unsigned)fixture.ports[2]);
    responder_say(&fixture.servers[0], answers);
    nsec end = clock_now(clock_monotonic()) + LIMIT;
    while (primary_port(discovery_latest(fixture.discovery), 0) != fixture.ports[2] &&
           clock_now(clock_monotonic()) < end) {
        clock_sleep(NSEC_PER_MSEC);
    }
    tap_int(primary_port(discovery_latest(fixture.discovery), 0), fixture.ports[2],
            "another primary is noticed without a request");
    fixture_release(&fixture);
}

/* ---- ending ---- */

static void test_end_in_a_search(void)
{
    struct fixture fixture;
    fixture_init(&fixture);
    fixture.locator.is_cluster = true;
    responder_say(&fixture.servers[0], silent);
    begin(&fixture);
    (void)discovery_request(fixture.discovery);
    clock_sleep(5 * NSEC_PER_MSEC); /* so that the search has probably begun; either way it ends */
    nsec began = clock_now(clock_monotonic());
    discovery_free(fixture.discovery);
    fixture.discovery = NULL;
    tap_check(clock_now(clock_monotonic()) - began < TIMEOUT + 2 * NSEC_PER_SEC,
              "the end waits for a search at most");
    fixture_release(&fixture);
}

int main(void)
{
    test_what_never_changes();
    test_names();
    test_cluster();
    test_failing();
    test_flood();
    test_sentinel();
    test_end_in_a_search();
    return tap_end();
}
