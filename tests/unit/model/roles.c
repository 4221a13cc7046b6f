#include "model/spec.h"
#include "support/tap.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static void test_counts(void)
{
    static const struct {
        struct group_spec groups[3];
        size_t count;
        uint32_t clients;
        uint32_t wanted[3];
    } rows[] = {
        {{{.name = "a", .share = 0.2}, {.name = "b"}}, 2, 50, {10, 40, 0}},
        {{{.name = "a", .share = 0.5}, {.name = "b", .share = 0.5}}, 2, 7, {4, 3, 0}},
        {{{.name = "a", .clients = 3}, {.name = "b"}, {.name = "c"}}, 3, 10, {3, 3, 4}},
        {{{.name = "a", .share = 0.01}, {.name = "b"}}, 2, 10, {1, 9, 0}},
        {{{.name = "a"}, {.name = "b"}, {.name = "c"}}, 3, 3, {1, 1, 1}},
        {{{.name = "a", .clients = 8}, {.name = "b"}}, 2, 4, {4, 0, 0}},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct roles_spec roles = {.groups = rows[i].groups, .group_count = rows[i].count};
        uint32_t counts[ROLES_MAX_GROUPS];
        uint32_t seen[ROLES_MAX_GROUPS] = {0};
        uint32_t worst = 0;
        roles_count_clients(&roles, rows[i].clients, counts);
        for (uint32_t client = 0; client < rows[i].clients; client++) {
            uint32_t group = roles_group_of(&roles, client, rows[i].clients);
            seen[group]++;
            /* Never further from its share than one client for each group. */
            uint32_t fair = counts[group] * (client + 1) / rows[i].clients;
            uint32_t off = seen[group] > fair ? seen[group] - fair : fair - seen[group];
            worst = off > worst ? off : worst;
        }
        for (size_t k = 0; k < rows[i].count; k++) {
            tap_int(counts[k], rows[i].wanted[k], "row %zu: clients of group %zu", i, k);
            tap_int(seen[k], rows[i].wanted[k], "row %zu: group %zu is met so often", i, k);
        }
        tap_check(worst <= 2, "row %zu: groups alternate", i);
    }
}

static void test_paced(void)
{
    struct group_spec groups[] = {{.name = "a"}, {.name = "b"}};
    struct roles_spec roles = {.groups = groups, .group_count = 2};
    tap_int(roles_paced_group(&roles), 0, "the first group is paced");
    groups[1].is_paced = true;
    tap_int(roles_paced_group(&roles), 1, "unless another one says so");
    tap_int(roles_find_group(&roles, "b"), 1, "found by name");
    tap_int(roles_find_group(&roles, "c"), -1, "or not");
}

static void test_refused(void)
{
    static const struct step_spec push[] = {{.command = "LPUSH {key} {stamp}"}};
    static const struct group_spec halves[] = {{.name = "a", .share = 0.5},
                                               {.name = "b", .share = 0.5}};
    static const struct group_spec thirds[] = {{.name = "a", .share = 0.3},
                                               {.name = "b", .share = 0.3}};
    static const struct group_spec exact[] = {{.name = "a", .clients = 3},
                                              {.name = "b", .clients = 4}};
    static const struct operation_spec both[] = {
        {.name = "x", .weight = 1, .steps = push, .step_count = 1, .group = "a"},
        {.name = "y", .weight = 1, .steps = push, .step_count = 1, .group = "b"},
    };
    static const struct operation_spec stranger[] = {
        {.name = "x", .weight = 1, .steps = push, .step_count = 1, .group = "c"},
    };
    static const struct {
        struct roles_spec roles;
        const struct operation_spec *operations;
        size_t count;
        uint32_t clients;
        const char *sentence; /* NULL: right */
    } rows[] = {
        {{.groups = halves, .group_count = 2}, both, 2, 10, NULL},
        {{.groups = halves, .group_count = 2}, both, 1, 10, "group \"b\" has no operation"},
        {{.groups = halves, .group_count = 2},
         stranger,
         1,
         10,
         "operation \"x\" is of the group \"c\", which \"groups\" does not list"},
        {{.groups = halves, .group_count = 2}, both, 2, 1, "1 clients are too few for group \"b\""},
        {{.groups = thirds, .group_count = 2},
         both,
         2,
         10,
         "the shares of the groups make up 60 %, not 100 %"},
        {{.groups = exact, .group_count = 2},
         both,
         2,
         10,
         "the groups have 7 clients, but there are 10: write --clients 7"},
        {{.groups = exact, .group_count = 2}, both, 2, 7, NULL},
        {{.subscribers = {.connections = 1, .channels = 1}},
         NULL,
         0,
         10,
         "subscribers: there are no \"channels\" to subscribe to"},
        {{.subscribers = {.connections = 1, .channels = 3}, .channels = {.count = 2}},
         NULL,
         0,
         10,
         "channels of a subscriber: 3 is not from 1 to 2"},
        {{.subscribers = {.connections = 1, .channels = 1, .is_sharded = true, .by_pattern = true},
          .channels = {.count = 2}},
         NULL,
         0,
         10,
         "subscribers: sharded channels have no patterns"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct spec spec;
        struct error err = {0};
        spec_init(&spec, PRESET_QUICK);
        spec.workload.roles = rows[i].roles;
        spec.workload.operations = rows[i].operations;
        spec.workload.operation_count = rows[i].count;
        spec.load.clients = rows[i].clients;
        bool is_right = spec_validate(&spec, &err);
        tap_check(is_right == (rows[i].sentence == NULL), "row %zu: %s", i, err.text);
        if (rows[i].sentence != NULL) {
            tap_text(err.text, rows[i].sentence, "row %zu: sentence", i);
        }
    }
}

/* In an open loop every thread sends, over clients of the paced group. */
static void test_threads(void)
{
    static const struct {
        uint32_t clients, threads, paced;
        bool is_right;
    } rows[] = {
        {10, 1, 1, true},  {10, 2, 1, false}, {10, 2, 2, true},  {10, 5, 5, true},
        {10, 5, 4, false}, {11, 3, 3, true},  {100, 8, 9, true},
    };
    static const struct step_spec push[] = {{.command = "LPUSH {key} x"}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct group_spec groups[] = {{.name = "a", .clients = rows[i].paced}, {.name = "b"}};
        struct operation_spec both[] = {
            {.name = "x", .weight = 1, .steps = push, .step_count = 1, .group = "a"},
            {.name = "y", .weight = 1, .steps = push, .step_count = 1, .group = "b"},
        };
        struct spec spec;
        struct error err = {0};
        spec_init(&spec, PRESET_QUICK);
        spec.workload.roles = (struct roles_spec){.groups = groups, .group_count = 2};
        spec.workload.operations = both;
        spec.workload.operation_count = 2;
        spec.load.clients = rows[i].clients;
        spec.load.threads = rows[i].threads;
        tap_check(spec_validate(&spec, &err), "row %zu: a closed loop: %s", i, err.text);
        spec.load.profile =
            (struct load_profile){.shape = LOAD_FLAT, .rates = {9}, .rate_count = 1};
        tap_check(spec_validate(&spec, &err) == rows[i].is_right, "row %zu: an open one: %s", i,
                  err.text);
    }
}

int main(void)
{
    test_threads();
    test_counts();
    test_paced();
    test_refused();
    return tap_end();
}
