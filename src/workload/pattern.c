#include "workload/pattern.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

#include "base/mem.h"
#include "workload/duty.h"
#include "workload/stamp.h"

enum {
    MAX_NUMBER = 20, /* digits of the longest number, or its sign and fewer */
    MAX_HEADER = MAX_NUMBER + 3,
    SCORES = 1000000,
    ELEMENT_DIGITS = 8, /* at least; elements are named alike long */
    KINDS = PART_TIMESTAMP + 1,
    MAX_TEXT = RESP_TEXTS_BYTES,  /* of a reply */
    ROWS = KINDS + SPEC_MAX_DATA, /* in which parts are numbered: by kind, keys by dataset */
};

/* Places below the salt of a draw. */
enum {
    SALT_ELEMENTS = 1,
    SALT_DATA = 1000,
    SALT_KEYS = 1000000,
    SALT_OTHERS = 2000000,
    SALT_CHANNELS = 3000000,
};

/* A part of a word, with what it needs; `number` tells it from its likes in the command. */
struct pattern_part {
    enum part_kind kind;
    enum element_range range;
    enum key_choice key;
    uint32_t digits;
    size_t data; /* the dataset that it belongs to */
    size_t row;  /* in which it has its number */
    uint32_t number;
    uint32_t stride;         /* added to it in each round of the repeated words */
    struct str text;         /* lives in the pattern's literals or points at choices */
    struct key_space *drawn; /* of ELEMENTS_DRAWN: numbers of elements */
    int64_t low;
    int64_t high;
    uint32_t choices;
};

/* Literal bytes, or a word of parts. */
struct pattern_piece {
    size_t literal_at;
    size_t literal_len; /* 0: a word */
    struct pattern_part *parts;
    size_t part_count;
};

/* ---- drawing ---- */

static uint64_t below(uint64_t random, uint64_t bound)
{
    __extension__ typedef unsigned __int128 u128;
    return (uint64_t)(((u128)random * bound) >> 64);
}

static uint64_t mix(const struct pattern_draw *draw, uint64_t place)
{
    return rng_mix(draw->salt ^ rng_mix(place));
}

uint64_t pattern_element(const struct pattern_source *source, const struct pattern_draw *draw,
                         enum element_range range, uint32_t n)
{
    uint64_t lower = source->elements / 2;
    uint64_t random = mix(draw, SALT_ELEMENTS);
    switch (range) {
    case ELEMENTS_STABLE:
        lower = lower > 0 ? lower : 1;
        return (below(random, lower) + n) % lower;
    case ELEMENTS_CHURN: {
        uint64_t range_size = 2 * (source->elements - lower);
        return lower + (below(random, range_size) + n) % range_size;
    }
    case ELEMENTS_KEY:
        return draw->key;
    case ELEMENTS_DRAWN: /* see drawn_element */
    case ELEMENTS_ALL:
        break;
    }
    return (below(random, source->elements) + n) % source->elements;
}

static uint64_t drawn_element(const struct pattern_part *part, const struct pattern_draw *draw,
                              uint32_t n)
{
    struct rng rng;
    uint64_t position = 0;
    rng_init(&rng, mix(draw, SALT_ELEMENTS));
    return (key_space_draw(part->drawn, &rng, &position) + n) % part->drawn->count;
}

/* The number at the end of a text; 0 without digits. */
static uint64_t trailing_number(struct str text)
{
    size_t digits = 0;
    uint64_t number = 0;
    while (digits < text.len && digits < MAX_NUMBER - 2 &&
           isdigit((unsigned char)text.data[text.len - 1 - digits]) != 0) {
        digits++;
    }
    (void)str_to_u64(str_from_index(text, text.len - digits), &number);
    return number;
}

/* The text of {reply:N}; false: there is no such one. */
static bool reply_text(const struct pattern_draw *draw, uint64_t number, struct str *out)
{
    return draw->replies != NULL &&
           resp_texts_get(draw->replies, draw->reply_at + (size_t)number, out);
}

