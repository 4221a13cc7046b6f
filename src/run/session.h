/* What all parts of a campaign share: the spec and the result, the arms, the cells and their data;
 * opening and closing them, and telling how far it is. Internal to the module. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "run/arm.h"
#include "run/campaign.h"
#include "run/cell.h"
#include "run/live.h"
#include "run/placement.h"
#include "run/shared_data.h"
#include "run/turns.h"

enum { SETTLE_MS = 12 }; /* docs/METHODOLOGY.md, "The first milliseconds of a slice" */

struct session {
    const struct spec *spec;
    const struct run_observer *observer;
    struct result *result;
    struct design_spec design; /* the spec's, or what a budget made of it */
    struct arm **arms;         /* each on the host that is at hand */
    uint32_t arm_count;
    struct arm *hosts; /* of all arms, those of the first arm first */
    uint32_t host_count;
    struct turns turns; /* of the hosts */
    struct cell *cells;
    uint32_t cell_count;
    struct shared_data *datasets;
    uint32_t dataset_count;
    struct placement placement;
    struct engine_watch watch;
    uint32_t pairs;      /* of each cell; one per block */
    uint32_t block;      /* the present one, from 1 */
    uint32_t runs;       /* made so far, for their order */
    uint32_t fresh_from; /* blocks from this one on confirm gates: only the cells concerned are
                            made, and hosts take their turns anew; 0: none does */
    bool has_resumed;    /* what was measured earlier is taken over */
    bool has_met;        /* who the arms are, and what they lack, is known */
    nsec began;          /* of the first block */
    nsec planned;        /* estimate of all that is to do */
    double done;         /* of all that is to do, 0..1 */
    double done_at_start;
    double done_per_slice;
    double last_rate; /* for the progress line */
    double last_p99;
    struct live live; /* tells runs as they grow */
};

/* Everything that needs no server. The spec has cells, or is one. ERROR_USAGE, ERROR_TARGET. */
bool session_open(struct session *session, enum result_kind kind, struct error *err);
/* Removes our keys and ends our servers, also after a failure. */
void session_close(struct session *session);
struct arm_context session_context(const struct session *session);
const char *session_label(const struct session *session, uint32_t arm);
/* Which cell of the result it is told of in, from 0. */
uint32_t session_cell_number(const struct session *session, const struct cell *cell);
bool session_wants_stop(const struct session *session);
/* ERROR_INTERRUPTED when the user wants to stop. */
bool session_go_on(const struct session *session, struct error *err);
/* Tells progress; `arm` NULL: all; `cell` NULL: all. */
void session_tell(const struct session *session, enum run_phase phase, const char *arm,
                  const struct cell *cell);
/* Tells what a second Ctrl-C would leave behind. */
void session_tell_remains(const struct session *session);
/* Starts or reaches all arms, each on the host whose turn it is in the present block. The first
 * time all hosts are met, arms get their labels, and operations that one of them lacks are left
 * out. */
bool session_launch(struct session *session, struct error *err);
/* A cell that cannot be measured. In a suite the others go on, and the cell's findings say why;
 * then true. Elsewhere, and when there is more amiss than the cell, false. */
bool session_drop(struct session *session, struct cell *cell, const struct error *problem);
