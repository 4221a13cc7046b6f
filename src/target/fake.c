#include "target/fake.h"

static bool fake_start(struct target *target, struct error *err)
{
    return client_connect(&target->control, &target->endpoint,
                          TARGET_CONTACT_SECONDS * NSEC_PER_SEC, err) &&
           target_identify(target, err);
}

static bool fake_is_alive(struct target *target, struct error *err)
{
    struct arena arena = {0};
    struct resp_value reply;
    bool is_alive = client_call(&target->control, &arena, &reply, err, "PING", NULL);
    arena_release(&arena);
    return is_alive;
}

static const struct target_table fake_table = {
    .name = "fake",
    .start = fake_start,
    .is_alive = fake_is_alive,
};

void fake_init(struct target *target, const struct target_spec *spec,
               const struct endpoint *endpoint, bool owned)
{
    *target = (struct target){
        .table = &fake_table,
        .spec = spec,
        .owned = owned,
        .is_local = true,
        .endpoint = *endpoint,
    };
}
