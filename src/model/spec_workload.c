/* The part of a spec that describes a workload: reading, checking and writing its texts. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "model/spec.h"
#include "model/spec_check.h"

#define MAX_SIZE (UINT64_C(512) << 20)
#define MAX_TTL (UINT64_C(10) * 365 * 24 * 3600 * NSEC_PER_SEC)

enum { MAX_PREFIX = 1024, MAX_ELEMENTS = 1 << 24, MAX_NAME = 64 };

/* As YCSB's. */
#define LATEST_THETA 0.99

bool spec_read_ratio(struct str text, struct workload_spec *out, struct error *err)
{
    struct str reads = text;
    struct str writes = str_split(&reads, ':');
    uint64_t write_share;
    uint64_t read_share;
    if (!str_to_u64(writes, &write_share) || !str_to_u64(reads, &read_share) ||
        write_share > UINT32_MAX || read_share > UINT32_MAX || write_share + read_share == 0) {
        return error_set(err, ERROR_USAGE,
                         "\"%.*s\": write writes:reads as whole numbers, not both 0, for example "
                         "1:4",
                         STR_ARG(text));
    }
    out->writes = (uint32_t)write_share;
    out->reads = (uint32_t)read_share;
    return true;
}

/* The text behind `name:`; false: it does not begin so. */
static bool take_name(struct str text, const char *name, struct str *rest)
{
    *rest = text;
    bool has_rest = str_find(text, ':') >= 0;
    return str_eq(str_split(rest, ':'), str_from(name)) && has_rest;
}

static bool read_positive(struct str text, double *out)
{
    return str_to_double(text, out) && *out > 0 && isfinite(*out);
}

/* "0.2:0.8", both inside of (0, 1) */
static bool read_shares(struct str text, double *first, double *second)
{
    struct str rest = text;
    struct str head = str_split(&rest, ':');
    return read_positive(head, first) && read_positive(rest, second) && *first < 1 && *second < 1;
}

bool spec_read_key_dist(struct str text, struct workload_spec *out, struct error *err)
{
    struct workload_spec read = *out;
    struct str rest;
    if (str_eq(text, STR("uniform"))) {
        read.key_distribution = KEYS_UNIFORM;
    } else if (str_eq(text, STR("seq"))) {
        read.key_distribution = KEYS_SEQUENTIAL;
    } else if (str_eq(text, STR("latest"))) {
        read.key_distribution = KEYS_LATEST;
        read.zipf_theta = LATEST_THETA;
    } else if (take_name(text, "zipf", &rest) && read_positive(rest, &read.zipf_theta)) {
        read.key_distribution = KEYS_ZIPF;
    } else if (take_name(text, "hotspot", &rest) && read_shares(rest, &read.hot, &read.hot_share)) {
        read.key_distribution = KEYS_HOTSPOT;
    } else if (take_name(text, "gauss", &rest) && read_positive(rest, &read.sigma)) {
        read.key_distribution = KEYS_GAUSS;
    } else {
        return error_set(err, ERROR_USAGE,
                         "\"%.*s\": write uniform, zipf:THETA with a number above 0 such as "
                         "zipf:0.99, hotspot:HOT:SHARE such as hotspot:0.2:0.8 (80%% of the "
                         "operations on 20%% of the keys), gauss:SIGMA with a share of all keys "
                         "such as gauss:0.1, latest, or seq",
                         STR_ARG(text));
    }
    *out = read;
    return true;
}

static bool read_size(struct str text, uint64_t *out)
{
    return units_read_size(text, out) && *out >= 1;
}

/* "1k:2k": mean and standard deviation. Cut off at ten times the deviation above the mean. */
static bool read_lognormal(struct str text, struct workload_spec *out)
{
    enum { CUT_OFF = 10 };
    uint64_t mean;
    uint64_t sd;
    struct str rest = text;
    struct str head = str_split(&rest, ':');
    if (!read_size(head, &mean) || !read_size(rest, &sd) || mean > MAX_SIZE || sd > MAX_SIZE) {
        return false;
    }
    uint64_t high = mean + CUT_OFF * sd;
    out->value_sizes = VALUE_SIZES_LOGNORMAL;
    out->value_size_mean = (double)mean;
    out->value_size_sd = (double)sd;
    out->value_size_low = 1;
    out->value_size_high = high < MAX_SIZE ? high : MAX_SIZE;
    return true;
}

