/* Percentile distributions as HdrHistogram prints them (.hgrm): values, and how many measurements
 * were at most that. Between two lines a measurement counts as the upper value. */
#include <math.h>

#include "foreign/formats.h"

static bool is_title(struct str line)
{
    struct str word = str_split(&line, ' ');
    struct str second = str_split(&line, ' ');
    while (line.len > 0 && second.len == 0) {
        second = str_split(&line, ' ');
    }
    return (str_eq(word, STR("Value")) && str_eq(second, STR("Percentile"))) ||
           str_starts_with(word, STR("\"Value\",\"Percentile\""));
}

bool hdr_percentiles_matches(struct str text)
{
    text = str_prefix(text, 1 << 16);
    while (text.len > 0) {
        struct str line = str_trim(str_split(&text, '\n'));
        if (is_title(line)) {
            return true;
        }
        if (line.len > 0) {
            return false;
        }
    }
    return false;
}

/* The next word; blanks and commas part them. */
static struct str take_word(struct str *line)
{
    size_t begin = 0;
    while (begin < line->len && strchr(" ,\t", line->data[begin]) != NULL) {
        begin++;
    }
    size_t end = begin;
    while (end < line->len && strchr(" ,\t", line->data[end]) == NULL) {
        end++;
    }
    struct str word = str_prefix(str_from_index(*line, begin), end - begin);
    *line = str_from_index(*line, end);
    return word;
}

/* "#[Mean    =        0.513, StdDeviation   =        0.134]" */
static void read_mean(struct str line, double *mean)
{
    if (str_starts_with(line, STR("#[Mean"))) {
        (void)str_split(&line, '=');
        (void)str_to_double(take_word(&line), mean);
    }
}

struct distribution {
    struct hist *hist;
    nsec unit;
    double mean; /* NAN: not said */
};

static bool read_row(struct distribution *to, struct str line, struct error *err)
{
    double value;
    double percentile;
    uint64_t count;
    if (!str_to_double(take_word(&line), &value) || !str_to_double(take_word(&line), &percentile) ||
        !str_to_u64(take_word(&line), &count)) {
        return error_set(err, ERROR_USAGE, "a line does not hold value, percentile and count");
    }
    uint64_t latency = foreign_latency(value, to->unit);
    if (latency == RESULT_UNKNOWN || count < to->hist->count || count > INT64_MAX) {
        return error_set(err, ERROR_USAGE,
                         "a value is no latency, or fewer measurements are below a higher one");
    }
    hist_record_n(to->hist, latency, count - to->hist->count);
    return true;
}

static bool read_rows(struct distribution *to, struct str text, struct error *err)
{
    while (text.len > 0) {
        struct str line = str_trim(str_split(&text, '\n'));
        if (str_starts_with(line, STR("#"))) {
            read_mean(line, &to->mean);
        } else if (line.len > 0 && !is_title(line) && !read_row(to, line, err)) {
            return false;
        }
    }
    return to->hist->count > 0 || error_set(err, ERROR_USAGE, "it counts nothing");
}

bool hdr_percentiles_read(struct str text, const struct foreign_source *source,
                          struct result *result, struct error *err)
{
    foreign_make_cells(result, 1);
    result->cells[0].name = "recorded";
    struct result_run *run = foreign_add_run(result, &result->cells[0], NULL, 0);
    run->figures = NULL;
    struct distribution to = {.hist = run->latency,
                              .unit = source->unit == 0 ? NSEC_PER_MSEC : source->unit,
                              .mean = NAN};
    if (!read_rows(&to, text, err)) {
        return false;
    }
    run->operations = run->latency->count;
    double mean = to.mean * (double)to.unit;
    if (mean >= (double)hist_min(run->latency) && mean <= (double)hist_max(run->latency)) {
        __extension__ typedef unsigned __int128 u128;
        run->latency->sum = (u128)(mean * (double)run->latency->count);
    } else {
        foreign_note(result, "mean-bound",
                     "the file states no mean; what is shown is as if each measurement were the "
                     "next higher value that is listed");
    }
    if (source->unit == 0) {
        foreign_note(result, "unit-assumed",
                     "a percentile file does not say what its values count: they are taken for "
                     "milliseconds; tenbin import --unit tells otherwise");
    }
    foreign_note(result, "latency-kind",
                 "whether these are response or service times is not said in such a file");
    foreign_note(result, "file-date",
                 "the file does not say when this was measured; its own date is shown");
    return true;
}