/* The n-th key beside the first one, or of another dataset. */
static uint64_t other_key(const struct pattern_source *source, const struct pattern_draw *draw,
                          uint64_t n, uint64_t salt)
{
    struct rng rng;
    uint64_t position = draw->key + n;
    rng_init(&rng, mix(draw, salt));
    return key_space_draw(source->keys, &rng, &position);
}

uint64_t pattern_key_number(const struct pattern_source *sources, const struct pattern_draw *draw,
                            const struct pattern_key *key)
{
    const struct pattern_source *source = &sources[key->data];
    uint64_t n = (uint64_t)key->number + (draw->inserts && key->data == draw->home ? 1 : 0);
    uint64_t tags = source->key_format->tags;
    struct str text;
    if (key->choice == KEY_REPLY) {
        uint64_t number = reply_text(draw, key->number, &text) ? trailing_number(text) : 0;
        return key_format_holds(source->key_format, number) ? number : number % source->keys->count;
    }
    if (key->choice == KEY_NEW || (key->data == draw->home && n == 0)) {
        return draw->key;
    }
    if (key->data != draw->home) {
        uint64_t salt = SALT_KEYS + SALT_DATA * (uint64_t)(key->data + 1) + n;
        uint64_t number = other_key(source, draw, n, salt);
        /* Keys of one operation have the same tag, whatever dataset they are of. */
        return tags == 0 || sources[draw->home].key_format->tags != tags ||
                       source->keys->count < tags
                   ? number
                   : number / tags * tags % (source->keys->count / tags * tags) + draw->key % tags;
    }
    if (tags > 0) { /* the next ones of the same tag */
        return (draw->key / tags + n) % (source->keys->count / tags) * tags + draw->key % tags;
    }
    return other_key(source, draw, n, SALT_KEYS + n);
}

static uint64_t channel_number(const struct pattern_source *source, const struct pattern_draw *draw,
                               uint32_t n, bool is_drawn)
{
    if (is_drawn && n == 0) {
        return draw->key;
    }
    struct rng rng;
    uint64_t position = n;
    rng_init(&rng, mix(draw, SALT_CHANNELS + (uint64_t)n));
    return key_space_draw(&source->channels->numbers, &rng, &position);
}

/* What tells a value from others: its key, and its element if it has one. */
static uint64_t value_identity(uint64_t key, uint64_t element)
{
    return element == UINT64_MAX ? key : rng_mix(key) ^ (element + 1);
}

/* ---- writing ---- */

static size_t write_unsigned(char *out, uint64_t number)
{
    char text[MAX_NUMBER];
    size_t at = sizeof text;
    do {
        text[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    memcpy(out, text + at, sizeof text - at);
    return sizeof text - at;
}

static size_t write_signed(char *out, int64_t number)
{
    if (number >= 0) {
        return write_unsigned(out, (uint64_t)number);
    }
    *out = '-';
    return 1 + write_unsigned(out + 1, -(uint64_t)number);
}

static size_t write_element(char *out, char letter, uint64_t element)
{
    char digits[MAX_NUMBER];
    size_t len = write_unsigned(digits, element);
    size_t zeros = len < ELEMENT_DIGITS ? ELEMENT_DIGITS - len : 0;
    out[0] = letter;
    memset(out + 1, '0', zeros);
    memcpy(out + 1 + zeros, digits, len);
    return 1 + zeros + len;
}

static size_t write_random(char *out, size_t size, uint64_t random)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < size; i++) {
        if (i % 16 == 0 && i > 0) {
            random = rng_mix(random);
        }
        out[i] = digits[(random >> (i % 16 * 4)) & 15];
    }
    return size;
}

static struct str choice(const struct pattern_part *part, uint64_t random)
{
    struct str rest = part->text;
    struct str chosen = str_split(&rest, '|');
    for (uint64_t skip = below(random, part->choices); skip > 0; skip--) {
        chosen = str_split(&rest, '|');
    }
    return chosen;
}

