#include "engine/schedule.h"

#include <math.h>

/* Seconds of a time, and back. */
static double seconds(nsec time)
{
    return (double)time / (double)NSEC_PER_SEC;
}

/* A rate that goes in a straight line from one value to another over a stretch of time. */
struct stretch {
    double from; /* per second */
    double to;
    double length; /* seconds */
};

static double stretch_whole(const struct stretch *stretch)
{
    return (stretch->from + stretch->to) / 2 * stretch->length;
}

static double stretch_cumulated(const struct stretch *stretch, double at)
{
    double slope = stretch->length > 0 ? (stretch->to - stretch->from) / stretch->length : 0;
    return stretch->from * at + slope * at * at / 2;
}

/* When that many operations are reached; the form without cancellation of the quadratic's root. */
static double stretch_inverse(const struct stretch *stretch, double operations)
{
    double slope = stretch->length > 0 ? (stretch->to - stretch->from) / stretch->length : 0;
    double root = sqrt(fmax(0, stretch->from * stretch->from + 2 * slope * operations));
    return operations <= 0 ? 0 : 2 * operations / (stretch->from + root);
}

/* The straight stretches of a ramp, of steps, or of one period of a burst; how many. */
static size_t list_stretches(const struct load_profile *profile, double run,
                             struct stretch out[LOAD_MAX_RATES])
{
    const double *rates = profile->rates;
    switch (profile->shape) {
    case LOAD_RAMP:
        out[0] = (struct stretch){rates[0], rates[1], run};
        return 1;
    case LOAD_STEPS:
        for (size_t i = 0; i < profile->rate_count; i++) {
            out[i] = (struct stretch){rates[i], rates[i], run / (double)profile->rate_count};
        }
        return profile->rate_count;
    case LOAD_BURST:
        out[0] = (struct stretch){rates[0], rates[0], seconds(profile->period - profile->length)};
        out[1] = (struct stretch){rates[1], rates[1], seconds(profile->length)};
        return 2;
    default:
        return 0;
    }
}

/* The rate that goes on when the listed stretches are over. */
static double last_rate(const struct load_profile *profile)
{
    return profile->rates[profile->rate_count - 1];
}

/* ---- sine ---- */

static double sine_middle(const struct load_profile *profile)
{
    return (profile->rates[0] + profile->rates[1]) / 2;
}

static double sine_rate(const struct load_profile *profile, double at)
{
    double swing = (profile->rates[1] - profile->rates[0]) / 2;
    return sine_middle(profile) + swing * sin(2 * M_PI * at / seconds(profile->period));
}

static double sine_cumulated(const struct load_profile *profile, double at)
{
    double period = seconds(profile->period);
    double swing = (profile->rates[1] - profile->rates[0]) / 2;
    return sine_middle(profile) * at +
           swing * period / (2 * M_PI) * (1 - cos(2 * M_PI * at / period));
}

/* Newton's method, kept inside of a bracket that halves where it would leave it. */
static double sine_inverse(const struct load_profile *profile, double operations)
{
    enum { ROUNDS = 100 };
    double period = seconds(profile->period);
    double whole = sine_middle(profile) * period;
    double periods = floor(operations / whole);
    double wanted = operations - periods * whole;
    double low = 0;
    double high = period;
    double at = wanted / whole * period;
    for (int i = 0; i < ROUNDS && high - low > 1e-12 * period; i++) {
        double excess = sine_cumulated(profile, at) - wanted;
        if (fabs(excess) < 1e-9) {
            break;
        }
        low = excess < 0 ? at : low;
        high = excess < 0 ? high : at;
        double rate = sine_rate(profile, at);
        double next = rate > 0 ? at - excess / rate : low;
        at = next > low && next < high ? next : (low + high) / 2;
    }
    return periods * period + at;
}

/* ---- all shapes ---- */

double schedule_rate(const struct load_profile *profile, nsec run, nsec at)
{
    struct stretch stretches[LOAD_MAX_RATES];
    size_t count = list_stretches(profile, seconds(run), stretches);
    double left = seconds(at);
    if (profile->shape == LOAD_FLAT) {
        return profile->rates[0];
    }
    if (profile->shape == LOAD_SINE) {
        return sine_rate(profile, left);
    }
    if (profile->shape == LOAD_BURST) {
        left = fmod(left, seconds(profile->period));
    }
    for (size_t i = 0; i < count; i++) {
        const struct stretch *stretch = &stretches[i];
        if (left < stretch->length) {
            return stretch->from + (stretch->to - stretch->from) * left / stretch->length;
        }
        left -= stretch->length;
    }
    return last_rate(profile);
}

