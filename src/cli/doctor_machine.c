#include "cli/doctor.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/units.h"
#include "cli/wrap.h"
#include "os/clock.h"
#include "os/cpu.h"
#include "os/system.h"
#include "target/servers.h"

enum { INDENT = 22 };

void doctor_say(struct doctor *doctor, enum doctor_verdict verdict, const char *name,
                const char *advice, const char *format, ...)
{
    static const char *const names[] = {"ok", "warn", "bad"};
    doctor->warnings += verdict == DOCTOR_WARN;
    doctor->failures += verdict == DOCTOR_BAD;
    struct buf seen = {0};
    va_list args;
    va_start(args, format);
    (void)buf_addv(&seen, format, args);
    va_end(args);
    struct buf text = {0};
    (void)buf_addf(&text, "%-5s %-15s ", names[verdict], name);
    wrap_write(&text, buf_text(&seen), INDENT, INDENT);
    if (advice != NULL) {
        (void)buf_addf(&text, "%*s", INDENT, "");
        wrap_write(&text, advice, INDENT, INDENT);
    }
    (void)fputs(buf_text(&text), doctor->out);
    (void)fflush(doctor->out);
    buf_release(&seen);
    buf_release(&text);
}

static void check_processors(struct doctor *doctor, const struct system_facts *facts)
{
    struct cpu_set set = {0};
    struct error err = {0};
    if (!cpu_available(&set, &err)) {
        doctor_say(doctor, DOCTOR_WARN, "processors", NULL, "unknown: %s", err.text);
        return;
    }
    char text[CPU_SET_TEXT_SIZE];
    unsigned count = cpu_set_count(&set);
    (void)cpu_set_format(&set, text);
    if (count < 2) {
        doctor_say(doctor, DOCTOR_WARN, "processors",
                   "Load and server take turns on one processor: measure a server on another "
                   "machine, or read only large differences.",
                   "1 usable: %s", text);
    } else {
        doctor_say(doctor, DOCTOR_OK, "processors", NULL, "%u usable: %s", count, text);
    }
    if (facts->cpu_quota > 0 && facts->cpu_quota < count) {
        doctor_say(doctor, DOCTOR_BAD, "processor quota",
                   "Lift the quota of the container while measuring: being paused looks like "
                   "latency.",
                   "a control group allows the time of %.2f processors", facts->cpu_quota);
    }
}

static void check_governor(struct doctor *doctor, const struct system_facts *facts)
{
    if (facts->governor[0] == '\0') {
        doctor_say(doctor, DOCTOR_OK, "governor", NULL, "none visible (usual in virtual machines)");
    } else if (strcmp(facts->governor, "performance") == 0) {
        doctor_say(doctor, DOCTOR_OK, "governor", NULL, "%s", facts->governor);
    } else {
        doctor_say(doctor, DOCTOR_WARN, "governor",
                   "Clock rates that follow the load favour whoever is measured warm: "
                   "cpupower frequency-set -g performance",
                   "%s", facts->governor);
    }
}

static void check_huge_pages(struct doctor *doctor, const struct system_facts *facts)
{
    if (strcmp(facts->huge_pages, "always") == 0) {
        doctor_say(doctor, DOCTOR_WARN, "huge pages",
                   "Copying huge pages after a fork stalls a server: echo madvise > "
                   "/sys/kernel/mm/transparent_hugepage/enabled",
                   "transparent huge pages: always");
    } else {
        doctor_say(doctor, DOCTOR_OK, "huge pages", NULL, "transparent huge pages: %s",
                   facts->huge_pages[0] == '\0' ? "none" : facts->huge_pages);
    }
}

static void check_open_files(struct doctor *doctor, const struct system_facts *facts)
{
    enum { OTHERS = 64, ENOUGH = 1024 };
    uint64_t limit = facts->open_files_soft;
    if (limit == UINT64_MAX) {
        doctor_say(doctor, DOCTOR_OK, "open files", NULL, "no limit");
        return;
    }
    char text[UNITS_TEXT_SIZE];
    char clients[UNITS_TEXT_SIZE];
    (void)units_format_count(limit, text);
    (void)units_format_count(limit > OTHERS ? limit - OTHERS : 0, clients);
    if (limit < ENOUGH) {
        doctor_say(doctor, DOCTOR_WARN, "open files", "Raise the limit first: ulimit -n 65536",
                   "%s, enough for about %s clients", text, clients);
    } else {
        doctor_say(doctor, DOCTOR_OK, "open files", NULL, "%s, enough for about %s clients", text,
                   clients);
    }
}

static void check_backlog(struct doctor *doctor, const struct system_facts *facts)
{
    /* What redis-server and valkey-server ask for unless told otherwise (tcp-backlog). */
    enum { SERVER_BACKLOG = 511 };
    if (facts->somaxconn == 0) {
        doctor_say(doctor, DOCTOR_OK, "accept queue", NULL, "unknown");
    } else if (facts->somaxconn < SERVER_BACKLOG) {
        doctor_say(doctor, DOCTOR_WARN, "accept queue",
                   "Many clients that connect at once may have to try again: "
                   "sysctl net.core.somaxconn=1024",
                   "net.core.somaxconn is %" PRIu64 ", servers ask for 511", facts->somaxconn);
    } else {
        doctor_say(doctor, DOCTOR_OK, "accept queue", NULL, "net.core.somaxconn is %" PRIu64,
                   facts->somaxconn);
    }
}

static void check_clock(struct doctor *doctor, const struct system_facts *facts)
{
    enum { READINGS = 20000, CHEAP_NS = 200, DEAR_NS = 1000 };
    const struct clock *clock = clock_monotonic();
    nsec begin = clock_now(clock);
    nsec end = begin;
    for (int i = 0; i < READINGS; i++) {
        end = clock_now(clock);
    }
    double cost = (double)(end - begin) / READINGS;
    enum doctor_verdict verdict = cost < CHEAP_NS  ? DOCTOR_OK
                                  : cost < DEAR_NS ? DOCTOR_WARN
                                                   : DOCTOR_BAD;
    doctor_say(doctor, verdict, "clock",
               verdict == DOCTOR_OK ? NULL
                                    : "Reading the clock costs time that the load lacks: choose "
                                      "the clock source tsc if the machine offers it.",
               "%s, %.0f ns per reading",
               facts->clock_source[0] == '\0' ? "unknown source" : facts->clock_source, cost);
}

void doctor_check_machine(struct doctor *doctor)
{
    struct system_facts facts;
    system_read("", &facts);
    check_processors(doctor, &facts);
    check_governor(doctor, &facts);
    check_huge_pages(doctor, &facts);
    check_open_files(doctor, &facts);
    check_backlog(doctor, &facts);
    check_clock(doctor, &facts);
}

void doctor_check_servers(struct doctor *doctor)
{
    struct arena arena = {0};
    struct server_program *servers;
    size_t count;
    servers_list(&arena, &servers, &count);
    if (count == 0) {
        doctor_say(doctor, DOCTOR_WARN, "servers",
                   "tools/get-servers fetches some; targets that run already need none.",
                   "no server program found");
    } else {
        struct buf names = {0};
        for (size_t i = 0; i < count; i++) {
            (void)buf_addf(&names, "%s%s %s", i == 0 ? "" : ", ", servers[i].engine,
                           servers[i].version[0] == '\0' ? "(version unknown)"
                                                         : servers[i].version);
        }
        doctor_say(doctor, DOCTOR_OK, "servers", NULL, "%s", buf_text(&names));
        buf_release(&names);
    }
    arena_release(&arena);
}
