/* The cheapest epoll client there can be: prebuilt requests, replies counted in place, no
 * recording, no reading of the clock. What any other client costs is stated as a multiple of it.
 *
 * Like a load engine it keeps `pipeline` requests in flight on each connection and sends as many
 * new ones as a read brought replies, with one write. All replies must be as long as the one to a
 * hit, so load the keys first when the server is a real one.
 *
 * The requests go round a ring that visits every key before it visits one again: a small ring would
 * make any server look fast, because it would keep the few keys in its cache. */
#include <arpa/inet.h>
#include <assert.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/rng.h"
#include "load.h"
#include "options.h"
#include "os/clock.h"

enum { INPUT_SIZE = 128 * 1024, EVENTS = 128 };

struct ring {
    struct buf bytes;    /* the requests, and the first ones again so that a batch never wraps */
    size_t request_size; /* all are equally long */
    uint64_t count;
};

struct peer {
    int fd;
    uint64_t next; /* request in the ring */
    size_t rest;   /* bytes of the reply that has begun and not ended */
};

struct loop_state {
    const struct load *load;
    struct ring ring;
    struct peer *peers;
    int epoll;
    char first;        /* of every reply */
    size_t reply_size; /* of every reply */
    uint64_t budget;   /* requests that may still be sent */
    uint64_t outstanding;
    struct load_cost cost;
};

static volatile sig_atomic_t time_is_over;

static void on_alarm(int signal_number)
{
    (void)signal_number;
    time_is_over = 1;
}

static void add_request(struct buf *out, const struct load *load, uint64_t key, const char *value)
{
    if (load->writes > 0) {
        buf_addf(out, "*3\r\n$3\r\nSET\r\n$13\r\nbench:%07llu\r\n$%zu\r\n%s\r\n",
                 (unsigned long long)key, (size_t)load->value_size, value);
    } else {
        buf_addf(out, "*2\r\n$3\r\nGET\r\n$13\r\nbench:%07llu\r\n", (unsigned long long)key);
    }
}

static void fill_ring(struct ring *ring, const struct load *load)
{
    struct rng rng;
    const uint64_t keys_and_first = load->keys + load->pipeline;
    assert(load->keys > 0 && keys_and_first > 0);
    rng_init(&rng, 1);
    uint64_t *keys = mem_alloc_array(load->keys, sizeof *keys);
    for (uint64_t i = 0; i < load->keys; i++) {
        uint64_t other = rng_below(&rng, i + 1);
        keys[i] = keys[other];
        keys[other] = i;
    }
    char *value = mem_alloc(load->value_size + 1);
    for (uint64_t i = 0; i < keys_and_first; i++) {
        for (uint64_t at = 0; at < load->value_size; at++) {
            value[at] = (char)('A' + (int)rng_below(&rng, 26));
        }
        add_request(&ring->bytes, load, keys[i % load->keys], value);
    }
    ring->count = load->keys;
    ring->request_size = ring->bytes.len / keys_and_first;
    mem_free(value);
    mem_free(keys);
}

static void connect_peer(struct loop_state *loop, uint64_t i)
{
    struct peer *peer = &loop->peers[i];
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)loop->load->port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    int on = 1;
    peer->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    peer->next = i * loop->ring.count / loop->load->connections;
    if (peer->fd < 0 || connect(peer->fd, (struct sockaddr *)&address, sizeof address) != 0 ||
        setsockopt(peer->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) {
        options_fail("bare_loop: cannot connect");
    }
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = i};
    if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, peer->fd, &event) != 0) {
        options_fail("bare_loop: epoll_ctl failed");
    }
}

static void send_requests(struct loop_state *loop, struct peer *peer, uint64_t count)
{
    if (count > loop->budget) {
        count = loop->budget;
    }
    if (count == 0) {
        return;
    }
    const char *bytes = loop->ring.bytes.data + peer->next * loop->ring.request_size;
    size_t size = count * loop->ring.request_size;
    if (send(peer->fd, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)size) {
        options_fail("bare_loop: the socket did not take a whole batch");
    }
    loop->cost.writes++;
    peer->next += count;
    if (peer->next >= loop->ring.count) {
        peer->next -= loop->ring.count;
    }
    loop->budget -= count;
    loop->outstanding += count;
}

