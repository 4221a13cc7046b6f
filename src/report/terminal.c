#include "report/terminal.h"

#include <ctype.h>
#include <stdarg.h>
#include <stddef.h>

#include "base/units.h"
#include "model/load_profile.h"
#include "report/forms.h"

enum { USUAL_WIDTH = 80, LEAST_WIDTH = 40, MOST_WIDTH = 120 };

enum style terminal_verdict_style(enum verdict verdict)
{
    switch (verdict) {
    case VERDICT_BETTER:
        return STYLE_GREEN;
    case VERDICT_WORSE:
    case VERDICT_INVALID:
        return STYLE_RED;
    case VERDICT_INCONCLUSIVE:
        return STYLE_YELLOW;
    case VERDICT_EQUIVALENT:
    case VERDICT_SMALL_DIFFERENCE:
        break;
    }
    return STYLE_PLAIN;
}

void terminal_heading(struct page *page, const char *format, ...)
{
    struct buf text = {0};
    va_list args;
    va_start(args, format);
    buf_addv(&text, format, args);
    va_end(args);
    buf_add_char(page->out, '\n');
    text_wrap(page, buf_str(&text), &(struct wrap){.indent = 2, .style = STYLE_BOLD});
    buf_release(&text);
}

/* What values are made of, and what clients do to them; nothing about random bytes. */
static void add_form(struct buf *out, const struct value_form *form)
{
    if (form->kind == VALUE_TEXT || form->kind == VALUE_NUMBER) {
        buf_add_text(out, form->kind == VALUE_TEXT ? " (text)" : " (digits)");
    }
    if (form->encoding != ENCODE_AHEAD) {
        buf_addf(out, ", serialised by clients as %s", value_form_encoding_name(form->encoding));
    }
    if (form->compression != COMPRESS_NONE) {
        buf_add_text(out, ", compressed by clients (");
        value_form_format_compression(form, out);
        buf_add_char(out, ')');
    }
}

static void add_value_size(struct buf *out, const struct workload_spec *workload)
{
    char low[UNITS_TEXT_SIZE];
    char high[UNITS_TEXT_SIZE];
    units_format_size(workload->value_size_low, low);
    if (workload->form.kind == VALUE_OBJECT) {
        buf_add_text(out, "values are documents");
    } else if (workload->value_sizes != VALUE_SIZES_EVEN) {
        buf_add_text(out, "values of ");
        spec_value_size_format(workload, out);
        buf_add_text(out, " bytes");
    } else if (workload->value_size_low == workload->value_size_high) {
        buf_addf(out, "values of %s", low);
    } else {
        buf_addf(out, "values of %s to %s", low,
                 units_format_size(workload->value_size_high, high));
    }
}

/* What is done with the keys, and what they hold. */
static void add_mix(struct buf *out, const struct workload_spec *workload)
{
    char text[UNITS_TEXT_SIZE];
    if (workload->data != DATA_STRING) {
        buf_addf(out, ", %s elements in each %s", units_format_count(workload->elements, text),
                 spec_data_type_name(workload->data));
    }
    if (workload->operation_count == 0) {
        buf_addf(out, ", %u:%u writes to reads", workload->writes, workload->reads);
    }
    for (size_t i = 0; i < workload->operation_count; i++) {
        buf_addf(out, "%s%s %u", i == 0 ? ", mix " : ":", workload->operations[i].name,
                 workload->operations[i].weight);
    }
    if (workload->ttl_high > 0) {
        buf_addf(out, ", expiring after %s", units_format_duration(workload->ttl_low, text));
        if (workload->ttl_high > workload->ttl_low) {
            buf_addf(out, " to %s", units_format_duration(workload->ttl_high, text));
        }
    }
    buf_add_text(out, "; ");
}

static const char *plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

