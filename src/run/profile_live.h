/* Watches a live server without MONITOR: how often which command is called (INFO commandstats
 * before and after), and what a sample of its keys is like (SCAN from random places, TYPE, PTTL,
 * lengths, OBJECT ENCODING, MEMORY USAGE). Nothing is written to the server. The cost is bounded,
 * and known before it begins. In a cluster all primaries are asked. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/units.h"
#include "run/profile.h"
#include "target/target.h"

struct profile_live_config {
    nsec duration;    /* between the two readings of commandstats, at least */
    uint64_t samples; /* keys that are looked at, at most */
    double rate;      /* commands per second, at most */
    uint64_t seed;
    bool (*wants_stop)(void *self); /* NULL: never */
    void *self;
};

/* Commands that it will send, at most. */
uint64_t profile_live_cost(const struct profile_live_config *config);
/* `target` was started. Fills a zeroed profile; release it in either case. ERROR_TARGET,
 * ERROR_INTERRUPTED. */
bool profile_live_watch(struct target *target, const struct profile_live_config *config,
                        struct profile *profile, struct error *err);
