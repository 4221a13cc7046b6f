/* How noisy it is: of a control in full, beside the verdicts of other comparisons in a line. */
#include <math.h>

#include "analysis/calibrate.h"
#include "base/units.h"
#include "model/wall_time.h"
#include "report/grid.h"
#include "report/terminal.h"

/* "1.2 %" of a fraction. */
static const char *format_share(double share, char text[UNITS_TEXT_SIZE])
{
    return units_format_change(1 + share, text) + 1; /* without the sign */
}

static void add_target(struct buf *out, const struct calibration *calibration)
{
    bool has_engine = calibration->engine[0] != '\0';
    buf_addf(out, "%s%s%s against itself", has_engine ? calibration->engine : "the target",
             has_engine ? " " : "", calibration->engine_version);
}

static void write_wrapped(struct page *page, struct str text, enum style style)
{
    text_blanks(page, 2);
    text_wrap(page, text, &(struct wrap){.first = 2, .indent = 2, .style = style});
}

/* ---- of a control ---- */

static void add_head(struct grid *grid)
{
    grid_add(grid, "", STYLE_PLAIN);
    grid_add(grid, "pair to pair", STYLE_BOLD);
    for (size_t i = 0; i < CALIBRATION_SIZES; i++) {
        grid_addf(grid, STYLE_BOLD, "%s%u pairs", i == 0 ? "seen with " : "", calibration_sizes[i]);
    }
    grid_add(grid, "equivalence", STYLE_BOLD);
}

static void add_metric(struct grid *grid, enum metric metric, const struct calibration_metric *m)
{
    char text[UNITS_TEXT_SIZE];
    grid_add(grid, terminal_metric(metric), STYLE_PLAIN);
    grid_add(grid, format_share(m->sd, text), STYLE_PLAIN);
    for (size_t i = 0; i < CALIBRATION_SIZES; i++) {
        grid_add(grid, format_share(m->visible[i], text), STYLE_PLAIN);
    }
    grid_addf(grid, STYLE_PLAIN, "%u pairs", m->pairs_to_equate);
}

/* The control itself should find no difference. */
static void write_differences(struct page *page, const struct calibration *calibration)
{
    struct buf names = {0};
    for (enum metric metric = 0; metric < METRIC_COUNT; metric++) {
        const struct calibration_metric *m = &calibration->metrics[metric];
        if (m->n > 0 && (m->low > 1 || m->high < 1)) {
            buf_addf(&names, "%s%s", names.len > 0 ? ", " : "", terminal_metric(metric));
        }
    }
    if (names.len > 0) {
        struct buf text = {0};
        buf_addf(&text,
                 "The target differs from itself in %s: by chance, or because something is not "
                 "alike; calibrate again",
                 buf_text(&names));
        write_wrapped(page, buf_str(&text), STYLE_YELLOW);
        buf_release(&text);
    }
    buf_release(&names);
}

static void write_sentences(struct page *page, const struct result *result,
                            const struct calibration *calibration)
{
    struct buf text = {0};
    calibration_describe(calibration, &result->design, &text);
    struct str rest = buf_str(&text);
    while (rest.len > 0) {
        write_wrapped(page, str_split(&rest, '\n'), STYLE_PLAIN);
    }
    buf_release(&text);
}

static void write_control(struct page *page, const struct result *result,
                          const struct calibration *calibration)
{
    struct grid grid;
    struct buf title = {0};
    grid_init(&grid, CALIBRATION_SIZES + 3);
    add_head(&grid);
    for (enum metric metric = 0; metric < METRIC_COUNT; metric++) {
        if (calibration->metrics[metric].n > 0) {
            add_metric(&grid, metric, &calibration->metrics[metric]);
        }
    }
    add_target(&title, calibration);
    terminal_heading(page, "How noisy it is here: %s, %u pairs", buf_text(&title),
                     calibration->pairs);
    grid_write(&grid, page);
    write_wrapped(page,
                  STR("pair to pair: the scatter (sd) of the change between two identical arms; "
                      "seen: differences that so many pairs show in 9 of 10 tries; equivalence: "
                      "pairs that show it within the margin in 9 of 10 tries"),
                  STYLE_DIM);
    write_differences(page, calibration);
    write_sentences(page, result, calibration);
    grid_release(&grid);
    buf_release(&title);
}

