#include "stats/change.h"

#include "base/rng.h"
#include "support/normal.h"
#include "support/tap.h"

enum { N = 100 };

static const struct change_options usual = {
    .least = 5, .level = 0.01, .permutations = 499, .seed = 1};

static void test_steps(void)
{
    double x[N];
    struct change_point found[4];
    struct rng rng;
    rng_init(&rng, 9);
    for (size_t i = 0; i < N; i++) {
        x[i] = normal_draw(&rng);
    }
    tap_int((int64_t)change_points(x, N, &usual, found, 4), 0, "noise alone");
    for (size_t i = 0; i < N; i++) {
        x[i] += i < 30 ? 0 : i < 70 ? 4 : 1;
    }
    size_t count = change_points(x, N, &usual, found, 4);
    tap_int((int64_t)count, 2, "two steps");
    tap_check(count == 2 && found[0].at >= 29 && found[0].at <= 31 && found[1].at >= 68 &&
                  found[1].at <= 72,
              "at 30 and 70: %zu, %zu", found[0].at, found[1].at);
    tap_near(found[0].p_value, 1.0 / 500, 1e-15, "as certain as 499 permutations can say");
    struct change_point again[4];
    change_points(x, N, &usual, again, 4);
    tap_check(again[0].at == found[0].at && again[1].p_value == found[1].p_value,
              "the same seed, the same answer");
    tap_int((int64_t)change_points(x, N, &usual, found, 1), 1, "no more than there is room for");
}

static void test_outliers_and_edges(void)
{
    double x[N];
    struct change_point found[4];
    struct rng rng;
    rng_init(&rng, 10);
    for (size_t i = 0; i < N; i++) {
        x[i] = normal_draw(&rng) + (i == 20 || i == 50 || i == 80 ? 30 : 0);
    }
    tap_int((int64_t)change_points(x, N, &usual, found, 4), 0, "single wild values are no change");
    tap_int((int64_t)change_points(x, 9, &usual, found, 4), 0, "nine values cannot be divided");
    tap_int((int64_t)change_points(x, 0, &usual, found, 4), 0, "nor can none");
    static const double equal[20] = {0};
    tap_int((int64_t)change_points(equal, 20, &usual, found, 4), 0, "equal values do not change");
    static const double step[10] = {0, 0, 0, 0, 0, 1, 1, 1, 1, 1};
    size_t count = change_points(step, 10, &usual, found, 4);
    tap_check(count == 1 && found[0].at == 5, "ten values and one clean step");
}

/* More variance and no other level is a change as well. */
static void test_spread(void)
{
    double x[N];
    struct change_point found[4];
    struct rng rng;
    rng_init(&rng, 11);
    for (size_t i = 0; i < N; i++) {
        x[i] = normal_draw(&rng) * (i < 50 ? 1 : 8);
    }
    size_t count = change_points(x, N, &usual, found, 4);
    tap_check(count >= 1 && found[0].at >= 45 && found[0].at <= 58, "spread times eight: at %zu",
              count > 0 ? found[0].at : 0);
}

int main(void)
{
    test_steps();
    test_outliers_and_edges();
    test_spread();
    return tap_end();
}
