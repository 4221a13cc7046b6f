#include "model/suite_settings.h"

#include <math.h>
#include <string.h>

#include "model/load_profile.h"

enum { SHARE_DIGITS = 10000 }; /* a share of writes as a ratio of whole numbers */

struct setter {
    const char *field;
    bool (*apply)(struct str value, struct cell_spec *cell, struct error *err);
};

static bool read_number(struct str value, uint64_t low, uint64_t high, uint64_t *out,
                        struct error *err)
{
    return (units_read_count(value, out) && *out >= low && *out <= high) ||
           error_set(err, ERROR_USAGE, "\"%.*s\": write a whole number from %llu to %llu",
                     STR_ARG(value), (unsigned long long)low, (unsigned long long)high);
}

static bool read_yes(struct str value, bool *out, struct error *err)
{
    *out = str_eq(value, STR("yes")) || str_eq(value, STR("true"));
    return *out || str_eq(value, STR("no")) || str_eq(value, STR("false")) ||
           error_set(err, ERROR_USAGE, "\"%.*s\": write yes or no", STR_ARG(value));
}

static bool set_value_size(struct str value, struct cell_spec *cell, struct error *err)
{
    return spec_read_value_size(value, &cell->workload, err);
}

static bool set_values(struct str value, struct cell_spec *cell, struct error *err)
{
    return value_form_read_kind(value, &cell->workload.form, err);
}

/* "none" as well, for a level beside others. */
static bool set_encode(struct str value, struct cell_spec *cell, struct error *err)
{
    if (str_eq(value, STR("none"))) {
        cell->workload.form.encoding = ENCODE_AHEAD;
        return true;
    }
    return value_form_read_encoding(value, &cell->workload.form, err);
}

static bool set_compress(struct str value, struct cell_spec *cell, struct error *err)
{
    return value_form_read_compression(value, &cell->workload.form, err);
}

static bool set_key_dist(struct str value, struct cell_spec *cell, struct error *err)
{
    return spec_read_key_dist(value, &cell->workload, err);
}

static bool set_ttl(struct str value, struct cell_spec *cell, struct error *err)
{
    return spec_read_ttl(value, &cell->workload, err);
}

static bool set_keys(struct str value, struct cell_spec *cell, struct error *err)
{
    return read_number(value, 1, UINT64_C(1) << 40, &cell->workload.keys, err);
}

static bool set_elements(struct str value, struct cell_spec *cell, struct error *err)
{
    return read_number(value, 1, 1 << 24, &cell->workload.elements, err);
}

static bool set_hash_tags(struct str value, struct cell_spec *cell, struct error *err)
{
    return read_number(value, 1, UINT64_C(1) << 40, &cell->workload.hash_tags, err);
}

static bool set_key_size(struct str value, struct cell_spec *cell, struct error *err)
{
    uint64_t size;
    if (!units_read_size(value, &size) || size < 1 || size > UINT32_MAX) {
        return error_set(err, ERROR_USAGE, "\"%.*s\": write a size such as 32", STR_ARG(value));
    }
    cell->workload.key_size = (uint32_t)size;
    return true;
}

static bool set_compressibility(struct str value, struct cell_spec *cell, struct error *err)
{
    double share;
    if (!str_to_double(value, &share) || !(share >= 0 && share <= 1)) {
        return error_set(err, ERROR_USAGE, "\"%.*s\": write a share from 0 to 1", STR_ARG(value));
    }
    cell->workload.compressibility = share;
    return true;
}

static bool set_ratio(struct str value, struct cell_spec *cell, struct error *err)
{
    cell->has_ratio = true;
    return spec_read_ratio(value, &cell->workload, err);
}

/* "5%" becomes 1:19. */
static bool set_write_share(struct str value, struct cell_spec *cell, struct error *err)
{
    double share;
    if (!units_read_fraction(value, &share) || share >= 1) {
        return error_set(err, ERROR_USAGE, "\"%.*s\": write a share of writes such as 20%%",
                         STR_ARG(value));
    }
    uint32_t writes = (uint32_t)lround(share * SHARE_DIGITS);
    uint32_t reads = SHARE_DIGITS - writes;
    uint32_t divisor = writes;
    for (uint32_t rest = reads; rest > 0;) {
        uint32_t next = divisor % rest;
        divisor = rest;
        rest = next;
    }
    cell->workload.writes = writes / divisor;
    cell->workload.reads = reads / divisor;
    cell->has_ratio = true;
    return true;
}

static bool set_clients(struct str value, struct cell_spec *cell, struct error *err)
{
    uint64_t clients;
    if (!read_number(value, 1, 100000, &clients, err)) {
        return false;
    }
    cell->load.clients = (uint32_t)clients;
    return true;
}

static bool set_pipeline(struct str value, struct cell_spec *cell, struct error *err)
{
    uint64_t pipeline;
    if (!read_number(value, 1, 10000, &pipeline, err)) {
        return false;
    }
    cell->load.pipeline = (uint32_t)pipeline;
    return true;
}

/* Copies the text without its per cent signs; false: some rates have one and others do not, which
 * is found out by comparing their number with that of the rates. */
static size_t without_percent(struct str text, char *out, size_t size)
{
    size_t len = 0;
    size_t signs = 0;
    for (size_t i = 0; i < text.len && len + 1 < size; i++) {
        if (text.data[i] == '%') {
            signs++;
        } else {
            out[len++] = text.data[i];
        }
    }
    out[len] = '\0';
    return signs;
}

/* "closed", a rate, or a shape as --load takes it; rates may all be per cent of what the slower arm
 * can do. */