/* "100:90,10k:10" */
static bool read_weighted(struct str text, struct workload_spec *out)
{
    bool more = true;
    size_t count = 0;
    out->value_sizes = VALUE_SIZES_WEIGHTED;
    out->value_size_low = UINT64_MAX;
    out->value_size_high = 0;
    while (more) {
        more = str_find(text, ',') >= 0;
        struct str weight = str_split(&text, ',');
        struct str size = str_split(&weight, ':');
        struct value_choice choice;
        if (count == SPEC_MAX_VALUE_CHOICES || !read_size(size, &choice.size) ||
            !str_to_u64(weight, &choice.weight) || choice.weight < 1 ||
            choice.weight > UINT32_MAX) {
            return false;
        }
        out->value_choices[count++] = choice;
        out->value_size_low = choice.size < out->value_size_low ? choice.size : out->value_size_low;
        out->value_size_high =
            choice.size > out->value_size_high ? choice.size : out->value_size_high;
    }
    out->value_choice_count = count;
    return true;
}

static bool read_even(struct str text, struct workload_spec *out)
{
    bool is_range = str_find(text, '-') >= 0;
    struct str last = text;
    struct str first = is_range ? str_split(&last, '-') : text;
    out->value_sizes = VALUE_SIZES_EVEN;
    return read_size(first, &out->value_size_low) && read_size(last, &out->value_size_high) &&
           out->value_size_low <= out->value_size_high;
}

bool spec_read_value_size(struct str text, struct workload_spec *out, struct error *err)
{
    struct workload_spec read = *out;
    struct str rest;
    bool done;
    read.value_choice_count = 0;
    if (take_name(text, "lognormal", &rest)) {
        done = read_lognormal(rest, &read);
    } else if (str_find(text, ':') >= 0) {
        done = read_weighted(text, &read);
    } else {
        done = read_even(text, &read);
    }
    if (!done) {
        return error_set(err, ERROR_USAGE,
                         "\"%.*s\": write a size from 1 byte such as 100 or 4KiB, a range such as "
                         "100-1000, lognormal:MEAN:SD, or up to %d sizes with weights such as "
                         "100:90,10k:10",
                         STR_ARG(text), SPEC_MAX_VALUE_CHOICES);
    }
    *out = read;
    return true;
}

bool spec_read_ttl(struct str text, struct workload_spec *out, struct error *err)
{
    nsec low;
    nsec high;
    bool is_range = str_find(text, '-') >= 0;
    struct str last = text;
    struct str first = is_range ? str_split(&last, '-') : text;
    if (!units_read_duration(first, &low) || !units_read_duration(last, &high) ||
        low < NSEC_PER_MSEC || low > high || high > MAX_TTL) {
        return error_set(err, ERROR_USAGE,
                         "\"%.*s\": write a time from 1ms such as 60s, or a range such as 60s-90s",
                         STR_ARG(text));
    }
    out->ttl_low = low;
    out->ttl_high = high;
    return true;
}

static const char *const data_types[DATA_TYPE_COUNT] = {
    [DATA_STRING] = "string",
    [DATA_LIST] = "list",
    [DATA_HASH] = "hash",
    [DATA_SET] = "set",
    [DATA_ZSET] = "zset",
    [DATA_STREAM] = "stream",
    [DATA_HYPERLOGLOG] = "hyperloglog",
    [DATA_GEO] = "geo",
    [DATA_BITMAP] = "bitmap",
    [DATA_NONE] = "none",
};

bool spec_read_data_type(struct str text, enum data_type *out, struct error *err)
{
    for (int i = 0; i < DATA_TYPE_COUNT; i++) {
        if (str_eq(text, str_from(data_types[i]))) {
            *out = (enum data_type)i;
            return true;
        }
    }
    return error_set(err, ERROR_USAGE,
                     "\"%.*s\": write string, list, hash, set, zset, stream, hyperloglog, geo, "
                     "bitmap or none",
                     STR_ARG(text));
}

const char *spec_data_type_name(enum data_type type)
{
    return data_types[type];
}

static const char *const whens[] = {
    [STEP_ALWAYS] = "always",
    [STEP_ON_HIT] = "hit",
    [STEP_ON_MISS] = "miss",
};

bool spec_read_when(struct str text, enum step_when *out, struct error *err)
{
    for (int i = STEP_ALWAYS; i <= STEP_ON_MISS; i++) {
        if (str_eq(text, str_from(whens[i]))) {
            *out = (enum step_when)i;
            return true;
        }
    }
    return error_set(err, ERROR_USAGE, "\"%.*s\": write hit, miss or always", STR_ARG(text));
}

