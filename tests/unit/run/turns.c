#include "run/turns.h"

#include "support/tap.h"

/* How often hosts of the baseline met those of an arm over some blocks. */
struct meetings {
    unsigned of[TARGET_MAX_HOSTS][TARGET_MAX_HOSTS];
};

static void count(struct meetings *meetings, const struct turns *turns, uint32_t arm,
                  uint32_t blocks)
{
    *meetings = (struct meetings){0};
    for (uint32_t block = 1; block <= blocks; block++) {
        meetings->of[turns_host(turns, 0, block)][turns_host(turns, arm, block)]++;
    }
}

/* Has the arm been on every one of its hosts once, in the blocks from `first` on? */
static bool is_even(const struct turns *turns, uint32_t arm, uint32_t first)
{
    unsigned seen = 0;
    for (uint32_t i = 0; i < turns->counts[arm]; i++) {
        seen |= 1U << turns_host(turns, arm, first + i);
    }
    return seen == (1U << turns->counts[arm]) - 1;
}

static void check_meetings(const uint32_t *counts, uint32_t arms, uint64_t seed)
{
    struct turns turns;
    turns_init(&turns, counts, arms, false, seed);
    for (uint32_t arm = 1; arm < arms; arm++) {
        struct meetings meetings;
        uint32_t all = counts[0] * counts[arm];
        bool once = true;
        count(&meetings, &turns, arm, all);
        for (uint32_t i = 0; i < counts[0]; i++) {
            for (uint32_t j = 0; j < counts[arm]; j++) {
                once = once && meetings.of[i][j] == 1;
            }
        }
        tap_check(once, "%u and %u hosts: each meets each once in %u blocks", counts[0],
                  counts[arm], all);
        tap_check(is_even(&turns, arm, 1), "%u hosts of an arm: each has its turn", counts[arm]);
    }
    tap_check(is_even(&turns, 0, 1) && is_even(&turns, 0, 1 + counts[0]),
              "%u hosts of the baseline: each has its turn, and again", counts[0]);
}

static void test_meetings(void)
{
    static const struct {
        uint32_t arms;
        uint32_t counts[3];
    } rows[] = {
        {2, {1, 1}}, {2, {2, 2}}, {2, {1, 3}},   {2, {3, 1}},    {2, {3, 3}},
        {2, {2, 3}}, {2, {4, 6}}, {2, {16, 16}}, {3, {2, 4, 3}}, {2, {5, 5}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_meetings(rows[i].counts, rows[i].arms, 42 + i);
    }
}

static void test_seed(void)
{
    static const uint32_t counts[] = {4, 4};
    unsigned first[4] = {0};
    bool again = true;
    for (uint64_t seed = 0; seed < 400; seed++) {
        struct turns turns;
        struct turns same;
        turns_init(&turns, counts, 2, false, seed);
        turns_init(&same, counts, 2, false, seed);
        first[turns_host(&turns, 1, 1)]++;
        again = again && memcmp(&turns, &same, sizeof turns) == 0;
    }
    tap_check(again, "a seed gives the same turns again");
    /* 100 expected, standard deviation 8.7 */
    tap_check(first[0] > 55 && first[1] > 55 && first[2] > 55 && first[3] > 55,
              "and every host begins for some seeds");
}

static void test_same(void)
{
    static const uint32_t counts[] = {3, 3};
    struct turns turns;
    bool same = true;
    turns_init(&turns, counts, 2, true, 7);
    for (uint32_t block = 1; block <= 30; block++) {
        same = same && turns_host(&turns, 0, block) == turns_host(&turns, 1, block);
    }
    tap_check(same && is_even(&turns, 1, 1),
              "a target against itself is on one host in each block");
}

int main(void)
{
    test_meetings();
    test_seed();
    test_same();
    return tap_end();
}
