#include <inttypes.h>

#include "base/arena.h"
#include "base/units.h"
#include "cli/doctor.h"
#include "os/clock.h"
#include "redis/client.h"
#include "redis/info.h"
#include "target/target.h"

enum { PINGS = 200 };

static bool check_latency(struct doctor *doctor, struct target *target, struct error *err)
{
    nsec times[PINGS];
    struct arena arena = {0};
    const struct clock *clock = clock_monotonic();
    bool ok = true;
    for (int i = 0; i < PINGS && ok; i++) {
        struct resp_value reply;
        nsec begin = clock_now(clock);
        ok = client_call(&target->control, &arena, &reply, err, "PING", NULL);
        times[i] = clock_now(clock) - begin;
        arena_release(&arena);
    }
    if (!ok) {
        return false;
    }
    doctor_sort(times, PINGS);
    char middle[UNITS_TEXT_SIZE];
    char longest[UNITS_TEXT_SIZE];
    (void)units_format_latency((double)times[PINGS / 2], middle);
    (void)units_format_latency((double)times[PINGS - 1], longest);
    bool is_far = times[PINGS / 2] > NSEC_PER_MSEC;
    doctor_say(doctor, is_far ? DOCTOR_WARN : DOCTOR_OK, "  latency",
               "%d PINGs: median %s, longest %s", PINGS, middle, longest);
    doctor_advise(doctor,
                  is_far ? "The way there outweighs the server: measure from nearer, or with more "
                           "clients or a deeper pipeline."
                         : NULL);
    return true;
}

static void check_clients(struct doctor *doctor, struct target *target)
{
    uint64_t clients = target_connected_clients(target);
    if (clients > 1) {
        doctor_say(doctor, DOCTOR_WARN, "  clients", "%" PRIu64 " others are connected",
                   clients - 1);
        doctor_advise(doctor,
                      "Their load is measured too, and yours disturbs them; from another machine "
                      "tenbin asks for --yes.");
    } else {
        doctor_say(doctor, DOCTOR_OK, "  clients", "no others are connected");
    }
}

static void check_memory(struct doctor *doctor, struct str info)
{
    uint64_t limit = 0;
    struct str policy = STR("unknown");
    if (!info_find_u64(info, "maxmemory", &limit)) {
        return;
    }
    (void)info_find(info, "maxmemory_policy", &policy);
    if (limit == 0) {
        doctor_say(doctor, DOCTOR_OK, "  memory", "no limit, policy %.*s", STR_ARG(policy));
        return;
    }
    char size[UNITS_TEXT_SIZE];
    (void)units_format_size(limit, size);
    bool evicts = !str_eq(policy, STR("noeviction"));
    doctor_say(doctor, DOCTOR_WARN, "  memory", "limit %s, policy %.*s", size, STR_ARG(policy));
    doctor_advise(doctor,
                  evicts ? "A dataset beyond the limit is evicted, and reads miss: keep it smaller."
                         : "Writes fail once the limit is reached: keep the dataset smaller.");
}

static void check_persistence(struct doctor *doctor, struct str info)
{
    uint64_t aof = 0;
    uint64_t saving = 0;
    uint64_t rewriting = 0;
    if (!info_find_u64(info, "aof_enabled", &aof)) {
        return;
    }
    (void)info_find_u64(info, "rdb_bgsave_in_progress", &saving);
    (void)info_find_u64(info, "aof_rewrite_in_progress", &rewriting);
    if (saving != 0 || rewriting != 0) {
        doctor_say(doctor, DOCTOR_BAD, "  persistence", "a snapshot is being written now");
        doctor_advise(doctor, "Wait until it has finished.");
    } else if (aof != 0) {
        doctor_say(doctor, DOCTOR_WARN, "  persistence", "an append-only file is written");
        doctor_advise(doctor, "The disk is measured too: compare only targets that persist alike.");
    } else {
        doctor_say(doctor, DOCTOR_OK, "  persistence", "no append-only file");
    }
}

static void check_role(struct doctor *doctor, const struct info_server *server)
{
    if (str_eq(str_from(server->role), STR("slave"))) {
        doctor_say(doctor, DOCTOR_BAD, "  role", "replica");
        doctor_advise(doctor, "Name the primary: a replica refuses writes.");
    }
    if (str_eq(str_from(server->mode), STR("cluster"))) {
        doctor_say(doctor, DOCTOR_WARN, "  mode", "cluster");
        doctor_advise(doctor,
                      "Keys of other nodes are answered with MOVED, which counts as an error.");
    }
}

static bool ask(struct doctor *doctor, struct target *target, struct error *err)
{
    struct arena arena = {0};
    struct str info;
    check_role(doctor, &target->server);
    bool ok = check_latency(doctor, target, err) &&
              client_info(&target->control, &arena, NULL, &info, err);
    if (ok) {
        check_clients(doctor, target);
        check_memory(doctor, info);
        check_persistence(doctor, info);
    }
    arena_release(&arena);
    return ok;
}

bool doctor_check_target(struct doctor *doctor, const struct target_spec *spec)
{
    struct error err = {0};
    struct target target = {0};
    bool ok = target_init(&target, spec, NULL, &err) && target_start(&target, &err);
    if (ok) {
        doctor_say(doctor, DOCTOR_OK, "target", "%s: %s %s", spec->text, target.server.engine,
                   target.server.version);
        ok = ask(doctor, &target, &err);
    }
    if (!ok) {
        doctor_say(doctor, DOCTOR_BAD, "target", "%s", err.text);
    }
    target_release(&target);
    return ok;
}
