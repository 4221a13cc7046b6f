/* Artificial campaigns: what a comparison of so many pairs would see on a machine whose noise is
 * known. Lengths and sizes are on the logarithmic scale; a run scatters by 2 %.
 *
 * Pairs come in quads, ABBA or BAAB by coin, and time goes on from run to run, so that drift, steps
 * and slow noise fall on the arms as they would in a session. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/rng.h"

enum noise {
    NOISE_NORMAL,       /* independent runs */
    NOISE_DRIFT,        /* and the machine gets 4 % slower over 40 runs */
    NOISE_SLOW,         /* what disturbs one run mostly disturbs the next: correlation 0.9 */
    NOISE_STEP,         /* 4 % slower from one moment on */
    NOISE_FIRST_SLOW,   /* the first run of a pair is 1.5 % slower */
    NOISE_T3,           /* heavy tails: t with 3 degrees of freedom */
    NOISE_CONTAMINATED, /* one run in ten scatters ten times as wide */
    NOISE_COUNT,
};

const char *noise_name(enum noise noise);

enum { NOISE_MOST_PAIRS = 60 };

struct campaign_noise {
    double d[NOISE_MOST_PAIRS];   /* of each pair, the true effect included */
    bool first[NOISE_MOST_PAIRS]; /* the arm was measured before the baseline */
};

struct noise_design {
    enum noise noise;
    size_t pairs;
    double effect; /* the true one */
    double sd;     /* of a pair of independent runs; drift, steps and first runs grow with it */
};

void noise_draw(struct campaign_noise *out, const struct noise_design *design, struct rng *rng);

/* Single values of the three shapes, standard deviation 1 (contaminated: of its narrow part). */
double noise_value(enum noise shape, struct rng *rng);
