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

/* A^2 of the gaps of a schedule shared by so many workers. */
static double superposed(enum arrival arrival, uint32_t count, uint64_t seed)
{
    enum { RATE = 20000 };
    struct load_spec load = flat(RATE, arrival);
    struct schedule *workers = mem_alloc_array(count, sizeof *workers);
    double *gaps = mem_alloc_array(SAMPLE, sizeof *gaps);
    nsec before = 0;
    for (uint32_t i = 0; i < count; i++) {
        schedule_init(&workers[i], &load, 0, seed, (struct schedule_share){i, count});
    }
    for (size_t i = 0; i < SAMPLE; i++) {
        struct schedule *first = workers;
        for (uint32_t k = 1; k < count; k++) {
            first = workers[k].next < first->next ? &workers[k] : first;
        }
        gaps[i] = (double)(first->next - before) * RATE / (double)NSEC_PER_SEC;
        before = first->next;
        schedule_advance(first);
    }
    double statistic = anderson_darling(gaps, SAMPLE);
    mem_free(workers);
    mem_free(gaps);
    return statistic;
}

/* Superposed Poisson shares are Poisson again. */
static void test_superposition(void)
{
    static const uint32_t workers[] = {2, 4};
    for (size_t i = 0; i < sizeof workers / sizeof workers[0]; i++) {
        int failed = 0;
        for (uint64_t seed = 1; seed <= 10; seed++) {
            failed += superposed(ARRIVAL_POISSON, workers[i], seed) > CRITICAL;
        }
        tap_check(failed <= 1, "%u workers together are Poisson (%d of 10 rejected)", workers[i],
                  failed);
        tap_check(superposed(ARRIVAL_CONSTANT, workers[i], 1) > 100, "... even ones are not");
    }
}

/* Gaps that are nearly exponential: the test of this file tells them apart. */
static void test_the_test(void)
{
    static const struct {
        const char *name;
        double power; /* of an exponential variable */
        double scale;
        bool is_rejected;
    } rows[] = {
        {"exponential gaps", 1, 1, false},
        {"a rate that is 5 % too high", 1, 0.95, true},
        {"gaps more regular by a tenth", 0.9, 1.0398, true}, /* the mean stays: 1 / gamma(1.9) */
        {"gaps more irregular by a tenth", 1.1, 0.9555, true},
    };
    struct rng rng;
    double *gaps = mem_alloc_array(SAMPLE, sizeof *gaps);
    rng_init(&rng, 1);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (size_t k = 0; k < SAMPLE; k++) {
            gaps[k] = pow(-log(1 - rng_unit(&rng)), rows[i].power) * rows[i].scale;
        }
        tap_check((anderson_darling(gaps, SAMPLE) > CRITICAL) == rows[i].is_rejected, "%s: %s",
                  rows[i].name, rows[i].is_rejected ? "rejected" : "accepted");
    }
    mem_free(gaps);
}

/* What scaling by blocks is for, and what it costs: seconds of many blocks hardly differ. */
static void test_blocks_pin_the_rate(void)
{
    enum { SECONDS = 50, RATE = 20000, WORKERS = 2 };
    struct load_spec load = flat(RATE, ARRIVAL_POISSON);
    double worst = 0;
    struct schedule *workers[WORKERS];
    for (uint32_t k = 0; k < WORKERS; k++) {
        workers[k] = mem_alloc(sizeof(struct schedule));
        schedule_init(workers[k], &load, 0, 7, (struct schedule_share){k, WORKERS});
    }
    for (nsec second = 1; second <= SECONDS; second++) {
        double count = 0;
        for (uint32_t k = 0; k < WORKERS; k++) {
            for (; workers[k]->next < second * NSEC_PER_SEC; count++) {
                schedule_advance(workers[k]);
            }
        }
        worst = fmax(worst, fabs(count - RATE));
    }
    tap_check(worst < 0.005 * RATE, "every second has its rate within half a per cent (%g)", worst);
    for (uint32_t k = 0; k < WORKERS; k++) {
        mem_free(workers[k]);
    }
}

