/* Noise for simulations in tests. Polar method: G. Marsaglia and T. A. Bray, "A convenient method
 * for generating normal variables", SIAM Review 6, 1964. */
#pragma once

#include <math.h>

#include "base/rng.h"

/* One standard normal value. */
static inline double normal_draw(struct rng *rng)
{
    for (;;) {
        double x = 2 * rng_unit(rng) - 1;
        double y = 2 * rng_unit(rng) - 1;
        double square = x * x + y * y;
        if (square > 0 && square < 1) {
            return x * sqrt(-2 * log(square) / square);
        }
    }
}
