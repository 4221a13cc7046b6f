#include "workload/phrase.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#include "base/buf.h"
#include "model/spec.h"

enum { MAX_PARTS = 64, MAX_RANDOM = 1 << 20, MAX_REPEATS = 1000, MAX_DIGITS = 9 };

/* ---- placeholders ---- */

struct placeholder {
    const char *name;
    enum part_kind kind;
    bool (*read)(struct str arguments, struct phrase_part *part); /* NULL: takes none */
    bool may_be_bare;
    const char *form;
};

static bool read_range(struct str text, struct phrase_part *part)
{
    struct str high = text;
    struct str low = str_split(&high, ':');
    return str_to_i64(low, &part->low) && str_to_i64(high, &part->high) && part->low <= part->high;
}

static bool read_bytes(struct str text, struct phrase_part *part)
{
    return str_to_i64(text, &part->low) && part->low >= 1 && part->low <= MAX_RANDOM;
}

static bool read_elements(struct str text, struct phrase_part *part)
{
    static const char *const names[] = {
        [ELEMENTS_STABLE] = "stable",
        [ELEMENTS_CHURN] = "churn",
        [ELEMENTS_KEY] = "key",
    };
    for (int range = ELEMENTS_STABLE; range <= ELEMENTS_KEY; range++) {
        if (str_eq(text, str_from(names[range]))) {
            part->range = (enum element_range)range;
            return true;
        }
    }
    struct workload_spec spec = {0};
    part->range = ELEMENTS_DRAWN;
    part->text = text;
    return spec_read_key_dist(text, &spec, NULL) && spec.key_distribution != KEYS_SEQUENTIAL;
}

static bool read_score(struct str text, struct phrase_part *part)
{
    part->range = ELEMENTS_KEY;
    return str_eq(text, STR("key"));
}

/* "new", "reply", NAME or NAME:reply */
static bool read_key(struct str text, struct phrase_part *part)
{
    struct str rest = text;
    struct str name = str_split(&rest, ':');
    if (str_eq(text, STR("new"))) {
        part->key = KEY_NEW;
        return true;
    }
    if (str_eq(text, STR("reply"))) {
        part->key = KEY_REPLY;
        return true;
    }
    part->text = name;
    part->key = rest.len > 0 ? KEY_REPLY : KEY_DRAWN;
    return name.len > 0 && (name.len == text.len || str_eq(rest, STR("reply")));
}

static bool read_name(struct str text, struct phrase_part *part)
{
    part->text = text;
    return text.len > 0;
}

static bool read_reply(struct str text, struct phrase_part *part)
{
    return str_to_i64(text, &part->low) && part->low >= 0 && part->low < PHRASE_MAX_REPLIES;
}

/* A decimal number in units of its `digits`-th digit behind the point. */
static bool read_scaled(struct str text, uint32_t digits, int64_t *out)
{
    double value;
    double scale = 1;
    for (uint32_t i = 0; i < digits; i++) {
        scale *= 10;
    }
    if (!str_to_double(text, &value) || !(fabs(value) <= 1e9)) {
        return false;
    }
    *out = llround(value * scale);
    return true;
}

static bool read_float(struct str text, struct phrase_part *part)
{
    struct str digits = text;
    struct str low = str_split(&digits, ':');
    struct str high = str_split(&digits, ':');
    uint64_t count;
    if (!str_to_u64(digits, &count) || count < 1 || count > MAX_DIGITS) {
        return false;
    }
    part->digits = (uint32_t)count;
    return read_scaled(low, part->digits, &part->low) &&
           read_scaled(high, part->digits, &part->high) && part->low <= part->high;
}

static const struct placeholder placeholders[] = {
    {"key", PART_KEY, read_key, true, "{key}, {key:NAME}, {key:new} or {key:NAME:reply}"},
    {"hashtag", PART_HASHTAG, NULL, true, "{hashtag}"},
    {"value", PART_VALUE, NULL, true, "{value}"},
    {"field", PART_FIELD, read_elements, true,
     "{field}, {field:stable}, {field:churn}, {field:key} or a distribution such as "
     "{field:zipf:0.99}"},
    {"member", PART_MEMBER, read_elements, true,
     "{member}, {member:stable}, {member:churn}, {member:key} or a distribution such as "
     "{member:zipf:0.99}"},
    {"score", PART_SCORE, read_score, true, "{score} or {score:key}"},
    {"index", PART_INDEX, NULL, true, "{index}"},
    {"int", PART_INT, read_range, false, "{int:LOW:HIGH} with whole numbers, such as {int:1:100}"},
    {"float", PART_FLOAT, read_float, false,
     "{float:LOW:HIGH:DIGITS} with 1 to 9 digits behind the point, such as {float:-180:180:6}"},
    {"random", PART_RANDOM, read_bytes, false, "{random:BYTES} with 1 to 1,048,576 bytes"},
    {"choice", PART_CHOICE, read_name, false, "{choice:A|B|C}"},
    {"consumer", PART_CONSUMER, read_bytes, false, "{consumer:N} with a number of names"},
    {"ttl", PART_TTL, NULL, true, "{ttl}"},
    {"timestamp", PART_TIMESTAMP, NULL, true, "{timestamp}"},
    {"reply", PART_REPLY, read_reply, true, "{reply} or {reply:N} with N from 0 to 127"},
    {"script", PART_SCRIPT, read_name, false, "{script:NAME}"},
    {"function", PART_FUNCTION, read_name, false, "{function:NAME}"},
    {"channel", PART_CHANNEL, NULL, true, "{channel}"},
    {"stamp", PART_STAMP, NULL, true, "{stamp}"},
};

