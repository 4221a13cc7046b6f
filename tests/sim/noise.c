#include "sim/noise.h"

#include <assert.h>
#include <math.h>

#include "support/normal.h"

static const char *const names[NOISE_COUNT] = {
    [NOISE_NORMAL] = "normal",
    [NOISE_DRIFT] = "drift",
    [NOISE_SLOW] = "slow noise",
    [NOISE_STEP] = "step",
    [NOISE_FIRST_SLOW] = "first run slow",
    [NOISE_T3] = "t3",
    [NOISE_CONTAMINATED] = "contaminated",
};

const char *noise_name(enum noise noise)
{
    assert((unsigned)noise < NOISE_COUNT);
    return names[noise];
}

static double t3_draw(struct rng *rng)
{
    double a = normal_draw(rng);
    double b = normal_draw(rng);
    double c = normal_draw(rng);
    double variance = 3; /* of t with 3 degrees of freedom */
    return normal_draw(rng) / sqrt((a * a + b * b + c * c) / 3) / sqrt(variance);
}

double noise_value(enum noise shape, struct rng *rng)
{
    if (shape == NOISE_T3) {
        return t3_draw(rng);
    }
    double scale = shape == NOISE_CONTAMINATED && rng_below(rng, 10) == 0 ? 10 : 1;
    return scale * normal_draw(rng);
}

/* What moves slowly, in standard deviations of a run. */
struct weather {
    enum noise noise;
    double slow;
    size_t step_at;
};

static double weather_at(struct weather *weather, size_t run, struct rng *rng)
{
    static const double correlation = 0.9;
    switch (weather->noise) {
    case NOISE_DRIFT:
        return 2 * (double)run / 40;
    case NOISE_SLOW:
        weather->slow =
            correlation * weather->slow + sqrt(1 - correlation * correlation) * normal_draw(rng);
        return weather->slow;
    case NOISE_STEP:
        return run >= weather->step_at ? 2 : 0;
    case NOISE_FIRST_SLOW:
        return run % 2 == 0 ? -0.75 : 0;
    case NOISE_NORMAL:
    case NOISE_T3:
    case NOISE_CONTAMINATED:
    case NOISE_COUNT:
        break;
    }
    return 0;
}

void noise_draw(struct campaign_noise *out, const struct noise_design *design, struct rng *rng)
{
    assert(design->pairs <= NOISE_MOST_PAIRS);
    enum noise noise = design->noise;
    double run_sd = design->sd / sqrt(2);
    size_t step_at = (size_t)rng_below(rng, 2 * design->pairs);
    struct weather weather = {noise, normal_draw(rng), step_at};
    for (size_t pair = 0; pair < design->pairs; pair++) {
        /* The second pair of a quad is the mirror of the first. */
        out->first[pair] = pair % 2 == 0 ? rng_below(rng, 2) == 0 : !out->first[pair - 1];
        double run[2];
        for (size_t i = 0; i < 2; i++) {
            double own = noise == NOISE_SLOW ? 0 : noise_value(noise, rng);
            run[i] = own + weather_at(&weather, 2 * pair + i, rng);
        }
        double arm = out->first[pair] ? run[0] : run[1];
        double baseline = out->first[pair] ? run[1] : run[0];
        out->d[pair] = design->effect + run_sd * (arm - baseline);
    }
}
