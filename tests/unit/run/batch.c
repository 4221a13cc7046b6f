/* How cells are sorted into batches, and how their slices are mixed. */
#include "run/batch.h"

#include "support/tap.h"

enum { CELLS = 12 };

/* Four datasets of three cells. */
static void fill(struct batch_cell cells[CELLS])
{
    for (uint32_t i = 0; i < CELLS; i++) {
        cells[i] = (struct batch_cell){
            .cell = i, .dataset = i / 3, .bytes = 100, .clients = 50, .groups = 2 + i % 2};
    }
}

static void test_shuffle(void)
{
    struct batch_cell first[CELLS];
    struct batch_cell again[CELLS];
    struct batch_cell other[CELLS];
    struct rng rng;
    fill(first);
    fill(again);
    fill(other);
    rng_init(&rng, 7);
    batch_shuffle(first, CELLS, &rng);
    rng_init(&rng, 7);
    batch_shuffle(again, CELLS, &rng);
    rng_init(&rng, 8);
    batch_shuffle(other, CELLS, &rng);
    uint32_t seen = 0;
    uint32_t changes = 0;
    uint32_t alike = 0;
    uint32_t in_order = 0;
    uint32_t same = 0;
    for (uint32_t i = 0; i < CELLS; i++) {
        seen |= 1U << first[i].cell;
        changes += i > 0 && first[i].dataset != first[i - 1].dataset;
        alike += first[i].cell == again[i].cell;
        same += first[i].cell == other[i].cell;
        in_order += first[i].cell == i;
    }
    tap_int(seen, (1 << CELLS) - 1, "every cell is there");
    tap_int(changes, 3, "those of one dataset follow each other");
    tap_int(alike, CELLS, "the same seed gives the same order");
    tap_check(in_order < CELLS && same < CELLS, "another one another order");
}

static void test_take(void)
{
    static const struct {
        uint64_t limit;
        uint32_t clients;
        size_t taken;
        const char *why;
    } rows[] = {
        {1000, 50, 12, "all fits"},
        {400, 50, 12, "exactly"},
        {399, 50, 9, "data of three fits"},
        {100, 50, 3, "of one"},
        {10, 50, 3, "one dataset always goes, with all its cells"},
        {1000, 500, 2, "connections"},
        {1000, 2000, 1, "one cell always goes"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct batch_cell cells[CELLS];
        fill(cells);
        for (size_t k = 0; k < CELLS; k++) {
            cells[k].clients = rows[i].clients;
        }
        tap_int((int64_t)batch_take(cells, CELLS, rows[i].limit), (int64_t)rows[i].taken, "%s",
                rows[i].why);
    }
    struct batch_cell many[BATCH_CELLS + 5] = {0};
    tap_int((int64_t)batch_take(many, BATCH_CELLS + 5, 1), BATCH_CELLS,
            "never more cells than that");
}

static void test_mix(void)
{
    struct batch_cell cells[CELLS];
    uint32_t order[CELLS * 3] = {0};
    uint32_t again[CELLS * 3] = {0};
    uint32_t count[CELLS] = {0};
    struct rng rng;
    fill(cells);
    rng_init(&rng, 3);
    batch_mix(cells, CELLS, order, &rng);
    rng_init(&rng, 3);
    batch_mix(cells, CELLS, again, &rng);
    uint32_t neighbours = 0;
    for (size_t i = 0; i < 30; i++) {
        count[order[i]]++;
        neighbours += i > 0 && order[i] == order[i - 1];
    }
    bool right = true;
    for (size_t i = 0; i < CELLS; i++) {
        right = right && count[i] == cells[i].groups;
    }
    tap_check(right, "each cell has all its groups");
    tap_check(neighbours < 10, "not one cell after another");
    tap_check(memcmp(order, again, sizeof order) == 0, "the same seed, the same order");
}

int main(void)
{
    test_shuffle();
    test_take();
    test_mix();
    return tap_end();
}