static bool read_placeholder(struct str inside, struct phrase_part *part, struct error *err)
{
    bool has_arguments = str_find(inside, ':') >= 0;
    struct str arguments = inside;
    struct str name = str_split(&arguments, ':');
    for (size_t i = 0; i < sizeof placeholders / sizeof placeholders[0]; i++) {
        const struct placeholder *known = &placeholders[i];
        if (!str_eq(name, str_from(known->name))) {
            continue;
        }
        *part = (struct phrase_part){.kind = known->kind};
        bool done = has_arguments ? known->read != NULL && known->read(arguments, part)
                                  : known->may_be_bare;
        return done ||
               error_set(err, ERROR_USAGE, "{%.*s}: write %s", STR_ARG(inside), known->form);
    }
    return error_set(
        err, ERROR_USAGE,
        "{%.*s} is no placeholder; known are key, hashtag, value, field, member, score, index, "
        "int, float, random, choice, consumer, ttl, timestamp, reply, script, function, channel "
        "and stamp ({{ is a brace)",
        STR_ARG(inside));
}

/* ---- words ---- */

struct parser {
    struct str rest;
    struct arena *arena;
    struct error *err;
    struct buf text; /* literal bytes of the present part */
    struct phrase_part parts[MAX_PARTS];
    size_t part_count;
    bool wants_tags;
    uint32_t replies;
};

static bool add_part(struct parser *parser, const struct phrase_part *part)
{
    if (parser->part_count == MAX_PARTS) {
        return error_set(parser->err, ERROR_USAGE, "a word has more than %d parts", MAX_PARTS);
    }
    parser->parts[parser->part_count++] = *part;
    return true;
}

static bool end_text(struct parser *parser)
{
    if (parser->text.len == 0) {
        return true;
    }
    char *copy = arena_copy(parser->arena, buf_str(&parser->text));
    struct phrase_part part = {.kind = PART_TEXT, .text = {copy, parser->text.len}};
    parser->text.len = 0;
    return add_part(parser, &part);
}

static char next(const struct parser *parser)
{
    return parser->rest.len > 0 ? parser->rest.data[0] : '\0';
}

static void skip(struct parser *parser, size_t count)
{
    parser->rest = str_from_index(parser->rest, count);
}

static bool take_brace(struct parser *parser)
{
    char brace = next(parser);
    if (parser->rest.len > 1 && parser->rest.data[1] == brace) {
        buf_add_char(&parser->text, brace);
        skip(parser, 2);
        return true;
    }
    ptrdiff_t end = str_find(parser->rest, '}');
    if (brace == '}' || end < 0) {
        return error_set(parser->err, ERROR_USAGE,
                         brace == '}' ? "\"}\" without \"{\"; for a brace itself write }}"
                                      : "\"{\" without \"}\"; for a brace itself write {{");
    }
    struct phrase_part part;
    struct str inside = str_prefix(str_from_index(parser->rest, 1), (size_t)end - 1);
    if (!read_placeholder(inside, &part, parser->err)) {
        return false;
    }
    if (part.text.len > 0) {
        part.text.data = arena_copy(parser->arena, part.text);
    }
    if (part.kind == PART_REPLY || part.key == KEY_REPLY) {
        uint32_t needed = (uint32_t)part.low + 1;
        parser->replies = needed > parser->replies ? needed : parser->replies;
    }
    skip(parser, (size_t)end + 1);
    return end_text(parser) && add_part(parser, &part);
}

static int hex_value(char digit)
{
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }
    int letter = tolower((unsigned char)digit);
    return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