/* Replies that ended within the bytes just read. Each must begin where the one before it ends. */
static uint64_t count_replies(const struct loop_state *loop, struct peer *peer, const char *input,
                              size_t len)
{
    size_t at = peer->rest == 0 ? 0 : loop->reply_size - peer->rest;
    uint64_t begun = 0;
    for (; at < len; at += loop->reply_size) {
        if (input[at] != loop->first) {
            options_fail("bare_loop: not the reply that was expected (are the keys loaded?)");
        }
        begun++;
    }
    size_t whole = peer->rest + len;
    peer->rest = whole % loop->reply_size;
    return whole / loop->reply_size;
}

static void receive(struct loop_state *loop, struct peer *peer)
{
    static char input[INPUT_SIZE];
    ssize_t len = recv(peer->fd, input, sizeof input, MSG_DONTWAIT);
    loop->cost.reads++;
    if (len <= 0) {
        options_fail("bare_loop: the server closed a connection");
    }
    uint64_t replies = count_replies(loop, peer, input, (size_t)len);
    loop->cost.requests += replies;
    loop->outstanding -= replies;
    send_requests(loop, peer, replies);
}

static void run(struct loop_state *loop)
{
    struct epoll_event events[EVENTS];
    for (uint64_t i = 0; i < loop->load->connections; i++) {
        send_requests(loop, &loop->peers[i], loop->load->pipeline);
    }
    while (loop->outstanding > 0) {
        if (time_is_over) {
            loop->budget = 0;
        }
        int count = epoll_wait(loop->epoll, events, EVENTS, -1);
        loop->cost.polls++;
        for (int i = 0; i < count; i++) {
            receive(loop, &loop->peers[events[i].data.u64]);
        }
    }
}

static void start_timer(double seconds)
{
    struct sigaction action = {.sa_handler = on_alarm};
    struct itimerval timer = {.it_value.tv_sec = (time_t)seconds};
    timer.it_value.tv_usec = (suseconds_t)((seconds - (double)timer.it_value.tv_sec) * 1e6);
    if (sigaction(SIGALRM, &action, NULL) != 0 || setitimer(ITIMER_REAL, &timer, NULL) != 0) {
        options_fail("bare_loop: cannot set a timer");
    }
}

int main(int argc, char **argv)
{
    struct load load;
    load_read(&load, argc, argv);
    if (load.threads != 1 || load.rate > 0 || load.zipf > 0 || load.general != 0) {
        options_fail("--threads, --rate, --zipf and --general are for engine_load");
    }
    if (load.writes > 0 && load.reads > 0) {
        options_fail("bare_loop: one command at a time");
    }
    options_pin(load.cpu);
    char head[32];
    struct loop_state loop = {.load = &load, .budget = UINT64_MAX};
    loop.first = load.writes > 0 ? '+' : '$';
    loop.reply_size = 5;
    if (load.reads > 0) {
        loop.reply_size = load.value_size + 2 +
                          (size_t)snprintf(head, sizeof head, "$%zu\r\n", (size_t)load.value_size);
    }
    fill_ring(&loop.ring, &load);
    loop.peers = mem_alloc_array(load.connections, sizeof *loop.peers);
    loop.epoll = epoll_create1(EPOLL_CLOEXEC);
    for (uint64_t i = 0; i < load.connections; i++) {
        connect_peer(&loop, i);
    }
    if (load.requests > 0) {
        loop.budget = load.requests;
    } else {
        start_timer(load.seconds);
    }
    struct rusage before;
    struct rusage after;
    getrusage(RUSAGE_SELF, &before);
    nsec start = clock_now(clock_monotonic());
    run(&loop);
    loop.cost.elapsed = clock_now(clock_monotonic()) - start;
    getrusage(RUSAGE_SELF, &after);
    load_cost_take(&loop.cost, &before, &after);
    load_cost_print(&loop.cost, &load, "bare_loop");
    for (uint64_t i = 0; i < load.connections; i++) {
        (void)close(loop.peers[i].fd);
    }
    (void)close(loop.epoll);
    mem_free(loop.peers);
    buf_release(&loop.ring.bytes);
    return 0;
}
