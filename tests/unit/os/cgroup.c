#include "os/cgroup.h"

#include "os/file.h"
#include "support/fake_root.h"
#include "support/tap.h"

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
        if (!tap_check(fake_root_make(root), "a root")) {
            return;
        }
        tap_check(fake_root_put(root, "/proc/self/cgroup", rows[i].groups), "a file");
        for (size_t k = 0; k < 6 && rows[i].files[k] != NULL; k += 2) {
            tap_check(fake_root_put(root, rows[i].files[k], rows[i].files[k + 1]), "a file");
        }
        tap_near(cgroup_quota(root), rows[i].quota, 1e-12, "quota: %s", rows[i].name);
        (void)file_remove_tree(root, NULL);
    }
}

static void test_throttling(void)
{
    static const struct {
        const char *name;
        bool is_told;
        nsec time;
        const char *groups;
        const char *files[4];
    } rows[] = {
        {"nothing tells", false, 0, "0::/\n", {NULL}},
        {"no controller of processors",
         false,
         0,
         "0::/\n",
         {"/sys/fs/cgroup/cpu.stat", "usage_usec 9\nuser_usec 4\nsystem_usec 5\n"}},
        {"v2, a group and one above it",
         true,
         5000,
         "0::/a/b\n",
         {"/sys/fs/cgroup/a/b/cpu.stat", "usage_usec 9\nnr_throttled 1\nthrottled_usec 2\n",
          "/sys/fs/cgroup/a/cpu.stat", "nr_throttled 1\nthrottled_usec 3\n"}},
        {"v2, never held back",
         true,
         0,
         "0::/\n",
         {"/sys/fs/cgroup/cpu.stat", "nr_throttled 0\nthrottled_usec 0\n"}},
        {"v1 counts in nanoseconds",
         true,
         1234567,
         "5:cpu,cpuacct:/x\n",
         {"/sys/fs/cgroup/cpu,cpuacct/x/cpu.stat",
          "nr_periods 9\nnr_throttled 2\nthrottled_time 1234567\n"}},
        {"not a number", false, 0, "0::/\n", {"/sys/fs/cgroup/cpu.stat", "throttled_usec x\n"}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char root[PATH_MAX];
        nsec time = 7;
        if (!tap_check(fake_root_make(root), "a root")) {
            return;
        }
        tap_check(fake_root_put(root, "/proc/self/cgroup", rows[i].groups), "a file");
        for (size_t k = 0; k < 4 && rows[i].files[k] != NULL; k += 2) {
            tap_check(fake_root_put(root, rows[i].files[k], rows[i].files[k + 1]), "a file");
        }
        tap_int(cgroup_throttled(root, &time), rows[i].is_told, "throttling: %s", rows[i].name);
        tap_int((int64_t)time, (int64_t)rows[i].time, "so much: %s", rows[i].name);
        (void)file_remove_tree(root, NULL);
    }
}

int main(void)
{
    test_quotas();
    test_throttling();
    return tap_end();
}
