/* What operations do besides asking and being answered: who draws them, whether they keep waiting
 * on purpose, what they send to others and receive from them. Found out once from their commands;
 * part of a compiled workload (workload.h). Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/units.h"
#include "model/spec.h"
#include "workload/keys.h"
#include "workload/template.h"

/* The longest that a command may wait on purpose: the end of a slice waits for it. */
#define DUTY_LONGEST_WAIT NSEC_PER_SEC

struct operation_duty {
    uint8_t group;
    bool delivers;     /* its reply may hold stamps of messages */
    bool by_channel;   /* it has a {channel} and no {key}: its draw's `key` is a channel */
    bool is_cacheable; /* it only reads, and what it reads is a function of its key alone */
    bool writes;
    nsec wait; /* how long the server may let it wait on purpose; 0: it answers at once */
};

/* Names of channels, and how they are drawn. */
struct channel_space {
    struct key_space numbers;
    struct key_format format;
    char *prefix;
};

enum { DUTY_MAX_OPERATIONS = 64 };

struct workload_duties {
    bool is_on; /* there is anything of this at all */
    struct roles_spec roles;
    uint64_t weights[ROLES_MAX_GROUPS][DUTY_MAX_OPERATIONS]; /* 0: not of this group */
    uint64_t totals[ROLES_MAX_GROUPS];
    struct channel_space channels;
    uint64_t waiting; /* bits of the operations that wait */
    bool group_waits[ROLES_MAX_GROUPS];
    bool group_delivers[ROLES_MAX_GROUPS];
    bool stamps;       /* some operation sends one */
    bool delivers;     /* messages are sent, and received: by operations or by subscribers */
    nsec longest_wait; /* 0: none waits */
};

/* Is everything of this in a workload as it must be? ERROR_USAGE names the operation. The commands
 * were checked. */
bool duty_check(const struct workload_spec *spec, struct error *err);

struct workload;

/* Before the operations are compiled: channels. */
void duty_init(struct workload *workload, const struct workload_spec *spec, uint64_t seed);
/* When they are. */
void duty_compile(struct workload *workload, const struct workload_spec *spec);
void duty_release(struct workload *workload);

/* Writes the name of a channel; key_format_size(&channels->format) bytes. */
void duty_write_channel(const struct channel_space *channels, uint64_t number, char *out);
/* Its hash slot. */
uint16_t duty_channel_slot(const struct channel_space *channels, uint64_t number);
/* The n-th channel of a subscriber: so that all channels have as many subscribers. */
static inline uint64_t duty_channel_of(const struct workload_duties *duties, uint32_t subscriber,
                                       uint32_t n)
{
    const struct roles_spec *roles = &duties->roles;
    return ((uint64_t)subscriber * roles->subscribers.channels + n) % roles->channels.count;
}
/* How many subscribers a channel has. */
uint64_t duty_audience(const struct workload_duties *duties, uint64_t channel);