/* What a backslash in "..." stands for. */
static void take_escape(struct parser *parser)
{
    static const char names[] = "nrtba";
    static const char meant[] = "\n\r\t\b\a";
    skip(parser, 1);
    char letter = next(parser);
    if (letter == 'x' && parser->rest.len >= 3 && hex_value(parser->rest.data[1]) >= 0 &&
        hex_value(parser->rest.data[2]) >= 0) {
        buf_add_char(&parser->text, (char)(hex_value(parser->rest.data[1]) * 16 +
                                           hex_value(parser->rest.data[2])));
        skip(parser, 3);
        return;
    }
    const char *at = letter == '\0' ? NULL : strchr(names, letter);
    buf_add_char(&parser->text, at != NULL ? meant[at - names] : letter);
    skip(parser, 1);
}

static bool take_quoted(struct parser *parser, char quote)
{
    skip(parser, 1);
    while (parser->rest.len > 0 && next(parser) != quote) {
        char byte = next(parser);
        if (byte == '\\' && quote == '"' && parser->rest.len > 1) {
            take_escape(parser);
        } else if (byte == '{' || byte == '}') {
            if (!take_brace(parser)) {
                return false;
            }
        } else {
            buf_add_char(&parser->text, byte);
            skip(parser, 1);
        }
    }
    if (parser->rest.len == 0) {
        return error_set(parser->err, ERROR_USAGE, "a quotation mark (%c) has no second one",
                         quote);
    }
    skip(parser, 1);
    return true;
}

