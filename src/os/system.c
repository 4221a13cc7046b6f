#include "os/system.h"

#include <assert.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/utsname.h>

#include "base/buf.h"
#include "base/str.h"
#include "os/file.h"

/* Reads a file below the root into `out` (cleared before). False: not readable. */
static bool slurp(struct buf *out, const char *root, const char *path)
{
    char full[PATH_MAX];
    int len = snprintf(full, sizeof full, "%s%s", root, path);
    buf_clear(out);
    return len > 0 && (size_t)len < sizeof full && file_read(full, out, NULL);
}

static void copy_text(struct str text, char to[SYSTEM_TEXT_SIZE])
{
    text = str_prefix(str_trim(text), SYSTEM_TEXT_SIZE - 1);
    (void)snprintf(to, SYSTEM_TEXT_SIZE, "%.*s", STR_ARG(text));
}

static void read_text(struct buf *scratch, const char *root, const char *path,
                      char to[SYSTEM_TEXT_SIZE])
{
    if (slurp(scratch, root, path)) {
        copy_text(buf_str(scratch), to);
    }
}

static void read_number(struct buf *scratch, const char *root, const char *path, uint64_t *to)
{
    if (slurp(scratch, root, path)) {
        (void)str_to_u64(str_trim(buf_str(scratch)), to);
    }
}

/* The value of a line "key : value", trimmed. Empty view: no such line. */
static struct str value_of(struct str text, struct str key)
{
    while (text.len > 0) {
        struct str rest = str_split(&text, '\n');
        if (str_eq(str_trim(str_split(&rest, ':')), key)) {
            return str_trim(rest);
        }
    }
    return (struct str){0};
}

static bool has_word(struct str text, struct str word)
{
    while (text.len > 0) {
        if (str_eq(str_split(&text, ' '), word)) {
            return true;
        }
    }
    return false;
}

static void read_cpus(struct buf *scratch, const char *root, struct system_facts *facts)
{
    if (!slurp(scratch, root, "/proc/cpuinfo")) {
        return;
    }
    struct str text = buf_str(scratch);
    copy_text(value_of(text, STR("model name")), facts->cpu_model);
    facts->virtual_machine = has_word(value_of(text, STR("flags")), STR("hypervisor"));
    while (text.len > 0) {
        struct str line = str_split(&text, '\n');
        facts->cpus += str_eq(str_trim(str_split(&line, ':')), STR("processor")) ? 1 : 0;
    }
}

/* A line of /proc/meminfo, in bytes; 0: not told. */
static uint64_t read_memory(struct buf *scratch, const char *root, struct str name)
{
    uint64_t kibibytes = 0;
    if (slurp(scratch, root, "/proc/meminfo")) {
        struct str value = value_of(buf_str(scratch), name);
        (void)str_to_u64(str_split(&value, ' '), &kibibytes);
    }
    return kibibytes * 1024;
}

uint64_t system_memory_available(const char *root)
{
    struct buf scratch = {0};
    uint64_t bytes = read_memory(&scratch, root, STR("MemAvailable"));
    buf_release(&scratch);
    return bytes;
}

/* "always [madvise] never": the word in brackets. */
static void read_huge_pages(struct buf *scratch, const char *root, struct system_facts *facts)
{
    if (slurp(scratch, root, "/sys/kernel/mm/transparent_hugepage/enabled")) {
        struct str rest = buf_str(scratch);
        (void)str_split(&rest, '[');
        copy_text(str_split(&rest, ']'), facts->huge_pages);
    }
}

static void read_limits(struct system_facts *facts)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        facts->open_files_soft = limit.rlim_cur == RLIM_INFINITY ? UINT64_MAX : limit.rlim_cur;
        facts->open_files_hard = limit.rlim_max == RLIM_INFINITY ? UINT64_MAX : limit.rlim_max;
    }
}

/* One hierarchy of control groups. */
struct hierarchy {
    const char *root;
    bool unified;           /* version 2 */
    struct str controllers; /* version 1: also the name of its folder; version 2: empty */
};

/* Reads a file of a group, without white space at its ends. */
static bool slurp_group(struct buf *scratch, const struct hierarchy *in, struct str group,
                        const char *file, struct str *text)
{
    char path[PATH_MAX];
    int len = snprintf(path, sizeof path, "/sys/fs/cgroup/%.*s%.*s/%s", STR_ARG(in->controllers),
                       STR_ARG(group), file);
    bool read = len > 0 && (size_t)len < sizeof path && slurp(scratch, in->root, path);
    *text = str_trim(buf_str(scratch));
    return read;
}

