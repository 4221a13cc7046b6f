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
#include "os/cgroup.h"
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
    facts->cpu_quota = cgroup_quota(root);
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
