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
                const char *format, ...)
{
    static const char *const names[] = {"ok", "warn", "bad"};
    doctor->warnings += verdict == DOCTOR_WARN;
    doctor->failures += verdict == DOCTOR_BAD;
    struct buf seen = {0};
    va_list args;
    va_start(args, format);
    (void)buf_addv(&seen, format, args);
    va_end(args);
    wrap_defuse(seen.data, seen.len);
    struct buf text = {0};
    (void)buf_addf(&text, "%-5s %-15s ", names[verdict], name);
    wrap_write(&text, buf_text(&seen), INDENT, INDENT);
    (void)fputs(buf_text(&text), doctor->out);
    (void)fflush(doctor->out);
    buf_release(&seen);
    buf_release(&text);
}

void doctor_advise(struct doctor *doctor, const char *advice)
{
    if (advice == NULL) {
        return;
    }
    struct buf text = {0};
    (void)buf_addf(&text, "%*s", INDENT, "");
    wrap_write(&text, advice, INDENT, INDENT);
    (void)fputs(buf_text(&text), doctor->out);
    (void)fflush(doctor->out);
    buf_release(&text);
}

static void check_processors(struct doctor *doctor, const struct system_facts *facts)
{
    struct cpu_set set = {0};
    struct error err = {0};
    if (!cpu_available(&set, &err)) {
        doctor_say(doctor, DOCTOR_WARN, "processors", "unknown: %s", err.text);
        return;
    }
    char text[CPU_SET_TEXT_SIZE];
    unsigned count = cpu_set_count(&set);
    (void)cpu_set_format(&set, text);
    if (count < 2) {
        doctor_say(doctor, DOCTOR_WARN, "processors", "1 usable: %s", text);
        doctor_advise(doctor,
                      "Load and server take turns on one processor: measure a server on another "
                      "machine, or read only large differences.");
    } else {
        doctor_say(doctor, DOCTOR_OK, "processors", "%u usable: %s", count, text);
    }
    if (facts->cpu_quota > 0 && facts->cpu_quota < count) {
        doctor_say(doctor, DOCTOR_BAD, "processor quota",
                   "a control group allows the time of %.2f processors", facts->cpu_quota);
        doctor_advise(doctor,
                      "Lift the quota of the container while measuring: being paused looks like "
                      "latency.");
    }
}

static void check_governor(struct doctor *doctor, const struct system_facts *facts)
{
    if (facts->governor[0] == '\0') {
        doctor_say(doctor, DOCTOR_OK, "governor", "none visible (usual in virtual machines)");
    } else if (strcmp(facts->governor, "performance") == 0) {
        doctor_say(doctor, DOCTOR_OK, "governor", "%s", facts->governor);
    } else {
        doctor_say(doctor, DOCTOR_WARN, "governor", "%s", facts->governor);
        doctor_advise(doctor, "Clock rates that follow the load favour whoever is measured warm: "
                              "cpupower frequency-set -g performance");
    }
}

static void check_huge_pages(struct doctor *doctor, const struct system_facts *facts)
{
    if (strcmp(facts->huge_pages, "always") == 0) {
        doctor_say(doctor, DOCTOR_WARN, "huge pages", "transparent huge pages: always");
        doctor_advise(doctor, "Copying huge pages after a fork stalls a server: echo madvise > "
                              "/sys/kernel/mm/transparent_hugepage/enabled");
    } else {
        doctor_say(doctor, DOCTOR_OK, "huge pages", "transparent huge pages: %s",
                   facts->huge_pages[0] == '\0' ? "none" : facts->huge_pages);
    }
}

static void check_open_files(struct doctor *doctor, const struct system_facts *facts)
{
    enum { OTHERS = 64, ENOUGH = 1024 };
    uint64_t limit = facts->open_files_soft;
    if (limit == UINT64_MAX) {
        doctor_say(doctor, DOCTOR_OK, "open files", "no limit");
        return;
    }
    char text[UNITS_TEXT_SIZE];
    char clients[UNITS_TEXT_SIZE];
    (void)units_format_count(limit, text);
    (void)units_format_count(limit > OTHERS ? limit - OTHERS : 0, clients);
    if (limit < ENOUGH) {
        doctor_say(doctor, DOCTOR_WARN, "open files", "%s, enough for about %s clients", text,
                   clients);
        doctor_advise(doctor, "Raise the limit first: ulimit -n 65536");
    } else {
        doctor_say(doctor, DOCTOR_OK, "open files", "%s, enough for about %s clients", text,
                   clients);
    }
}

static void check_backlog(struct doctor *doctor, const struct system_facts *facts)
{
    /* What redis-server and valkey-server ask for unless told otherwise (tcp-backlog). */
    enum { SERVER_BACKLOG = 511 };
    if (facts->somaxconn == 0) {
        doctor_say(doctor, DOCTOR_OK, "accept queue", "unknown");
    } else if (facts->somaxconn < SERVER_BACKLOG) {
        doctor_say(doctor, DOCTOR_WARN, "accept queue",
                   "net.core.somaxconn is %" PRIu64 ", servers ask for 511", facts->somaxconn);
        doctor_advise(doctor, "Many clients that connect at once may have to try again: "
                              "sysctl net.core.somaxconn=1024");
    } else {
        doctor_say(doctor, DOCTOR_OK, "accept queue", "net.core.somaxconn is %" PRIu64,
                   facts->somaxconn);
    }
}

/* Nanoseconds per reading, the best of some batches: what else runs here does not count. */
static double clock_cost(void)
{
    enum { BATCHES = 10, READINGS = 2000 };
    const struct clock *clock = clock_monotonic();
    nsec best = UINT64_MAX;
    for (int i = 0; i < BATCHES; i++) {
        nsec begin = clock_now(clock);
        nsec end = begin;
        for (int j = 0; j < READINGS; j++) {
            end = clock_now(clock);
        }
        best = end - begin < best ? end - begin : best;
    }
    return (double)best / READINGS;
}

static void check_clock(struct doctor *doctor, const struct system_facts *facts)
{
    enum { CHEAP_NS = 200, DEAR_NS = 1000 };
    double cost = clock_cost();
    enum doctor_verdict verdict = DOCTOR_OK;
    const char *advice = NULL;
    if (cost >= CHEAP_NS) {
        verdict = cost < DEAR_NS ? DOCTOR_WARN : DOCTOR_BAD;
        advice = "Readings this slow are calls into the kernel and take time from the load: choose "
                 "another clock source (tsc) or another kind of machine.";
    }
    doctor_say(doctor, verdict, "clock", "%s, %.0f ns per reading",
               facts->clock_source[0] == '\0' ? "unknown source" : facts->clock_source, cost);
    doctor_advise(doctor, advice);
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
        doctor_say(doctor, DOCTOR_WARN, "servers", "no server program found");
        doctor_advise(doctor,
                      "tools/get-servers fetches some; targets that run already need none.");
    } else {
        struct buf names = {0};
        for (size_t i = 0; i < count; i++) {
            (void)buf_addf(&names, "%s%s %s", i == 0 ? "" : ", ", servers[i].engine,
                           servers[i].version[0] == '\0' ? "(version unknown)"
                                                         : servers[i].version);
        }
        doctor_say(doctor, DOCTOR_OK, "servers", "%s", buf_text(&names));
        buf_release(&names);
    }
    arena_release(&arena);
}