/* One command being written. */
struct writing {
    const struct pattern_source *sources;
    const struct pattern_draw *draw;
    bool fills;
    bool by_channel;
    uint32_t round;   /* of the repeated words */
    size_t data;      /* dataset and ... */
    uint64_t key;     /* ... number of the last {key} */
    uint64_t element; /* of the last {field} or {member}; UINT64_MAX: none */
    uint64_t values;  /* since the last {key} */
};

static size_t write_key(struct writing *writing, const struct pattern_part *part, uint32_t number,
                        char *out)
{
    const struct key_format *format = writing->sources[part->data].key_format;
    struct pattern_key key = {.choice = part->key, .data = part->data, .number = number};
    if (part->key == KEY_REPLY) {
        key.number = 0;
    }
    writing->data = part->data;
    writing->key = pattern_key_number(writing->sources, writing->draw, &key);
    writing->element = UINT64_MAX;
    writing->values = 0;
    key_format_write(format, writing->key, out);
    return key_format_size(format);
}

static size_t write_value(struct writing *writing, char *out)
{
    const struct value_space *values = writing->sources[writing->data].values;
    uint64_t element = writing->element;
    if (element == UINT64_MAX && (writing->fills || writing->values > 0)) {
        element = writing->draw->first + writing->values;
    }
    writing->values++;
    uint64_t identity = value_identity(writing->key, element);
    return value_space_put(values, identity, out);
}

/* "-12.345": a number in units of its last digit behind the point. */
static size_t write_decimal(char *out, int64_t number, uint32_t digits)
{
    char text[MAX_NUMBER];
    uint64_t size = number < 0 ? -(uint64_t)number : (uint64_t)number;
    size_t len = write_unsigned(text, size);
    size_t zeros = len <= digits ? digits + 1 - len : 0;
    size_t sign = number < 0 ? 1 : 0;
    size_t whole = zeros > 0 ? 1 : len - digits;
    out[0] = '-';
    memset(out + sign, '0', zeros);
    memcpy(out + sign + zeros, text, len);
    memmove(out + sign + whole + 1, out + sign + whole, digits);
    out[sign + whole] = '.';
    return sign + whole + 1 + digits;
}

static int64_t between(const struct pattern_part *part, uint64_t random)
{
    uint64_t span = (uint64_t)part->high - (uint64_t)part->low + 1;
    uint64_t offset = span == 0 ? random : below(random, span);
    return (int64_t)((uint64_t)part->low + offset);
}

static size_t write_text(char *out, struct str text)
{
    memcpy(out, text.data, text.len);
    return text.len;
}

/* While filling, or for {score:key}, a function of the element; the same each time. */
static uint64_t score_of(const struct writing *writing, const struct pattern_part *part,
                         uint32_t number, uint64_t random)
{
    if (writing->fills) {
        random = rng_mix(writing->draw->first + number);
    } else if (part->range == ELEMENTS_KEY) {
        random = rng_mix(writing->draw->key);
    }
    return below(random, SCORES);
}

static size_t write_reply(const struct writing *writing, const struct pattern_part *part, char *out)
{
    struct str text;
    if (reply_text(writing->draw, (uint64_t)part->low, &text)) {
        return write_text(out, text);
    }
    /* Nothing has been sent: to show what the command will be, or to ask for its keys. */
    return writing->draw->replies != NULL ? 0 : write_element(out, 'r', (uint64_t)part->low);
}

