/* Moments to send: how they are spread, and that they add up. */
#include "engine/schedule.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "support/tap.h"

enum { SAMPLE = 20000 };

/* Critical value of A^2 at 1 % for a distribution that is fully known (Stephens, "EDF statistics
 * for goodness of fit", JASA 69, 1974). */
static const double CRITICAL = 3.857;

static struct schedule *new_schedule(const struct load_spec *load, nsec run, uint64_t seed)
{
    struct schedule *schedule = mem_alloc(sizeof *schedule);
    schedule_init(schedule, load, run, seed, (struct schedule_share){0, 1});
    return schedule;
}

static struct load_spec flat(double rate, enum arrival arrival)
{
    return (struct load_spec){
        .profile = {.shape = LOAD_FLAT, .rates = {rate}, .rate_count = 1},
        .arrival = arrival,
    };
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Anderson and Darling's A^2 of gaps against the exponential distribution of mean 1. */
static double anderson_darling(double *gaps, size_t count)
{
    double sum = 0;
    qsort(gaps, count, sizeof *gaps, ascending);
    for (size_t i = 0; i < count; i++) {
        double below = -expm1(-fmax(gaps[i], 1e-12));
        double above = -fmax(gaps[count - 1 - i], 1e-12);
        sum += (2.0 * (double)i + 1) * (log(below) + above);
    }
    return -(double)count - sum / (double)count;
}

static double gaps_of(const struct load_spec *load, nsec run, uint64_t seed)
{
    double *gaps = mem_alloc_array(SAMPLE, sizeof *gaps);
    struct schedule *schedule = new_schedule(load, run, seed);
    double before = 0;
    for (size_t i = 0; i < SAMPLE; i++) {
        double position = schedule_cumulated(&load->profile, run, schedule->next);
        gaps[i] = position - before;
        before = position;
        schedule_advance(schedule);
    }
    double statistic = anderson_darling(gaps, SAMPLE);
    mem_free(schedule);
    mem_free(gaps);
    return statistic;
}

static const struct {
    const char *name;
    struct load_profile profile;
} profiles[] = {
    {"flat", {.shape = LOAD_FLAT, .rates = {5000}, .rate_count = 1}},
    {"ramp up", {.shape = LOAD_RAMP, .rates = {100, 9900}, .rate_count = 2}},
    {"ramp down", {.shape = LOAD_RAMP, .rates = {9900, 100}, .rate_count = 2}},
    {"steps", {.shape = LOAD_STEPS, .rates = {1000, 9000, 5000}, .rate_count = 3}},
    {"burst",
     {.shape = LOAD_BURST,
      .rates = {1000, 21000},
      .rate_count = 2,
      .period = NSEC_PER_SEC,
      .length = 200 * NSEC_PER_MSEC}},
    {"sine",
     {.shape = LOAD_SINE, .rates = {0, 10000}, .rate_count = 2, .period = 1500 * NSEC_PER_MSEC}},
};
enum { PROFILES = sizeof profiles / sizeof profiles[0] };

static void test_poisson(void)
{
    const nsec run = 4 * NSEC_PER_SEC;
    for (size_t i = 0; i < PROFILES; i++) {
        struct load_spec load = {.profile = profiles[i].profile, .arrival = ARRIVAL_POISSON};
        int failed = 0;
        for (uint64_t seed = 1; seed <= 10; seed++) {
            failed += gaps_of(&load, run, seed) > CRITICAL;
        }
        tap_check(failed <= 1, "%s: Poisson arrivals are exponential (%d of 10 rejected)",
                  profiles[i].name, failed);
        load.arrival = ARRIVAL_CONSTANT;
        tap_check(gaps_of(&load, run, 1) > 100, "%s: even ones are not", profiles[i].name);
    }
}

/* In each profile about as many arrivals until any moment as the rate adds up to. */
static void test_counts(void)
{
    const nsec run = 4 * NSEC_PER_SEC;
    for (size_t i = 0; i < PROFILES; i++) {
        struct load_spec load = {.profile = profiles[i].profile, .arrival = ARRIVAL_CONSTANT};
        struct schedule *schedule = new_schedule(&load, run, 1);
        double worst = 0;
        bool ascends = true;
        nsec before = 0;
        for (double count = 0.5; schedule->next < run; count++) {
            double expected = schedule_cumulated(&load.profile, run, schedule->next);
            worst = fmax(worst, fabs(expected - count));
            ascends = ascends && schedule->next >= before;
            before = schedule->next;
            schedule_advance(schedule);
        }
        tap_check(worst < 1e-3, "%s: arrivals follow the cumulated rate (%g)", profiles[i].name,
                  worst);
        tap_check(ascends, "%s: in order", profiles[i].name);
        double sum = 0;
        for (nsec at = 0; at < run; at += run / 10000) {
            sum += schedule_rate(&load.profile, run, at + run / 20000) * 4.0 / 10000;
        }
        tap_near(sum, schedule_cumulated(&load.profile, run, run), 30,
                 "%s: the cumulated rate is the integral of the rate", profiles[i].name);
        mem_free(schedule);
    }
}

static void test_rate_is_reached(void)
{
    static const double rates[] = {1000, 20000, 333.3};
    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        struct load_spec load = flat(rates[i], ARRIVAL_POISSON);
        struct schedule *schedule = new_schedule(&load, 0, 5 + i);
        uint64_t count = 0;
        for (; schedule->next < 10 * NSEC_PER_SEC; count++) {
            schedule_advance(schedule);
        }
        tap_near((double)count / 10, rates[i], rates[i] * 0.005, "%g/s: within half a per cent",
                 rates[i]);
        mem_free(schedule);
    }
}

