/* The commands of the program: one file per member, collected in main.c. */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "cli/option.h"
#include "cli/request.h"

/* Exit codes of the program (docs/tenbin.1, "EXIT STATUS"); 0, 1, 3 and 4 also come from a
 * result. */
enum {
    COMMAND_DONE = 0,
    COMMAND_USAGE = 2,
    COMMAND_INVALID = 4,
    COMMAND_TARGET = 5,
    COMMAND_INTERRUPTED = 130,
};

struct command {
    const char *name;
    const char *arguments;                    /* behind the name in the usage line */
    const char *summary;                      /* one line for the list of commands */
    const char *text;                         /* a paragraph for its help */
    const struct option_group *const *groups; /* NULL-terminated */
    bool takes_targets;
    /* With targets: how many words before them are files. NULL: none. */
    size_t (*count_files)(const struct option_line *line);
    bool takes_words;    /* other arguments, left in request->line.words */
    bool starts_servers; /* needs the keeper */
    /* Does it, with the request read; the targets too if it takes some. Sets `*exit_code` on true;
     * on false the error's code decides. */
    bool (*run)(struct request *request, int *exit_code, struct error *err);
};

/* The exit code of a command that failed with such an error. */
int command_exit_code(enum error_code code);

extern const struct command cmd_compare;
extern const struct command cmd_calibrate;
extern const struct command cmd_run;
extern const struct command cmd_suite;
extern const struct command cmd_servers;
extern const struct command cmd_doctor;
extern const struct command cmd_workload;
extern const struct command cmd_report;
extern const struct command cmd_list;
extern const struct command cmd_show;
extern const struct command cmd_export;
extern const struct command cmd_import;
extern const struct command cmd_rm;
extern const struct command cmd_gc;
extern const struct command cmd_profile;
extern const struct command cmd_replay;
