#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "cli/command.h"
#include "cli/suggest.h"
#include "cli/wrap.h"
#include "os/keeper.h"
#include "os/signal.h"

static const struct command *const commands[] = {
    &cmd_compare,  &cmd_run,     &cmd_suite,  &cmd_calibrate, &cmd_report, &cmd_list,
    &cmd_show,     &cmd_export,  &cmd_import, &cmd_rm,        &cmd_gc,     &cmd_servers,
    &cmd_workload, &cmd_profile, &cmd_replay, &cmd_doctor,    NULL,
};

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; commands[i] != NULL; i++) {
        if (strcmp(commands[i]->name, name) == 0) {
            return commands[i];
        }
    }
    return NULL;
}

int command_exit_code(enum error_code code)
{
    switch (code) {
    case ERROR_NONE:
        return COMMAND_DONE;
    case ERROR_USAGE:
    case ERROR_SYSTEM:
        return COMMAND_USAGE;
    case ERROR_INVALID:
        return COMMAND_INVALID;
    case ERROR_TARGET:
        return COMMAND_TARGET;
    case ERROR_INTERRUPTED:
        return COMMAND_INTERRUPTED;
    }
    return COMMAND_USAGE;
}

/* The sentence of the error, then how to learn more if the command line was at fault. */
static int fail(const struct error *err, const char *hint_command)
{
    (void)fprintf(stderr, "tenbin: %s\n", err->text);
    if (hint_command != NULL) {
        (void)fprintf(stderr, "Try 'tenbin %s--help'.\n", hint_command);
    }
    return command_exit_code(err->code);
}

static int write_out(struct buf *text)
{
    bool written = fwrite(buf_text(text), 1, text->len, stdout) == text->len && fflush(stdout) == 0;
    buf_release(text);
    struct error err = {0};
    if (!written) {
        (void)error_set(&err, ERROR_USAGE, "standard output cannot be written");
        return fail(&err, NULL);
    }
    return COMMAND_DONE;
}

static int show_version(void)
{
    struct buf out = {0};
    (void)buf_add_text(&out, "tenbin " TENBIN_VERSION "\n");
    return write_out(&out);
}

static void write_usage(struct buf *out)
{
    (void)buf_add_text(out, "Usage: tenbin COMMAND [options]\n\nCommands:\n");
    for (size_t i = 0; commands[i] != NULL; i++) {
        (void)buf_addf(out, "  %-11s%s\n", commands[i]->name, commands[i]->summary);
    }
    (void)buf_add_text(out, "  help       explain a command: tenbin help compare\n");
}

static int show_overview(void)
{
    struct buf out = {0};
    (void)buf_add_text(&out, "tenbin weighs Redis-protocol servers against each other.\n\n");
    write_usage(&out);
    (void)buf_add_text(
        &out, "\nOptions:\n  -h, --help     show this text\n  -V, --version  show the version\n\n"
              "A target is redis://HOST[:PORT] (rediss:// with TLS), unix:///PATH/TO/SOCKET\n"
              "or local:PROGRAM[@VERSION], which tenbin starts itself. More in tenbin(1).\n\n"
              "Example: tenbin compare local:redis-server local:valkey-server\n");
    return write_out(&out);
}

static int show_help(const struct command *command)
{
    struct buf out = {0};
    (void)buf_addf(&out, "Usage: tenbin %s %s\n\n", command->name, command->arguments);
    wrap_write(&out, command->text, 0, 0);
    option_write_help(command->groups, &out);
    return write_out(&out);
}

static int refuse_command(const char *name)
{
    bool is_option = name[0] == '-';
    struct suggestion nearest;
    suggest_init(&nearest, str_from(name));
    for (size_t i = 0; commands[i] != NULL && !is_option; i++) {
        suggest_consider(&nearest, commands[i]->name);
    }
    struct error err = {0};
    if (nearest.best == NULL) {
        (void)error_set(&err, ERROR_USAGE, "unknown %s '%s'", is_option ? "option" : "command",
                        name);
    } else {
        (void)error_set(&err, ERROR_USAGE, "unknown command '%s'; did you mean '%s'?", name,
                        nearest.best);
    }
    return fail(&err, "");
}

/* Reads the command line; on false the command line is at fault. */
static bool read_command_line(const struct command *command, struct request *request, char **argv,
                              struct error *err)
{
    if (!option_apply(&request->line, request, err)) {
        return false;
    }
    if (command->count_files != NULL) {
        request->file_count = command->count_files(&request->line);
    }
    if (command->takes_targets) {
        return request_read_targets(request, 0, argv, err);
    }
    if (request->line.word_count > 0 && !command->takes_words) {
        return error_set(err, ERROR_USAGE, "%s takes no arguments; \"%s\" was given", command->name,
                         request->line.words[0]);
    }
    return true;
}

static int run_command(const struct command *command, char **argv)
{
    struct error err = {0};
    struct request request;
    request_init(&request);
    char hint[32];
    (void)snprintf(hint, sizeof hint, "%s ", command->name);
    int exit_code = COMMAND_DONE;
    if (!request_read(&request, command->groups, argv, &err)) {
        exit_code = fail(&err, hint);
        goto out;
    }
    if (option_is_given(&request.line, "help")) {
        exit_code = show_help(command);
        goto out;
    }
    if (option_is_given(&request.line, "version")) {
        exit_code = show_version();
        goto out;
    }
    if (!read_command_line(command, &request, argv, &err)) {
        exit_code = fail(&err, hint);
        goto out;
    }
    if (command->starts_servers && !keeper_start(&err)) {
        exit_code = fail(&err, NULL);
        goto out;
    }
    signal_catch();
    if (!command->run(&request, &exit_code, &err)) {
        exit_code = fail(&err, NULL);
    }
out:
    request_release(&request);
    return exit_code;
}

static int help_command(const char *name)
{
    if (name == NULL) {
        return show_overview();
    }
    const struct command *command = find_command(name);
    return command == NULL ? refuse_command(name) : show_help(command);
}

int main(int argc, char **argv)
{
    mem_keep_large_apart();
    if (argc < 2) {
        struct buf usage = {0};
        write_usage(&usage);
        (void)fputs(buf_text(&usage), stderr);
        buf_release(&usage);
        return COMMAND_USAGE;
    }
    const char *name = argv[1];
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
        return show_overview();
    }
    if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0) {
        return show_version();
    }
    if (strcmp(name, "help") == 0) {
        return help_command(argv[2]);
    }
    const struct command *command = find_command(name);
    return command == NULL ? refuse_command(name) : run_command(command, argv);
}