static size_t write_part(struct writing *writing, const struct pattern_part *part, char *out)
{
    const struct pattern_source *source = &writing->sources[part->data];
    const struct pattern_draw *draw = writing->draw;
    uint32_t number = part->number + writing->round * part->stride;
    uint64_t random = mix(draw, SALT_OTHERS + (uint64_t)number * 64 + (uint64_t)part->kind);
    switch (part->kind) {
    case PART_TEXT:
    case PART_SCRIPT:
    case PART_FUNCTION:
        return write_text(out, part->text);
    case PART_KEY:
        return write_key(writing, part, number, out);
    case PART_VALUE:
        return write_value(writing, out);
    case PART_HASHTAG:
        return key_format_write_tag(source->key_format, draw->key, out);
    case PART_FIELD:
    case PART_MEMBER:
        if (writing->fills) {
            writing->element = draw->first + number;
        } else if (part->drawn != NULL) {
            writing->element = drawn_element(part, draw, number);
        } else {
            writing->element = pattern_element(source, draw, part->range, number);
        }
        return write_element(out, part->kind == PART_FIELD ? 'f' : 'm', writing->element);
    case PART_SCORE:
        return write_unsigned(out, score_of(writing, part, number, random));
    case PART_INDEX:
        return write_unsigned(out, writing->fills ? draw->first + number
                                                  : below(random, source->elements));
    case PART_INT:
        return write_signed(out, between(part, random));
    case PART_FLOAT:
        return write_decimal(out, between(part, random), part->digits);
    case PART_RANDOM:
        return write_random(out, (size_t)part->low, random);
    case PART_CHOICE:
        return write_text(out, choice(part, random));
    case PART_CONSUMER:
        return write_element(out, 'c', below(random, (uint64_t)part->low));
    case PART_CHANNEL:
        duty_write_channel(source->channels,
                           channel_number(source, draw, number, writing->by_channel), out);
        return key_format_size(&source->channels->format);
    case PART_STAMP:
        stamp_write_blank(out);
        return STAMP_SIZE;
    case PART_TIMESTAMP:
        return write_unsigned(out, PATTERN_EPOCH_MS +
                                       (writing->fills ? draw->first : draw->salt >> PATTERN_SALT));
    case PART_REPLY:
        return write_reply(writing, part, out);
    case PART_TTL:
        break;
    }
    return write_unsigned(out,
                          source->ttl_low + below(random, source->ttl_high - source->ttl_low + 1));
}

/* A word goes where the longest header would end, and then up to the header it has. */
static size_t write_word(struct writing *writing, const struct pattern_piece *piece, char *out)
{
    char header[MAX_HEADER];
    char *body = out + MAX_HEADER;
    size_t len = 0;
    for (size_t i = 0; i < piece->part_count; i++) {
        len += write_part(writing, &piece->parts[i], body + len);
    }
    header[0] = '$';
    size_t header_len = 1 + write_unsigned(header + 1, len);
    memcpy(header + header_len, "\r\n", 2);
    header_len += 2;
    memcpy(out, header, header_len);
    memmove(out + header_len, body, len);
    memcpy(out + header_len + len, "\r\n", 2);
    return header_len + len + 2;
}

static size_t write_pieces(struct writing *writing, const struct pattern *pattern, size_t first,
                           size_t end, char *out)
{
    size_t len = 0;
    for (size_t i = first; i < end; i++) {
        const struct pattern_piece *piece = &pattern->pieces[i];
        if (piece->literal_len > 0) {
            memcpy(out + len, pattern->literals.data + piece->literal_at, piece->literal_len);
            len += piece->literal_len;
        } else {
            len += write_word(writing, piece, out + len);
        }
    }
    return len;
}

static uint32_t rounds_of(const struct pattern *pattern, const struct pattern_source *sources,
                          const struct pattern_draw *draw)
{
    if (!pattern->fills) {
        return pattern->repeats;
    }
    uint64_t left = sources[pattern->home].elements - draw->first;
    return left < pattern->repeats ? (uint32_t)left : pattern->repeats;
}

