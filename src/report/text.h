/* Text for a terminal: how wide it is, cut and wrapped to a width, coloured. Private to report.
 *
 * Text is UTF-8 and not trusted: control characters and broken sequences come out as '?', so that
 * nothing a server says can steer the terminal. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/str.h"

enum style {
    STYLE_PLAIN,
    STYLE_BOLD,
    STYLE_DIM,    /* notes */
    STYLE_GREEN,  /* better */
    STYLE_RED,    /* worse, not valid */
    STYLE_YELLOW, /* conditional, inconclusive */
};

/* Where text goes. */
struct page {
    struct buf *out;
    bool color;
    size_t width; /* columns */
};

/* Columns that the text takes: 2 for an East Asian wide character, 0 for a combining mark. */
size_t text_width(struct str text);

/* Appends the text, cut to `columns` with an ellipsis at the end if it is wider. Returns the
 * columns used. */
size_t text_add(struct page *page, struct str text, size_t columns, enum style style);

/* Appends `count` blanks. */
void text_blanks(struct page *page, size_t count);

struct wrap {
    size_t first;      /* columns already used in the first line */
    size_t indent;     /* blanks before the others */
    enum style style;  /* of everything that is not a verdict */
    bool mark_verdict; /* colour the words that give the verdict */
};

/* Appends the text word by word, broken before the page's width; ends with a newline. A newline in
 * the text begins a new line. A word wider than the line is not broken, nor is a
 * number parted from its percent sign. */
void text_wrap(struct page *page, struct str text, const struct wrap *wrap);
