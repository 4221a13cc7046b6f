#include "base/mem.h"

#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "support/tap.h"

enum { EXIT_OUT_OF_MEMORY = 70 };

static void gives_zeroed_memory(void)
{
    unsigned char *bytes = mem_alloc(1000);
    unsigned sum = 0;
    for (int i = 0; i < 1000; i++) {
        sum += bytes[i];
    }
    tap_int(sum, 0, "mem_alloc zeroes");
    mem_free(bytes);
    uint32_t *numbers = mem_alloc_array(100, sizeof *numbers);
    tap_check(numbers[0] == 0 && numbers[99] == 0, "mem_alloc_array zeroes");
    numbers[99] = 5;
    numbers = mem_resize(numbers, 10000, sizeof *numbers);
    tap_int(numbers[99], 5, "mem_resize keeps the content");
    mem_free(numbers);
    mem_free(NULL);
}

static void sizes_of_zero(void)
{
    void *none = mem_alloc(0);
    void *no_elements = mem_alloc_array(0, 8);
    void *no_size = mem_alloc_array(8, 0);
    void *shrunk = mem_resize(mem_alloc(8), 0, 8);
    tap_check(none != NULL && no_elements != NULL && no_size != NULL && shrunk != NULL,
              "sizes of zero give pointers");
    mem_free(none);
    mem_free(no_elements);
    mem_free(no_size);
    mem_free(shrunk);
}

static void copies_texts(void)
{
    char *copy = mem_copy_text("abcdef", 3);
    tap_text(copy, "abc", "a copy is terminated");
    mem_free(copy);
    copy = mem_copy_text(NULL, 0);
    tap_text(copy, "", "a copy of nothing");
    mem_free(copy);
}

static void counts_allocations(void)
{
    uint64_t before = mem_allocations();
    void *one = mem_alloc(1);
    one = mem_resize(one, 2, 1);
    mem_free(one);
    tap_int((int64_t)(mem_allocations() - before), 2, "allocations and resizes are counted");
}

/* volatile: the compiler must not see that these sizes cannot work. */
static volatile size_t too_much = SIZE_MAX / 2;
static volatile size_t everything = SIZE_MAX;
static void *volatile sink;

static void wants_too_much(void)
{
    mem_free(mem_alloc(too_much));
}

static void wants_an_overflowing_array(void)
{
    mem_free(mem_alloc_array(too_much, 8));
}

static void resizes_too_far(void)
{
    sink = mem_alloc(1); /* still reachable when the program ends: no leak to report */
    mem_free(mem_resize(sink, too_much, 8));
}

static void wants_too_much_of_an_arena(void)
{
    struct arena arena = {0};
    sink = arena_alloc(&arena, everything);
}

static void wants_an_overflowing_array_of_an_arena(void)
{
    struct arena arena = {0};
    sink = arena_alloc_array(&arena, too_much, 8);
}

static void reserves_too_much(void)
{
    struct buf buf = {0};
    (void)buf_add_char(&buf, 'x');
    (void)buf_reserve(&buf, everything);
}

static void reserves_more_than_half(void)
{
    struct buf buf = {0};
    (void)buf_reserve(&buf, too_much + 2);
}

/* Runs `body` in a child; its exit status, and the first line it wrote to standard error. */
static int status_of(void (*body)(void), char *line, size_t size)
{
    int ends[2];
    if (pipe(ends) != 0) {
        return -1;
    }
    pid_t pid = fork();
    if (pid == 0) {
        (void)dup2(ends[1], STDERR_FILENO);
        body();
        _exit(0);
    }
    (void)close(ends[1]);
    FILE *stream = fdopen(ends[0], "r");
    line[0] = '\0';
    char text[256];
    while (fgets(text, sizeof text, stream) != NULL) {
        /* A sanitizer may announce the refusal first. */
        if (strncmp(text, "tenbin:", 7) == 0) {
            (void)snprintf(line, size, "%s", text);
        }
    }
    (void)fclose(stream);
    int status = 0;
    (void)waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void lack_of_memory_ends_the_program(void)
{
    static const struct {
        const char *name;
        void (*body)(void);
    } rows[] = {
        {"mem_alloc", wants_too_much},
        {"mem_alloc_array, overflowing", wants_an_overflowing_array},
        {"mem_resize, overflowing", resizes_too_far},
        {"arena_alloc, overflowing", wants_too_much_of_an_arena},
        {"arena_alloc_array, overflowing", wants_an_overflowing_array_of_an_arena},
        {"buf_reserve, overflowing", reserves_too_much},
        {"buf_reserve, more than half of all", reserves_more_than_half},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char line[256];
        tap_int(status_of(rows[i].body, line, sizeof line), EXIT_OUT_OF_MEMORY, "%s: exit code",
                rows[i].name);
        tap_check(strncmp(line, "tenbin: out of memory", 21) == 0, "%s: says why", rows[i].name);
    }
}

int main(void)
{
    gives_zeroed_memory();
    sizes_of_zero();
    copies_texts();
    counts_allocations();
    lack_of_memory_ends_the_program();
    return tap_end();
}