size_t pattern_write(const struct pattern *pattern, const struct pattern_source *sources,
                     const struct pattern_draw *draw, char *out)
{
    struct writing writing = {
        .sources = sources,
        .draw = draw,
        .fills = pattern->fills,
        .by_channel = pattern->by_channel,
        .data = pattern->home,
        .key = draw->key,
        .element = UINT64_MAX,
    };
    uint32_t rounds = rounds_of(pattern, sources, draw);
    size_t repeat_end = pattern->repeat_first + pattern->repeat_count;
    out[0] = '*';
    size_t len = 1 + write_unsigned(out + 1, pattern->fixed_words +
                                                 (uint64_t)rounds * pattern->repeat_words);
    memcpy(out + len, "\r\n", 2);
    len += 2;
    len += write_pieces(&writing, pattern, 0, pattern->repeat_first, out + len);
    for (uint32_t i = 0; i < rounds; i++) {
        writing.round = i;
        len += write_pieces(&writing, pattern, pattern->repeat_first, repeat_end, out + len);
    }
    return len + write_pieces(&writing, pattern, repeat_end, pattern->piece_count, out + len);
}

/* ---- compiling ---- */

static bool is_literal(const struct phrase_word *word)
{
    return word->part_count == 0 || (word->part_count == 1 && word->parts[0].kind == PART_TEXT);
}

static size_t max_part(const struct pattern_part *part, const struct pattern_source *source)
{
    switch (part->kind) {
    case PART_TEXT:
    case PART_CHOICE:
    case PART_SCRIPT:
    case PART_FUNCTION:
        return part->text.len;
    case PART_KEY:
        return key_format_size(source->key_format);
    case PART_VALUE:
        return source->values->max_put + VALUES_SLACK;
    case PART_RANDOM:
        return (size_t)part->low;
    case PART_CHANNEL:
        return key_format_size(&source->channels->format);
    case PART_STAMP:
        return STAMP_SIZE;
    case PART_REPLY:
        return MAX_TEXT;
    case PART_FLOAT:
        return MAX_NUMBER + 4;
    case PART_HASHTAG:
    case PART_FIELD:
    case PART_MEMBER:
    case PART_SCORE:
    case PART_INDEX:
    case PART_INT:
    case PART_CONSUMER:
    case PART_TTL:
    case PART_TIMESTAMP:
        break;
    }
    return MAX_NUMBER + 2;
}

/* What a command being compiled is compiled into, and with. */
struct compiling {
    struct pattern *pattern;
    const struct pattern_names *names;
    size_t home;
    size_t data; /* of the last {key}; before it, of the first */
    uint32_t numbers[ROWS];
};

/* One that holds the literal words since the last placeholder, made when needed. */
static struct pattern_piece *literal_piece(struct pattern *pattern, size_t not_before)
{
    if (pattern->piece_count > not_before) {
        struct pattern_piece *last = &pattern->pieces[pattern->piece_count - 1];
        if (last->literal_len > 0) {
            return last;
        }
    }
    struct pattern_piece *piece = &pattern->pieces[pattern->piece_count++];
    piece->literal_at = pattern->literals.len;
    return piece;
}

static void add_literal(struct pattern *pattern, const struct phrase_word *word, size_t not_before)
{
    struct pattern_piece *piece = literal_piece(pattern, not_before);
    struct str text = word->part_count == 0 ? STR("") : word->parts[0].text;
    size_t before = pattern->literals.len;
    buf_addf(&pattern->literals, "$%zu\r\n", text.len);
    buf_add(&pattern->literals, text.data, text.len);
    buf_add_text(&pattern->literals, "\r\n");
    piece->literal_len += pattern->literals.len - before;
    pattern->max_size += pattern->literals.len - before;
}

static const char *find_word(const struct pattern_names *names, enum part_kind kind,
                             struct str name)
{
    for (size_t i = 0; i < names->word_count; i++) {
        const struct pattern_word *word = &names->words[i];
        if (word->kind == kind && str_eq(name, str_from(word->name))) {
            return word->text;
        }
    }
    return NULL;
}