/* ---- beside verdicts ---- */

/* " ops/s 0.8 %, p50 1.1 %": of the arm's comparisons, the noise of a pair or what it lets be seen.
 */
static void add_figures(struct buf *out, const struct result_cell *cell, uint32_t arm, bool seen)
{
    char text[UNITS_TEXT_SIZE];
    bool any = false;
    for (size_t i = 0; i < cell->comparison_count; i++) {
        const struct result_comparison *c = &cell->comparisons[i];
        double figure = seen ? c->noise_floor : cell->calibration->metrics[c->metric].sd;
        if (c->arm == arm && cell->calibration->metrics[c->metric].n > 0 && isfinite(figure)) {
            buf_addf(out, "%s %s %s", any ? "," : "", terminal_metric(c->metric),
                     format_share(figure, text));
            any = true;
        }
    }
}

static bool has_floor(const struct result_cell *cell, uint32_t arm, uint32_t *pairs)
{
    for (size_t i = 0; i < cell->comparison_count; i++) {
        const struct result_comparison *c = &cell->comparisons[i];
        if (c->arm == arm && isfinite(c->noise_floor)) {
            *pairs = c->n;
            return true;
        }
    }
    return false;
}

static void write_floor(struct page *page, const struct result_cell *cell, uint32_t arm)
{
    char date[UNITS_TEXT_SIZE];
    uint32_t pairs = 0;
    struct buf text = {0};
    const struct calibration *calibration = cell->calibration;
    wall_time_format(calibration->created_wall, date);
    buf_add_text(&text, "Noise here: ");
    add_target(&text, calibration);
    buf_addf(&text, " (calibrated %.10s, %u pairs) scattered from pair to pair by", date,
             calibration->pairs);
    add_figures(&text, cell, arm, false);
    if (has_floor(cell, arm, &pairs)) {
        buf_addf(&text, "; the smallest differences that %u pairs show then:", pairs);
        add_figures(&text, cell, arm, true);
    }
    buf_add_char(&text, '.');
    write_wrapped(page, buf_str(&text), STYLE_PLAIN);
    buf_release(&text);
}

void terminal_noise(struct page *page, const struct result *result, const struct result_cell *cell,
                    uint32_t arm)
{
    /* A control's own noise is told by terminal_calibration; that of pairs is not that of hosts. */
    if (result->design.aa || result_unit_is_host(result)) {
        return;
    }
    if (cell->calibration != NULL) {
        write_floor(page, cell, arm);
    } else {
        write_wrapped(page, STR("Not calibrated here: tenbin calibrate"), STYLE_DIM);
    }
}

void terminal_calibration(struct page *page, const struct result *result,
                          const struct result_cell *cell)
{
    if (result->design.aa && cell->calibration != NULL) {
        write_control(page, result, cell->calibration);
    }
}

void terminal_suite_noise(struct page *page, const struct result *result)
{
    char figure[UNITS_TEXT_SIZE];
    struct buf text = {0};
    for (size_t i = 0; i < result->cell_count; i++) {
        const struct calibration *calibration = result->cells[i].calibration;
        if (calibration != NULL && calibration->metrics[METRIC_OPS].n > 0) {
            buf_addf(&text, "%s%s %s",
                     text.len > 0 ? ", " : "Noise of ops/s from pair to pair, as calibrated: ",
                     result->cells[i].name,
                     format_share(calibration->metrics[METRIC_OPS].sd, figure));
        }
    }
    if (text.len > 0) {
        write_wrapped(page, buf_str(&text), STYLE_PLAIN);
    } else if (!result->design.aa && !result_unit_is_host(result)) {
        write_wrapped(page, STR("Not calibrated here: the same suite with --aa"), STYLE_DIM);
    }
    buf_release(&text);
}