const char *spec_when_name(enum step_when when)
{
    return whens[when];
}

/* ---- validation ---- */

static uint64_t digits_below(uint64_t count)
{
    uint64_t digits = 1;
    for (uint64_t last = count - 1; last >= 10; last /= 10) {
        digits++;
    }
    return digits;
}

uint64_t spec_key_length(const struct workload_spec *workload)
{
    uint64_t tag = workload->hash_tags > 0 ? strlen("{}") + digits_below(workload->hash_tags) : 0;
    size_t name = workload->data_name == NULL ? 0 : strlen(workload->data_name) + strlen(":");
    return strlen(workload->key_prefix) + SPEC_KEY_MARK_SIZE + name + tag +
           digits_below(workload->keys);
}

static bool is_printable(const char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7f) {
            return false;
        }
    }
    return true;
}

static bool is_share(double value)
{
    return value > 0 && value < 1;
}

static bool validate_distribution(const struct workload_spec *workload, struct error *err)
{
    enum key_distribution kind = workload->key_distribution;
    if (kind == KEYS_ZIPF && !(workload->zipf_theta > 0 && isfinite(workload->zipf_theta))) {
        return spec_refuse(err, "zipf: theta must be above 0");
    }
    if (kind == KEYS_HOTSPOT && !(is_share(workload->hot) && is_share(workload->hot_share))) {
        return spec_refuse(err, "hotspot: both shares must lie between 0 and 1");
    }
    if (kind == KEYS_GAUSS && !(workload->sigma > 0 && isfinite(workload->sigma))) {
        return spec_refuse(err, "gauss: sigma must be above 0");
    }
    return true;
}

static bool validate_sizes(const struct workload_spec *workload, struct error *err)
{
    if (!spec_within("value size in bytes", workload->value_size_low, 1, MAX_SIZE, err) ||
        !spec_within("value size in bytes", workload->value_size_high, workload->value_size_low,
                     MAX_SIZE, err)) {
        return false;
    }
    if (!(workload->compressibility >= 0 && workload->compressibility <= 1)) {
        return spec_refuse(err, "compressibility: write a share from 0 to 1");
    }
    if (workload->compressibility > 0 && workload->form.kind != VALUE_RANDOM) {
        return spec_refuse(err, "compressibility: only random values have one");
    }
    return value_form_validate(&workload->form, workload->value_size_high, err);
}

static bool validate_operations(const struct workload_spec *workload, struct error *err)
{
    uint64_t total = 0;
    if (workload->operation_count == 0 && workload->writes == 0 && workload->reads == 0) {
        return spec_refuse(err, "ratio: writes and reads are both 0");
    }
    for (size_t i = 0; i < workload->operation_count; i++) {
        const struct operation_spec *operation = &workload->operations[i];
        total += operation->weight;
        for (size_t j = 0; j < i; j++) {
            if (strcmp(operation->name, workload->operations[j].name) == 0) {
                return error_set(err, ERROR_USAGE, "two operations are called \"%s\"",
                                 operation->name);
            }
        }
    }
    if (workload->operation_count > 0 && total == 0) {
        return spec_refuse(err, "the weights of all operations are 0");
    }
    return true;
}

/* Names stand in keys and in placeholders. */
static bool is_name(const char *name)
{
    size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");
    return len >= 1 && len <= MAX_NAME && name[len] == '\0' && strcmp(name, "new") != 0 &&
           strcmp(name, "reply") != 0;
}

static bool validate_data(const struct workload_spec *workload, struct error *err)
{
    if (workload->data_name != NULL && !is_name(workload->data_name)) {
        return error_set(err, ERROR_USAGE,
                         "a dataset is called \"%s\": write letters, digits, - and _, but not "
                         "\"new\" or \"reply\"",
                         workload->data_name);
    }
    if (!spec_within("number of keys", workload->keys, 1, UINT64_C(1) << 40, err) ||
        !spec_within("elements of a key", workload->elements, 1, MAX_ELEMENTS, err)) {
        return false;
    }
    if (strlen(workload->key_prefix) > MAX_PREFIX || !is_printable(workload->key_prefix)) {
        return spec_refuse(err, "key prefix: write up to 1,024 bytes without control characters");
    }
    if (workload->key_size != 0 && !spec_within("key size in bytes", workload->key_size,
                                                spec_key_length(workload), MAX_SIZE, err)) {
        return false;
    }
    if (workload->hash_tags > workload->keys) {
        return spec_refuse(err, "hash tags: there are more of them than keys");
    }
    if (workload->hash_tags > 0 && strchr(workload->key_prefix, '{') != NULL) {
        return spec_refuse(err, "hash tags: the key prefix holds a tag already");
    }
    return validate_sizes(workload, err) && validate_distribution(workload, err);
}

