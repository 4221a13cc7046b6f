#include "cli/progress.h"

#include <math.h>
#include <stdio.h>

#include "base/units.h"
#include "cli/wrap.h"
#include "os/term.h"

enum { BAR_FRAME = 4 }; /* two blanks and two brackets */

static const char *phase_name(enum run_phase phase)
{
    switch (phase) {
    case RUN_STARTING:
        return "starting";
    case RUN_LOADING:
        return "loading data";
    case RUN_WARMING:
        return "warming up";
    case RUN_MEASURING:
        return "measuring";
    case RUN_HEADROOM:
        return "load generator alone";
    case RUN_CLEANING:
        return "cleaning up";
    }
    return "";
}

/* "pair 3/6  redis  measuring" */
static void add_place(const struct run_progress *now, struct buf *out)
{
    if (now->pair > 0 && now->pair <= now->pairs) {
        (void)buf_addf(out, "%s %u/%u  ", now->cells > 1 ? "block" : "pair", now->pair, now->pairs);
    }
    if (now->cell != NULL) {
        (void)buf_addf(out, "cell %u/%u %s  ", now->cell_number, now->cells, now->cell);
    }
    if (now->arm != NULL) {
        (void)buf_addf(out, "%s  ", now->arm);
    }
    (void)buf_add_text(out, phase_name(now->phase));
}

static void add_rate(const struct run_progress *now, struct buf *out)
{
    if (now->ops_per_second > 0) {
        char text[UNITS_TEXT_SIZE];
        (void)buf_addf(out, "  %s ops/s", units_format_count((uint64_t)now->ops_per_second, text));
    }
}

static void add_p99(const struct run_progress *now, struct buf *out)
{
    if (now->p99_ns > 0) {
        char text[UNITS_TEXT_SIZE];
        (void)buf_addf(out, "  p99 %s", units_format_latency(now->p99_ns, text));
    }
}

/* One of few lengths, so that the bar does not breathe with the figures beside it; 0: no room. */
static size_t bar_cells(size_t used, size_t width)
{
    static const size_t lengths[] = {20, 10, 5};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        if (used + lengths[i] <= width) {
            return lengths[i];
        }
    }
    return 0;
}

static void add_bar(double done, size_t cells, struct buf *out)
{
    double share = fmin(fmax(done, 0), 1);
    size_t full = (size_t)(share * (double)cells);
    (void)buf_add_text(out, "  [");
    for (size_t i = 0; i < cells; i++) {
        (void)buf_add_char(out, i < full ? '#' : '.');
    }
    (void)buf_add_char(out, ']');
}

static void add_left(const struct run_progress *now, struct buf *out)
{
    if (now->left > 0) {
        char text[UNITS_TEXT_SIZE];
        (void)buf_addf(out, "  %s left", units_format_duration(now->left, text));
    }
}

/* Parts are looked at from the right: each is kept if what is more important still fits. */
void progress_format(const struct run_progress *now, size_t width, struct buf *out)
{
    struct buf line = {0};
    struct buf rate = {0};
    struct buf p99 = {0};
    struct buf left = {0};
    add_place(now, &line);
    add_rate(now, &rate);
    add_p99(now, &p99);
    add_left(now, &left);
    if (line.len + rate.len + left.len <= width) {
        (void)buf_add_str(&line, buf_str(&rate));
        if (line.len + p99.len + left.len <= width) {
            (void)buf_add_str(&line, buf_str(&p99));
        }
    }
    size_t cells = bar_cells(line.len + left.len + BAR_FRAME, width);
    if (cells > 0) {
        add_bar(now->done, cells, &line);
    }
    (void)buf_add_str(&line, buf_str(&left));
    wrap_defuse(line.data, line.len);
    (void)buf_add_str(out, str_prefix(buf_str(&line), width));
    buf_release(&line);
    buf_release(&rate);
    buf_release(&p99);
    buf_release(&left);
}

void progress_init(struct progress *progress, bool wanted, bool quiet)
{
    *progress = (struct progress){.mode = PROGRESS_NONE};
    if (quiet) {
        return;
    }
    if (term_is_terminal(stderr)) {
        progress->mode = PROGRESS_LINE;
    } else if (wanted) {
        progress->mode = PROGRESS_PLAIN;
    }
}

static void show_line(struct progress *progress, const struct run_progress *now)
{
    /* The last column stays free: some terminals wrap when it is written. */
    struct buf line = {0};
    progress_format(now, term_width(stderr) - 1, &line);
    size_t columns = line.len;
    while (line.len < progress->columns) {
        (void)buf_add_char(&line, ' ');
    }
    (void)fprintf(stderr, "\r%s", buf_text(&line));
    (void)fflush(stderr);
    progress->columns = columns;
    buf_release(&line);
}

static void show_plain(struct progress *progress, const struct run_progress *now)
{
    if (progress->has_shown && progress->phase == now->phase && progress->pair == now->pair) {
        return;
    }
    struct run_progress all_arms = *now;
    if (now->pair > 0 || now->phase == RUN_HEADROOM) {
        all_arms.arm = NULL; /* one line for all: arms alternate within the pair, and so do cells */
        all_arms.cell = NULL;
        all_arms.ops_per_second = 0;
        all_arms.p99_ns = 0;
    }
    struct buf line = {0};
    add_place(&all_arms, &line);
    add_left(&all_arms, &line);
    wrap_defuse(line.data, line.len);
    (void)fprintf(stderr, "%s\n", buf_text(&line));
    buf_release(&line);
    progress->has_shown = true;
    progress->phase = now->phase;
    progress->pair = now->pair;
}

void progress_show(struct progress *progress, const struct run_progress *now)
{
    switch (progress->mode) {
    case PROGRESS_NONE:
        break;
    case PROGRESS_LINE:
        show_line(progress, now);
        break;
    case PROGRESS_PLAIN:
        show_plain(progress, now);
        break;
    }
}

void progress_clear(struct progress *progress)
{
    if (progress->mode == PROGRESS_LINE && progress->columns > 0) {
        (void)fprintf(stderr, "\r%*s\r", (int)progress->columns, "");
        (void)fflush(stderr);
        progress->columns = 0;
    }
}
