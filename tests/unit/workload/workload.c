#include "workload/workload.h"

#include <stdlib.h>

#include "base/mem.h"
#include "support/tap.h"

static const struct workload_spec usual = {
    .writes = 1,
    .reads = 4,
    .keys = 1000,
    .key_prefix = "p:",
    .value_size_low = 5,
    .value_size_high = 5,
};

static void test_key_format(void)
{
    static const struct {
        const char *prefix;
        uint64_t keys;
        size_t size;
        uint64_t number;
        const char *wanted;
    } rows[] = {
        {"t:", 1, 0, 0, "0"},
        {"t:", 10, 0, 9, "9"},
        {"t:", 11, 0, 9, "09"},
        {"t:", 1000, 0, 7, "007"},
        {"t:", 1000, 0, 999, "999"},
        {"t:", 100, 8, 42, "000042"},
        {"t:", 100000, 0, 12345, "12345"},
        {"t:", 1000000, 0, 654321, "654321"},
        {"t:", 100000, 3, 99999, "99999"},
        {"t:", UINT64_MAX, 0, UINT64_MAX - 1, "18446744073709551614"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct key_format format;
        char text[32] = {0};
        key_format_init(&format, rows[i].prefix, rows[i].keys, rows[i].size);
        memset(text, '0', format.padding);
        key_format_write_number(&format, rows[i].number, text + format.padding);
        tap_text(text, rows[i].wanted, "key number of row %zu", i);
    }
}

/* The command for a key, as text; the value's bytes are replaced by 'v'. */
static char *command_text(const struct workload *workload, size_t operation, uint64_t key)
{
    char *text = mem_alloc(workload->max_step_size + 1);
    struct workload_draw draw = {.key = key, .operation = (uint32_t)operation};
    size_t len = workload_write_step(workload, &draw, 0, text);
    if (workload->operations[operation].steps[0].command.has_value) {
        size_t value = value_space_size(&workload->data[0].values, key);
        memset(text + len - 2 - value, 'v', value);
    }
    text[len] = '\0';
    return text;
}

static void test_bytes(void)
{
    struct workload workload;
    workload_init(&workload, &usual, 1);
    static const struct {
        size_t operation;
        const char *wanted;
    } rows[] = {
        {0, "*2\r\n$3\r\nGET\r\n$5\r\np:007\r\n"},
        {1, "*3\r\n$3\r\nSET\r\n$5\r\np:007\r\n$5\r\nvvvvv\r\n"},
        {2, "*3\r\n$3\r\nSET\r\n$5\r\np:007\r\n$5\r\nvvvvv\r\n"},
        {3, "*2\r\n$6\r\nUNLINK\r\n$5\r\np:007\r\n"},
    };
    for (size_t i = 0; i < 4; i++) {
        char *text = command_text(&workload, rows[i].operation, 7);
        tap_text(text, rows[i].wanted, "bytes of operation %zu", rows[i].operation);
        mem_free(text);
    }
    workload_release(&workload);
}

static void test_sized_values(void)
{
    struct workload_spec spec = usual;
    spec.value_size_low = 8;
    spec.value_size_high = 12;
    struct workload workload;
    workload_init(&workload, &spec, 1);
    int seen[13] = {0};
    for (uint64_t key = 0; key < 1000; key++) {
        size_t len = value_space_size(&workload.data[0].values, key);
        seen[len <= 12 ? len : 0]++;
        if (key < 20) {
            char wanted[80];
            (void)snprintf(wanted, sizeof wanted,
                           "*3\r\n$3\r\nSET\r\n$5\r\np:%03d\r\n$%zu\r\n%.*s\r\n", (int)key, len,
                           (int)len, "vvvvvvvvvvvv");
            char *text = command_text(&workload, 1, key);
            tap_text(text, wanted, "a value of its own size, key %d", (int)key);
            mem_free(text);
        }
    }
    for (int size = 8; size <= 12; size++) {
        tap_near(seen[size], 200, 60, "size %d is as likely as the others", size);
    }
    workload_release(&workload);
}

static int order_marks(const void *a, const void *b)
{
    return memcmp(a, b, 8);
}

static void test_values(void)
{
    enum { KEYS = 100000, SIZE = 100 };
    struct workload_spec spec = usual;
    spec.value_size_low = spec.value_size_high = SIZE;
    struct workload workload;
    workload_init(&workload, &spec, 1);
    char *marks = mem_alloc_array(KEYS, 8);
    int bytes[256] = {0};
    for (uint64_t key = 0; key < KEYS; key++) {
        char value[SIZE];
        value_space_write(&workload.data[0].values, key, SIZE, value);
        memcpy(marks + key * 8, value, 8);
        for (size_t i = 0; i < SIZE && key < 1000; i++) {
            bytes[(unsigned char)value[i]]++;
        }
    }
    qsort(marks, KEYS, 8, order_marks);
    int alike = 0;
    for (size_t i = 1; i < KEYS; i++) {
        alike += memcmp(marks + (i - 1) * 8, marks + i * 8, 8) == 0;
    }
    tap_int(alike, 0, "no two keys have the same value");
    double entropy = 0;
    for (int i = 0; i < 256; i++) {
        double share = bytes[i] / 100000.0;
        entropy -= share > 0 ? share * log2(share) : 0;
    }
    tap_check(entropy > 7.99, "values are incompressible (%.4f bits a byte)", entropy);
    char tiny[4] = {0};
    value_space_write(&workload.data[0].values, 7, 3, tiny);
    tap_int(tiny[3], 0, "a value shorter than the mark is not overrun");
    mem_free(marks);
    workload_release(&workload);
}

/* Keys of every length, against what printf makes of them. */
static void test_key_digits(void)
{
    struct rng rng;
    rng_init(&rng, 4);
    uint64_t keys = 1;
    for (int digits = 1; digits <= 12; digits++) {
        keys *= 10;
        struct workload_spec spec = usual;
        spec.keys = keys;
        struct workload workload;
        workload_init(&workload, &spec, 1);
        int wrong = 0;
        for (int i = 0; i < 1000; i++) {
            uint64_t key = i == 0 ? 0 : i == 1 ? keys - 1 : rng_below(&rng, keys);
            char wanted[80];
            (void)snprintf(wanted, sizeof wanted, "*2\r\n$3\r\nGET\r\n$%d\r\np:%0*" PRIu64 "\r\n",
                           digits + 2, digits, key);
            char *text = command_text(&workload, 0, key);
            wrong += strcmp(text, wanted) != 0;
            mem_free(text);
        }
        tap_int(wrong, 0, "keys of %d digits", digits);
        workload_release(&workload);
    }
}

static void test_streams(void)
{
    struct workload workload;
    workload_init(&workload, &usual, 1);
    struct workload_stream a;
    struct workload_stream b;
    struct workload_stream c;
    workload_stream_init(&a, &workload, 5, 0, 2);
    workload_stream_init(&b, &workload, 5, 0, 2);
    workload_stream_init(&c, &workload, 5, 1, 2);
    int same = 0;
    int shared = 0;
    int reads = 0;
    enum { DRAWS = 10000 };
    for (int i = 0; i < DRAWS; i++) {
        struct workload_draw x;
        struct workload_draw y;
        struct workload_draw z;
        bool all = workload_draw_next(&workload, &a, &x) && workload_draw_next(&workload, &b, &y) &&
                   workload_draw_next(&workload, &c, &z);
        same += all && x.key == y.key && x.operation == y.operation;
        shared += all && x.key == z.key;
        reads += x.operation == 0;
    }
    tap_int(same, DRAWS, "the same client of the same seed draws the same");
    tap_check(shared < 40, "clients draw different keys (%d alike)", shared);
    tap_near(reads, DRAWS * 0.8, 160, "four reads to a write");
    workload_release(&workload);
}

static void test_sweeps(void)
{
    struct workload workload;
    workload_init(&workload, &usual, 1);
    static const uint32_t clients[] = {1, 3, 7, 1000, 1500};
    for (size_t row = 0; row < sizeof clients / sizeof clients[0]; row++) {
        int seen[1000] = {0};
        for (uint32_t client = 0; client < clients[row]; client++) {
            struct workload_stream stream;
            struct workload_draw draw;
            workload_stream_sweep(&stream, 2, workload_share(0, 1000, client, clients[row]),
                                  workload_share(0, 1000, client + 1, clients[row]));
            while (workload_draw_next(&workload, &stream, &draw)) {
                seen[draw.key]++;
            }
        }
        int once = 0;
        for (int key = 0; key < 1000; key++) {
            once += seen[key] == 1;
        }
        tap_int(once, 1000, "%u clients sweep every key once", clients[row]);
    }
    workload_release(&workload);
}

static void test_ratios(void)
{
    struct workload_spec spec = usual;
    spec.reads = 0;
    struct workload workload;
    workload_init(&workload, &spec, 1);
    tap_int((int64_t)workload.operation_count, 1, "no reads: one operation");
    tap_text(workload.names[0], "SET", "which is SET");
    workload_release(&workload);
}

int main(void)
{
    test_key_format();
    test_bytes();
    test_sized_values();
    test_values();
    test_key_digits();
    test_streams();
    test_sweeps();
    test_ratios();
    return tap_end();
}
