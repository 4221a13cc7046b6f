#include "report/grid.h"

#include <assert.h>
#include <stdarg.h>

#include "base/mem.h"

enum { INDENT = 2 };

void grid_init(struct grid *grid, size_t columns)
{
    assert(columns > 0 && columns <= GRID_COLUMNS);
    *grid = (struct grid){.columns = columns, .left = 1};
}

void grid_release(struct grid *grid)
{
    mem_free(grid->cells);
    arena_release(&grid->arena);
    *grid = (struct grid){0};
}

void grid_align_left(struct grid *grid, size_t column)
{
    grid->left |= UINT32_C(1) << column;
}

void grid_add(struct grid *grid, const char *text, enum style style)
{
    if (grid->count == grid->capacity) {
        grid->capacity = grid->capacity * 2 + grid->columns;
        grid->cells = mem_resize(grid->cells, grid->capacity, sizeof *grid->cells);
    }
    const char *copy = arena_copy_text(&grid->arena, text == NULL ? "" : text);
    grid->cells[grid->count++] = (struct grid_cell){copy, style};
}

void grid_addf(struct grid *grid, enum style style, const char *format, ...)
{
    struct buf text = {0};
    va_list args;
    va_start(args, format);
    buf_addv(&text, format, args);
    va_end(args);
    grid_add(grid, buf_text(&text), style);
    buf_release(&text);
}

static size_t cell_width(const struct grid *grid, size_t index)
{
    size_t width = text_width(str_from(grid->cells[index].text));
    bool last = index % grid->columns + 1 == grid->columns;
    return width > GRID_CELL_WIDTH && !last ? GRID_CELL_WIDTH : width;
}

static void write_row(const struct grid *grid, struct page *page, size_t row,
                      const size_t widths[GRID_COLUMNS], size_t gap)
{
    size_t owed = INDENT; /* blanks before the next text: none are left at the end of a line */
    for (size_t column = 0; column < grid->columns; column++) {
        size_t index = row * grid->columns + column;
        size_t width = cell_width(grid, index);
        size_t spare = widths[column] - width;
        bool left = (grid->left >> column & 1) != 0;
        owed += column == 0 ? 0 : gap;
        if (width == 0) {
            owed += widths[column];
            continue;
        }
        text_blanks(page, owed + (left ? 0 : spare));
        text_add(page, str_from(grid->cells[index].text), width, grid->cells[index].style);
        owed = left ? spare : 0;
    }
    buf_add_char(page->out, '\n');
}

void grid_write(const struct grid *grid, struct page *page)
{
    assert(grid->count % grid->columns == 0);
    size_t widths[GRID_COLUMNS] = {0};
    for (size_t i = 0; i < grid->count; i++) {
        size_t width = cell_width(grid, i);
        size_t column = i % grid->columns;
        widths[column] = width > widths[column] ? width : widths[column];
    }
    size_t total = INDENT;
    for (size_t column = 0; column < grid->columns; column++) {
        total += widths[column] + (column == 0 ? 0 : 2);
    }
    for (size_t row = 0; row < grid->count / grid->columns; row++) {
        write_row(grid, page, row, widths, total > page->width ? 1 : 2);
    }
}
