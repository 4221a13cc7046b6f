#include "report/text.h"

#include <stdint.h>

static const char *const escapes[] = {
    [STYLE_PLAIN] = "",         [STYLE_BOLD] = "\x1b[1m", [STYLE_DIM] = "\x1b[2m",
    [STYLE_GREEN] = "\x1b[32m", [STYLE_RED] = "\x1b[31m", [STYLE_YELLOW] = "\x1b[33m",
};

static const uint32_t UNREADABLE = '?';

/* Length of the sequence that begins with this byte; 0: none does. */
static size_t sequence_length(unsigned char lead)
{
    if (lead < 0x80) {
        return 1;
    }
    if (lead >= 0xC2 && lead < 0xE0) {
        return 2;
    }
    if (lead >= 0xE0 && lead < 0xF0) {
        return 3;
    }
    return lead >= 0xF0 && lead < 0xF5 ? 4 : 0;
}

/* The character that the text begins with, and the length of its sequence. False: broken. */
static bool decode(struct str text, uint32_t *code, size_t *len)
{
    static const unsigned char lead_bits[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    *len = sequence_length((unsigned char)text.data[0]);
    if (*len == 0 || *len > text.len) {
        return false;
    }
    *code = (unsigned char)text.data[0] & lead_bits[*len];
    for (size_t i = 1; i < *len; i++) {
        unsigned char next = (unsigned char)text.data[i];
        if ((next & 0xC0) != 0x80) {
            return false;
        }
        *code = (*code << 6) | (next & 0x3F);
    }
    bool surrogate = *code >= 0xD800 && *code < 0xE000;
    return *code >= least[*len] && *code <= 0x10FFFF && !surrogate;
}

struct range {
    uint32_t first, last;
};

static bool is_in(uint32_t code, const struct range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (code >= ranges[i].first && code <= ranges[i].last) {
            return true;
        }
    }
    return false;
}

/* Takes one character off the text. A broken sequence loses its first byte and gives UNREADABLE. */
static uint32_t take_character(struct str *text)
{
    /* controls, line separators, and marks that turn the direction of writing */
    static const struct range steering[] = {
        {0x00, 0x1F}, {0x7F, 0x9F}, {0x200E, 0x200F}, {0x2028, 0x202E}, {0x2066, 0x2069}};
    uint32_t code = UNREADABLE;
    size_t len = 0;
    bool proper = decode(*text, &code, &len);
    *text = str_from_index(*text, proper ? len : 1);
    bool steers = is_in(code, steering, sizeof steering / sizeof steering[0]);
    return proper && !steers ? code : UNREADABLE;
}

/* After Unicode's East Asian Width (UAX 11), as far as labels need it. */
static size_t character_width(uint32_t code)
{
    static const struct range marks[] = {
        {0x0300, 0x036F}, {0x200B, 0x200D}, {0x20D0, 0x20F0}, {0x3099, 0x309A}, {0xFE00, 0xFE0F}};
    static const struct range wide[] = {
        {0x1100, 0x115F}, {0x2E80, 0xA4CF},   {0xAC00, 0xD7A3},
        {0xF900, 0xFAFF}, {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},
        {0xFFE0, 0xFFE6}, {0x1F300, 0x1FAFF}, {0x20000, 0x3FFFD},
    };
    if (is_in(code, marks, sizeof marks / sizeof marks[0])) {
        return 0;
    }
    return is_in(code, wide, sizeof wide / sizeof wide[0]) ? 2 : 1;
}

size_t text_width(struct str text)
{
    size_t width = 0;
    while (text.len > 0) {
        width += character_width(take_character(&text));
    }
    return width;
}

/* Appends as many whole characters as fit; returns the columns used. */
static size_t add_characters(struct buf *out, struct str text, size_t columns)
{
    size_t used = 0;
    while (text.len > 0) {
        struct str before = text;
        uint32_t code = take_character(&text);
        size_t width = character_width(code);
        if (used + width > columns) {
            break;
        }
        used += width;
        if (code == UNREADABLE) {
            buf_add_char(out, (char)UNREADABLE);
        } else {
            buf_add(out, before.data, before.len - text.len);
        }
    }
    return used;
}

