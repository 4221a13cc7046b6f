#include "workload/template.h"

#include <assert.h>

/* The longest decimal uint64_t, and "<len>\r\n" with it. */
enum { MAX_DIGITS = 20, MAX_LENGTH_LINE = MAX_DIGITS + 2 };

static size_t digits_of(uint64_t number)
{
    size_t digits = 1;
    while (number >= 10) {
        number /= 10;
        digits++;
    }
    return digits;
}

void key_format_init(struct key_format *format, const char *prefix, uint64_t keys, size_t key_size)
{
    *format = (struct key_format){
        .prefix = prefix,
        .prefix_len = strlen(prefix),
        .digits = digits_of(keys - 1),
    };
    if (key_size > format->prefix_len + format->digits) {
        format->padding = key_size - format->prefix_len - format->digits;
    }
}

/* Two digits at a time from the right. The number has at most so many digits. */
static inline void write_digits(char *out, size_t digits, uint64_t number)
{
    static const char pairs[] = "00010203040506070809101112131415161718192021222324252627282930"
                                "31323334353637383940414243444546474849505152535455565758596061"
                                "62636465666768697071727374757677787980818283848586878889909192"
                                "93949596979899";
    while (digits >= 2) {
        digits -= 2;
        memcpy(out + digits, pairs + number % 100 * 2, 2);
        number /= 100;
    }
    if (digits == 1) {
        out[0] = (char)('0' + number);
    }
}

void key_format_write_number(const struct key_format *format, uint64_t number, char *out)
{
    write_digits(out, format->digits, number);
}

void key_format_add_tags(struct key_format *format, uint64_t tags, size_t key_size)
{
    format->tags = tags;
    format->tag_digits = digits_of(tags - 1);
    size_t needed = format->prefix_len + strlen("{}") + format->tag_digits + format->digits;
    format->padding = key_size > needed ? key_size - needed : 0;
}

bool key_format_holds(const struct key_format *format, uint64_t number)
{
    return digits_of(number) <= format->digits;
}

size_t key_format_size(const struct key_format *format)
{
    size_t tag = format->tags > 0 ? strlen("{}") + format->tag_digits : 0;
    return format->prefix_len + tag + format->padding + format->digits;
}

size_t key_format_write_tag(const struct key_format *format, uint64_t number, char *out)
{
    if (format->tags == 0) {
        return 0;
    }
    out[0] = '{';
    write_digits(out + 1, format->tag_digits, number % format->tags);
    out[1 + format->tag_digits] = '}';
    return format->tag_digits + 2;
}

void key_format_write(const struct key_format *format, uint64_t number, char *out)
{
    memcpy(out, format->prefix, format->prefix_len);
    out += format->prefix_len;
    out += key_format_write_tag(format, number, out);
    memset(out, '0', format->padding);
    write_digits(out + format->padding, format->digits, number);
}

/* The last eight bytes up to the end of the digits are written as one word, in which the bytes
 * before the digits are what they were. */
static inline void write_key(const struct template_key *key, size_t digits, uint64_t number,
                             char *out)
{
    if (digits > sizeof key->word) {
        write_digits(out + key->at, digits, number);
        return;
    }
    uint64_t word = template_eight_digits(number) | key->word;
    memcpy(out + key->at + digits - sizeof word, &word, sizeof word);
}

/* What write_key needs to know, once the digits of the key (all '0') end the head. */
static void prepare_key(struct template_key *key, size_t digits, const struct buf *head)
{
    if (digits <= sizeof key->word) {
        assert(head->len >= sizeof key->word);
        memcpy(&key->word, head->data + head->len - sizeof key->word, sizeof key->word);
    }
}

static void add_key(struct template *template, const struct key_format *keys)
{
    assert(template->key_count < TEMPLATE_MAX_KEYS);
    size_t zeros = keys->padding + keys->digits;
    buf_addf(&template->head, "$%zu\r\n", keys->prefix_len + zeros);
    buf_add(&template->head, keys->prefix, keys->prefix_len);
    struct template_key *key = &template->keys[template->key_count++];
    key->at = template->head.len + keys->padding;
    char *room = buf_reserve(&template->head, zeros);
    memset(room, '0', zeros);
    buf_added(&template->head, zeros);
    prepare_key(key, keys->digits, &template->head);
    buf_add_text(&template->head, "\r\n");
}

