/* HdrHistogram's interval logs (.hlog): a compressed histogram per interval, perhaps with tags. The
 * format is that of HistogramLogWriter.java, versions 1.0 to 1.3. */
#include <math.h>

#include "base/buf.h"
#include "foreign/formats.h"
#include "foreign/hdr.h"

enum { TAGS_MOST = 64 };

#define YEAR_SECONDS (365.0 * 24 * 3600)

struct log {
    struct result *result;
    struct result_run *run;
    nsec unit;
    double start;    /* seconds since 1970; 0: not said */
    double base;     /* added to timestamps that are relative; 0: not said */
    bool tells_ends; /* the second column is an end, not a length */
    struct str tags[TAGS_MOST];
    size_t tag_count;
    struct hist interval; /* the lines with the present start together */
    double interval_start;
    double interval_seconds;
    struct buf windows;
};

struct line {
    struct str tag; /* empty: none */
    double start;
    double length;
    struct str histogram;
};

bool hdr_log_matches(struct str text)
{
    for (int i = 0; i < 20 && text.len > 0; i++) {
        struct str line = str_trim(str_split(&text, '\n'));
        if (str_starts_with(line, STR("#[Histogram log format version")) ||
            str_starts_with(line, STR("\"StartTimestamp\","))) {
            return true;
        }
    }
    return false;
}

/* The number behind "#[StartTime: ". */
static void read_time(struct str line, struct str name, double *out)
{
    if (str_starts_with(line, name)) {
        struct str rest = str_from_index(line, name.len);
        (void)str_to_double(str_split(&rest, ' '), out);
    }
}

static void read_comment(struct log *log, struct str line)
{
    read_time(line, STR("#[StartTime: "), &log->start);
    read_time(line, STR("#[BaseTime: "), &log->base);
}

/* False: it is not such a line. */
static bool read_line(struct str text, struct line *out)
{
    *out = (struct line){0};
    if (str_starts_with(text, STR("Tag="))) {
        out->tag = str_from_index(str_split(&text, ','), 4);
    }
    double max;
    bool good = str_to_double(str_trim(str_split(&text, ',')), &out->start) &&
                str_to_double(str_trim(str_split(&text, ',')), &out->length) &&
                str_to_double(str_trim(str_split(&text, ',')), &max);
    out->histogram = str_trim(text);
    return good && out->start >= 0 && out->length >= 0 && out->histogram.len > 0;
}

/* The number of the tag among the commands. */
static bool find_tag(struct log *log, struct str tag, size_t *index)
{
    for (*index = 0; *index < log->tag_count; (*index)++) {
        if (str_eq(log->tags[*index], tag)) {
            return true;
        }
    }
    if (log->tag_count == TAGS_MOST) {
        return false;
    }
    log->tags[log->tag_count++] = tag;
    return true;
}

static bool names_ends(struct str line)
{
    return str_starts_with(line, STR("\"StartTimestamp\",\"EndTimestamp\""));
}

/* What has to be known before the first line: the tags, in the order in which they come, for the
 * run is made for them; and whether lines tell ends. Some writers put lengths where the legend says
 * end: then the second column is before the first one somewhere, and nothing ends before it starts.
 */
static bool look_through(struct log *log, struct str text, struct error *err)
{
    size_t lines = 0;
    bool are_ends = true;
    while (text.len > 0) {
        struct str raw = str_trim(str_split(&text, '\n'));
        struct line line;
        size_t index;
        log->tells_ends = log->tells_ends || names_ends(raw);
        if (!read_line(raw, &line)) {
            continue;
        }
        lines++;
        are_ends = are_ends && line.length >= line.start;
        if (line.tag.len > 0 && !find_tag(log, line.tag, &index)) {
            return error_set(err, ERROR_USAGE, "more than %d tags", TAGS_MOST);
        }
    }
    log->tells_ends = log->tells_ends && are_ends;
    return lines > 0 || error_set(err, ERROR_USAGE, "it holds no interval");
}

static void make_run(struct log *log)
{
    struct result *result = log->result;
    const char *names[TAGS_MOST];
    for (size_t i = 0; i < log->tag_count; i++) {
        names[i] = arena_copy(&result->arena, log->tags[i]);
    }
    foreign_make_cells(result, 1);
    result->cells[0].name = "recorded";
    log->run = foreign_add_run(result, &result->cells[0], names, log->tag_count);
    log->run->figures = NULL;
    log->run->measured_seconds = 0;
    for (size_t i = 0; i < log->tag_count; i++) {
        log->run->commands[i].figures = NULL;
    }
}