/* What drives the load, and what latency means then. */
static void add_load(struct buf *out, const struct load_spec *load, bool is_replay)
{
    char text[UNITS_TEXT_SIZE];
    if (is_replay && load->profile.shape != LOAD_CLOSED) {
        buf_add_text(out, "open loop, at the moments of the capture: latency is the time from the "
                          "intended moment to the reply");
        return;
    }
    if (load->profile.shape != LOAD_CLOSED) {
        buf_add_text(out, "open loop, ");
        load_profile_describe(&load->profile, out);
        buf_addf(out, " (%s arrivals): latency is the time from the intended moment to the reply",
                 arrival_name(load->arrival));
        return;
    }
    buf_add_text(out, "closed loop");
    if (load->think > 0) {
        buf_addf(out, " with pauses of %s", units_format_latency((double)load->think, text));
    }
    buf_add_text(out, load->churn ? ", a connection for each operation: latency is the time from "
                                    "connecting to the reply"
                                  : ": latency is the time from sending to the reply");
}

/* Throughput in one loop, latency in the other. */
static void add_loops(struct buf *out, const struct result_cell *cell)
{
    buf_add_text(out, "throughput and CPU in a closed loop, latency at ");
    load_profile_describe(&cell->latency_load, out);
    buf_add_text(out, " in an open one (poisson arrivals; from the intended moment to the reply)");
}

static void add_data(struct buf *out, const struct workload_spec *workload)
{
    char text[UNITS_TEXT_SIZE];
    buf_addf(out, "%s key%s (", units_format_count(workload->keys, text), plural(workload->keys));
    spec_key_dist_format(workload, out);
    buf_add_text(out, "), ");
    add_value_size(out, workload);
    add_form(out, &workload->form);
}

void terminal_workload(struct page *page, const struct result_cell *cell)
{
    const struct workload_spec *workload = &cell->workload;
    const struct load_spec *load = &cell->load;
    char text[UNITS_TEXT_SIZE];
    struct buf line = {0};
    buf_addf(&line, "%u client%s, %u thread%s, pipeline %u; ", load->clients, plural(load->clients),
             load->threads, plural(load->threads), load->pipeline);
    if (workload->is_replay) {
        buf_addf(&line, "replayed commands on %s key%s", units_format_count(workload->keys, text),
                 plural(workload->keys));
    } else {
        add_data(&line, workload);
    }
    add_mix(&line, workload);
    if (cell->latency_load.shape != LOAD_CLOSED) {
        add_loops(&line, cell);
    } else {
        add_load(&line, load, workload->is_replay);
    }
    text_blanks(page, 2);
    text_wrap(page, buf_str(&line), &(struct wrap){.first = 2, .indent = 2, .style = STYLE_DIM});
    buf_release(&line);
}

static enum style severity_style(enum severity severity)
{
    switch (severity) {
    case SEVERITY_INVALID:
        return STYLE_RED;
    case SEVERITY_CONDITIONAL:
        return STYLE_YELLOW;
    case SEVERITY_NOTE:
        break;
    }
    return STYLE_DIM;
}

static void write_finding(struct page *page, const struct finding *finding)
{
    enum { INDENT = 4 };
    struct str name = str_from(severity_name(finding->severity));
    enum style style = finding->severity == SEVERITY_NOTE ? STYLE_DIM : STYLE_PLAIN;
    struct buf text = {0};
    text_blanks(page, 2);
    text_add(page, name, name.len, severity_style(finding->severity));
    buf_addf(&text, ": %s (%s)", finding->text, finding->code);
    text_wrap(page, buf_str(&text),
              &(struct wrap){.first = 2 + name.len, .indent = INDENT, .style = style});
    if (finding->advice != NULL) {
        buf_clear(&text);
        buf_addf(&text, "-> %s", finding->advice);
        text_blanks(page, INDENT);
        text_wrap(page, buf_str(&text),
                  &(struct wrap){.first = INDENT, .indent = INDENT + 3, .style = style});
    }
    buf_release(&text);
}

static void write_findings(struct page *page, const struct finding_list *findings)
{
    static const enum severity order[] = {SEVERITY_INVALID, SEVERITY_CONDITIONAL, SEVERITY_NOTE};
    if (findings->count == 0) {
        return;
    }
    terminal_heading(page, "Warnings and notes");
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        for (size_t k = 0; k < findings->count; k++) {
            if (findings->items[k].severity == order[i]) {
                write_finding(page, &findings->items[k]);
            }
        }
    }
}

