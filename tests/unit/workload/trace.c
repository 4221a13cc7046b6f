#include "workload/trace.h"

#include "redis/slots.h"
#include "support/tap.h"
#include "workload/workload.h"

struct row {
    nsec at; /* ms */
    const char *client;
    uint32_t database;
    const char *words[4];
    unsigned keys; /* bits of the words that are keys */
};

static const struct row rows[] = {
    {100, "a", 0, {"set", "k1", "v"}, 2},
    {150, "b", 0, {"mget", "k1", "k2"}, 6},
    {140, "a", 0, {"get", "k1"}, 2},
    {200, "b", 2, {"get", "k1"}, 2},
    {300, "c", 0, {"sadd", "{t}x", "k1"}, 2},
    {400, "a", 0, {"smove", "{t}x", "{t}y", "m"}, 6},
    {500, "c", 0, {"ping"}, 0},
};

enum { ROWS = sizeof rows / sizeof rows[0] };

static void fill(struct trace *trace)
{
    for (size_t i = 0; i < ROWS; i++) {
        struct str words[4];
        bool is_key[4] = {false};
        size_t count = 0;
        while (count < 4 && rows[i].words[count] != NULL) {
            words[count] = str_from(rows[i].words[count]);
            is_key[count] = (rows[i].keys >> count & 1) != 0;
            count++;
        }
        trace_add(trace, &(struct trace_line){
                             .at = rows[i].at * NSEC_PER_MSEC,
                             .database = rows[i].database,
                             .client = str_from(rows[i].client),
                             .words = words,
                             .word_count = count,
                             .is_key = is_key,
                         });
    }
}

/* '|' instead of line ends. */
static void text_of(const struct trace_sent *sent, size_t i, struct buf *out)
{
    buf_clear(out);
    for (size_t at = sent->starts[i]; at < sent->starts[i + 1]; at++) {
        if (sent->bytes[at] != '\r') {
            buf_add_char(out, sent->bytes[at] == '\n' ? '|' : sent->bytes[at]);
        }
    }
}

static void test_facts(const struct trace *trace)
{
    static const uint32_t moments[] = {0, 50, 50, 100, 200, 300, 400}; /* never backwards */
    tap_int((int64_t)trace->count, ROWS, "commands");
    tap_int((int64_t)trace->key_count, 5, "keys: k1, k2, k1 of database 2, {t}x, {t}y");
    tap_int(trace->client_count, 3, "clients");
    tap_int((int64_t)trace->name_count, 6, "operations by name");
    tap_text(trace->names[0], "SET", "in capitals");
    tap_check(trace->reads[1] && !trace->reads[0], "reads are known");
    for (size_t i = 0; i < ROWS; i++) {
        tap_int((int64_t)(trace->commands[i].at / NSEC_PER_MSEC), moments[i], "moment %zu", i);
    }
    tap_int(trace->first[0], 0, "client a begins");
    tap_int(trace->commands[0].next, 2, "... goes on");
    tap_int(trace->commands[2].next, 5, "... and on");
    tap_check(trace->commands[5].next == TRACE_NONE, "... and ends");
}

static void test_kept(void)
{
    struct trace trace = {.keeps_keys = true};
    struct trace_sent sent;
    struct buf text = {0};
    fill(&trace);
    test_facts(&trace);
    trace_compile(&sent, &trace, "p:");
    text_of(&sent, 1, &text);
    tap_text(buf_text(&text), "*3|$4|mget|$4|p:k1|$4|p:k2|", "keys follow the prefix");
    text_of(&sent, 3, &text);
    tap_text(buf_text(&text), "*2|$3|get|$8|p:db2:k1|", "those of other databases are others");
    text_of(&sent, 4, &text);
    tap_text(buf_text(&text), "*3|$4|sadd|$6|p:{t}x|$2|k1|", "other words stay, whatever they are");
    tap_int(sent.slots[4], slots_of_key(STR("t")), "the tag decides about the slot");
    tap_int(memcmp(sent.removals, "*2\r\n$6\r\nUNLINK\r\n$4\r\np:k1\r\n", 26), 0,
            "keys are removed");
    trace_sent_release(&sent);
    trace_release(&trace);
    buf_release(&text);
}