static bool set_load(struct str value, struct cell_spec *cell, struct error *err)
{
    char text[1024];
    size_t signs = without_percent(value, text, sizeof text);
    struct load_profile profile = {.shape = LOAD_CLOSED};
    struct str plain = str_from(text);
    if (str_eq(plain, STR("closed"))) {
        cell->load.profile = profile;
        cell->is_share = false;
        return true;
    }
    if (!load_profile_read_rate(plain, &profile, NULL) &&
        !load_profile_read(plain, &profile, NULL)) {
        return error_set(err, ERROR_USAGE,
                         "\"%.*s\": write closed, a rate such as 10k or 70%%, or a shape such as "
                         "burst:20%%,80%%,1s,100ms",
                         STR_ARG(value));
    }
    if (signs != 0 && signs != profile.rate_count) {
        return error_set(
            err, ERROR_USAGE,
            "\"%.*s\": write all rates per cent of what the slower arm can do, or none",
            STR_ARG(value));
    }
    cell->load.profile = profile;
    cell->is_share = signs > 0;
    return true;
}

static bool set_arrival(struct str value, struct cell_spec *cell, struct error *err)
{
    return arrival_find(value, &cell->load.arrival) ||
           error_set(err, ERROR_USAGE, "\"%.*s\": write poisson or constant", STR_ARG(value));
}

static bool set_transaction(struct str value, struct cell_spec *cell, struct error *err)
{
    return read_yes(value, &cell->is_transaction, err);
}

static bool set_script(struct str value, struct cell_spec *cell, struct error *err)
{
    return read_yes(value, &cell->is_script, err);
}

static const struct setter setters[] = {
    {"value-size", set_value_size},
    {"elements", set_elements},
    {"keys", set_keys},
    {"key-size", set_key_size},
    {"key-dist", set_key_dist},
    {"hash-tags", set_hash_tags},
    {"ttl", set_ttl},
    {"compressibility", set_compressibility},
    {"values", set_values},
    {"encode", set_encode},
    {"compress", set_compress},
    {"write-share", set_write_share},
    {"ratio", set_ratio},
    {"clients", set_clients},
    {"pipeline", set_pipeline},
    {"load", set_load},
    {"arrival", set_arrival},
    {"transaction", set_transaction},
    {"script", set_script},
};
enum { SETTER_COUNT = sizeof setters / sizeof setters[0] };

static const struct setter *find_setter(struct str field)
{
    for (size_t i = 0; i < SETTER_COUNT; i++) {
        if (str_eq(field, str_from(setters[i].field))) {
            return &setters[i];
        }
    }
    return NULL;
}

bool suite_setting_is_known(struct str field)
{
    return find_setter(field) != NULL;
}

void suite_list_fields(struct buf *out)
{
    for (size_t i = 0; i < SETTER_COUNT; i++) {
        buf_addf(out, "%s%s", i > 0 ? ", " : "", setters[i].field);
    }
}

bool suite_setting_apply(const struct suite_setting *setting, struct cell_spec *cell,
                         struct error *err)
{
    return find_setter(str_from(setting->field))->apply(str_from(setting->value), cell, err) ||
           error_prefix(err, "%s", setting->field);
}

/* ---- sameness ---- */

/* Do values take part at all? Members of sets and sorted sets have a size of their own. */
static bool uses_values(const struct workload_spec *workload)
{
    if (workload->operation_count == 0 ||
        (workload->data != DATA_SET && workload->data != DATA_ZSET)) {
        return true;
    }
    for (size_t i = 0; i < workload->operation_count; i++) {
        for (size_t k = 0; k < workload->operations[i].step_count; k++) {
            if (strstr(workload->operations[i].steps[k].command, "{value}") != NULL) {
                return true;
            }
        }
    }
    return false;
}

static bool same_workload(const struct workload_spec *a, const struct workload_spec *b)
{
    struct workload_spec like_b = *a;
    struct buf dist_a = {0};
    struct buf dist_b = {0};
    bool other_sizes = spec_value_size_mean(a) < spec_value_size_mean(b) ||
                       spec_value_size_mean(a) > spec_value_size_mean(b);
    if (!uses_values(a)) {
        like_b.value_sizes = b->value_sizes;
        like_b.value_size_low = b->value_size_low;
        like_b.value_size_high = b->value_size_high;
        like_b.value_size_mean = b->value_size_mean;
        like_b.value_size_sd = b->value_size_sd;
        like_b.value_choice_count = b->value_choice_count;
        memcpy(like_b.value_choices, b->value_choices, sizeof b->value_choices);
        like_b.compressibility = b->compressibility;
        like_b.form = b->form;
        /* Given beside a size, to bound what a key holds. */
        like_b.elements = other_sizes ? b->elements : a->elements;
    }
    spec_key_dist_format(a, &dist_a);
    spec_key_dist_format(b, &dist_b);
    bool same = spec_same_data(&like_b, b) && a->writes == b->writes && a->reads == b->reads &&
                str_eq(buf_str(&dist_a), buf_str(&dist_b));
    buf_release(&dist_a);
    buf_release(&dist_b);
    return same;
}

static bool same_load(const struct load_spec *a, const struct load_spec *b)
{
    struct buf profile_a = {0};
    struct buf profile_b = {0};
    load_profile_write(&a->profile, &profile_a);
    load_profile_write(&b->profile, &profile_b);
    bool same = a->clients == b->clients && a->pipeline == b->pipeline &&
                a->arrival == b->arrival && str_eq(buf_str(&profile_a), buf_str(&profile_b));
    buf_release(&profile_a);
    buf_release(&profile_b);
    return same;
}

bool suite_same_cell(const struct cell_spec *a, const struct cell_spec *b)
{
    return same_workload(&a->workload, &b->workload) && same_load(&a->load, &b->load) &&
           a->is_share == b->is_share && a->is_transaction == b->is_transaction &&
           a->is_script == b->is_script && a->has_ratio == b->has_ratio;
}
