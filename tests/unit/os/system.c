#include "os/system.h"

#include <limits.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "os/file.h"
#include "support/fake_root.h"
#include "support/tap.h"

static void test_known_machine(void)
{
    char root[PATH_MAX];
    if (!tap_check(fake_root_make(root), "a root")) {
        return;
    }
    tap_check(fake_root_put(root, "/proc/sys/kernel/hostname", "scales\n"), "a file");
    tap_check(fake_root_put(root, "/proc/sys/kernel/osrelease", "6.1.0-37-amd64\n"), "a file");
    tap_check(fake_root_put(root, "/proc/sys/net/core/somaxconn", "4096\n"), "a file");
    tap_check(
        fake_root_put(root, "/proc/meminfo", "MemTotal:       24576000 kB\nMemFree:        1 kB\n"),
        "a file");
    fake_root_put(
        root, "/proc/cpuinfo",
        "processor\t: 0\nmodel name\t: Some CPU @ 2.00GHz\nflags\t\t: fpu hypervisor sse\n\n"
        "processor\t: 1\nmodel name\t: Some CPU @ 2.00GHz\nflags\t\t: fpu hypervisor sse\n");
    tap_check(fake_root_put(root, "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor",
                            "performance\n"),
              "a file");
    tap_check(fake_root_put(root,
                            "/sys/devices/system/clocksource/clocksource0/current_clocksource",
                            "tsc\n"),
              "a file");
    tap_check(fake_root_put(root, "/sys/kernel/mm/transparent_hugepage/enabled",
                            "always [madvise] never\n"),
              "a file");

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
    if (!tap_check(fake_root_make(root), "a root")) {
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
    test_this_machine();
    return tap_end();
}