/* Nothing is due while the rate is 0. */
static void test_rest(void)
{
    static const struct load_profile rests[] = {
        {.shape = LOAD_BURST,
         .rates = {0, 2000},
         .rate_count = 2,
         .period = 100 * NSEC_PER_MSEC,
         .length = 10 * NSEC_PER_MSEC},
        {.shape = LOAD_BURST,
         .rates = {500, 0},
         .rate_count = 2,
         .period = 100 * NSEC_PER_MSEC,
         .length = 90 * NSEC_PER_MSEC},
        {.shape = LOAD_STEPS, .rates = {0, 1000, 0, 0, 500, 0}, .rate_count = 6},
    };
    const nsec run = 3 * NSEC_PER_SEC;
    for (size_t i = 0; i < sizeof rests / sizeof rests[0]; i++) {
        for (int arrival = ARRIVAL_POISSON; arrival <= ARRIVAL_CONSTANT; arrival++) {
            struct load_spec load = {.profile = rests[i], .arrival = (enum arrival)arrival};
            struct schedule *schedule = new_schedule(&load, run, 11);
            int count = 0;
            int misplaced = 0;
            for (; schedule->next < run; count++) {
                /* Times are cut to whole nanoseconds, so the last one may count to the rest. */
                misplaced += schedule_rate(&rests[i], run, schedule->next) <= 0 &&
                             schedule_rate(&rests[i], run, schedule->next + 1) <= 0;
                schedule_advance(schedule);
            }
            double expected = schedule_cumulated(&rests[i], run, run);
            tap_int(misplaced, 0, "rest %zu, %s: nothing is due", i,
                    arrival == ARRIVAL_POISSON ? "Poisson" : "even");
            tap_near(count, expected, 5 * sqrt(expected), "... and the rest has its number");
            mem_free(schedule);
        }
    }
}

/* Workers of a constant schedule take turns in every shape: no two at once. */
static void test_turns(void)
{
    enum { WORKERS = 4 };
    const nsec run = 4 * NSEC_PER_SEC;
    for (size_t i = 0; i < PROFILES; i++) {
        struct load_spec load = {.profile = profiles[i].profile, .arrival = ARRIVAL_CONSTANT};
        struct schedule *workers[WORKERS];
        struct schedule *alone = new_schedule(&load, run, 1);
        bool same = true;
        for (uint32_t k = 0; k < WORKERS; k++) {
            workers[k] = mem_alloc(sizeof(struct schedule));
            schedule_init(workers[k], &load, run, 1, (struct schedule_share){k, WORKERS});
        }
        for (size_t k = 0; k < SAMPLE; k++) {
            same = same && workers[k % WORKERS]->next == alone->next;
            schedule_advance(workers[k % WORKERS]);
            schedule_advance(alone);
        }
        tap_check(same, "%s: four workers share the moments of one", profiles[i].name);
        for (uint32_t k = 0; k < WORKERS; k++) {
            mem_free(workers[k]);
        }
        mem_free(alone);
    }
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

/* A day at a million per second: to the nanosecond, and never backwards, at its end as well. */
static void test_day(void)
{
    enum { MOMENTS = 20000 };
    const nsec day = 24 * 3600 * NSEC_PER_SEC;
    static const struct load_profile days[] = {
        {.shape = LOAD_RAMP, .rates = {0, 2e6}, .rate_count = 2},
        {.shape = LOAD_STEPS, .rates = {5e5, 1e6, 15e5}, .rate_count = 3},
        {.shape = LOAD_BURST,
         .rates = {0, 5e6},
         .rate_count = 2,
         .period = NSEC_PER_SEC,
         .length = 200 * NSEC_PER_MSEC},
        {.shape = LOAD_SINE, .rates = {5e5, 15e5}, .rate_count = 2, .period = 7 * NSEC_PER_SEC},
    };
    for (size_t i = 0; i < sizeof days / sizeof days[0]; i++) {
        struct load_spec load = {.profile = days[i], .arrival = ARRIVAL_CONSTANT};
        struct schedule *schedule = new_schedule(&load, day, 1);
        double worst = 0;
        int backwards = 0;
        nsec before = 0;
        schedule->position = floor(schedule_cumulated(&days[i], day, day)) - MOMENTS + 0.5;
        for (int k = 0; k < MOMENTS; k++) {
            schedule_advance(schedule);
            double rate = fmax(schedule_rate(&days[i], day, schedule->next), 5e5);
            double off = schedule_cumulated(&days[i], day, schedule->next) - schedule->position;
            worst = fmax(worst, fabs(off) / rate * (double)NSEC_PER_SEC);
            backwards += schedule->next < before;
            before = schedule->next;
        }
        tap_check(worst < 2, "shape %zu: after a day within %.2f ns", i, worst);
        tap_int(backwards, 0, "shape %zu: in order", i);
        mem_free(schedule);
    }
}

/* A day of Poisson arrivals, all of them: errors of the sums do not pile up. */
static void test_day_of_chance(void)
{
    const nsec day = 24 * 3600 * NSEC_PER_SEC;
    struct load_spec load = flat(20, ARRIVAL_POISSON);
    struct schedule *schedule = new_schedule(&load, 0, 4);
    double count = 0;
    for (; schedule->next < day; count++) {
        schedule_advance(schedule);
    }
    tap_near(count, 20 * 24 * 3600.0, 150, "a day's number is the rate's");
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
    test_turns();
    test_superposition();
    test_the_test();
    test_blocks_pin_the_rate();
    test_rest();
    test_long_run();
    test_day();
    test_day_of_chance();
    test_sameness();
    test_rate_that_ends();
    return tap_end();
}
