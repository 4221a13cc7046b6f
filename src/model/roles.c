#include "model/roles.h"

#include <string.h>

#include "model/spec.h"
#include "model/spec_check.h"

enum {
    MAX_SUBSCRIBERS = 100000,
    MAX_CHANNELS_EACH = 10000,
    MAX_CHANNELS = 10000000,
};

static bool is_open_ended(const struct group_spec *group)
{
    return group->clients == 0 && !(group->share > 0);
}

static uint32_t least(uint64_t a, uint32_t b)
{
    return a < b ? (uint32_t)a : b;
}

void roles_count_clients(const struct roles_spec *roles, uint32_t clients,
                         uint32_t counts[ROLES_MAX_GROUPS])
{
    uint32_t left = clients;
    uint32_t open_ended = 0;
    size_t last_share = roles->group_count;
    memset(counts, 0, ROLES_MAX_GROUPS * sizeof counts[0]);
    for (size_t i = 0; i < roles->group_count; i++) {
        const struct group_spec *group = &roles->groups[i];
        uint64_t wanted = group->clients;
        if (is_open_ended(group)) {
            open_ended++;
            continue;
        }
        if (wanted == 0) {
            wanted = (uint64_t)(group->share * clients + 0.5);
            wanted = wanted == 0 ? 1 : wanted;
            last_share = i;
        }
        counts[i] = least(wanted, left);
        left -= counts[i];
    }
    /* What rounding leaves belongs to the last share. */
    if (open_ended == 0 && last_share < roles->group_count) {
        counts[last_share] += left;
    }
    for (size_t i = 0; i < roles->group_count && open_ended > 0; i++) {
        if (is_open_ended(&roles->groups[i])) {
            counts[i] = left / open_ended;
            left -= counts[i];
            open_ended--;
        }
    }
}

uint32_t roles_group_of(const struct roles_spec *roles, uint32_t client, uint32_t clients)
{
    uint32_t counts[ROLES_MAX_GROUPS];
    uint64_t index = client;
    uint64_t total = clients;
    roles_count_clients(roles, clients, counts);
    for (uint32_t i = 0; i + 1 < roles->group_count && total > 0; i++) {
        uint64_t before = index * counts[i] / total;
        if ((index + 1) * counts[i] / total > before) {
            return i;
        }
        index -= before;
        total -= counts[i];
    }
    return roles->group_count == 0 ? 0 : (uint32_t)roles->group_count - 1;
}

uint32_t roles_paced_group(const struct roles_spec *roles)
{
    for (size_t i = 0; i < roles->group_count; i++) {
        if (roles->groups[i].is_paced) {
            return (uint32_t)i;
        }
    }
    return 0;
}

int roles_find_group(const struct roles_spec *roles, const char *name)
{
    for (size_t i = 0; i < roles->group_count; i++) {
        if (strcmp(roles->groups[i].name, name) == 0) {
            return (int)i;
        }
    }
    return -1;
}

/* ---- validation ---- */

static bool validate_membership(const struct workload_spec *workload, struct error *err)
{
    const struct roles_spec *roles = &workload->roles;
    uint64_t weights[ROLES_MAX_GROUPS] = {0};
    for (size_t i = 0; i < workload->operation_count; i++) {
        const struct operation_spec *operation = &workload->operations[i];
        if (operation->group == NULL) {
            if (roles->group_count > 0) {
                return error_set(err, ERROR_USAGE,
                                 "operation \"%s\" belongs to no group: write group: %s, say",
                                 operation->name, roles->groups[0].name);
            }
            continue;
        }
        int group = roles_find_group(roles, operation->group);
        if (group < 0) {
            return error_set(err, ERROR_USAGE,
                             "operation \"%s\" is of the group \"%s\", which \"groups\" does not "
                             "list",
                             operation->name, operation->group);
        }
        weights[group] += operation->weight;
    }
    for (size_t i = 0; i < roles->group_count; i++) {
        if (weights[i] == 0) {
            return error_set(err, ERROR_USAGE, "group \"%s\" has no operation",
                             roles->groups[i].name);
        }
    }
    return true;
}

