#include "cli/option.h"

#include "base/units.h"
#include "cli/option_read.h"
#include "support/tap.h"

struct context {
    uint32_t clients;
    uint64_t keys;
    uint32_t size;
    nsec duration;
    const char *file;
    bool quiet;
    bool color;
};

#define FIELD(member) offsetof(struct context, member)

static const struct option load[] = {
    {"clients", 'c', "N", "connections in all", "50", option_read_u32, FIELD(clients), 1, 100000},
    {"keys", '\0', "N", "how many keys", NULL, option_read_u64, FIELD(keys), 1, UINT64_C(1) << 40},
    {"key-size", '\0', "SIZE", "bytes of a key", NULL, option_read_size32, FIELD(size), 1, 65536},
    {"duration", 'd', "TIME",
     "how long to measure, with so many words that they do not fit into one line of the help", "3s",
     option_read_duration, FIELD(duration), NSEC_PER_MSEC, 3600 * NSEC_PER_SEC},
    {.name = NULL},
};
static const struct option output[] = {
    {"json", '\0', "FILE", "write the result", NULL, option_read_text, FIELD(file), 0, 0},
    {"quiet", 'q', NULL, "say little", NULL, option_read_on, FIELD(quiet), 0, 0},
    {"no-color", '\0', NULL, "no colours", NULL, option_read_off, FIELD(color), 0, 0},
    {"help", 'h', NULL, "show this text", NULL, NULL, 0, 0, 0},
    {"an-option-whose-name-is-long", '\0', "VALUE", "explained below", NULL, option_read_text,
     FIELD(file), 0, 0},
    {.name = NULL},
};
static const struct option_group group_load = {"Load", load};
static const struct option_group group_output = {"Output", output};
static const struct option_group *const groups[] = {&group_load, &group_output, NULL};

enum { MAX_ARGUMENTS = 8 };

/* Reads the arguments; on failure the sentence is in `err`. */
static bool read_all(const char *const *arguments, struct context *context, struct buf *words,
                     struct error *err)
{
    char *argv[MAX_ARGUMENTS + 1] = {NULL};
    for (size_t i = 0; i < MAX_ARGUMENTS && arguments[i] != NULL; i++) {
        argv[i] = (char *)(uintptr_t)arguments[i];
    }
    struct arena arena = {0};
    struct option_line line;
    *context = (struct context){.color = true};
    bool ok = option_parse(&line, groups, argv, &arena, err) && option_apply(&line, context, err);
    for (size_t i = 0; ok && i < line.word_count; i++) {
        (void)buf_addf(words, "%s%s@%zu", i == 0 ? "" : " ", line.words[i], line.word_places[i]);
    }
    arena_release(&arena);
    return ok;
}

