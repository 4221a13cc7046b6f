/* tenbin-fake-server: the fake server of tests/support/fake_server.h as a program, for tests in
 * other languages. Prints "ready PORT" (or "ready PATH") once it listens, and serves until
 * SIGTERM, SIGINT or the end of its standard input when --until-eof is given. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "os/clock.h"
#include "os/signal.h"
#include "support/fake_server.h"

enum { EXIT_USAGE = 64, INFO_LIMIT = 1024 * 1024 };

enum kind { KIND_TEXT, KIND_COUNT, KIND_TIME, KIND_FLAG, KIND_SCRIPT };

static const struct fake_step speak_http[] = {
    {FAKE_SEND, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", 0},
    {FAKE_STALL, NULL, 0},
};
static const struct fake_step too_many[] = {
    {FAKE_SEND, "-ERR max number of clients reached\r\n", 0},
    {FAKE_CLOSE, NULL, 0},
};

/* What the options set; sizes of counts differ in the configuration, so they are read here. */
struct options {
    struct fake_config config;
    const char *info_file;
    uint64_t port;
    uint64_t value_size;
    uint64_t piece;
    bool until_eof;
    bool http;
    bool full;
    bool help;
};

static const struct row {
    const char *name;
    enum kind kind;
    size_t at; /* in struct options */
    const char *help;
} rows[] = {
    {"port", KIND_COUNT, offsetof(struct options, port), "TCP port on 127.0.0.1; 0: a free one"},
    {"unix", KIND_TEXT, offsetof(struct options, config.unix_path), "a unix socket instead"},
    {"info", KIND_TEXT, offsetof(struct options, info_file), "a file with the text of INFO"},
    {"user", KIND_TEXT, offsetof(struct options, config.user), "user name that may log in"},
    {"password", KIND_TEXT, offsetof(struct options, config.password), "password to require"},
    {"value-size", KIND_COUNT, offsetof(struct options, value_size), "bytes of every value"},
    {"old", KIND_FLAG, offsetof(struct options, config.is_old), "do not know HELLO"},
    {"mute", KIND_FLAG, offsetof(struct options, config.is_mute), "accept and never answer"},
    {"http", KIND_FLAG, offsetof(struct options, http), "speak HTTP"},
    {"full", KIND_FLAG, offsetof(struct options, full), "refuse: too many clients"},
    {"loading", KIND_COUNT, offsetof(struct options, config.loading),
     "so many first commands get -LOADING"},
    {"error-every", KIND_COUNT, offsetof(struct options, config.error_every),
     "every such command fails"},
    {"error", KIND_TEXT, offsetof(struct options, config.error), "with this text"},
    {"push-every", KIND_COUNT, offsetof(struct options, config.push_every),
     "a push message before every such reply"},
    {"close-after", KIND_COUNT, offsetof(struct options, config.close_after),
     "close each connection after so many commands"},
    {"reset", KIND_FLAG, offsetof(struct options, config.closes_by_reset), "and by a reset"},
    {"delay-at", KIND_COUNT, offsetof(struct options, config.delay_at), "delay this reply"},
    {"delay-every", KIND_COUNT, offsetof(struct options, config.delay_every),
     "delay every such reply"},
    {"delay", KIND_TIME, offsetof(struct options, config.delay), "by so long (500ms)"},
    {"stall-after", KIND_COUNT, offsetof(struct options, config.stall_after),
     "no replies after so many commands"},
    {"piece", KIND_COUNT, offsetof(struct options, piece), "send in pieces of so many bytes"},
    {"piece-pause", KIND_TIME, offsetof(struct options, config.piece_pause), "and so long apart"},
    {"until-eof", KIND_FLAG, offsetof(struct options, until_eof),
     "end with standard input, so that no server outlives its test"},
    {"help", KIND_FLAG, offsetof(struct options, help), "say this"},
};

enum { ROWS = sizeof rows / sizeof rows[0] };

static bool set_option(struct options *options, const struct row *row, const char *text)
{
    char *at = (char *)options + row->at;
    bool on = true;
    nsec time = 0;
    uint64_t count = 0;
    switch (row->kind) {
    case KIND_TEXT:
        memcpy(at, &text, sizeof text);
        return true;
    case KIND_FLAG:
        memcpy(at, &on, sizeof on);
        return true;
    case KIND_TIME:
        if (!units_read_duration(str_from(text), &time)) {
            return false;
        }
        memcpy(at, &time, sizeof time);
        return true;
    default:
        if (!str_to_u64(str_from(text), &count)) {
            return false;
        }
        memcpy(at, &count, sizeof count);
        return true;
    }
}

static bool read_options(int argc, char **argv, struct options *options)
{
    struct option known[ROWS + 1] = {{0}};
    for (size_t i = 0; i < ROWS; i++) {
        known[i].name = rows[i].name;
        known[i].has_arg = rows[i].kind == KIND_FLAG ? no_argument : required_argument;
    }
    for (;;) {
        int index = -1;
        int found = getopt_long(argc, argv, "", known, &index);
        if (found == -1) {
            break;
        }
        if (found != 0) {
            return false;
        }
        if (!set_option(options, &rows[index], optarg)) {
            (void)fprintf(stderr, "--%s: cannot read \"%s\"\n", rows[index].name, optarg);
            return false;
        }
    }
    if (optind != argc || options->port > UINT16_MAX || options->value_size > UINT32_MAX ||
        options->piece > UINT32_MAX) {
        (void)fprintf(stderr, "an argument too many, or a number too large; see --help\n");
        return false;
    }
    options->config.port = (uint16_t)options->port;
    options->config.value_size = (uint32_t)options->value_size;
    options->config.piece = (uint32_t)options->piece;
    options->config.script = options->http ? speak_http : options->full ? too_many : NULL;
    return true;
}

static void print_help(void)
{
    for (size_t i = 0; i < ROWS; i++) {
        printf("  --%-12s %s\n", rows[i].name, rows[i].help);
    }
}

/* NULL when the file cannot be read. */
static char *read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return NULL;
    }
    char *text = mem_alloc(INFO_LIMIT + 1);
    size_t len = fread(text, 1, INFO_LIMIT, file);
    text[len] = '\0';
    (void)fclose(file);
    return text;
}

static void wait_for_end(bool until_eof)
{
    while (until_eof && getchar() != EOF) {
    }
    while (!until_eof && !signal_interrupted()) {
        clock_sleep(20 * NSEC_PER_MSEC);
    }
}

int main(int argc, char **argv)
{
    struct options options = {0};
    struct error err = {0};
    char *info = NULL;
    if (!read_options(argc, argv, &options)) {
        return EXIT_USAGE;
    }
    if (options.help) {
        print_help();
        return EXIT_SUCCESS;
    }
    if (options.info_file != NULL) {
        info = read_file(options.info_file);
        if (info == NULL) {
            (void)fprintf(stderr, "--info: cannot read %s\n", options.info_file);
            return EXIT_USAGE;
        }
        options.config.info = info;
    }
    signal_catch();
    struct fake_server *server = fake_server_new(&options.config, &err);
    if (server == NULL) {
        (void)fprintf(stderr, "%s\n", err.text);
        mem_free(info);
        return EXIT_FAILURE;
    }
    if (options.config.unix_path != NULL) {
        printf("ready %s\n", options.config.unix_path);
    } else {
        printf("ready %u\n", (unsigned)fake_server_port(server));
    }
    (void)fflush(stdout);
    wait_for_end(options.until_eof);
    fake_server_free(server);
    mem_free(info);
    return EXIT_SUCCESS;
}