static void add_value(struct template *template, const struct value_space *values)
{
    template->has_value = true;
    template->value_is_sized = values->size_low != values->size_high;
    if (template->value_is_sized) {
        buf_add_char(&template->head, '$');
    } else {
        buf_addf(&template->head, "$%llu\r\n", (unsigned long long)values->size_low);
    }
}

void template_init(struct template *template, const char *const *words, size_t count,
                   const struct key_format *keys, const struct value_space *values)
{
    *template = (struct template){.digits = keys->digits};
    buf_addf(&template->head, "*%zu\r\n", count);
    for (size_t i = 0; i < count; i++) {
        assert(!template->has_value);
        if (strcmp(words[i], "{key}") == 0) {
            add_key(template, keys);
        } else if (strcmp(words[i], "{value}") == 0) {
            add_value(template, values);
        } else {
            buf_addf(&template->head, "$%zu\r\n%s\r\n", strlen(words[i]), words[i]);
        }
    }
    /* Whole chunks are read from it. */
    (void)buf_reserve(&template->head, TEMPLATE_CHUNK);
    bool has_quick_value = !template->has_value ||
                           (!template->value_is_sized && values->size_low >= VALUES_MARK &&
                            values->size_low <= VALUES_LARGE && values->mark_mask == UINT64_MAX);
    template->is_quick =
        template->key_count == 1 && keys->digits <= sizeof(uint64_t) && has_quick_value;
    if (template->is_quick) {
        template->quick_at = template->keys[0].at + keys->digits - sizeof(uint64_t);
    }
    template->max_size = template->head.len;
    template->max_head_size = template->head.len;
    if (template->has_value) {
        size_t high = (size_t)values->size_high;
        template->max_size += MAX_LENGTH_LINE + high + 2;
        template->max_head_size +=
            MAX_LENGTH_LINE + (high < VALUES_LARGE ? high : VALUES_LARGE) + 2;
    }
}

void template_release(struct template *template)
{
    buf_release(&template->head);
}

/* Everything before the value, with its length; sets the value's size. */
static inline size_t write_before_value(const struct template *template,
                                        const struct value_space *values, uint64_t key, char *out,
                                        size_t *size)
{
    size_t len = template->head.len;
    memcpy(out, template->head.data, len);
    for (size_t i = 0; i < template->key_count; i++) {
        write_key(&template->keys[i], template->digits, key, out);
    }
    if (template->has_value) {
        *size = value_space_size(values, key);
        if (template->value_is_sized) {
            size_t digits = digits_of(*size);
            write_digits(out + len, digits, *size);
            memcpy(out + len + digits, "\r\n", 2);
            len += digits + 2;
        }
    }
    return len;
}

size_t template_write(const struct template *template, const struct value_space *values,
                      uint64_t key, char *out)
{
    size_t size = 0;
    size_t len = write_before_value(template, values, key, out, &size);
    if (template->has_value) {
        value_space_write(values, key, size, out + len);
        memcpy(out + len + size, "\r\n", 2);
        len += size + 2;
    }
    return len;
}

size_t template_write_head(const struct template *template, const struct value_space *values,
                           uint64_t key, char *out, struct str *rest)
{
    size_t size = 0;
    size_t len = write_before_value(template, values, key, out, &size);
    *rest = (struct str){0};
    if (!template->has_value) {
        return len;
    }
    size_t written = size > VALUES_LARGE ? VALUES_MARK : size;
    value_space_write(values, key, written, out + len);
    len += written;
    if (written < size) {
        *rest = (struct str){value_space_at(values, key) + written, size - written};
        return len;
    }
    memcpy(out + len, "\r\n", 2);
    return len + 2;
}