static void check_accepted(void)
{
    static const struct {
        const char *arguments[MAX_ARGUMENTS + 1];
        struct context wanted;
        const char *words;
    } rows[] = {
        {{NULL}, {.color = true}, ""},
        {{"--clients", "7"}, {.clients = 7, .color = true}, ""},
        {{"--clients=7"}, {.clients = 7, .color = true}, ""},
        {{"-c", "1k"}, {.clients = 1000, .color = true}, ""},
        {{"-c50"}, {.clients = 50, .color = true}, ""},
        {{"-d20s"}, {.duration = 20 * NSEC_PER_SEC, .color = true}, ""},
        {{"--duration", "1ms"}, {.duration = NSEC_PER_MSEC, .color = true}, ""},
        {{"--duration", "1h"}, {.duration = 3600 * NSEC_PER_SEC, .color = true}, ""},
        {{"--key-size=4KiB"}, {.size = 4096, .color = true}, ""},
        {{"--no-color", "-q"}, {.quiet = true}, ""},
        {{"a", "-q", "b"}, {.quiet = true, .color = true}, "a@0 b@2"},
        {{"a", "--", "-q", "--x"}, {.color = true}, "a@0 -q@2 --x@3"},
        {{"-"}, {.color = true}, "-@0"},
        {{"--json", "-", "b"}, {.file = "-", .color = true}, "b@2"},
        {{"--json=--x"}, {.file = "--x", .color = true}, ""},
        {{"--json", "a=b"}, {.file = "a=b", .color = true}, ""},
        {{"--help"}, {.color = true}, ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct context got;
        struct buf words = {0};
        struct error err = {0};
        bool ok = read_all(rows[i].arguments, &got, &words, &err);
        const struct context *wanted = &rows[i].wanted;
        const char *file = wanted->file == NULL ? "" : wanted->file;
        tap_check(ok && got.clients == wanted->clients && got.keys == wanted->keys &&
                      got.size == wanted->size && got.duration == wanted->duration &&
                      got.quiet == wanted->quiet && got.color == wanted->color &&
                      strcmp(got.file == NULL ? "" : got.file, file) == 0,
                  "row %zu is read (%s)", i, err.text);
        tap_text(buf_text(&words), rows[i].words, "words of row %zu", i);
        buf_release(&words);
    }
}

static void check_refused(void)
{
    static const struct {
        const char *arguments[MAX_ARGUMENTS + 1];
        const char *sentence;
    } rows[] = {
        {{"--cleints", "3"}, "unknown option '--cleints'; did you mean '--clients'?"},
        {{"--cleints=3"}, "unknown option '--cleints'; did you mean '--clients'?"},
        {{"--client", "3"}, "unknown option '--client'; did you mean '--clients'?"},
        {{"-clients", "3"}, "unknown option '-clients'; did you mean '--clients'?"},
        {{"--rate", "3"}, "unknown option '--rate'"},
        {{"-x"}, "unknown option '-x'"},
        {{"-qq"}, "unknown option '-qq'"},
        {{"-q5"}, "unknown option '-q5'"},
        {{"--clients"}, "option '--clients' needs a value: N"},
        {{"-c"}, "option '-c' needs a value: N"},
        {{"--json", "--quiet"}, "option '--json' needs a value: FILE"},
        {{"--json", "--", "a"}, "option '--json' needs a value: FILE"},
        {{"--quiet=yes"}, "option '--quiet' takes no value; \"yes\" was given"},
        {{"-c", "1", "--clients", "2"}, "option '--clients' is given twice"},
        {{"-q", "-q"}, "option '--quiet' is given twice"},
        {{"--clients="}, "option '--clients': \"\": write a whole number from 1 to 100,000"},
        {{"--clients", "0"}, "option '--clients': \"0\": write a whole number from 1 to 100,000"},
        {{"--clients", "-3"}, "option '--clients': \"-3\": write a whole number from 1 to 100,000"},
        {{"-c", "100001"},
         "option '--clients': \"100001\": write a whole number from 1 to 100,000"},
        {{"-c", "1.5"}, "option '--clients': \"1.5\": write a whole number from 1 to 100,000"},
        {{"--keys", "2000G"},
         "option '--keys': \"2000G\": write a whole number from 1 to 1,099,511,627,776"},
        {{"--key-size", "64KB1"},
         "option '--key-size': \"64KB1\": write a size from 1 B to 64.0 KiB"},
        {{"--key-size", "65537"},
         "option '--key-size': \"65537\": write a size from 1 B to 64.0 KiB"},
        {{"--duration", "5"}, "option '--duration': \"5\": write a time such as 500ms, 20s or 5m"},
        {{"--duration", "0"}, "option '--duration': \"0\": write at least 1.00 ms"},
        {{"--duration", "2h"}, "option '--duration': \"2h\": write at most 1 h 00 m"},
        {{"--json="}, "option '--json': the value is empty; write a FILE"},
        {{"--duration", "x", "--clients", "x"},
         "option '--clients': \"x\": write a whole number from 1 to 100,000"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct context got;
        struct buf words = {0};
        struct error err = {0};
        bool ok = read_all(rows[i].arguments, &got, &words, &err);
        tap_check(!ok && err.code == ERROR_USAGE, "%s %s is refused", rows[i].arguments[0],
                  rows[i].arguments[1] == NULL ? "" : rows[i].arguments[1]);
        tap_text(err.text, rows[i].sentence, "and the sentence says why");
        buf_release(&words);
    }
}

static void check_given(void)
{
    char *argv[] = {(char[]){"--json=x"}, (char[]){"-h"}, NULL};
    struct arena arena = {0};
    struct option_line line;
    struct error err = {0};
    tap_check(option_parse(&line, groups, argv, &arena, &err), "parses --json=x -h");
    tap_check(option_is_given(&line, "json"), "--json is given");
    tap_check(option_is_given(&line, "help"), "--help is given by its letter");
    tap_check(!option_is_given(&line, "quiet"), "--quiet is not");
    arena_release(&arena);
}

static void check_help(void)
{
    static const char wanted[] =
        "\n"
        "Load:\n"
        "  -c, --clients N      connections in all (default: 50)\n"
        "      --keys N         how many keys\n"
        "      --key-size SIZE  bytes of a key\n"
        "  -d, --duration TIME  how long to measure, with so many words that they do not\n"
        "                       fit into one line of the help (default: 3s)\n"
        "\n"
        "Output:\n"
        "      --json FILE      write the result\n"
        "  -q, --quiet          say little\n"
        "      --no-color       no colours\n"
        "  -h, --help           show this text\n"
        "      --an-option-whose-name-is-long VALUE\n"
        "                       explained below\n";
    struct buf help = {0};
    option_write_help(groups, &help);
    tap_text(buf_text(&help), wanted, "help is aligned and wrapped");
    buf_release(&help);
}

int main(void)
{
    check_accepted();
    check_refused();
    check_given();
    check_help();
    return tap_end();
}
