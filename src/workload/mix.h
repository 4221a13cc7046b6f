/* Changing the mix of a workload as a whole: the share of operations that write, all operations as
 * transactions, all commands as scripts. Pure; what is made lives in the arena given. */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "model/spec.h"

/* Scales the weights so that operations that write and those that only read stand in the ratio
 * writes:reads of the workload; among themselves each keep theirs. A workload without operations of
 * its own has that ratio anyway. ERROR_USAGE when there are none of one kind. */
bool mix_scale(struct workload_spec *workload, struct arena *arena, struct error *err);
/* The share of operations that write, by weight. */
double mix_write_share(const struct workload_spec *workload);
/* Puts each operation between MULTI and EXEC. ERROR_USAGE: it is a transaction already, or too
 * long. */
bool mix_transaction(struct workload_spec *workload, struct arena *arena, struct error *err);
/* Has each command called by a script (EVALSHA): the key as the script's key, the rest as its
 * arguments. ERROR_USAGE: a command does not have {key} as its first argument. */
bool mix_script(struct workload_spec *workload, struct arena *arena, struct error *err);
/* All of it for a cell of a suite, as the cell says; fills its write_share. */
bool mix_cell(struct cell_spec *cell, struct arena *arena, struct error *err);
