#include <math.h>
#include <stdlib.h>

#include "base/rng.h"
#include "base/units.h"
#include "cli/doctor.h"
#include "os/clock.h"
#include "os/cpu.h"
#include "os/signal.h"

enum { CHUNKS = 200 };
static const nsec CHUNK_GOAL = 10 * NSEC_PER_MSEC;

/* Time for a fixed amount of work that stays in registers. */
static nsec work(uint64_t steps, struct rng *rng)
{
    const struct clock *clock = clock_monotonic();
    nsec begin = clock_now(clock);
    uint64_t sum = 0;
    for (uint64_t i = 0; i < steps; i++) {
        sum += rng_next(rng);
    }
    /* The sum goes back into the generator, so that the loop cannot be left out. */
    rng->state[0] ^= sum | 1;
    return clock_now(clock) - begin;
}

/* Steps that take about CHUNK_GOAL when nothing interrupts: the fastest of some trials counts. */
static uint64_t calibrate(struct rng *rng)
{
    uint64_t steps = 1 << 16;
    nsec best = work(steps, rng);
    for (int i = 0; i < 20; i++) {
        nsec again = work(steps, rng);
        best = again < best ? again : best;
    }
    double scale = (double)CHUNK_GOAL / (double)(best > 0 ? best : 1);
    return (uint64_t)((double)steps * scale) + 1;
}

static int compare_nsec(const void *a, const void *b)
{
    nsec left = *(const nsec *)a;
    nsec right = *(const nsec *)b;
    return (left > right) - (left < right);
}

void doctor_sort(nsec *times, size_t count)
{
    qsort(times, count, sizeof *times, compare_nsec);
}

struct noise {
    double variation; /* standard deviation / mean */
    double stall;     /* longest chunk minus the median, nanoseconds */
};

static bool measure_noise(struct noise *noise)
{
    nsec chunks[CHUNKS];
    struct rng rng;
    rng_init(&rng, 1);
    uint64_t steps = calibrate(&rng);
    double sum = 0;
    for (int i = 0; i < CHUNKS; i++) {
        chunks[i] = work(steps, &rng);
        sum += (double)chunks[i];
        if (signal_interrupted()) {
            return false;
        }
    }
    double mean = sum / CHUNKS;
    double squares = 0;
    for (int i = 0; i < CHUNKS; i++) {
        squares += ((double)chunks[i] - mean) * ((double)chunks[i] - mean);
    }
    doctor_sort(chunks, CHUNKS);
    noise->variation = sqrt(squares / (CHUNKS - 1)) / mean;
    noise->stall = (double)(chunks[CHUNKS - 1] - chunks[CHUNKS / 2]);
    return true;
}

static void judge_noise(struct doctor *doctor, const struct noise *noise)
{
    enum doctor_verdict verdict = DOCTOR_OK;
    const char *advice = "Even: small differences can be told apart with few pairs.";
    if (noise->variation > 0.10 || noise->stall > 20e6) {
        verdict = DOCTOR_BAD;
        advice = "Very uneven: only large differences in throughput can be trusted and none in p99 "
                 "and beyond; find a quieter machine, or stop what else runs here.";
    } else if (noise->variation > 0.03 || noise->stall > 5e6) {
        verdict = DOCTOR_WARN;
        advice = "Uneven: single runs differ without a cause, and such stalls show in p99 and "
                 "beyond; use --preset standard or rigorous.";
    }
    char stall[UNITS_TEXT_SIZE];
    doctor_say(doctor, verdict, "noise", "fixed work of 10 ms varies by %.1f %%, longest stall %s",
               noise->variation * 100, units_format_latency(noise->stall, stall));
    doctor_advise(doctor, advice);
}

static double share(nsec part, const struct cpu_times *before, const struct cpu_times *after)
{
    nsec all = (after->busy - before->busy) + (after->idle - before->idle) +
               (after->steal - before->steal);
    return all == 0 ? 0 : (double)part / (double)all;
}

static void judge_others(struct doctor *doctor, double busy)
{
    if (busy > 0.05) {
        doctor_say(doctor, busy > 0.30 ? DOCTOR_BAD : DOCTOR_WARN, "other programs",
                   "%.0f %% of the processors busy in a look of 1 s", busy * 100);
        doctor_advise(doctor, "Stop them, or measure on a machine that has nothing else to do.");
    } else {
        doctor_say(doctor, DOCTOR_OK, "other programs",
                   "%.0f %% of the processors busy in a look of 1 s", busy * 100);
    }
}

static void judge_steal(struct doctor *doctor, double steal)
{
    if (steal > 0.005) {
        doctor_say(doctor, steal > 0.02 ? DOCTOR_BAD : DOCTOR_WARN, "steal",
                   "the hypervisor took %.1f %% of the time in 3 s", steal * 100);
        doctor_advise(
            doctor,
            "Neighbours on the same host disturb: choose a dedicated or larger instance, or "
            "another hour.");
    } else {
        doctor_say(doctor, DOCTOR_OK, "steal", "the hypervisor took %.1f %% of the time in 3 s",
                   steal * 100);
    }
}

void doctor_check_noise(struct doctor *doctor)
{
    struct cpu_times begin = {0};
    struct cpu_times look = {0};
    struct cpu_times end = {0};
    struct error err = {0};
    bool known = cpu_times(&begin, &err);
    clock_sleep(NSEC_PER_SEC);
    known = known && cpu_times(&look, &err);
    struct noise noise;
    if (signal_interrupted() || !measure_noise(&noise)) {
        return;
    }
    known = known && cpu_times(&end, &err);
    if (known) {
        judge_others(doctor, share(look.busy - begin.busy, &begin, &look));
        judge_steal(doctor, share(end.steal - begin.steal, &begin, &end));
    } else {
        doctor_say(doctor, DOCTOR_WARN, "steal", "unknown: %s", err.text);
    }
    judge_noise(doctor, &noise);
}