static bool validate_others(const struct workload_spec *workload, struct error *err)
{
    if (workload->other_count >= SPEC_MAX_DATA) {
        return error_set(err, ERROR_USAGE, "there are more than %d datasets", SPEC_MAX_DATA);
    }
    for (size_t i = 0; i < workload->other_count; i++) {
        const struct workload_spec *other = &workload->others[i];
        const char *name = other->data_name;
        if (name == NULL || workload->data_name == NULL) {
            return spec_refuse(err, "several datasets need names");
        }
        bool is_taken = strcmp(name, workload->data_name) == 0;
        for (size_t k = 0; k < i; k++) {
            is_taken = is_taken || strcmp(name, workload->others[k].data_name) == 0;
        }
        if (is_taken) {
            return error_set(err, ERROR_USAGE, "two datasets are called \"%s\"", name);
        }
        if (!validate_data(other, err)) {
            return error_prefix(err, "dataset %s", name);
        }
    }
    return true;
}

static bool validate_sources(const struct source_spec *sources, size_t count, const char *kind,
                             struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (!is_name(sources[i].name)) {
            return error_set(err, ERROR_USAGE,
                             "a %s is called \"%s\": write letters, digits, - and _", kind,
                             sources[i].name);
        }
    }
    return true;
}

bool spec_validate_workload(const struct workload_spec *workload, struct error *err)
{
    return validate_data(workload, err) && validate_others(workload, err) &&
           validate_sources(workload->scripts, workload->script_count, "script", err) &&
           validate_sources(workload->functions, workload->function_count, "function", err) &&
           validate_operations(workload, err) && spec_validate_roles(workload, err);
}

/* ---- writing ---- */

/* The shortest text that reads back as the same number. */
static void add_number(struct buf *out, double value)
{
    char text[UNITS_TEXT_SIZE];
    for (int digits = 1; digits <= 17; digits++) {
        double back = 0;
        (void)snprintf(text, sizeof text, "%.*g", digits, value);
        if (str_to_double(str_from(text), &back) && !(back < value) && !(back > value)) {
            break;
        }
    }
    buf_add_text(out, text);
}

void spec_key_dist_format(const struct workload_spec *workload, struct buf *out)
{
    switch (workload->key_distribution) {
    case KEYS_UNIFORM:
        buf_add_text(out, "uniform");
        break;
    case KEYS_SEQUENTIAL:
        buf_add_text(out, "seq");
        break;
    case KEYS_LATEST:
        buf_add_text(out, "latest");
        break;
    case KEYS_ZIPF:
        buf_add_text(out, "zipf:");
        add_number(out, workload->zipf_theta);
        break;
    case KEYS_HOTSPOT:
        buf_add_text(out, "hotspot:");
        add_number(out, workload->hot);
        buf_add_char(out, ':');
        add_number(out, workload->hot_share);
        break;
    case KEYS_GAUSS:
        buf_add_text(out, "gauss:");
        add_number(out, workload->sigma);
        break;
    }
}

void spec_value_size_format(const struct workload_spec *workload, struct buf *out)
{
    switch (workload->value_sizes) {
    case VALUE_SIZES_EVEN:
        buf_addf(out, "%" PRIu64, workload->value_size_low);
        if (workload->value_size_high != workload->value_size_low) {
            buf_addf(out, "-%" PRIu64, workload->value_size_high);
        }
        break;
    case VALUE_SIZES_LOGNORMAL:
        buf_addf(out, "lognormal:%.0f:%.0f", workload->value_size_mean, workload->value_size_sd);
        break;
    case VALUE_SIZES_WEIGHTED:
        for (size_t i = 0; i < workload->value_choice_count; i++) {
            buf_addf(out, "%s%" PRIu64 ":%" PRIu64, i > 0 ? "," : "",
                     workload->value_choices[i].size, workload->value_choices[i].weight);
        }
        break;
    }
}
