#include "workload/keys.h"

#include "base/mem.h"
#include "support/tap.h"

static struct key_space space_of(enum key_distribution distribution, double theta, uint64_t keys)
{
    struct workload_spec spec = {
        .keys = keys, .key_distribution = distribution, .zipf_theta = theta};
    struct key_space space;
    key_space_init(&space, &spec, 42);
    return space;
}

/* Chi-square of `draws` ranks against probabilities proportional to 1/i^theta, in standard
 * deviations of its own from its mean: within 4 unless the sampler is wrong. */
static double zipf_misfit(double theta, uint64_t keys, uint64_t draws)
{
    struct key_space space = space_of(KEYS_ZIPF, theta, keys);
    uint64_t *seen = mem_alloc_array(keys + 1, sizeof *seen);
    struct rng rng;
    rng_init(&rng, 3);
    for (uint64_t i = 0; i < draws; i++) {
        seen[key_space_draw_rank(&space, &rng)]++;
    }
    double total = 0;
    for (uint64_t i = 1; i <= keys; i++) {
        total += pow((double)i, -theta);
    }
    double chi = 0;
    for (uint64_t i = 1; i <= keys; i++) {
        double wanted = (double)draws * pow((double)i, -theta) / total;
        chi += ((double)seen[i] - wanted) * ((double)seen[i] - wanted) / wanted;
    }
    mem_free(seen);
    double freedom = (double)keys - 1;
    return (chi - freedom) / sqrt(2 * freedom);
}

static void test_zipf(void)
{
    static const struct {
        double theta;
        uint64_t keys;
    } rows[] = {{0.5, 100}, {0.99, 100}, {1.0, 100}, {1.2, 50}, {2.5, 10}, {0.99, 1000}, {1, 1}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double misfit = rows[i].keys == 1 ? 0 : zipf_misfit(rows[i].theta, rows[i].keys, 2000000);
        tap_check(fabs(misfit) < 4, "zipf theta %g over %d ranks fits 1/i^theta (%.2f sd)",
                  rows[i].theta, (int)rows[i].keys, misfit);
    }
    struct key_space one = space_of(KEYS_ZIPF, 0.99, 1);
    struct rng rng;
    rng_init(&rng, 1);
    uint64_t position = 0;
    tap_int((int64_t)key_space_draw(&one, &rng, &position), 0, "a single key is always drawn");
}

static void test_scatter(void)
{
    static const uint64_t counts[] = {1, 2, 3, 4, 5, 7, 8, 100, 1000, 1023, 1024, 1025, 100000};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        struct key_space space = space_of(KEYS_ZIPF, 0.99, counts[i]);
        bool *taken = mem_alloc_array(counts[i], sizeof *taken);
        uint64_t twice = 0;
        uint64_t fixed = 0;
        for (uint64_t rank = 0; rank < counts[i]; rank++) {
            uint64_t key = key_space_scatter(&space, rank);
            twice += key >= counts[i] || taken[key];
            fixed += key == rank;
            taken[key < counts[i] ? key : 0] = true;
        }
        tap_int((int64_t)twice, 0, "scattering %d ranks is one-to-one", (int)counts[i]);
        if (counts[i] >= 100) {
            tap_check(fixed < 10, "and moves them (%d stay)", (int)fixed);
        }
        mem_free(taken);
    }
}

static void test_others(void)
{
    struct rng rng;
    rng_init(&rng, 9);
    struct key_space sequential = space_of(KEYS_SEQUENTIAL, 0, 3);
    uint64_t position = 2;
    static const int64_t wanted[] = {2, 0, 1, 2};
    for (size_t i = 0; i < 4; i++) {
        tap_int((int64_t)key_space_draw(&sequential, &rng, &position), wanted[i],
                "sequential keys go round, step %zu", i);
    }
    struct key_space uniform = space_of(KEYS_UNIFORM, 0, 10);
    int seen[10] = {0};
    for (int i = 0; i < 100000; i++) {
        seen[key_space_draw(&uniform, &rng, &position)]++;
    }
    for (int i = 0; i < 10; i++) {
        tap_near(seen[i], 10000, 400, "uniform: key %d", i);
    }
}

int main(void)
{
    test_zipf();
    test_scatter();
    test_others();
    return tap_end();
}