/* The dataset that a {key} names; false: there is none. */
static bool find_data(const struct pattern_names *names, size_t home, struct str name, size_t *out)
{
    *out = home;
    for (size_t i = 0; name.len > 0 && i < names->source_count; i++) {
        if (str_eq(name, str_from(names->sources[i].name))) {
            *out = i;
            return true;
        }
    }
    return name.len == 0;
}

static bool check_part(const struct phrase_part *part, const struct pattern_names *names,
                       struct error *err)
{
    size_t data;
    bool is_word = part->kind == PART_SCRIPT || part->kind == PART_FUNCTION;
    if (part->kind == PART_KEY && !find_data(names, 0, part->text, &data)) {
        return error_set(err, ERROR_USAGE, "{key:%.*s}: there is no such dataset",
                         STR_ARG(part->text));
    }
    if (is_word && find_word(names, part->kind, part->text) == NULL) {
        const char *kind = part->kind == PART_SCRIPT ? "script" : "function";
        return error_set(err, ERROR_USAGE, "{%s:%.*s}: there is no such %s", kind,
                         STR_ARG(part->text), kind);
    }
    return true;
}

bool pattern_check(const struct phrase *command, const struct pattern_names *names,
                   struct error *err)
{
    for (size_t i = 0; i < command->word_count; i++) {
        for (size_t k = 0; k < command->words[i].part_count; k++) {
            if (!check_part(&command->words[i].parts[k], names, err)) {
                return false;
            }
        }
    }
    return true;
}

bool pattern_first_key(const struct phrase *command, const struct pattern_names *names, size_t home,
                       struct pattern_key *out)
{
    *out = (struct pattern_key){.data = home};
    for (size_t i = 0; i < command->word_count; i++) {
        for (size_t k = 0; k < command->words[i].part_count; k++) {
            const struct phrase_part *part = &command->words[i].parts[k];
            if (part->kind == PART_KEY) {
                out->choice = part->key;
                return find_data(names, home, part->text, &out->data);
            }
        }
    }
    return false;
}

/* Drawn keys are counted by dataset, other parts by kind. */
static size_t row_of(const struct pattern_part *part)
{
    bool is_drawn = part->kind == PART_KEY && part->key == KEY_DRAWN;
    return is_drawn ? KINDS + part->data : (size_t)part->kind;
}

static void set_text(struct pattern_part *part, struct str text)
{
    if (text.len > 0) {
        part->text = (struct str){mem_copy_text(text.data, text.len), text.len};
    }
    part->choices = 1;
    for (size_t k = 0; k < text.len; k++) {
        part->choices += text.data[k] == '|';
    }
}

static struct key_space *new_drawn(struct str text, uint64_t elements)
{
    struct workload_spec spec = {.keys = elements};
    struct key_space *drawn = mem_alloc(sizeof *drawn);
    (void)spec_read_key_dist(text, &spec, NULL);
    key_space_init(drawn, &spec, elements);
    return drawn;
}

static void add_word(struct compiling *compiling, const struct phrase_word *word)
{
    struct pattern *pattern = compiling->pattern;
    const struct pattern_names *names = compiling->names;
    struct pattern_piece *piece = &pattern->pieces[pattern->piece_count++];
    piece->part_count = word->part_count;
    piece->parts = mem_alloc_array(word->part_count, sizeof *piece->parts);
    pattern->max_size += MAX_HEADER + 2;
    for (size_t i = 0; i < word->part_count; i++) {
        const struct phrase_part *from = &word->parts[i];
        struct pattern_part *part = &piece->parts[i];
        if (from->kind == PART_KEY) {
            (void)find_data(names, compiling->home, from->text, &compiling->data);
        }
        *part = (struct pattern_part){
            .kind = from->kind,
            .range = from->range,
            .key = from->key,
            .data = compiling->data,
            .low = from->low,
            .high = from->high,
            .digits = from->digits,
        };
        bool is_named = part->kind == PART_SCRIPT || part->kind == PART_FUNCTION;
        set_text(part, is_named ? str_from(find_word(names, part->kind, from->text)) : from->text);
        if (part->range == ELEMENTS_DRAWN) {
            part->drawn = new_drawn(part->text, names->sources[part->data].elements);
        }
        part->row = row_of(part);
        part->number = compiling->numbers[part->row]++;
        pattern->max_size += max_part(part, &names->sources[part->data]);
    }
}

