#include "model/load_profile.h"

#include <math.h>

#include "base/units.h"

/* The 17 digits that tell doubles apart, behind the two noughts of the lowest rate, and one more.
 */
#define MIN_RATE 1e-3
#define MAX_RATE 1e9
enum { RATE_DIGITS = 20 };
#define MAX_PERIOD (UINT64_C(24) * 3600 * NSEC_PER_SEC)

static const char *const shapes[] = {
    [LOAD_CLOSED] = "closed", [LOAD_FLAT] = "flat",   [LOAD_RAMP] = "ramp",
    [LOAD_STEPS] = "steps",   [LOAD_BURST] = "burst", [LOAD_SINE] = "sine",
};

static bool read_rate(struct str text, double *out)
{
    if (str_eq(text, STR("0"))) {
        *out = 0;
        return true;
    }
    return units_read_rate(text, out) && *out >= MIN_RATE && *out <= MAX_RATE;
}

bool load_profile_read_rate(struct str text, struct load_profile *out, struct error *err)
{
    double rate = 0;
    if (!read_rate(text, &rate) || rate <= 0) {
        return error_set(err, ERROR_USAGE,
                         "\"%.*s\": write operations per second such as 10k, from 0.001 to 1G",
                         STR_ARG(text));
    }
    *out = (struct load_profile){.shape = LOAD_FLAT, .rates = {rate}, .rate_count = 1};
    return true;
}

/* Rates with `separator` between them, as many as `rates` must have (0: any number). */
static bool read_rates(struct str text, char separator, size_t wanted, struct load_profile *out)
{
    bool more = true;
    bool any = false;
    while (more) {
        more = str_find(text, separator) >= 0;
        struct str item = str_split(&text, separator);
        if (out->rate_count == LOAD_MAX_RATES || !read_rate(item, &out->rates[out->rate_count])) {
            return false;
        }
        any = any || out->rates[out->rate_count] > 0;
        out->rate_count++;
    }
    return any && (wanted == 0 || out->rate_count == wanted);
}

static bool read_period(struct str text, nsec *out)
{
    return units_read_duration(text, out) && *out >= NSEC_PER_MSEC && *out <= MAX_PERIOD;
}

/* BASE,PEAK,PERIOD,LENGTH */
static bool read_burst(struct str text, struct load_profile *out)
{
    struct str base = str_split(&text, ',');
    struct str peak = str_split(&text, ',');
    struct str period = str_split(&text, ',');
    out->rate_count = 2;
    return read_rate(base, &out->rates[0]) && read_rate(peak, &out->rates[1]) &&
           out->rates[0] + out->rates[1] > 0 && read_period(period, &out->period) &&
           read_period(text, &out->length) && out->length < out->period;
}

/* LOW-HIGH,PERIOD */
static bool read_sine(struct str text, struct load_profile *out)
{
    struct str rates = str_split(&text, ',');
    return read_rates(rates, '-', 2, out) && out->rates[0] <= out->rates[1] &&
           read_period(text, &out->period);
}

static bool read_shape(struct str name, struct str rest, struct load_profile *out)
{
    *out = (struct load_profile){.shape = LOAD_CLOSED};
    if (str_eq(name, STR("ramp"))) {
        out->shape = LOAD_RAMP;
        return read_rates(rest, '-', 2, out);
    }
    if (str_eq(name, STR("steps"))) {
        out->shape = LOAD_STEPS;
        return read_rates(rest, ',', 0, out);
    }
    if (str_eq(name, STR("burst"))) {
        out->shape = LOAD_BURST;
        return read_burst(rest, out);
    }
    out->shape = LOAD_SINE;
    return str_eq(name, STR("sine")) && read_sine(rest, out);
}

bool load_profile_read(struct str text, struct load_profile *out, struct error *err)
{
    struct load_profile read;
    struct str rest = text;
    struct str name = str_split(&rest, ':');
    if (!read_shape(name, rest, &read)) {
        return error_set(err, ERROR_USAGE,
                         "\"%.*s\": write ramp:1k-10k, steps:1k,5k,10k (at most %d), "
                         "burst:BASE,PEAK,PERIOD,LENGTH such as burst:1k,20k,5s,500ms, or "
                         "sine:1k-10k,30s",
                         STR_ARG(text), LOAD_MAX_RATES);
    }
    *out = read;
    return true;
}

/* A decimal that reads back as the same, and never with an exponent, which readers of rates do not
 * take. */
static void write_rate(struct buf *out, double rate)
{
    for (int digits = 0; digits <= RATE_DIGITS; digits++) {
        struct buf text = {0};
        double back = 0;
        buf_addf(&text, "%.*f", digits, rate);
        bool same = str_to_double(buf_str(&text), &back) && fabs(back - rate) <= 0;
        if (same || digits == RATE_DIGITS) {
            buf_add_str(out, buf_str(&text));
            buf_release(&text);
            return;
        }
        buf_release(&text);
    }
}