static bool ends_word(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r' || byte == '[' ||
           byte == ']';
}

static bool has_part(const struct phrase_part *parts, size_t count, enum part_kind kind)
{
    for (size_t i = 0; i < count; i++) {
        if (parts[i].kind == kind) {
            return true;
        }
    }
    return false;
}

/* A key carries its tag already. */
static void drop_tags(struct parser *parser)
{
    size_t kept = 0;
    for (size_t i = 0; i < parser->part_count; i++) {
        if (parser->parts[i].kind != PART_HASHTAG) {
            parser->parts[kept++] = parser->parts[i];
        }
    }
    parser->part_count = kept;
}

static bool take_word(struct parser *parser, struct phrase_word *word)
{
    parser->part_count = 0;
    while (parser->rest.len > 0 && !ends_word(next(parser))) {
        char byte = next(parser);
        if (byte == '"' || byte == '\'') {
            if (!take_quoted(parser, byte)) {
                return false;
            }
        } else if (byte == '{' || byte == '}') {
            if (!take_brace(parser)) {
                return false;
            }
        } else {
            buf_add_char(&parser->text, byte);
            skip(parser, 1);
        }
    }
    if (!end_text(parser)) {
        return false;
    }
    if (has_part(parser->parts, parser->part_count, PART_HASHTAG)) {
        parser->wants_tags = true;
        if (has_part(parser->parts, parser->part_count, PART_KEY)) {
            drop_tags(parser);
        }
    }
    word->part_count = parser->part_count;
    word->parts = arena_alloc_array(parser->arena, parser->part_count, sizeof *word->parts);
    if (parser->part_count > 0) {
        memcpy(word->parts, parser->parts, parser->part_count * sizeof *word->parts);
    }
    return true;
}

/* "]*5": the words since the bracket come five times. */
static bool take_repeat(struct parser *parser, struct phrase *out)
{
    size_t digits = 0;
    uint64_t repeats = 0;
    skip(parser, 1);
    while (digits + 1 < parser->rest.len &&
           isdigit((unsigned char)parser->rest.data[digits + 1]) != 0) {
        digits++;
    }
    bool read = next(parser) == '*' &&
                str_to_u64(str_prefix(str_from_index(parser->rest, 1), digits), &repeats) &&
                repeats >= 1 && repeats <= MAX_REPEATS;
    if (!read || out->repeats != 0 || out->word_count == out->repeat_first) {
        return error_set(parser->err, ERROR_USAGE,
                         "brackets hold words that are repeated, once in a command: write for "
                         "example [{field} {value}]*5, up to %d times",
                         MAX_REPEATS);
    }
    skip(parser, digits + 1);
    out->repeats = (uint32_t)repeats;
    out->repeat_count = out->word_count - out->repeat_first;
    return true;
}

static bool take_words(struct parser *parser, struct phrase *out)
{
    bool is_open = false;
    while (parser->rest.len > 0) {
        char byte = next(parser);
        if (byte == '[' && !is_open && out->repeats == 0) {
            is_open = true;
            out->repeat_first = out->word_count;
            skip(parser, 1);
        } else if (byte == '[' || byte == ']') {
            if (byte == '[' || !is_open) {
                out->repeats = UINT32_MAX; /* refused */
            }
            if (!take_repeat(parser, out)) {
                return false;
            }
            is_open = false;
        } else if (ends_word(byte)) {
            skip(parser, 1);
        } else if (out->word_count == PHRASE_MAX_WORDS) {
            return error_set(parser->err, ERROR_USAGE, "a command has more than %d words",
                             PHRASE_MAX_WORDS);
        } else if (!take_word(parser, &out->words[out->word_count++])) {
            return false;
        }
    }
    return !is_open || error_set(parser->err, ERROR_USAGE, "\"[\" without \"]*TIMES\"");
}

/* ---- what a command may be ---- */

/* `names` are words with single spaces between them. */
static bool is_one_of(struct str name, const char *names)
{
    struct str rest = str_from(names);
    while (rest.len > 0) {
        if (str_eq_nocase(name, str_split(&rest, ' '))) {
            return true;
        }
    }
    return false;
}

bool phrase_is_read(struct str name)
{
    static const char reads[] =
        "BITCOUNT BITFIELD_RO BITPOS DBSIZE DUMP EVALSHA_RO EVAL_RO EXISTS EXPIRETIME "
        "FCALL_RO GEODIST GEOHASH GEOPOS GEORADIUSBYMEMBER_RO GEORADIUS_RO GEOSEARCH "
        "GET GETBIT GETRANGE HEXISTS HGET HGETALL HKEYS HLEN HMGET HRANDFIELD HSCAN "
        "HSTRLEN HVALS LCS LINDEX LLEN LPOS LRANGE MEMORY MGET OBJECT PEXPIRETIME "
        "PFCOUNT PTTL RANDOMKEY SCAN SCARD SDIFF SINTER SINTERCARD SISMEMBER SMEMBERS "
        "SMISMEMBER SORT_RO SRANDMEMBER SSCAN STRLEN SUBSTR SUNION TTL TYPE XINFO XLEN "
        "XPENDING XRANGE XREAD XREVRANGE ZCARD ZCOUNT ZDIFF ZINTER ZINTERCARD "
        "ZLEXCOUNT ZMSCORE ZRANDMEMBER ZRANGE ZRANGEBYLEX ZRANGEBYSCORE ZRANK "
        "ZREVRANGE ZREVRANGEBYLEX ZREVRANGEBYSCORE ZREVRANK ZSCAN ZSCORE ZUNION";
    return is_one_of(name, reads);
}

static bool names_key(const struct phrase *command)
{
    for (size_t i = 1; i < command->word_count; i++) {
        const struct phrase_word *word = &command->words[i];
        if (word->part_count > 0 && word->parts[0].kind == PART_KEY) {
            return true;
        }
    }
    return false;
}

/* PUBLISH and SPUBLISH: only channels that begin with the prefix are sent to. */
static bool check_publishing(const struct phrase *command, struct error *err)
{
    const struct phrase_word *channel = &command->words[1];
    return (command->word_count > 2 && channel->part_count == 1 &&
            channel->parts[0].kind == PART_CHANNEL) ||
           error_set(err, ERROR_USAGE, "write %.*s {channel} and a message",
                     STR_ARG(command->words[0].parts[0].text));
}

static bool reads_reply_key(const struct phrase *command)
{
    for (size_t i = 1; i < command->word_count; i++) {
        for (size_t k = 0; k < command->words[i].part_count; k++) {
            if (command->words[i].parts[k].key == KEY_REPLY) {
                return true;
            }
        }
    }
    return false;
}

static bool check_command(const struct phrase *command, struct error *err)
{
    static const char publishing[] = "PUBLISH SPUBLISH";
    static const char keyless[] = "PING ECHO TIME MULTI EXEC DISCARD UNWATCH SCAN DBSIZE";
    if (command->word_count == 0 || command->words[0].part_count != 1 ||
        command->words[0].parts[0].kind != PART_TEXT) {
        return error_set(err, ERROR_USAGE, "a command begins with its name, such as GET {key}");
    }
    struct str name = command->words[0].parts[0].text;
    if (is_one_of(name, publishing)) {
        return check_publishing(command, err);
    }
    if (reads_reply_key(command) && !phrase_is_read(name)) {
        return error_set(err, ERROR_USAGE,
                         "%.*s: {key:reply} is for commands that only read: what they write could "
                         "not be removed by name",
                         STR_ARG(name));
    }
    return is_one_of(name, keyless) || names_key(command) ||
           error_set(err, ERROR_USAGE,
                     "%.*s names no {key}: only keys that begin with the prefix are touched, and "
                     "they are written as {key}",
                     STR_ARG(name));
}

bool phrase_parse(struct str text, struct arena *arena, struct phrase *out, struct error *err)
{
    struct parser parser = {.rest = text, .arena = arena, .err = err};
    *out = (struct phrase){
        .words = arena_alloc_array(arena, PHRASE_MAX_WORDS, sizeof *out->words),
    };
    bool done = take_words(&parser, out) && check_command(out, err);
    buf_release(&parser.text);
    out->repeats = out->repeats == 0 ? 1 : out->repeats;
    out->wants_tags = parser.wants_tags;
    out->replies = parser.replies;
    return done;
}