/* Arrivals in stretches much shorter than a block vary as those of a Poisson process do. */
static void test_variance(void)
{
    enum { STRETCHES = 5000 };
    struct load_spec load = flat(10000, ARRIVAL_POISSON);
    struct schedule *schedule = new_schedule(&load, 0, 3);
    double squares = 0;
    for (nsec i = 1; i <= STRETCHES; i++) {
        double count = 0;
        for (; schedule->next < i * 2 * NSEC_PER_MSEC; count++) {
            schedule_advance(schedule);
        }
        squares += (count - 20) * (count - 20);
    }
    tap_near(squares / STRETCHES / 20, 1, 0.1, "variance over mean in 2 ms is that of chance");
    mem_free(schedule);
}

/* Workers that share a constant schedule take turns. */
static void test_workers(void)
{
    enum { WORKERS = 3 };
    struct load_spec load = flat(3000, ARRIVAL_CONSTANT);
    struct schedule *workers[WORKERS];
    bool even = true;
    nsec before = 0;
    for (uint32_t i = 0; i < WORKERS; i++) {
        workers[i] = mem_alloc(sizeof(struct schedule));
        schedule_init(workers[i], &load, 0, 1, (struct schedule_share){i, WORKERS});
    }
    for (size_t i = 0; i < 3000; i++) {
        struct schedule *next = workers[i % WORKERS];
        nsec gap = next->next - before;
        even = even && (i == 0 || (gap >= 333332 && gap <= 333335));
        before = next->next;
        schedule_advance(next);
    }
    tap_check(even, "together the workers' arrivals are evenly spaced");
    for (uint32_t i = 0; i < WORKERS; i++) {
        mem_free(workers[i]);
    }
}

/* Superposed Poisson shares are Poisson again. */
static void test_superposition(void)
{
    enum { WORKERS = 4 };
    struct load_spec load = flat(20000, ARRIVAL_POISSON);
    struct schedule *workers[WORKERS];
    double *gaps = mem_alloc_array(SAMPLE, sizeof *gaps);
    nsec before = 0;
    for (uint32_t i = 0; i < WORKERS; i++) {
        workers[i] = mem_alloc(sizeof(struct schedule));
        schedule_init(workers[i], &load, 0, 9, (struct schedule_share){i, WORKERS});
    }
    for (size_t i = 0; i < SAMPLE; i++) {
        struct schedule *first = workers[0];
        for (uint32_t k = 1; k < WORKERS; k++) {
            first = workers[k]->next < first->next ? workers[k] : first;
        }
        gaps[i] = (double)(first->next - before) * 20000 / 1e9;
        before = first->next;
        schedule_advance(first);
    }
    double statistic = anderson_darling(gaps, SAMPLE);
    tap_check(statistic < CRITICAL, "four workers together are Poisson (A2 = %.2f)", statistic);
    for (uint32_t i = 0; i < WORKERS; i++) {
        mem_free(workers[i]);
    }
    mem_free(gaps);
}

static void test_long_run(void)
{
    struct load_spec load = flat(1000000, ARRIVAL_CONSTANT);
    struct schedule *schedule = new_schedule(&load, 0, 1);
    schedule->position = 24.0 * 3600 * 1e6 - 0.5; /* as after a day */
    schedule_advance(schedule);
    tap_near((double)schedule->next, 24.0 * 3600e9 + 500, 20, "a day later it is still exact");
    mem_free(schedule);
}

static void test_sameness(void)
{
    struct load_spec load = flat(1000, ARRIVAL_POISSON);
    struct schedule *a = new_schedule(&load, 0, 1);
    struct schedule *b = new_schedule(&load, 0, 1);
    struct schedule *c = new_schedule(&load, 0, 2);
    bool same = true;
    bool other = false;
    for (int i = 0; i < 3000; i++) {
        same = same && a->next == b->next;
        other = other || a->next != c->next;
        schedule_advance(a);
        schedule_advance(b);
        schedule_advance(c);
    }
    tap_check(same, "the same seed gives the same moments");
    tap_check(other, "another seed others");
    mem_free(a);
    mem_free(b);
    mem_free(c);
}

static void test_rate_that_ends(void)
{
    struct load_spec load = {.profile = {.shape = LOAD_RAMP, .rates = {100, 0}, .rate_count = 2}};
    struct schedule *schedule = new_schedule(&load, 2 * NSEC_PER_SEC, 1);
    int count = 0;
    for (; schedule->next != UINT64_MAX && count < 1000; count++) {
        schedule_advance(schedule);
    }
    tap_check(count >= 80 && count <= 120, "a ramp to nothing comes to its end (%d)", count);
    mem_free(schedule);
}

int main(void)
{
    test_poisson();
    test_counts();
    test_rate_is_reached();
    test_variance();
    test_workers();
    test_superposition();
    test_long_run();
    test_sameness();
    test_rate_that_ends();
    return tap_end();
}
