/* redis-benchmark --csv and valkey-benchmark --csv: one line per test. Since Redis 6.2 a title and
 * latencies in milliseconds; before, the rate alone. */
#include <math.h>

#include "foreign/formats.h"

static bool is_header(struct str line)
{
    return str_starts_with(line, STR("\"test\",\"rps\""));
}

/* Takes the last field off the line: from the right, because the name of a test, which stands at
 * the left, may hold quotes and commas. */
static bool take_last(struct str *line, struct str *field)
{
    for (size_t i = line->len; i >= 3; i--) {
        struct str at = str_from_index(*line, i - 3);
        if (str_starts_with(at, STR("\",\""))) {
            *field = str_from_index(at, 3);
            *line = str_prefix(*line, i - 3);
            return true;
        }
    }
    return false;
}

/* Without the quotes at both ends. False: they are not there. */
static bool open_line(struct str *line)
{
    bool quoted = line->len >= 2 && line->data[0] == '"' && line->data[line->len - 1] == '"';
    *line = quoted ? str_prefix(str_from_index(*line, 1), line->len - 2) : *line;
    return quoted;
}

/* "SET","12345.67" */
static bool is_old_line(struct str line)
{
    struct str rate;
    double number;
    return open_line(&line) && take_last(&line, &rate) && str_to_double(rate, &number);
}

bool benchmark_csv_matches(struct str text)
{
    struct str first = str_trim(str_split(&text, '\n'));
    return is_header(first) || is_old_line(first);
}

struct run_figures {
    struct result_run *run;
    struct result_figures *figures;
};

/* What a column says, by its title. */
static void take_figure(const struct run_figures *of, struct str title, double value)
{
    struct result_figures *figures = of->figures;
    const struct {
        struct str title;
        uint64_t *out;
    } columns[] = {
        {STR("min_latency_ms"), &figures->min}, {STR("p50_latency_ms"), &figures->p50},
        {STR("p95_latency_ms"), &figures->p95}, {STR("p99_latency_ms"), &figures->p99},
        {STR("max_latency_ms"), &figures->max},
    };
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
        if (str_eq(title, columns[i].title)) {
            *columns[i].out = foreign_latency(value, NSEC_PER_MSEC);
        }
    }
    if (str_eq(title, STR("rps"))) {
        of->run->stated_rate = value;
    } else if (str_eq(title, STR("avg_latency_ms")) && value >= 0) {
        figures->mean = value * (double)NSEC_PER_MSEC;
    }
}

static bool read_line(struct str line, struct str titles, struct result *result,
                      struct result_cell *cell, struct error *err)
{
    struct str title;
    struct str field;
    if (!open_line(&line) || !open_line(&titles)) {
        return error_set(err, ERROR_USAGE, "a line is not in quotes");
    }
    struct run_figures of = {.run = foreign_add_run(result, cell, NULL, 0)};
    struct result_run *run = of.run;
    of.figures = foreign_figures(result);
    run->figures = of.figures;
    while (take_last(&titles, &title)) {
        double value = NAN;
        if (!take_last(&line, &field) || !str_to_double(field, &value) || value < 0) {
            return error_set(err, ERROR_USAGE, "a line has no number for %.*s", STR_ARG(title));
        }
        take_figure(&of, title, value);
    }
    cell->name = arena_copy(&result->arena, line);
    return run->stated_rate > 0 ||
           error_set(err, ERROR_USAGE, "%s: it states no requests per second", cell->name);
}

bool benchmark_csv_read(struct str text, const struct foreign_source *source, struct result *result,
                        struct error *err)
{
    (void)source;
    struct str titles = STR("\"test\",\"rps\"");
    struct str rest = text;
    size_t count = 0;
    while (rest.len > 0) {
        struct str line = str_trim(str_split(&rest, '\n'));
        count += line.len > 0 && !is_header(line) ? 1 : 0;
    }
    foreign_make_cells(result, count);
    count = 0;
    for (rest = text; rest.len > 0;) {
        struct str line = str_trim(str_split(&rest, '\n'));
        if (is_header(line)) {
            titles = line;
        } else if (line.len > 0 && !read_line(line, titles, result, &result->cells[count++], err)) {
            return false;
        }
    }
    foreign_note(result, "file-date",
                 "the file does not say when this was measured; its own date is shown");
    return count > 0 || error_set(err, ERROR_USAGE, "it holds no test");
}
