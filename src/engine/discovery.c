#include "engine/discovery.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "base/mem.h"
#include "os/clock.h"
#include "os/thread.h"

enum {
    /* Between two searches, so that a thousand lost connections are no flood of questions. */
    PAUSE_MS = 50,
    /* After a failover the former primary goes on answering until the sentinels reach it: they are
     * asked again and again. */
    SENTINEL_MS = 1000,
};

struct edition {
    struct topology topology;
    struct edition *before;
};

struct discovery {
    const struct locator *locator;
    nsec timeout;
    _Atomic(struct edition *) latest; /* written by the thread alone once it runs */
    atomic_uint_fast64_t answered;    /* tickets up to this one */
    pthread_t thread;
    bool has_thread;
    pthread_mutex_t mutex; /* of what follows */
    pthread_cond_t changed;
    uint64_t asked; /* the latest ticket */
    bool is_wanted; /* a ticket is waiting for a search */
    bool must_end;
    struct error problem;
};

static struct edition *new_edition(const struct topology *topology, struct edition *before)
{
    struct edition *edition = mem_alloc(sizeof *edition);
    edition->topology = *topology;
    edition->before = before;
    return edition;
}

/* Publishes what was found unless it is what is known already. */
static void take_over(struct discovery *discovery, struct edition *found)
{
    struct edition *known = atomic_load(&discovery->latest);
    if (topology_equal(&known->topology, &found->topology)) {
        mem_free(found);
        return;
    }
    found->before = known;
    atomic_store_explicit(&discovery->latest, found, memory_order_release);
}

/* One search; the mutex is held before and after. False: it failed. */
static bool search(struct discovery *discovery)
{
    uint64_t ticket = discovery->asked;
    discovery->is_wanted = false;
    pthread_mutex_unlock(&discovery->mutex);
    struct error problem = {0};
    const struct topology *known = discovery_latest(discovery);
    struct edition *found = mem_alloc(sizeof *found);
    bool done = discover(discovery->locator, known, discovery->timeout, &found->topology, &problem);
    if (done) {
        take_over(discovery, found);
        atomic_store_explicit(&discovery->answered, ticket, memory_order_release);
    } else {
        mem_free(found);
    }
    pthread_mutex_lock(&discovery->mutex);
    discovery->problem = problem;
    /* Whoever asked still waits: go on until it works. */
    discovery->is_wanted = discovery->is_wanted || !done;
    return done;
}

/* Waits that long; with `until_wanted`, or until a search is asked for. */
static void rest(struct discovery *discovery, unsigned milliseconds, bool until_wanted)
{
    nsec wake = clock_now(clock_monotonic()) + milliseconds * NSEC_PER_MSEC;
    struct timespec until = {
        .tv_sec = (time_t)(wake / NSEC_PER_SEC),
        .tv_nsec = (long)(wake % NSEC_PER_SEC),
    };
    while (!discovery->must_end && !(until_wanted && discovery->is_wanted) &&
           pthread_cond_timedwait(&discovery->changed, &discovery->mutex, &until) == 0) {
    }
}

static void wait_for_reason(struct discovery *discovery)
{
    if (discovery->locator->sentinel_master != NULL) {
        rest(discovery, SENTINEL_MS, true);
        discovery->is_wanted = true;
        return;
    }
    pthread_cond_wait(&discovery->changed, &discovery->mutex);
}

static void *discovery_main(void *arg)
{
    struct discovery *discovery = arg;
    pthread_mutex_lock(&discovery->mutex);
    while (!discovery->must_end) {
        if (discovery->is_wanted) {
            (void)search(discovery);
            rest(discovery, PAUSE_MS, false);
        } else {
            wait_for_reason(discovery);
        }
    }
    pthread_mutex_unlock(&discovery->mutex);
    return NULL;
}

static bool is_number(const char *host)
{
    unsigned char bytes[sizeof(struct in6_addr)];
    return inet_pton(AF_INET, host, bytes) == 1 || inet_pton(AF_INET6, host, bytes) == 1;
}

/* A server that was named by its number, alone, is where it is. */
static bool can_change(const struct locator *locator)
{
    bool has_name = locator->host != NULL && !is_number(locator->host);
    return has_name || locator->is_cluster || locator->sentinel_master != NULL ||
           locator->read_from != READ_FROM_PRIMARY;
}

struct discovery *discovery_new(const struct locator *locator, const struct topology *topology,
                                nsec timeout, struct error *err)
{
    struct discovery *discovery = mem_alloc(sizeof *discovery);
    discovery->locator = locator;
    discovery->timeout = timeout;
    atomic_init(&discovery->latest, new_edition(topology, NULL));
    atomic_init(&discovery->answered, 0);
    pthread_mutex_init(&discovery->mutex, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&discovery->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    if (locator != NULL && can_change(locator)) {
        discovery->has_thread =
            thread_start(&discovery->thread, "discovery", discovery_main, discovery, err);
        if (!discovery->has_thread) {
            discovery_free(discovery);
            return NULL;
        }
    }
    return discovery;
}

void discovery_free(struct discovery *discovery)
{
    if (discovery == NULL) {
        return;
    }
    if (discovery->has_thread) {
        pthread_mutex_lock(&discovery->mutex);
        discovery->must_end = true;
        pthread_cond_broadcast(&discovery->changed);
        pthread_mutex_unlock(&discovery->mutex);
        pthread_join(discovery->thread, NULL);
    }
    for (struct edition *at = atomic_load(&discovery->latest); at != NULL;) {
        struct edition *before = at->before;
        mem_free(at);
        at = before;
    }
    pthread_cond_destroy(&discovery->changed);
    pthread_mutex_destroy(&discovery->mutex);
    mem_free(discovery);
}

uint64_t discovery_request(struct discovery *discovery)
{
    if (!discovery->has_thread) {
        return 0;
    }
    pthread_mutex_lock(&discovery->mutex);
    uint64_t ticket = ++discovery->asked;
    discovery->is_wanted = true;
    pthread_cond_broadcast(&discovery->changed);
    pthread_mutex_unlock(&discovery->mutex);
    return ticket;
}

bool discovery_is_answered(const struct discovery *discovery, uint64_t ticket)
{
    return atomic_load_explicit(&discovery->answered, memory_order_acquire) >= ticket;
}

const struct topology *discovery_latest(const struct discovery *discovery)
{
    return &atomic_load_explicit(&discovery->latest, memory_order_acquire)->topology;
}

bool discovery_has_names(const struct discovery *discovery, const struct topology_node *node)
{
    return discovery->has_thread && node->port != 0 && !is_number(node->host);
}

void discovery_problem(struct discovery *discovery, struct error *out)
{
    pthread_mutex_lock(&discovery->mutex);
    *out = discovery->problem;
    pthread_mutex_unlock(&discovery->mutex);
}