bool spec_validate_roles(const struct workload_spec *workload, struct error *err)
{
    const struct roles_spec *roles = &workload->roles;
    const struct subscriber_spec *subscribers = &roles->subscribers;
    if (!validate_membership(workload, err)) {
        return false;
    }
    if (roles->channels.count > 0 &&
        !spec_within("number of channels", roles->channels.count, 1, MAX_CHANNELS, err)) {
        return false;
    }
    if (subscribers->connections > 0) {
        if (roles->channels.count == 0) {
            return spec_refuse(err, "subscribers: there are no \"channels\" to subscribe to");
        }
        if (subscribers->is_sharded && subscribers->by_pattern) {
            return spec_refuse(err, "subscribers: sharded channels have no patterns");
        }
        if (!spec_within("number of subscribers", subscribers->connections, 1, MAX_SUBSCRIBERS,
                         err) ||
            !spec_within("channels of a subscriber", subscribers->channels, 1,
                         least(roles->channels.count, MAX_CHANNELS_EACH), err)) {
            return false;
        }
    }
    return !roles->tracking.is_on ||
           spec_within("keys that a client keeps", roles->tracking.keys, 1, 10000000, err);
}

static bool validate_groups(const struct roles_spec *roles, uint32_t clients, struct error *err)
{
    uint32_t counts[ROLES_MAX_GROUPS];
    uint64_t exact = 0;
    uint64_t sum = 0;
    double shares = 0;
    bool has_open_end = false;
    roles_count_clients(roles, clients, counts);
    for (size_t i = 0; i < roles->group_count; i++) {
        const struct group_spec *group = &roles->groups[i];
        if (counts[i] == 0 || counts[i] < group->clients) {
            return error_set(err, ERROR_USAGE, "%u clients are too few for group \"%s\"", clients,
                             group->name);
        }
        has_open_end = has_open_end || is_open_ended(group);
        exact += group->clients;
        shares += group->clients == 0 ? group->share : 0;
        sum += counts[i];
    }
    if (sum != clients) {
        return error_set(err, ERROR_USAGE,
                         "the groups have %llu clients, but there are %u: write --clients %llu",
                         (unsigned long long)exact, clients, (unsigned long long)exact);
    }
    bool has_shares = shares > 0;
    if (has_shares && !has_open_end && exact == 0 && (shares < 0.999 || shares > 1.001)) {
        return error_set(err, ERROR_USAGE, "the shares of the groups make up %.4g %%, not 100 %%",
                         shares * 100);
    }
    return true;
}

/* Each thread sends its part of an open loop's operations over clients of its own. */
static bool validate_paced(const struct roles_spec *roles, const struct load_spec *load,
                           struct error *err)
{
    uint32_t paced = roles_paced_group(roles);
    uint32_t client = 0;
    for (uint32_t thread = 0; thread < load->threads; thread++) {
        uint32_t clients =
            load->clients / load->threads + (thread < load->clients % load->threads ? 1 : 0);
        bool has_one = false;
        for (uint32_t end = client + clients; client < end; client++) {
            has_one = has_one || roles_group_of(roles, client, load->clients) == paced;
        }
        if (!has_one) {
            return error_set(err, ERROR_USAGE,
                             "%u threads are too many for group \"%s\": in an open loop each needs "
                             "a client of it",
                             load->threads, roles->groups[paced].name);
        }
    }
    return true;
}

bool spec_validate_role_load(const struct workload_spec *workload, const struct load_spec *load,
                             struct error *err)
{
    const struct roles_spec *roles = &workload->roles;
    bool is_open = load->profile.shape != LOAD_CLOSED;
    if (roles->tracking.is_on && is_open) {
        return spec_refuse(err, "tracking: a client-side cache needs a closed loop");
    }
    if (roles->tracking.is_on && load->churn) {
        return spec_refuse(err, "tracking: a client-side cache lives as long as its connection; "
                                "leave --churn out");
    }
    if (roles->tracking.is_on && load->protocol == 2) {
        return spec_refuse(err, "tracking: a client-side cache needs RESP3");
    }
    return roles->group_count == 0 || (validate_groups(roles, load->clients, err) &&
                                       (!is_open || validate_paced(roles, load, err)));
}
