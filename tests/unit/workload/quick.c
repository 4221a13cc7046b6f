/* The quick ways give what the ordinary ones do: commands, heads of large ones, slots, draws, and
 * replies that are recognised at a glance. */
#include "base/mem.h"
#include "redis/resp_read.h"
#include "redis/slots.h"
#include "support/tap.h"
#include "workload/workload.h"

static struct workload_spec spec_of(const char *prefix, uint64_t keys, uint64_t low, uint64_t high)
{
    return (struct workload_spec){
        .writes = 1,
        .reads = 3,
        .keys = keys,
        .key_prefix = prefix,
        .value_size_low = low,
        .value_size_high = high,
    };
}

static void test_commands(void)
{
    static const struct {
        const char *prefix;
        uint64_t keys, low, high;
        bool is_quick;
    } rows[] = {
        {"p:", 100, 64, 64, true},        {"p:", 100, 8, 8, true},
        {"p:", 99999999, 256, 256, true}, {"p:", 1, 10, 10, true},
        {"p:", 100, 257, 257, true},      {"p:", 100, 16384, 16384, true},
        {"p:", 100, 16385, 16385, false}, {"p:", 100, 7, 7, false},
        {"p:", 100, 10, 20, false},       {"p:", 1000000000, 64, 64, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct workload workload;
        struct workload_spec spec =
            spec_of(rows[i].prefix, rows[i].keys, rows[i].low, rows[i].high);
        workload_init(&workload, &spec, 1);
        tap_int(workload.is_quick, rows[i].is_quick, "row %zu: is quick", i);
        bool same = true;
        size_t room = workload.max_step_size + TEMPLATE_CHUNK;
        char *usual = mem_alloc(room);
        char *quick = mem_alloc(room);
        for (uint64_t k = 0; rows[i].is_quick && k < 200; k++) {
            struct workload_draw draw = {
                .key = rows[i].keys - 1 - k % rows[i].keys,
                .operation = (uint32_t)(k % workload.operation_count),
            };
            size_t len = workload_write_step(&workload, &draw, 0, usual);
            size_t quick_len =
                template_write_quick(&workload.operations[draw.operation].steps[0].command,
                                     &workload.data[0].values, draw.key, quick);
            same = same && len == quick_len && memcmp(usual, quick, len) == 0;
        }
        tap_check(same, "row %zu: the same bytes", i);
        mem_free(usual);
        mem_free(quick);
        workload_release(&workload);
    }
}

static void test_heads(void)
{
    static const uint64_t sizes[][2] = {
        {10, 10}, {16384, 16384}, {16385, 16385}, {10, 100000}, {1000000, 1000000}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct workload workload;
        struct workload_spec spec = spec_of("h:", 50, sizes[i][0], sizes[i][1]);
        workload_init(&workload, &spec, 1);
        char *whole = mem_alloc(workload.max_step_size);
        char *head = mem_alloc(workload.max_head_size);
        bool same = true;
        size_t large = 0;
        for (uint64_t k = 0; k < 100; k++) {
            struct workload_draw draw = {.key = k % 50, .operation = (uint32_t)(k % 2)};
            struct str rest;
            size_t len = workload_write_step(&workload, &draw, 0, whole);
            size_t head_len = workload_write_head(&workload, &draw, 0, head, &rest);
            size_t sum = head_len + rest.len + (rest.len > 0 ? 2 : 0);
            large += rest.len > 0;
            same = same && sum == len && head_len <= workload.max_head_size &&
                   memcmp(whole, head, head_len) == 0 &&
                   (rest.len == 0 || memcmp(whole + head_len, rest.data, rest.len) == 0) &&
                   memcmp(whole + len - 2, "\r\n", 2) == 0;
        }
        tap_check(same, "sizes %zu: head and rest are the command", i);
        tap_int(large > 0, sizes[i][1] > VALUES_LARGE, "sizes %zu: large ones have a rest", i);
        mem_free(whole);
        mem_free(head);
        workload_release(&workload);
    }
}

static void test_slots(void)
{
    static const char *const prefixes[] = {"tenbin:", "{tag}:", "a{b", "{}x", "x{y}z{q}", "{"};
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
        struct workload workload;
        struct workload_spec spec = spec_of(prefixes[i], 1000, 10, 10);
        spec.key_size = i % 2 == 0 ? 0 : 30;
        workload_init(&workload, &spec, 1);
        char command[256];
        bool same = true;
        for (uint64_t key = 0; key < 1000; key += 7) {
            struct workload_draw draw = {.key = key}; /* GET: its key is the last word */
            size_t len = workload_write_step(&workload, &draw, 0, command);
            struct str text = {command, len - 2};
            struct str written = str_from_index(text, (size_t)str_find_last(text, '\n') + 1);
            same = same && workload_slot(&workload, &draw, 0, NULL) == slots_of_key(written);
        }
        tap_check(same, "prefix \"%s\": the slot is that of the written key", prefixes[i]);
        workload_release(&workload);
    }
}

