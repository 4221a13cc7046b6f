/* The control groups (version 1 or 2) of this process, as far as processor time goes.
 *
 * What counts is a process's own group and all groups above it. Where the path is not visible (in a
 * container that has its own view of /sys but not of /proc), those parts that are count. `root` is
 * put before every path: "" for this machine; a test brings a tree of its own. */
#pragma once

#include <stdbool.h>

#include "base/units.h"

/* Processors' worth of time that the groups allow, the smallest of all; 0: no limit found. */
double cgroup_quota(const char *root);
/* How long the groups' quotas have kept threads that wanted to run from running, since the groups
 * exist: of all processors, and all groups, together, whosever threads they were. False: nothing
 * tells. */
bool cgroup_throttled(const char *root, nsec *time);
