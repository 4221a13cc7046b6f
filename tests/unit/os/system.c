#include "os/system.h"

#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "os/file.h"
#include "support/tap.h"

/* Writes a file below `root`, with the folders it needs. */
static void put(const char *root, const char *path, const char *text)
{
    char full[PATH_MAX];
    (void)snprintf(full, sizeof full, "%s%s", root, path);
    for (char *slash = strchr(full + strlen(root) + 1, '/'); slash != NULL;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        (void)mkdir(full, 0700);
        *slash = '/';
    }
    struct error err = {0};
    if (!file_write(full, str_from(text), &err)) {
        tap_check(false, "%s", err.text);
    }
}

static bool make_root(char root[PATH_MAX])
{
    struct error err = {0};
    return tap_check(file_make_temp_dir("tenbin-test-", root, PATH_MAX, &err), "a root: %s",
                     err.text);
}

static void test_known_machine(void)
{
    char root[PATH_MAX];
    if (!make_root(root)) {
        return;
    }
    put(root, "/proc/sys/kernel/hostname", "scales\n");
    put(root, "/proc/sys/kernel/osrelease", "6.1.0-37-amd64\n");
    put(root, "/proc/sys/net/core/somaxconn", "4096\n");
    put(root, "/proc/meminfo", "MemTotal:       24576000 kB\nMemFree:        1 kB\n");
    put(root, "/proc/cpuinfo",
        "processor\t: 0\nmodel name\t: Some CPU @ 2.00GHz\nflags\t\t: fpu hypervisor sse\n\n"
        "processor\t: 1\nmodel name\t: Some CPU @ 2.00GHz\nflags\t\t: fpu hypervisor sse\n");
    put(root, "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "performance\n");
    put(root, "/sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc\n");
    put(root, "/sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");

    struct system_facts facts;
    system_read(root, &facts);
    tap_text(facts.hostname, "scales", "hostname");
    tap_text(facts.kernel, "6.1.0-37-amd64", "kernel");
    tap_text(facts.cpu_model, "Some CPU @ 2.00GHz", "processor");
    tap_int((int64_t)facts.cpus, 2, "processors");
    tap_int((int64_t)facts.memory, 24576000 * INT64_C(1024), "memory");
    tap_text(facts.governor, "performance", "governor");
    tap_text(facts.huge_pages, "madvise", "huge pages");
    tap_text(facts.clock_source, "tsc", "clock source");
    tap_int((int64_t)facts.somaxconn, 4096, "somaxconn");
    tap_check(facts.virtual_machine, "virtual");
    tap_near(facts.cpu_quota, 0, 0, "no quota");
    tap_check(file_remove_tree(root, NULL), "cleaned up");
}

static void test_unknown_machine(void)
{
    char root[PATH_MAX];
    if (!make_root(root)) {
        return;
    }
    struct system_facts facts;
    memset(&facts, 0x55, sizeof facts);
    system_read(root, &facts);
    tap_text(facts.hostname, "", "no hostname");
    tap_text(facts.cpu_model, "", "no processor");
    tap_text(facts.governor, "", "no governor");
    tap_text(facts.huge_pages, "", "no huge pages");
    tap_int((int64_t)(facts.cpus + facts.memory + facts.somaxconn), 0, "no numbers");
    tap_check(!facts.virtual_machine, "not virtual");
    tap_near(facts.cpu_quota, 0, 0, "no quota");
    tap_check(file_remove_tree(root, NULL), "cleaned up");
}

struct quota_row {
    const char *name;
    double quota;
    const char *groups;
    const char *files[6]; /* path, text, path, text ... NULL */
};

static void test_quotas(void)
{
    static const struct quota_row rows[] = {
        {"v2 own", 0.5, "0::/a/b\n", {"/sys/fs/cgroup/a/b/cpu.max", "50000 100000\n"}},
        {"v2 none", 0, "0::/a\n", {"/sys/fs/cgroup/a/cpu.max", "max 100000\n"}},
        {"v2 the narrower of a group and one above it",
         1.5,
         "0::/a/b\n",
         {"/sys/fs/cgroup/a/b/cpu.max", "200000 100000\n", "/sys/fs/cgroup/a/cpu.max",
          "150000 100000\n"}},
        {"v2 in a container, at the root",
         2,
         "0::/\n",
         {"/sys/fs/cgroup/cpu.max", "200000 100000"}},
        {"v1",
         0.25,
         "5:cpu,cpuacct:/x\n1:name=systemd:/\n",
         {"/sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_quota_us", "25000\n",
          "/sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_period_us", "100000\n"}},
        {"v1 none",
         0,
         "5:cpu:/\n",
         {"/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n", "/sys/fs/cgroup/cpu/cpu.cfs_period_us",
          "100000\n"}},
        {"v1 another controller's file",
         0,
         "5:cpuset:/\n",
         {"/sys/fs/cgroup/cpuset/cpu.cfs_quota_us", "5\n",
          "/sys/fs/cgroup/cpuset/cpu.cfs_period_us", "10\n"}},
        {"a period of zero", 0, "0::/\n", {"/sys/fs/cgroup/cpu.max", "5 0\n"}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char root[PATH_MAX];
        if (!make_root(root)) {
            return;
        }
        put(root, "/proc/self/cgroup", rows[i].groups);
        for (size_t k = 0; k < 6 && rows[i].files[k] != NULL; k += 2) {
            put(root, rows[i].files[k], rows[i].files[k + 1]);
        }
        struct system_facts facts;
        system_read(root, &facts);
        tap_near(facts.cpu_quota, rows[i].quota, 1e-12, "quota: %s", rows[i].name);
        (void)file_remove_tree(root, NULL);
    }
}

static void test_this_machine(void)
{
    struct system_facts facts;
    system_read("", &facts);
    struct utsname name;
    (void)uname(&name);
    tap_text(facts.kernel, name.release, "this machine's kernel");
    tap_text(facts.machine, name.machine, "this machine's architecture");
    tap_int((int64_t)facts.cpus, sysconf(_SC_NPROCESSORS_ONLN), "its processors");
    tap_check(facts.memory > 16 * 1024 * 1024, "its memory");
    tap_check(facts.open_files_soft > 0 && facts.open_files_soft <= facts.open_files_hard,
              "its limits of open files");
}

int main(void)
{
    test_known_machine();
    test_unknown_machine();
    test_quotas();
    test_this_machine();
    return tap_end();
}
