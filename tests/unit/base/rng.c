#include "base/rng.h"

#include "support/tap.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* The first outputs of splitmix64 from seed 1234567, as published with the algorithm's test data.
 */
static void splitmix64_matches_the_published_vector(void)
{
    static const uint64_t wanted[] = {
        6457827717110365317u, 3203168211198807973u,  9817491932198370423u,
        4593380528125082431u, 16408922859458223821u,
    };
    uint64_t state = 1234567;
    for (size_t i = 0; i < COUNT_OF(wanted); i++) {
        tap_check(rng_mix(state) == wanted[i], "splitmix64 output %zu", i);
        state += 0x9e3779b97f4a7c15u;
    }
}

/* The first outputs of xoshiro256++ from the state 1, 2, 3, 4 (reference implementation). */
static void xoshiro_matches_the_published_vector(void)
{
    static const uint64_t wanted[] = {
        41943041u,
        58720359u,
        3588806011781223u,
        3591011842654386u,
        9228616714210784205u,
        9973669472204895162u,
        14011001112246962877u,
        12406186145184390807u,
        15849039046786891736u,
        10450023813501588000u,
    };
    struct rng rng = {{1, 2, 3, 4}};
    for (size_t i = 0; i < COUNT_OF(wanted); i++) {
        tap_check(rng_next(&rng) == wanted[i], "xoshiro256++ output %zu", i);
    }
}

static void seeding_is_the_splitmix64_sequence(void)
{
    struct rng rng;
    rng_init(&rng, 1234567);
    tap_check(rng.state[0] == 6457827717110365317u && rng.state[1] == 3203168211198807973u &&
                  rng.state[2] == 9817491932198370423u && rng.state[3] == 4593380528125082431u,
              "the state is filled with four outputs of splitmix64");
}

static void streams_are_distinct(void)
{
    static const struct {
        uint64_t seed_a, index_a, seed_b, index_b;
        bool same;
    } rows[] = {
        {42, 0, 42, 0, true}, {42, 0, 42, 1, false}, {42, 1, 43, 1, false},
        {0, 0, 0, 1, false},  {1, 2, 2, 1, false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        bool same = rng_derive(rows[i].seed_a, rows[i].index_a) ==
                    rng_derive(rows[i].seed_b, rows[i].index_b);
        tap_check(same == rows[i].same, "streams, row %zu", i);
    }
}

/* Chi-squared with `bound` - 1 degrees of freedom; `limit` is its 99.9 % point. */
static void below_is_uniform(uint64_t bound, double limit)
{
    enum { DRAWS = 100000, CELLS = 16 };
    uint64_t counts[CELLS] = {0};
    struct rng rng;
    rng_init(&rng, 7);
    bool within = true;
    for (int i = 0; i < DRAWS; i++) {
        uint64_t value = rng_below(&rng, bound);
        within = within && value < bound;
        counts[value % CELLS]++;
    }
    double expected = (double)DRAWS / (double)bound;
    double chi_squared = 0;
    for (uint64_t i = 0; i < bound; i++) {
        double off = (double)counts[i] - expected;
        chi_squared += off * off / expected;
    }
    tap_check(within, "below %" PRIu64 " stays below", bound);
    tap_check(chi_squared < limit, "below %" PRIu64 " is uniform (chi-squared %.1f)", bound,
              chi_squared);
}

static void bounds_at_the_edge(void)
{
    struct rng rng;
    rng_init(&rng, 7);
    bool zero = true;
    bool within = true;
    bool high = false;
    uint64_t bound = (UINT64_C(1) << 63) + 1; /* nearly half of all draws are thrown away */
    for (int i = 0; i < 1000; i++) {
        zero = zero && rng_below(&rng, 1) == 0;
        uint64_t value = rng_below(&rng, bound);
        within = within && value < bound;
        high = high || value > bound / 2;
    }
    tap_check(zero, "below 1 is always 0");
    tap_check(within && high, "a bound above 2^63 works");
}

static void unit_interval(void)
{
    enum { DRAWS = 100000 };
    struct rng rng;
    rng_init(&rng, 7);
    double sum = 0;
    bool within = true;
    for (int i = 0; i < DRAWS; i++) {
        double value = rng_unit(&rng);
        within = within && value >= 0 && value < 1;
        sum += value;
    }
    tap_check(within, "unit draws lie in [0, 1)");
    tap_near(sum / DRAWS, 0.5, 0.004, "unit draws have mean 1/2 (4 standard errors)");
}

int main(void)
{
    splitmix64_matches_the_published_vector();
    xoshiro_matches_the_published_vector();
    seeding_is_the_splitmix64_sequence();
    streams_are_distinct();
    below_is_uniform(2, 10.83);
    below_is_uniform(10, 27.88);
    below_is_uniform(16, 37.70);
    bounds_at_the_edge();
    unit_interval();
    return tap_end();
}