size_t text_add(struct page *page, struct str text, size_t columns, enum style style)
{
    bool colored = page->color && style != STYLE_PLAIN && text.len > 0;
    bool cut = text_width(text) > columns;
    buf_add_text(page->out, colored ? escapes[style] : "");
    size_t used = add_characters(page->out, text, cut && columns > 0 ? columns - 1 : columns);
    if (cut && columns > 0) {
        buf_add_text(page->out, "\u2026");
        used++;
    }
    buf_add_text(page->out, colored ? "\x1b[0m" : "");
    return used;
}

void text_blanks(struct page *page, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        buf_add_char(page->out, ' ');
    }
}

/* The words a paragraph may begin with that say how it stands. */
static size_t leading_verdict(struct str paragraph, enum style *style)
{
    static const struct {
        const char *words;
        enum style style;
    } rows[] = {
        {"NOT VALID", STYLE_RED},
        {"Interrupted. NOT VALID", STYLE_RED},
        {"Cannot tell yet", STYLE_YELLOW},
        {"Interrupted", STYLE_YELLOW},
        {"No difference in throughput that matters", STYLE_BOLD},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct str words = str_from(rows[i].words);
        if (str_starts_with(paragraph, words)) {
            *style = rows[i].style;
            return words.len;
        }
    }
    *style = STYLE_PLAIN;
    return 0;
}

/* "better." and "worse." carry their colour wherever they end a sentence. */
static enum style word_style(struct str word, enum style usual)
{
    if (str_eq(word, STR("better."))) {
        return STYLE_GREEN;
    }
    return str_eq(word, STR("worse.")) ? STYLE_RED : usual;
}

/* Takes the next word off the line, with its unit: "95 %" stays together. */
static struct str take_word(struct str *line)
{
    struct str word = str_split(line, ' ');
    if (word.len > 0 && str_starts_with(*line, STR("%"))) {
        word.len += 1 + str_split(line, ' ').len;
    }
    return word;
}

static void switch_style(struct page *page, enum style *current, enum style wanted)
{
    if (page->color && *current != wanted) {
        buf_add_text(page->out, *current == STYLE_PLAIN ? "" : "\x1b[0m");
        buf_add_text(page->out, escapes[wanted]);
    }
    *current = wanted;
}

/* One line of the text, which has no newline. `column` is where the first word may stand. */
static void wrap_line(struct page *page, struct str line, const struct wrap *wrap, size_t column)
{
    enum style lead_style = STYLE_PLAIN;
    size_t lead = wrap->mark_verdict ? leading_verdict(line, &lead_style) : 0;
    enum style current = STYLE_PLAIN;
    const char *start = line.data;
    bool first = true;
    while (line.len > 0) {
        struct str word = take_word(&line);
        if (word.len == 0) {
            continue;
        }
        size_t width = text_width(word);
        bool leads = (size_t)(word.data - start) < lead;
        enum style style = wrap->mark_verdict ? word_style(word, wrap->style) : wrap->style;
        style = leads ? lead_style : style;
        if (!first && column + 1 + width > page->width) {
            switch_style(page, &current, STYLE_PLAIN);
            buf_add_char(page->out, '\n');
            text_blanks(page, wrap->indent);
            column = wrap->indent;
        } else if (!first) {
            switch_style(page, &current, style == current ? style : STYLE_PLAIN);
            buf_add_char(page->out, ' ');
            column++;
        }
        switch_style(page, &current, style);
        column += text_add(page, word, width, STYLE_PLAIN);
        first = false;
    }
    switch_style(page, &current, STYLE_PLAIN);
    buf_add_char(page->out, '\n');
}

void text_wrap(struct page *page, struct str text, const struct wrap *wrap)
{
    size_t column = wrap->first;
    while (text.len > 0) {
        struct str line = str_split(&text, '\n');
        wrap_line(page, line, wrap, column);
        if (text.len > 0) {
            text_blanks(page, wrap->indent);
            column = wrap->indent;
        }
    }
}
