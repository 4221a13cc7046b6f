/* The option tables that several commands share. They write into a struct request. */
#pragma once

#include "cli/option.h"

/* Keys, values and the ratio of writes to reads. */
extern const struct option_group options_comparing;
extern const struct option_group options_workload;
/* Clients, threads, pipeline: how the load is put on. */
extern const struct option_group options_load;
/* How long, and with which random numbers. */
extern const struct option_group options_measuring;
/* Where results go, and what is seen meanwhile. */
extern const struct option_group options_output;
/* --help and --version; main answers them. */
extern const struct option_group options_general;
