/* Rates of an open loop: read from what the user wrote, checked, and written back. Pure. */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"
#include "model/spec.h"

/* "10k", "10k/s": a flat rate from 0.001 to 1G. ERROR_USAGE. */
bool load_profile_read_rate(struct str text, struct load_profile *out, struct error *err);
/* "ramp:1k-10k", "steps:1k,5k,10k", "burst:BASE,PEAK,PERIOD,LENGTH", "sine:LOW-HIGH,PERIOD".
 * Rates as above or 0, but not all of them 0. ERROR_USAGE. */
bool load_profile_read(struct str text, struct load_profile *out, struct error *err);
/* Appends what reads back as the same: "10000" for a flat rate, else as load_profile_read takes it;
 * "closed" without a rate. */
void load_profile_write(const struct load_profile *profile, struct buf *out);
/* Appends words for people: "10,000/s", "from 1,000/s to 10,000/s", "a closed loop". */
void load_profile_describe(const struct load_profile *profile, struct buf *out);
/* Are the parts of a load possible together? ERROR_USAGE. `requests` > 0: no set duration. */
bool load_profile_validate(const struct load_spec *load, struct error *err);

/* "poisson", "constant" */
const char *arrival_name(enum arrival arrival);
bool arrival_find(struct str name, enum arrival *out);