/* Weights and keys come out as asked. */
static void test_draws(void)
{
    enum { KEYS = 10, DRAWS = 100000 };
    struct workload workload;
    struct workload_spec spec = spec_of("d:", KEYS, 10, 10);
    struct workload_stream stream;
    double seen[2][KEYS] = {{0}};
    double chi = 0;
    workload_init(&workload, &spec, 1);
    workload_stream_init(&stream, &workload, 5, 0, 1);
    for (int i = 0; i < DRAWS; i++) {
        struct workload_draw draw;
        workload_draw_quick(&workload, &stream.rng, &draw);
        seen[draw.operation][draw.key]++;
    }
    for (int operation = 0; operation < 2; operation++) {
        double expected = DRAWS * (operation == 0 ? 0.75 : 0.25) / KEYS;
        for (int key = 0; key < KEYS; key++) {
            double off = seen[operation][key] - expected;
            chi += off * off / expected;
        }
    }
    tap_check(chi < 43.8, "operation and key are drawn as asked (chi2 = %.1f, 19 degrees)", chi);
    workload_release(&workload);
}

/* A habit recognises what resp_read reads, and learns plain successes only. */
static void test_habit(void)
{
    static const struct {
        const char *text;
        bool is_learned;
    } rows[] = {
        {"+OK\r\n", true},        {"$3\r\nabc\r\n", true}, {"$0\r\n\r\n", true},
        {":1\r\n", true},         {":-20\r\n", true},      {":123456\r\n", false},
        {"+PONG\r\n", true},      {"+QUEUED\r\n", false},  {"$3\r\nabcd\n", false},
        {"$4\r\nabcd\r\n", true}, {"$-1\r\n", false},      {"_\r\n", false},
        {"-ERR\r\n", false},      {"$3\r\nab", false},     {"$33\r\nabc\r\n", false},
        {"+OK\r", false},         {"+OK\n", false},        {"$3\r\nabc\r", false},
        {"*0\r\n", false},        {">1\r\n+a\r\n", false}, {"", false},
    };
    enum { ROWS = sizeof rows / sizeof rows[0], ROOM = 64 };
    struct resp_habit none = {0};
    for (size_t i = 0; i < ROWS; i++) {
        char bytes[ROOM] = {0};
        size_t len = strlen(rows[i].text);
        memcpy(bytes, rows[i].text, len);
        tap_int((int64_t)resp_read_habit(&none, bytes, len), 0, "row %zu: no habit yet", i);
        struct resp_habit habit = {0};
        struct resp_reader reader = {0};
        struct resp_reply reply;
        size_t at = 0;
        if (len > 0 && resp_read(&reader, bytes, len, &at, &reply) == RESP_OK) {
            resp_learn_habit(&habit, bytes, &reply);
        }
        size_t glance = resp_read_habit(&habit, bytes, len);
        tap_int((int64_t)glance, rows[i].is_learned ? (int64_t)len : 0, "row %zu: learned", i);
        bool right = true;
        for (size_t k = 0; k < ROWS; k++) {
            char others[ROOM] = {0};
            memcpy(others, rows[k].text, strlen(rows[k].text));
            size_t found = resp_read_habit(&habit, others, strlen(rows[k].text));
            bool is_alike = i == k && rows[i].is_learned;
            right = right && found == (is_alike ? len : 0);
        }
        tap_check(right, "row %zu: and recognised among the others", i);
        for (size_t cut = 0; cut < len; cut++) {
            right = right && resp_read_habit(&habit, bytes, cut) == 0;
        }
        bytes[len - (len > 0)] = 'x';
        right = right && resp_read_habit(&habit, bytes, len) == 0;
        tap_check(right, "row %zu: but not a part of it, or with another end", i);
    }
}

/* Strings of one length are alike, whatever they hold. */
static void test_other_bytes(void)
{
    struct resp_habit habit = {0};
    struct resp_reader reader = {0};
    struct resp_reply reply;
    static const char text[] = "$3\r\nabc\r\n";
    size_t at = 0;
    tap_int(resp_read(&reader, text, sizeof text - 1, &at, &reply), RESP_OK, "a value");
    resp_learn_habit(&habit, text, &reply);
    tap_int((int64_t)resp_read_habit(&habit, "$3\r\nxyz\r\n\0\0\0\0\0\0\0\0", 9), 9,
            "another value");
}

int main(void)
{
    test_commands();
    test_heads();
    test_slots();
    test_draws();
    test_habit();
    test_other_bytes();
    return tap_end();
}
