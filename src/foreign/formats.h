/* The members of the table of formats (foreign.h), and what they share. Private to foreign. */
#pragma once

#include "foreign/foreign.h"

struct foreign_format {
    const char *name;  /* as results name it */
    const char *title; /* as people do */
    /* Could this be one? Looks, and judges nothing. */
    bool (*matches)(struct str text);
    /* Fills the result, which has its origin, its arms (one) and no cells yet. */
    bool (*read)(struct str text, const struct foreign_source *source, struct result *result,
                 struct error *err);
};

bool memtier_matches(struct str text);
bool memtier_read(struct str text, const struct foreign_source *source, struct result *result,
                  struct error *err);
bool benchmark_csv_matches(struct str text);
bool benchmark_csv_read(struct str text, const struct foreign_source *source, struct result *result,
                        struct error *err);
bool hdr_log_matches(struct str text);
bool hdr_log_read(struct str text, const struct foreign_source *source, struct result *result,
                  struct error *err);
bool hdr_percentiles_matches(struct str text);
bool hdr_percentiles_read(struct str text, const struct foreign_source *source,
                          struct result *result, struct error *err);
bool python_matches(struct str text);
bool python_read(struct str text, const struct foreign_source *source, struct result *result,
                 struct error *err);

/* Room for so many cells, of which nothing is known. */
void foreign_make_cells(struct result *result, size_t count);
/* A run of which nothing is known, with commands of which nothing is. */
struct result_run *foreign_add_run(struct result *result, struct result_cell *cell,
                                   const char *const *commands, size_t command_count);
/* Figures of which none is known, in the result's arena. */
struct result_figures *foreign_figures(struct result *result);
/* Nanoseconds of a latency in some unit; RESULT_UNKNOWN when it is none. */
uint64_t foreign_latency(double value, nsec unit);
/* A count that is stated as a rate over a time, or so; RESULT_UNKNOWN when it is none. */
uint64_t foreign_count(double value);
/* What every reader of the result should know about the format: a note. */
void foreign_note(struct result *result, const char *code, const char *text);