static void test_hashed(void)
{
    struct trace trace = {0};
    struct trace_sent sent;
    struct buf text = {0};
    struct buf other = {0};
    fill(&trace);
    trace_compile(&sent, &trace, "p:");
    text_of(&sent, 0, &text);
    text_of(&sent, 2, &other);
    tap_check(strstr(buf_text(&text), "k1") == NULL, "no name is left: %s", buf_text(&text));
    tap_check(strncmp(strstr(text.data, "p:"), strstr(other.data, "p:"), 18) == 0,
              "a key is the same each time");
    text_of(&sent, 5, &text);
    const char *first = strstr(text.data, "p:{");
    const char *second = strstr(first + 1, "p:{");
    tap_check(second != NULL && strncmp(first, second, 20) == 0 && strncmp(first, second, 36) != 0,
              "a tag stays a tag: %s", buf_text(&text));
    trace_set_speed(&trace, 2);
    tap_int((int64_t)(trace.commands[6].at / NSEC_PER_MSEC), 200, "twice as fast");
    trace_set_speed(&trace, 0);
    tap_int((int64_t)trace.commands[6].at, 0, "as fast as it goes");
    trace_sent_release(&sent);
    trace_release(&trace);
    buf_release(&text);
    buf_release(&other);
}

static void test_streams(void)
{
    struct trace trace = {0};
    struct spec spec;
    struct workload workload;
    struct workload_stream stream;
    struct workload_draw draw;
    fill(&trace);
    spec_init(&spec, PRESET_QUICK);
    spec.workload.trace = &trace;
    workload_init(&workload, &spec.workload, 1);
    tap_int((int64_t)workload.operation_count, 6, "an operation of each name");
    workload_stream_init(&stream, &workload, 1, 1, 3);
    tap_check(workload_draw_next(&workload, &stream, &draw) && draw.key == 1 &&
                  workload_draw_next(&workload, &stream, &draw) && draw.key == 3 &&
                  !workload_draw_next(&workload, &stream, &draw),
              "a client has its own commands, and then no more");
    workload_stream_init_whole(&stream, &workload);
    for (size_t i = 0; i < ROWS; i++) {
        nsec moment = workload_stream_moment(&stream, &workload);
        bool drawn = workload_draw_next(&workload, &stream, &draw);
        tap_check(drawn && draw.key == i && moment == trace.commands[i].at &&
                      workload_client(&workload, &draw, 3) == trace.commands[i].client,
                  "command %zu in its turn", i);
    }
    tap_check(!workload_draw_next(&workload, &stream, &draw) &&
                  workload_stream_moment(&stream, &workload) == UINT64_MAX,
              "then it is over");
    char bytes[256];
    unsigned removed = 0;
    workload_stream_sweep(&stream, workload.data[0].remove_operation, 0,
                          workload.data[0].keys.count);
    while (workload_draw_next(&workload, &stream, &draw)) {
        size_t len = workload_write_step(&workload, &draw, 0, bytes);
        removed += len <= workload.max_step_size && memcmp(bytes, "*2\r\n$6\r\nUNLINK", 14) == 0;
    }
    tap_int(removed, 5, "a pass that removes meets every key");
    workload_release(&workload);
    trace_release(&trace);
}

static void test_many(void)
{
    struct trace trace = {0};
    struct buf name = {0};
    for (unsigned i = 0; i < 5000; i++) {
        buf_clear(&name);
        buf_addf(&name, "name%u", i);
        struct str words[] = {buf_str(&name), buf_str(&name)};
        trace_add(&trace, &(struct trace_line){
                              .at = i,
                              .client = buf_str(&name),
                              .words = words,
                              .word_count = 2,
                              .is_key = (const bool[]){false, true},
                          });
    }
    tap_int(trace.client_count, TRACE_MAX_CLIENTS, "clients share connections");
    tap_int((int64_t)trace.name_count, TRACE_MAX_OPERATIONS, "rare names share an operation");
    tap_text(trace.names[TRACE_MAX_OPERATIONS - 1], "others", "... of its own");
    tap_int((int64_t)trace.key_count, 5000, "all keys are told apart");
    trace_release(&trace);
    buf_release(&name);
}

int main(void)
{
    test_kept();
    test_hashed();
    test_streams();
    test_many();
    return tap_end();
}
