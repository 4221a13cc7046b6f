/* What the command line asked for: the context that every option table writes into. Filled once by
 * main, then read by the commands. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "cli/option.h"
#include "model/spec.h"

/* Of tenbin profile. */
struct profile_request {
    nsec duration;
    uint64_t samples;
    uint64_t rate;
    const char *out; /* NULL: standard output */
    bool shows_keys;
};

/* Of tenbin replay. */
struct replay_request {
    double speed; /* 0: as fast as replies come */
    bool keeps_keys;
};

struct request {
    struct arena arena;
    struct option_line line;
    struct spec spec;
    size_t file_count;           /* words before the targets that are none */
    struct target_spec *targets; /* request_read_targets; spec.targets points at them */
    const char **command_line;   /* of the whole program, without passwords */
    size_t command_line_count;
    const char *const *notes; /* what the result says about the command line */
    size_t note_count;
    struct profile_request profile;
    struct replay_request replay;
    const char *store; /* a path, "none", or NULL: the default */
    const char *json;  /* a path, "-" for standard output, or NULL */
    uint64_t limit;    /* list: entries shown */
    const char *label; /* import: of the server; NULL: as the file says */
    nsec unit;         /* import: of latencies; 0: as is usual for the format */
    nsec age;          /* gc: of what is removed */
    bool color;        /* allowed; whether it is wanted depends on the stream */
    bool calibrates;   /* a comparison, by itself: weigh the first target against itself once */
    bool progress;     /* plain lines where there is no terminal */
    bool quiet;
    char **argv;        /* the whole command line */
    bool has_seed;      /* spec.seed is set, whatever the options say */
    bool full;          /* of a suite: all combinations */
    bool dry_run;       /* of a suite: say what would be done */
    const char *resume; /* of a suite: what an earlier invocation wrote; NULL: a new one */
};

void request_init(struct request *request);
void request_release(struct request *request);
/* Takes the arguments behind the command apart and reads the options; targets are left as words.
 * `argv` is the whole command line (NULL-terminated), the command's name is argv[1]. */
bool request_read(struct request *request, const struct option_group *const *groups, char **argv,
                  struct error *err);
/* Parses the words from number `first` on as targets. Passwords in argv are overwritten, so that a
 * list of processes does not show them for longer than this takes. ERROR_USAGE: a target that
 * cannot be parsed. */
bool request_read_targets(struct request *request, size_t first, char **argv, struct error *err);
/* Unless a load is given, what is measured in a closed loop is to be measured in an open one, too,
 * where the workload allows it. */
void request_want_both_loops(struct request *request);
/* Is the first target one server? ERROR_USAGE when it lists several: `command` takes one. */
bool request_one_host(const struct request *request, const char *command, struct error *err);
/* Checks that concern more than one option: combinations, the spec as a whole, and that the output
 * can be written. Draws a seed when none was given. ERROR_USAGE. */
bool request_check(struct request *request, struct error *err);
