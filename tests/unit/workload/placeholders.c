/* Placeholders that draw elements from a distribution, and that tell time. */
#include "base/mem.h"
#include "support/tap.h"
#include "workload/workload.h"

static void compile(struct workload *workload, const char *command, uint64_t elements)
{
    struct spec spec;
    struct error err = {0};
    const struct step_spec steps[] = {{.command = command}};
    const struct operation_spec operation = {
        .name = "op", .weight = 1, .steps = steps, .step_count = 1};
    spec_init(&spec, PRESET_QUICK);
    spec.workload.operations = &operation;
    spec.workload.operation_count = 1;
    spec.workload.data = DATA_HASH;
    spec.workload.elements = elements;
    tap_check(workload_check(&spec.workload, &err), "%s: %s", command, err.text);
    workload_init(workload, &spec.workload, 3);
}

/* The number that the last word of the next command ends with. */
static uint64_t next_number(const struct workload *workload, struct workload_stream *stream)
{
    char bytes[256];
    struct workload_draw draw;
    uint64_t number = 0;
    (void)workload_draw_next(workload, stream, &draw);
    struct str text = {bytes, workload_write_step(workload, &draw, 0, bytes) - 2};
    size_t digits = 0;
    while (text.data[text.len - 1 - digits] >= '0' && text.data[text.len - 1 - digits] <= '9') {
        digits++;
    }
    (void)str_to_u64(str_from_index(text, text.len - digits), &number);
    return number;
}

static void test_zipf(void)
{
    enum { ELEMENTS = 50, DRAWS = 100000 };
    struct workload workload;
    struct workload_stream stream;
    uint64_t counts[ELEMENTS] = {0};
    compile(&workload, "HGET {key} {field:zipf:1.2}", ELEMENTS);
    workload_stream_init(&stream, &workload, 1, 0, 1);
    for (int i = 0; i < DRAWS; i++) {
        counts[next_number(&workload, &stream) % ELEMENTS]++;
    }
    double sum = 0;
    for (int i = 1; i <= ELEMENTS; i++) {
        sum += pow(i, -1.2);
    }
    /* Ranks are scattered: counts in falling order against their probabilities. */
    double squares = 0;
    for (int rank = 1; rank <= ELEMENTS; rank++) {
        int best = 0;
        for (int i = 1; i < ELEMENTS; i++) {
            best = counts[i] > counts[best] ? i : best;
        }
        double wanted = DRAWS * pow(rank, -1.2) / sum;
        squares += ((double)counts[best] - wanted) * ((double)counts[best] - wanted) / wanted;
        counts[best] = 0;
    }
    /* 99.9 % of such tables with 49 degrees of freedom lie below (sorting only makes it less). */
    tap_check(squares < 85.4, "fields are drawn by zipf (chi-squared %.1f)", squares);
    workload_release(&workload);
}

static void test_neighbours(void)
{
    struct workload workload;
    struct workload_stream stream;
    struct workload_draw draw;
    char bytes[512];
    compile(&workload, "HMGET {key} [{field:hotspot:0.1:0.9}]*3", 20);
    workload_stream_init(&stream, &workload, 1, 0, 1);
    (void)workload_draw_next(&workload, &stream, &draw);
    struct str rest = {bytes, workload_write_step(&workload, &draw, 0, bytes)};
    uint64_t numbers[3] = {0};
    size_t found = 0;
    while (rest.len > 0 && found < 3) {
        struct str line = str_trim(str_split(&rest, '\n'));
        if (line.len == 9 && line.data[0] == 'f') {
            (void)str_to_u64(str_from_index(line, 1), &numbers[found++]);
        }
    }
    tap_check(found == 3 && numbers[1] == (numbers[0] + 1) % 20 &&
                  numbers[2] == (numbers[0] + 2) % 20,
              "several of a command are neighbours");
    workload_release(&workload);
}

static void test_timestamp(void)
{
    struct workload workload;
    struct workload_stream first;
    struct workload_stream again;
    compile(&workload, "HSET {key} at {timestamp}", 5);
    workload_stream_init(&first, &workload, 1, 0, 2);
    workload_stream_init(&again, &workload, 1, 0, 2);
    for (uint64_t i = 0; i < 3; i++) {
        uint64_t time = next_number(&workload, &first);
        tap_int((int64_t)time, (int64_t)(PATTERN_EPOCH_MS + i), "operation %d", (int)i);
        tap_int((int64_t)next_number(&workload, &again), (int64_t)time, "the same again");
    }
    workload_release(&workload);
}

static void test_refused(void)
{
    static const char *const commands[] = {
        "HGET {key} {field:zipf}",   "HGET {key} {field:seq}",   "HGET {key} {field:zipf:-1}",
        "HGET {key} {member:often}", "HGET {key} {timestamp:1}",
    };
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        struct arena arena = {0};
        struct phrase phrase;
        struct error err = {0};
        tap_check(!phrase_parse(str_from(commands[i]), &arena, &phrase, &err) &&
                      err.code == ERROR_USAGE,
                  "%s: %s", commands[i], err.text);
        arena_release(&arena);
    }
}

int main(void)
{
    test_zipf();
    test_neighbours();
    test_timestamp();
    test_refused();
    return tap_end();
}
