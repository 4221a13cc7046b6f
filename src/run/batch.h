/* The cells of a block, sorted into batches: what is in the servers, and connected, at the same
 * time. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rng.h"

enum {
    BATCH_CELLS = 32,         /* at most so many cells are mixed */
    BATCH_CONNECTIONS = 1000, /* of all cells to one server, unless one cell wants more */
};

/* What matters about a cell here. */
struct batch_cell {
    uint32_t cell;    /* its number */
    uint32_t dataset; /* its data, below 2^32 */
    uint64_t bytes;   /* of that */
    uint32_t clients;
    uint32_t groups; /* of slices */
};

/* Brings `cells` into a random order in which those of one dataset follow each other. */
void batch_shuffle(struct batch_cell *cells, size_t count, struct rng *rng);
/* How many of the first cells make up the next batch: at least one, and as many as fit into
 * `limit` bytes of data and the bounds above. */
size_t batch_take(const struct batch_cell *cells, size_t count, uint64_t limit);
/* The order of a batch's groups of slices: `out` (as many as all groups of the cells together) gets
 * indices into `cells`, each as often as the cell has groups, in random order. */
void batch_mix(const struct batch_cell *cells, size_t count, uint32_t *out, struct rng *rng);