void load_profile_write(const struct load_profile *profile, struct buf *out)
{
    static const char separators[] = {
        [LOAD_RAMP] = '-',
        [LOAD_STEPS] = ',',
        [LOAD_BURST] = ',',
        [LOAD_SINE] = '-',
    };
    if (profile->shape == LOAD_CLOSED) {
        buf_add_text(out, shapes[LOAD_CLOSED]);
        return;
    }
    if (profile->shape != LOAD_FLAT) {
        buf_addf(out, "%s:", shapes[profile->shape]);
    }
    for (size_t i = 0; i < profile->rate_count; i++) {
        if (i > 0) {
            buf_add_char(out, separators[profile->shape]);
        }
        write_rate(out, profile->rates[i]);
    }
    if (profile->period > 0) {
        buf_addf(out, ",%lluns", (unsigned long long)profile->period);
    }
    if (profile->length > 0) {
        buf_addf(out, ",%lluns", (unsigned long long)profile->length);
    }
}

static void describe_rate(struct buf *out, double rate)
{
    char text[UNITS_TEXT_SIZE];
    if (rate >= 100) {
        buf_addf(out, "%s/s", units_format_count((uint64_t)llround(rate), text));
    } else {
        buf_addf(out, "%.3g/s", rate);
    }
}

void load_profile_describe(const struct load_profile *profile, struct buf *out)
{
    char text[UNITS_TEXT_SIZE];
    const double *rates = profile->rates;
    switch (profile->shape) {
    case LOAD_CLOSED:
        buf_add_text(out, "a closed loop");
        break;
    case LOAD_FLAT:
        describe_rate(out, rates[0]);
        break;
    case LOAD_RAMP:
        buf_add_text(out, "from ");
        describe_rate(out, rates[0]);
        buf_add_text(out, " to ");
        describe_rate(out, rates[1]);
        break;
    case LOAD_STEPS:
        for (size_t i = 0; i < profile->rate_count; i++) {
            buf_add_text(out, i == 0 ? "in steps of " : ", ");
            describe_rate(out, rates[i]);
        }
        break;
    case LOAD_BURST:
        describe_rate(out, rates[0]);
        buf_add_text(out, " with bursts of ");
        describe_rate(out, rates[1]);
        buf_addf(out, " for %s", units_format_latency((double)profile->length, text));
        buf_addf(out, " every %s", units_format_latency((double)profile->period, text));
        break;
    case LOAD_SINE:
        buf_add_text(out, "between ");
        describe_rate(out, rates[0]);
        buf_add_text(out, " and ");
        describe_rate(out, rates[1]);
        buf_addf(out, " in waves of %s", units_format_latency((double)profile->period, text));
        break;
    }
}

bool load_profile_validate(const struct load_spec *load, struct error *err)
{
    bool is_open = load->profile.shape != LOAD_CLOSED;
    bool spans_run = load->profile.shape == LOAD_RAMP || load->profile.shape == LOAD_STEPS;
    if (!is_open && load->arrival != ARRIVAL_POISSON) {
        return error_set(err, ERROR_USAGE,
                         "arrivals belong to an open loop: give a rate, or leave them out");
    }
    if (is_open && load->think > 0) {
        return error_set(err, ERROR_USAGE,
                         "a think time belongs to a closed loop, a rate to an open one: leave one "
                         "of them out");
    }
    if (is_open && load->churn) {
        return error_set(err, ERROR_USAGE,
                         "a connection for each operation (churn) is a closed loop: leave the rate "
                         "out");
    }
    if (spans_run && load->requests > 0) {
        return error_set(err, ERROR_USAGE,
                         "a ramp or steps span the duration of a run: leave the number of requests "
                         "out");
    }
    if (load->churn && load->pipeline != 1) {
        return error_set(err, ERROR_USAGE,
                         "a connection for each operation (churn) has no pipeline: leave it at 1");
    }
    if (load->churn && load->think > 0) {
        return error_set(err, ERROR_USAGE, "churn connects anew at once: leave the think time out");
    }
    return true;
}

const char *arrival_name(enum arrival arrival)
{
    return arrival == ARRIVAL_POISSON ? "poisson" : "constant";
}

bool arrival_find(struct str name, enum arrival *out)
{
    if (!str_eq(name, STR("poisson")) && !str_eq(name, STR("constant"))) {
        return false;
    }
    *out = str_eq(name, STR("poisson")) ? ARRIVAL_POISSON : ARRIVAL_CONSTANT;
    return true;
}