static bool is_plain_word(const char *word)
{
    for (const char *c = word; *c != '\0'; c++) {
        if (!isalnum((unsigned char)*c) && strchr("-_=+./:,@%", *c) == NULL) {
            return false;
        }
    }
    return word[0] != '\0';
}

/* As a shell reads it back. */
static void add_argument(struct buf *out, const char *argument)
{
    if (is_plain_word(argument)) {
        buf_add_text(out, argument);
        return;
    }
    buf_add_char(out, '\'');
    for (const char *c = argument; *c != '\0'; c++) {
        if (*c == '\'') {
            buf_add_text(out, "'\\''");
        } else {
            buf_add_char(out, *c);
        }
    }
    buf_add_char(out, '\'');
}

static void write_reproduction(struct page *page, const struct result *result)
{
    struct buf text = {0};
    bool seeded = false;
    if (result->command_line_count == 0) {
        return;
    }
    for (size_t i = 0; i < result->command_line_count; i++) {
        struct str argument = str_from(result->command_line[i]);
        seeded =
            seeded || str_eq(argument, STR("--seed")) || str_starts_with(argument, STR("--seed="));
        buf_add_text(&text, i == 0 ? "" : " ");
        add_argument(&text, result->command_line[i]);
    }
    if (!seeded) {
        buf_addf(&text, " --seed %llu", (unsigned long long)result->seed);
    }
    /* One line, however long: it is there to be copied. */
    buf_add_text(page->out, "\nReproduce: ");
    text_add(page, buf_str(&text), text_width(buf_str(&text)), STYLE_PLAIN);
    buf_add_char(page->out, '\n');
    buf_release(&text);
}

static void write_name(struct page *page, const struct result *result)
{
    struct str id = str_from(result->id);
    buf_add_text(page->out, "\nStored as ");
    text_add(page, id, text_width(id), STYLE_PLAIN);
    buf_add_char(page->out, '\n');
}

static void write_result(struct page *page, const struct result *result, bool is_stored)
{
    if (result->verdict_text != NULL) {
        text_wrap(page, str_from(result->verdict_text), &(struct wrap){.mark_verdict = true});
    }
    if (result->origin != NULL) {
        terminal_imported(page, result);
        write_findings(page, &result->findings);
        if (is_stored) {
            write_name(page, result);
        }
        return;
    }
    bool is_suite = result->kind == RESULT_SUITE;
    if (is_suite) {
        terminal_suite(page, result);
    }
    for (size_t i = 0; i < result->cell_count && !is_suite; i++) {
        const struct result_cell *cell = &result->cells[i];
        if (result->kind == RESULT_COMPARE) {
            terminal_comparisons(page, result, cell);
            continue;
        }
        terminal_heading(page, "%s", cell->name);
        terminal_workload(page, cell);
        for (size_t k = 0; k < cell->run_count; k++) {
            terminal_run(page, &cell->runs[k]);
        }
    }
    write_findings(page, &result->findings);
    for (size_t i = 0; i < result->cell_count && !is_suite; i++) {
        terminal_arms(page, result, &result->cells[i]);
    }
    if (is_suite) {
        terminal_suite_targets(page, result);
    }
    if (is_stored) {
        write_name(page, result);
    }
    write_reproduction(page, result);
}

bool report_terminal(const struct result *result, const struct report_options *options, FILE *out)
{
    struct buf text = {0};
    size_t width = options->width == 0 ? USUAL_WIDTH : options->width;
    width = width < LEAST_WIDTH ? LEAST_WIDTH : width > MOST_WIDTH ? MOST_WIDTH : width;
    struct page page = {.out = &text, .color = options->color, .width = width};
    write_result(&page, result, options->is_stored);
    bool written = fwrite(buf_text(&text), 1, text.len, out) == text.len && fflush(out) == 0;
    buf_release(&text);
    return written;
}
