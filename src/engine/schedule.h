/* When operations of an open loop are meant to be sent. Pure.
 *
 * Poisson arrivals have exponential gaps that are scaled, SCHEDULE_BLOCK at a time, so that each
 * such block takes exactly as long as its rate says: a Poisson process given its count at the ends
 * of blocks. Within a block it is as irregular as any; over a run the rate is the one asked for,
 * and two arms are not told apart by the luck of their counts.
 *
 * One schedule for all workers: worker w of n gets every n-th arrival of a constant schedule
 * (staggered, so that together they are evenly spaced), or, of a Poisson process, one with an n-th
 * of the rate (superposed they are the whole process again: Kingman, "Poisson Processes", 1993).
 * Where the rate changes, arrivals of a unit-rate process are mapped through the inverse of the
 * cumulated rate (Cinlar, "Introduction to Stochastic Processes", 1975), exactly, for every shape.
 *
 * Thread rule: one owner. */
#pragma once

#include <stdint.h>

#include "base/rng.h"
#include "base/units.h"
#include "model/spec.h"

enum { SCHEDULE_BLOCK = 1000 };

struct schedule {
    const struct load_profile *profile;
    enum arrival arrival;
    nsec run;        /* length of the run that ramp and steps span */
    double step;     /* arrivals of the whole schedule per arrival of this worker */
    double position; /* cumulated rate (operations) of the next arrival */
    struct rng rng;
    double gaps[SCHEDULE_BLOCK]; /* exponential, of mean 1: from `used` on of this block, before it
                                    of the next one */
    size_t used;
    double scale; /* of this block's gaps */
    double sum;   /* of the next block's gaps drawn so far */
    nsec next;    /* of the next arrival, in time of the run; UINT64_MAX: the rate stays 0 */
};

/* Which part of the arrivals is meant: that of one worker among all. */
struct schedule_share {
    uint32_t worker; /* from 0 */
    uint32_t workers;
};

/* A flat, ramp, steps, burst or sine profile over a run of length `run` (used by ramp and steps;
 * after the run their last rate goes on). `seed` fixes the arrivals;
 * the same for all workers of an engine. `schedule->next` is the first arrival. */
void schedule_init(struct schedule *schedule, const struct load_spec *load, nsec run, uint64_t seed,
                   struct schedule_share share);
/* Moves on to the arrival after `next`. Steady rates take a few dozen instructions. */
void schedule_advance(struct schedule *schedule);
/* Operations per second that the profile asks for at a time of the run. */
double schedule_rate(const struct load_profile *profile, nsec run, nsec at);
/* Operations meant to be sent before that time: the integral of the rate. */
double schedule_cumulated(const struct load_profile *profile, nsec run, nsec at);