/* The parts of repeated words count on from round to round; those behind them count on from there.
 */
static void end_repeat(struct compiling *compiling, const uint32_t before[ROWS])
{
    struct pattern *pattern = compiling->pattern;
    uint32_t *numbers = compiling->numbers;
    for (size_t i = pattern->repeat_first; i < pattern->piece_count; i++) {
        for (size_t k = 0; k < pattern->pieces[i].part_count; k++) {
            struct pattern_part *part = &pattern->pieces[i].parts[k];
            part->stride = numbers[part->row] - before[part->row];
        }
    }
    for (size_t row = 0; row < ROWS; row++) {
        numbers[row] += (numbers[row] - before[row]) * (pattern->repeats - 1);
    }
    pattern->repeat_count = pattern->piece_count - pattern->repeat_first;
}

static bool names_key(const struct phrase *command)
{
    for (size_t i = 0; i < command->word_count; i++) {
        for (size_t k = 0; k < command->words[i].part_count; k++) {
            if (command->words[i].parts[k].kind == PART_KEY) {
                return true;
            }
        }
    }
    return false;
}

void pattern_init(struct pattern *pattern, const struct phrase *command,
                  const struct pattern_names *names, size_t home, bool fills)
{
    struct pattern_key first;
    struct compiling compiling = {.pattern = pattern, .names = names, .home = home};
    uint32_t before[ROWS] = {0};
    size_t repeat_end = command->repeat_first + command->repeat_count;
    size_t not_before = 0; /* literals are not added to a piece that came earlier */
    size_t once = 0;       /* bytes of the words outside */
    (void)pattern_first_key(command, names, home, &first);
    compiling.data = first.data;
    *pattern = (struct pattern){.repeats = command->repeats, .fills = fills, .home = home};
    pattern->pieces = mem_alloc_array(command->word_count, sizeof *pattern->pieces);
    for (size_t i = 0; i <= command->word_count; i++) {
        if (command->repeat_count > 0 && i == command->repeat_first) {
            pattern->repeat_first = not_before = pattern->piece_count;
            memcpy(before, compiling.numbers, sizeof before);
            once = pattern->max_size;
        }
        if (command->repeat_count > 0 && i == repeat_end) {
            end_repeat(&compiling, before);
            not_before = pattern->piece_count;
            pattern->max_size = once + (pattern->max_size - once) * pattern->repeats;
        }
        if (i == command->word_count) {
            break;
        }
        if (is_literal(&command->words[i])) {
            add_literal(pattern, &command->words[i], not_before);
        } else {
            add_word(&compiling, &command->words[i]);
        }
    }
    pattern->by_channel = !names_key(command);
    pattern->repeat_words = command->repeat_count;
    pattern->fixed_words = command->word_count - command->repeat_count;
    if (command->repeat_count == 0) {
        pattern->repeat_first = pattern->piece_count;
    }
    /* The header of the array, and a last word that is moved up to its header. */
    pattern->max_size += 2 * MAX_HEADER;
}

void pattern_release(struct pattern *pattern)
{
    for (size_t i = 0; i < pattern->piece_count; i++) {
        struct pattern_piece *piece = &pattern->pieces[i];
        for (size_t k = 0; k < piece->part_count; k++) {
            mem_free((char *)piece->parts[k].text.data);
            mem_free(piece->parts[k].drawn);
        }
        mem_free(piece->parts);
    }
    mem_free(pattern->pieces);
    buf_release(&pattern->literals);
    *pattern = (struct pattern){0};
}
