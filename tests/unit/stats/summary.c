#include "stats/summary.h"
#include "support/tap.h"

static void test_hand_computed(void)
{
    static const double x[] = {2, 4, 4, 4, 5, 5, 7, 9};
    struct stats_summary s;
    stats_summary(x, 8, &s);
    tap_int((int64_t)s.n, 8, "count");
    tap_near(s.min, 2, 0, "min");
    tap_near(s.max, 9, 0, "max");
    tap_near(s.mean, 5, 0, "mean");
    tap_near(s.median, 4.5, 0, "median of an even count");
    tap_near(s.sd, sqrt(32.0 / 7), 1e-15, "sd has divisor n - 1");
    tap_near(s.standard_error, sqrt(32.0 / 7 / 8), 1e-15, "standard error");
    tap_near(s.cv, sqrt(32.0 / 7) / 5, 1e-15, "coefficient of variation");
    tap_near(s.mad, 0.5 / 0.67448975019608171, 1e-15, "mad is scaled to the normal sd");
    tap_near(s.lag1, 13.0 / 32, 1e-15, "lag-1 autocorrelation");
}

static void test_order(void)
{
    double x[] = {3, 1, 2};
    tap_near(stats_median(x, 3), 2, 0, "median of unsorted values");
    tap_check(x[0] == 3 && x[1] == 1 && x[2] == 2, "the input keeps its order");
    tap_near(stats_quantile(x, 3, 0), 1, 0, "quantile 0 is the minimum");
    tap_near(stats_quantile(x, 3, 1), 3, 0, "quantile 1 is the maximum");
    tap_near(stats_quantile(x, 3, 0.75), 2.5, 1e-15, "quantiles are interpolated");
}

static void test_undefined(void)
{
    static const double one[] = {-3};
    struct stats_summary s;
    stats_summary(one, 1, &s);
    tap_check(s.mean == -3 && s.median == -3 && s.min == -3 && s.max == -3 && s.mad == 0,
              "one value is its own centre");
    tap_check(isnan(s.sd) && isnan(s.standard_error) && isnan(s.cv) && isnan(s.lag1),
              "one value has no spread to speak of");
    static const double zero_mean[] = {-1, 1};
    stats_summary(zero_mean, 2, &s);
    tap_check(isnan(s.cv), "no coefficient of variation about a mean of 0");
    static const double negative[] = {-9, -11};
    stats_summary(negative, 2, &s);
    tap_near(s.cv, sqrt(2) / 10, 1e-15, "the coefficient of variation is never negative");
}

/* Neighbours three apart around 1e12: a sum of squares in one pass would lose the spread whole. */
static void test_stability(void)
{
    enum { N = 999 };
    static double x[N];
    for (int i = 0; i < N; i++) {
        x[i] = 1e12 + (double)(i % 3 - 1);
    }
    tap_near(stats_mean(x, N), 1e12, 0, "mean beside a large offset");
    tap_near(stats_sd(x, N), sqrt(666.0 / 998), 1e-14, "sd beside a large offset");
    for (int i = 0; i < N; i++) {
        x[i] = 0.1;
    }
    tap_near(stats_mean(x, N), 0.1, 0, "the mean of equal values is that value");
    for (int i = 0; i < N; i++) {
        x[i] = i % 2 == 0 ? 1 : -1;
    }
    tap_near(stats_lag1(x, N), -1, 0.002, "alternating values are anticorrelated");
}

int main(void)
{
    test_hand_computed();
    test_order();
    test_undefined();
    test_stability();
    return tap_end();
}
