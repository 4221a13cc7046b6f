#include "model/value_histogram.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

struct row_list {
    struct value_choice *rows;
    size_t count;
    size_t capacity;
};

static void add_row(struct row_list *list, struct value_choice row)
{
    if (list->count == list->capacity) {
        list->capacity = list->capacity == 0 ? 64 : 2 * list->capacity;
        list->rows = mem_resize(list->rows, list->capacity, sizeof *list->rows);
    }
    list->rows[list->count++] = row;
}

static int by_size(const void *a, const void *b)
{
    const struct value_choice *first = a;
    const struct value_choice *second = b;
    return (first->size > second->size) - (first->size < second->size);
}

static bool read_row(struct str line, struct value_choice *row)
{
    size_t end = 0;
    while (end < line.len && line.data[end] != ' ' && line.data[end] != '\t' &&
           line.data[end] != ',' && line.data[end] != ':') {
        end++;
    }
    struct str rest = str_trim(str_from_index(line, end));
    if (rest.len > 0 && (rest.data[0] == ',' || rest.data[0] == ':')) {
        rest = str_trim(str_from_index(rest, 1));
    }
    return units_read_size(str_prefix(line, end), &row->size) && row->size >= 1 &&
           row->size <= SPEC_MAX_VALUE_SIZE && units_read_count(rest, &row->weight) &&
           row->weight >= 1;
}

static bool read_rows(const char *name, struct str text, struct row_list *list, struct error *err)
{
    for (size_t number = 1; text.len > 0; number++) {
        struct str line = str_split(&text, '\n');
        struct str content = str_trim(str_split(&line, '#'));
        struct value_choice row;
        if (content.len == 0) {
            continue;
        }
        if (!read_row(content, &row)) {
            return error_set(err, ERROR_USAGE,
                             "%s:%zu: \"%.*s\": write a size and how often, such as 1024 17", name,
                             number, STR_ARG(str_prefix(content, 40)));
        }
        add_row(list, row);
    }
    return list->count > 0 || error_set(err, ERROR_USAGE, "%s: there is no size in it", name);
}

/* Rows first to end (not included) as one. */
static struct value_choice put_together(const struct value_choice *rows, size_t first, size_t end,
                                        double scale)
{
    double weight = 0;
    double bytes = 0;
    for (size_t i = first; i < end; i++) {
        weight += (double)rows[i].weight;
        bytes += (double)rows[i].weight * (double)rows[i].size;
    }
    double scaled = fmax(round(weight * scale), 1);
    return (struct value_choice){(uint64_t)llround(bytes / weight), (uint64_t)scaled};
}

/* Groups of about equal weight. */
static void fill(const struct row_list *list, struct workload_spec *out)
{
    double total = 0;
    for (size_t i = 0; i < list->count; i++) {
        total += (double)list->rows[i].weight;
    }
    double scale = total > UINT32_MAX ? UINT32_MAX / total : 1;
    bool fits = list->count <= SPEC_MAX_VALUE_CHOICES;
    double share = fits ? 0 : total / (SPEC_MAX_VALUE_CHOICES - 1);
    double weight = 0;
    size_t first = 0;
    out->value_choice_count = 0;
    for (size_t i = 0; i < list->count; i++) {
        weight += (double)list->rows[i].weight;
        bool is_last = i + 1 == list->count;
        if (weight >= share || is_last) {
            out->value_choices[out->value_choice_count++] =
                put_together(list->rows, first, i + 1, scale);
            first = i + 1;
            weight = 0;
        }
    }
    out->value_sizes = VALUE_SIZES_WEIGHTED;
    out->value_size_low = out->value_choices[0].size;
    out->value_size_high = out->value_choices[out->value_choice_count - 1].size;
}

bool value_histogram_read(const char *name, struct str text, struct workload_spec *out,
                          struct error *err)
{
    struct row_list list = {0};
    bool done = read_rows(name, text, &list, err);
    if (done) {
        qsort(list.rows, list.count, sizeof *list.rows, by_size);
        fill(&list, out);
    }
    mem_free(list.rows);
    return done;
}