static bool read_quota_v1(struct buf *scratch, const struct hierarchy *in, struct str group,
                          double *quota)
{
    struct str text;
    uint64_t wanted;
    uint64_t period;
    if (!slurp_group(scratch, in, group, "cpu.cfs_quota_us", &text) ||
        !str_to_u64(text, &wanted) /* -1: no limit */ ||
        !slurp_group(scratch, in, group, "cpu.cfs_period_us", &text) ||
        !str_to_u64(text, &period) || period == 0) {
        return false;
    }
    *quota = (double)wanted / (double)period;
    return true;
}

/* "max 100000" or "50000 100000". */
static bool read_quota_v2(struct buf *scratch, const struct hierarchy *in, struct str group,
                          double *quota)
{
    struct str text;
    uint64_t wanted;
    uint64_t period;
    if (!slurp_group(scratch, in, group, "cpu.max", &text) ||
        !str_to_u64(str_split(&text, ' '), &wanted) || !str_to_u64(text, &period) || period == 0) {
        return false;
    }
    *quota = (double)wanted / (double)period;
    return true;
}

/* The smallest quota of a group and all groups above it. Where the path is not visible (in a
 * container that has its own view of /sys but not of /proc), those parts that are count. */
static void narrow_quota(struct buf *scratch, const struct hierarchy *in, struct str group,
                         double *smallest)
{
    for (bool more = true; more;) {
        double quota;
        if (str_eq(group, STR("/"))) {
            group.len = 0;
        }
        bool found = in->unified ? read_quota_v2(scratch, in, group, &quota)
                                 : read_quota_v1(scratch, in, group, &quota);
        if (found && (*smallest <= 0 || quota < *smallest)) {
            *smallest = quota;
        }
        more = group.len > 0;
        ptrdiff_t slash = str_find_last(group, '/');
        group = str_prefix(group, slash < 0 ? 0 : (size_t)slash);
    }
}

static bool lists_cpu(struct str controllers)
{
    while (controllers.len > 0) {
        if (str_eq(str_split(&controllers, ','), STR("cpu"))) {
            return true;
        }
    }
    return false;
}

static void read_quota(struct buf *scratch, const char *root, struct system_facts *facts)
{
    struct buf groups = {0};
    (void)slurp(&groups, root, "/proc/self/cgroup");
    struct str text = buf_str(&groups);
    while (text.len > 0) {
        /* "4:cpu,cpuacct:/group" of version 1, "0::/group" of version 2 */
        struct str group = str_split(&text, '\n');
        (void)str_split(&group, ':');
        struct str controllers = str_split(&group, ':');
        struct hierarchy in = {root, controllers.len == 0, controllers};
        if (in.unified || lists_cpu(controllers)) {
            narrow_quota(scratch, &in, group, &facts->cpu_quota);
        }
    }
    buf_release(&groups);
}

void system_read(const char *root, struct system_facts *facts)
{
    struct buf scratch = {0};
    struct utsname name;
    *facts = (struct system_facts){0};
    read_text(&scratch, root, "/proc/sys/kernel/hostname", facts->hostname);
    read_text(&scratch, root, "/proc/sys/kernel/osrelease", facts->kernel);
    if (uname(&name) == 0) {
        copy_text(str_from(name.machine), facts->machine);
    }
    read_text(&scratch, root, "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor",
              facts->governor);
    read_text(&scratch, root, "/sys/devices/system/clocksource/clocksource0/current_clocksource",
              facts->clock_source);
    read_number(&scratch, root, "/proc/sys/net/core/somaxconn", &facts->somaxconn);
    read_cpus(&scratch, root, facts);
    facts->memory = read_memory(&scratch, root, STR("MemTotal"));
    read_huge_pages(&scratch, root, facts);
    read_limits(facts);
    read_quota(&scratch, root, facts);
    buf_release(&scratch);
}

uint64_t system_draw_random(void)
{
    uint64_t bits = 0;
    ssize_t got = getrandom(&bits, sizeof bits, 0);
    assert(got == (ssize_t)sizeof bits); /* requests of up to 256 bytes are never cut short */
    (void)got;
    return bits;
}

void system_raise_open_files(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}
