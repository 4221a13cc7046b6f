/* Draws samples whose centre is known and counts how often the interval holds it. The signed ranks
 * promise their coverage for every symmetric noise, so the count must agree with the coverage they
 * state, not merely reach the level asked for. The seed is fixed: this never fails by chance. */
#include "base/rng.h"
#include "stats/rank.h"
#include "support/normal.h"
#include "support/tap.h"

enum { SAMPLES = 6000, MOST = 20 };

static double t3_draw(struct rng *rng)
{
    double a = normal_draw(rng);
    double b = normal_draw(rng);
    double c = normal_draw(rng);
    return normal_draw(rng) / sqrt((a * a + b * b + c * c) / 3);
}

/* One value in ten is ten times as wild. */
static double contaminated_draw(struct rng *rng)
{
    double scale = rng_below(rng, 10) == 0 ? 10 : 1;
    return scale * normal_draw(rng);
}

static const struct {
    const char *name;
    double (*draw)(struct rng *rng);
} noises[] = {
    {"normal", normal_draw},
    {"t3", t3_draw},
    {"contaminated", contaminated_draw},
};

static void test_coverage(size_t noise, size_t n, uint64_t seed)
{
    static const double centre = 0.7;
    struct rng rng;
    rng_init(&rng, seed);
    struct signed_rank got = {0};
    int covered = 0;
    int rejected = 0;
    double width = 0;
    for (int sample = 0; sample < SAMPLES; sample++) {
        double d[MOST];
        for (size_t i = 0; i < n; i++) {
            d[i] = centre + noises[noise].draw(&rng);
        }
        stats_signed_rank(d, n, 0.95, &got);
        covered += got.low <= centre && centre <= got.high;
        width += got.high - got.low;
        rejected += stats_signed_rank_one_sided(d, n, -centre) <= 0.05;
    }
    double share = (double)covered / SAMPLES;
    double error = sqrt(0.95 * 0.05 / SAMPLES);
    const char *name = noises[noise].name;
    printf("# %s, n = %zu: coverage %.4f (stated %.4f), mean width %.3f, one-sided alarms %.4f\n",
           name, n, share, got.coverage, width / SAMPLES, (double)rejected / SAMPLES);
    tap_check(share >= 0.945 - 3 * error, "%s, n = %zu: a 95 %% interval covers", name, n);
    tap_near(share, got.coverage, 4 * error, "%s, n = %zu: as often as it states", name, n);
    tap_check((double)rejected / SAMPLES <= 0.05 + 3 * error,
              "%s, n = %zu: the one-sided test keeps its level", name, n);
}

int main(void)
{
    static const size_t sizes[] = {6, 10, MOST};
    for (size_t noise = 0; noise < sizeof noises / sizeof noises[0]; noise++) {
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            test_coverage(noise, sizes[i], rng_derive(95, noise * 10 + i));
        }
    }
    return tap_end();
}
