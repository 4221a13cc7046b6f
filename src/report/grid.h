/* A table of text with aligned columns. Private to report.
 *
 *     struct grid grid = {0};
 *     grid_init(&grid, 3);
 *     grid_add(&grid, "name", STYLE_BOLD);   cell by cell, row by row
 *     ...
 *     grid_write(&grid, page);
 *     grid_release(&grid);
 *
 * The first column and those marked so are aligned left, the others right. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "report/text.h"

enum { GRID_COLUMNS = 12, GRID_CELL_WIDTH = 20 };

struct grid_cell {
    const char *text; /* the grid's */
    enum style style;
};

struct grid {
    struct arena arena;
    size_t columns;
    uint32_t left; /* bit per column: aligned left */
    struct grid_cell *cells;
    size_t count;
    size_t capacity;
};

void grid_init(struct grid *grid, size_t columns);
void grid_release(struct grid *grid);
/* Aligns a column left. */
void grid_align_left(struct grid *grid, size_t column);
/* Appends a copy of the text as the next cell. A text wider than GRID_CELL_WIDTH is cut, except in
 * the last column. */
void grid_add(struct grid *grid, const char *text, enum style style);
void grid_addf(struct grid *grid, enum style style, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Appends the rows, each indented by two blanks. Two blanks part the columns, one when the page is
 * too narrow for that. */
void grid_write(const struct grid *grid, struct page *page);
