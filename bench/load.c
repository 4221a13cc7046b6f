#include "load.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "options.h"

/* Covers the key space with requests that all differ; see the ring of bare_loop. */
enum { USUAL_KEYS = 131072 };

static bool read_ratio(const char *text, uint64_t *writes, uint64_t *reads)
{
    struct str rest = str_from(text);
    struct str first = str_split(&rest, ':');
    return str_to_u64(first, writes) && str_to_u64(rest, reads) && *writes + *reads > 0;
}

void load_read(struct load *load, int argc, char **argv)
{
    const char *command = "get";
    const char *ratio = NULL;
    *load = (struct load){
        .connections = 50,
        .pipeline = 1,
        .seconds = 2,
        .keys = USUAL_KEYS,
        .value_size = 64,
        .cpu = OPTIONS_ANY_CPU,
        .threads = 1,
    };
    const struct option_row rows[] = {
        {.name = "port", .number = &load->port},
        {.name = "connections", .number = &load->connections},
        {.name = "pipeline", .number = &load->pipeline},
        {.name = "requests", .number = &load->requests},
        {.name = "seconds", .real = &load->seconds},
        {.name = "command", .text = &command},
        {.name = "ratio", .text = &ratio},
        {.name = "keys", .number = &load->keys},
        {.name = "value-size", .number = &load->value_size},
        {.name = "cpu", .number = &load->cpu},
        {.name = "threads", .number = &load->threads},
        {.name = "rate", .real = &load->rate},
        {.name = "zipf", .real = &load->zipf},
        {.name = "general", .number = &load->general},
    };
    options_read(rows, sizeof rows / sizeof rows[0], argc, argv);
    load->writes = strcmp(command, "set") == 0;
    load->reads = strcmp(command, "get") == 0;
    if (ratio != NULL && !read_ratio(ratio, &load->writes, &load->reads)) {
        options_fail("--ratio: expected WRITES:READS");
    }
    if (load->writes + load->reads == 0) {
        options_fail("--command: expected get or set");
    }
    if (load->port == 0 || load->port > UINT16_MAX) {
        options_fail("--port: expected the port of a server on this machine");
    }
    if (load->connections == 0 || load->pipeline == 0 || load->keys == 0 || load->seconds <= 0) {
        options_fail("--connections, --pipeline, --keys and --seconds must be more than 0");
    }
}

static nsec nsec_of(const struct timeval *time)
{
    return (nsec)time->tv_sec * NSEC_PER_SEC + (nsec)time->tv_usec * NSEC_PER_USEC;
}

void load_cost_take(struct load_cost *cost, const struct rusage *before, const struct rusage *after)
{
    cost->user = nsec_of(&after->ru_utime) - nsec_of(&before->ru_utime);
    cost->system = nsec_of(&after->ru_stime) - nsec_of(&before->ru_stime);
}

void load_cost_print(const struct load_cost *cost, const struct load *load, const char *client)
{
    printf("{\"client\": \"%s\", \"writes_to_reads\": \"%" PRIu64 ":%" PRIu64
           "\", \"connections\": %" PRIu64 ", \"pipeline\": %" PRIu64 ", \"value_size\": %" PRIu64
           ", \"requests\": %" PRIu64 ", \"seconds\": %.6f, \"user_seconds\": %.6f"
           ", \"system_seconds\": %.6f, \"reads\": %" PRIu64 ", \"writes\": %" PRIu64
           ", \"polls\": %" PRIu64 ", \"spun_seconds\": %.6f, \"lag_us\": %.2f}\n",
           client, load->writes, load->reads, load->connections, load->pipeline, load->value_size,
           cost->requests, (double)cost->elapsed / (double)NSEC_PER_SEC,
           (double)cost->user / (double)NSEC_PER_SEC, (double)cost->system / (double)NSEC_PER_SEC,
           cost->reads, cost->writes, cost->polls, (double)cost->spun / (double)NSEC_PER_SEC,
           (double)cost->lag / (double)NSEC_PER_USEC);
}