static nsec wall_of(const struct log *log, double start)
{
    double seconds = start;
    if (start < log->start - YEAR_SECONDS) { /* as its own reader tells relative ones */
        seconds += log->base > 0 ? log->base : log->start;
    }
    return seconds >= 0 && seconds < 1e10 ? (nsec)(seconds * (double)NSEC_PER_SEC)
                                          : log->result->created_wall;
}

static void end_interval(struct log *log)
{
    struct result_run *run = log->run;
    if (!(log->interval_start >= 0)) {
        return;
    }
    run->measured_seconds += log->interval_seconds;
    struct result_window window = {
        .end = run->measured_seconds,
        .seconds = log->interval_seconds,
        .started_wall = wall_of(log, log->interval_start),
        .operations = log->interval.count,
        .errors = RESULT_UNKNOWN,
        .p50 = hist_percentile(&log->interval, 50),
        .p99 = hist_percentile(&log->interval, 99),
        .p999 = hist_percentile(&log->interval, 99.9),
        .max = hist_max(&log->interval),
    };
    (void)buf_add(&log->windows, &window, sizeof window);
    hist_add(run->latency, &log->interval);
    hist_clear(&log->interval);
    log->interval_seconds = 0;
}

static bool add_line(struct log *log, const struct line *line, struct error *err)
{
    double seconds = log->tells_ends ? line->length - line->start : line->length;
    bool same = log->interval_start >= line->start && log->interval_start <= line->start;
    struct hist one;
    size_t tag = 0;
    if (!same) {
        end_interval(log);
        log->interval_start = line->start;
    }
    log->interval_seconds = fmax(log->interval_seconds, fmax(seconds, 0));
    hist_init(&one);
    bool done = hdr_add(line->histogram, log->unit, &one, err);
    if (done && log->interval.count + log->run->latency->count > INT64_MAX - one.count) {
        done = error_set(err, ERROR_USAGE, "its counts are too large");
    }
    if (done) {
        hist_add(&log->interval, &one);
        if (line->tag.len > 0 && find_tag(log, line->tag, &tag)) {
            struct result_command *command = &log->run->commands[tag];
            hist_add(command->latency, &one);
            command->operations = command->latency->count;
        }
    }
    hist_release(&one);
    return done;
}

static bool read_lines(struct log *log, struct str text, struct error *err)
{
    for (size_t number = 1; text.len > 0; number++) {
        struct str line = str_trim(str_split(&text, '\n'));
        struct line parts;
        if (str_starts_with(line, STR("#"))) {
            read_comment(log, line);
        } else if (read_line(line, &parts)) {
            if (!add_line(log, &parts, err)) {
                return error_prefix(err, "line %zu", number);
            }
        } else if (line.len > 0 && !str_starts_with(line, STR("\""))) {
            return error_set(err, ERROR_USAGE, "line %zu is no interval", number);
        }
    }
    end_interval(log);
    return true;
}

static void fill_run(struct log *log)
{
    struct result_run *run = log->run;
    run->operations = run->latency->count;
    run->window_count = log->windows.len / sizeof *run->windows;
    run->windows = arena_alloc_array(&log->result->arena, run->window_count, sizeof *run->windows);
    memcpy(run->windows, buf_text(&log->windows), log->windows.len);
    if (run->window_count > 0) {
        run->started_wall = run->windows[0].started_wall;
        log->result->created_wall = run->started_wall;
    }
    if (!(run->measured_seconds > 0)) {
        run->measured_seconds = NAN;
    }
}

bool hdr_log_read(struct str text, const struct foreign_source *source, struct result *result,
                  struct error *err)
{
    struct log log = {
        .result = result, .unit = source->unit == 0 ? 1 : source->unit, .interval_start = NAN};
    if (!look_through(&log, text, err)) {
        return false;
    }
    make_run(&log);
    hist_init(&log.interval);
    bool done = read_lines(&log, text, err);
    if (done) {
        fill_run(&log);
    }
    hist_release(&log.interval);
    buf_release(&log.windows);
    if (source->unit == 0) {
        foreign_note(result, "unit-assumed",
                     "a log does not say what its values count: they are taken for nanoseconds; "
                     "tenbin import --unit tells otherwise");
    }
    foreign_note(result, "latency-kind",
                 "whether these are response or service times is not said in such a file");
    return done;
}
