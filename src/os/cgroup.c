#include "os/cgroup.h"

#include <limits.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/str.h"
#include "os/file.h"

/* One hierarchy of control groups. */
struct hierarchy {
    const char *root;
    bool unified;           /* version 2 */
    struct str controllers; /* version 1: also the name of its folder; version 2: empty */
};

/* Looks at one group. */
typedef void group_visitor(void *self, const struct hierarchy *in, struct str group);

/* Reads a file of a group, without white space at its ends. */
static bool slurp(struct buf *scratch, const struct hierarchy *in, struct str group,
                  const char *file, struct str *text)
{
    char path[PATH_MAX];
    int len = snprintf(path, sizeof path, "%s/sys/fs/cgroup/%.*s%.*s/%s", in->root,
                       STR_ARG(in->controllers), STR_ARG(group), file);
    buf_clear(scratch);
    bool read = len > 0 && (size_t)len < sizeof path && file_read(path, scratch, NULL);
    *text = str_trim(buf_str(scratch));
    return read;
}

/* A group and all groups above it. */
static void climb(const struct hierarchy *in, struct str group, group_visitor *look, void *self)
{
    for (bool more = true; more;) {
        if (str_eq(group, STR("/"))) {
            group.len = 0;
        }
        look(self, in, group);
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

static void visit(const char *root, group_visitor *look, void *self)
{
    char path[PATH_MAX];
    struct buf groups = {0};
    int len = snprintf(path, sizeof path, "%s/proc/self/cgroup", root);
    if (len > 0 && (size_t)len < sizeof path) {
        (void)file_read(path, &groups, NULL);
    }
    struct str text = buf_str(&groups);
    while (text.len > 0) {
        /* "4:cpu,cpuacct:/group" of version 1, "0::/group" of version 2 */
        struct str group = str_split(&text, '\n');
        (void)str_split(&group, ':');
        struct str controllers = str_split(&group, ':');
        struct hierarchy in = {root, controllers.len == 0, controllers};
        if (in.unified || lists_cpu(controllers)) {
            climb(&in, group, look, self);
        }
    }
    buf_release(&groups);
}

static bool read_quota_v1(struct buf *scratch, const struct hierarchy *in, struct str group,
                          double *quota)
{
    struct str text;
    uint64_t wanted;
    uint64_t period;
    if (!slurp(scratch, in, group, "cpu.cfs_quota_us", &text) ||
        !str_to_u64(text, &wanted) /* -1: no limit */ ||
        !slurp(scratch, in, group, "cpu.cfs_period_us", &text) || !str_to_u64(text, &period) ||
        period == 0) {
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
    if (!slurp(scratch, in, group, "cpu.max", &text) ||
        !str_to_u64(str_split(&text, ' '), &wanted) || !str_to_u64(text, &period) || period == 0) {
        return false;
    }
    *quota = (double)wanted / (double)period;
    return true;
}

static void narrow(void *self, const struct hierarchy *in, struct str group)
{
    double *smallest = self;
    struct buf scratch = {0};
    double quota;
    bool found = in->unified ? read_quota_v2(&scratch, in, group, &quota)
                             : read_quota_v1(&scratch, in, group, &quota);
    if (found && (*smallest <= 0 || quota < *smallest)) {
        *smallest = quota;
    }
    buf_release(&scratch);
}

double cgroup_quota(const char *root)
{
    double smallest = 0;
    visit(root, narrow, &smallest);
    return smallest;
}

struct throttling {
    bool is_told;
    nsec time;
};

static void add_throttling(void *self, const struct hierarchy *in, struct str group)
{
    struct throttling *throttling = self;
    struct buf scratch = {0};
    struct str text;
    (void)slurp(&scratch, in, group, "cpu.stat", &text);
    struct str name = in->unified ? STR("throttled_usec") : STR("throttled_time");
    while (text.len > 0) {
        struct str line = str_split(&text, '\n');
        uint64_t value;
        if (str_eq(str_split(&line, ' '), name) && str_to_u64(line, &value)) {
            throttling->is_told = true;
            throttling->time += in->unified ? value * NSEC_PER_USEC : value;
        }
    }
    buf_release(&scratch);
}

bool cgroup_throttled(const char *root, nsec *time)
{
    struct throttling throttling = {0};
    visit(root, add_throttling, &throttling);
    *time = throttling.time;
    return throttling.is_told;
}