double schedule_cumulated(const struct load_profile *profile, nsec run, nsec at)
{
    struct stretch stretches[LOAD_MAX_RATES];
    size_t count = list_stretches(profile, seconds(run), stretches);
    double left = seconds(at);
    double sum = 0;
    if (profile->shape == LOAD_FLAT) {
        return profile->rates[0] * left;
    }
    if (profile->shape == LOAD_SINE) {
        return sine_cumulated(profile, left);
    }
    if (profile->shape == LOAD_BURST) {
        double period = seconds(profile->period);
        double periods = floor(left / period);
        sum = periods * (stretch_whole(&stretches[0]) + stretch_whole(&stretches[1]));
        left -= periods * period;
    }
    for (size_t i = 0; i < count; i++) {
        double inside = fmin(left, stretches[i].length);
        sum += stretch_cumulated(&stretches[i], inside);
        left -= inside;
    }
    return sum + fmax(0, left) * last_rate(profile);
}

/* When so many operations are reached, in seconds; infinite: never. */
static double inverse(const struct load_profile *profile, double run, double operations)
{
    struct stretch stretches[LOAD_MAX_RATES];
    double at = 0;
    if (profile->shape == LOAD_FLAT) {
        return operations / profile->rates[0];
    }
    if (profile->shape == LOAD_SINE) {
        return sine_inverse(profile, operations);
    }
    size_t count = list_stretches(profile, run, stretches);
    if (profile->shape == LOAD_BURST) {
        double whole = stretch_whole(&stretches[0]) + stretch_whole(&stretches[1]);
        double periods = floor(operations / whole);
        at = periods * seconds(profile->period);
        operations -= periods * whole;
    }
    for (size_t i = 0; i < count; i++) {
        double whole = stretch_whole(&stretches[i]);
        if (operations <= whole && whole > 0) {
            return at + stretch_inverse(&stretches[i], operations);
        }
        operations -= whole;
        at += stretches[i].length;
    }
    double rate = last_rate(profile);
    return rate > 0 ? at + operations / rate : INFINITY;
}

static void find_next(struct schedule *schedule)
{
    double at = inverse(schedule->profile, seconds(schedule->run), schedule->position);
    /* Beyond a few centuries there is no next one either. */
    schedule->next = at < 1e9 ? (nsec)(at * (double)NSEC_PER_SEC) : UINT64_MAX;
}

static double draw_exponential(struct schedule *schedule)
{
    double drawn = -log(1 - rng_unit(&schedule->rng));
    schedule->sum += drawn;
    return drawn;
}

/* Arrivals of the whole schedule until this worker's next one. */
static double draw_gap(struct schedule *schedule)
{
    if (schedule->arrival == ARRIVAL_CONSTANT) {
        return schedule->step;
    }
    if (schedule->used == SCHEDULE_BLOCK) {
        schedule->scale = SCHEDULE_BLOCK * schedule->step / schedule->sum;
        schedule->used = 0;
        schedule->sum = 0;
    }
    double *gap = &schedule->gaps[schedule->used++];
    double drawn = *gap * schedule->scale;
    *gap = draw_exponential(schedule);
    return drawn;
}

void schedule_init(struct schedule *schedule, const struct load_spec *load, nsec run, uint64_t seed,
                   struct schedule_share share)
{
    *schedule = (struct schedule){
        .profile = &load->profile,
        .arrival = load->arrival,
        .run = run,
        .step = share.workers,
    };
    rng_init(&schedule->rng, rng_derive(seed, share.worker));
    for (size_t i = 0; i < SCHEDULE_BLOCK; i++) {
        schedule->gaps[i] = draw_exponential(schedule);
    }
    schedule->used = SCHEDULE_BLOCK;
    /* Half a step off the start, so that nothing is due in the very first moment. */
    schedule->position =
        load->arrival == ARRIVAL_CONSTANT ? share.worker + 0.5 : draw_gap(schedule);
    find_next(schedule);
}

void schedule_advance(struct schedule *schedule)
{
    schedule->position += draw_gap(schedule);
    find_next(schedule);
}
