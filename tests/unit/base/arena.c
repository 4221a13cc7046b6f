#include "base/arena.h"

#include <stdalign.h>

#include "base/mem.h"
#include "support/tap.h"

static bool is_zero(const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] != 0) {
            return false;
        }
    }
    return true;
}

static void gives_zeroed_aligned_memory(void)
{
    static const size_t sizes[] = {1, 7, 16, 100, 16 * 1024, 16 * 1024 + 1, 1000 * 1000, 3};
    struct arena arena = {0};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        char *memory = arena_alloc(&arena, sizes[i]);
        tap_check((uintptr_t)memory % alignof(max_align_t) == 0, "%zu bytes are aligned", sizes[i]);
        tap_check(is_zero(memory, sizes[i]), "%zu bytes are zero", sizes[i]);
        memset(memory, 0xff, sizes[i]); /* the next one must not see this */
    }
    arena_release(&arena);
    char *again = arena_alloc(&arena, 10);
    tap_check(is_zero(again, 10), "usable again after release, and zeroed");
    arena_release(&arena);
    arena_release(&arena);
    tap_check(arena.blocks == NULL, "releasing twice is allowed");
}

static void allocations_do_not_overlap(void)
{
    enum { COUNT = 5000 };
    struct arena arena = {0};
    uint32_t *numbers[COUNT];
    for (uint32_t i = 0; i < COUNT; i++) {
        numbers[i] = arena_alloc_array(&arena, 1 + i % 7, sizeof *numbers[i]);
        for (uint32_t j = 0; j < 1 + i % 7; j++) {
            numbers[i][j] = i;
        }
    }
    bool intact = true;
    for (uint32_t i = 0; i < COUNT; i++) {
        intact = intact && numbers[i][0] == i && numbers[i][i % 7] == i;
    }
    tap_check(intact, "%d arrays keep their content", COUNT);
    arena_release(&arena);
}

static void small_allocations_share_a_block(void)
{
    struct arena arena = {0};
    uint64_t before = mem_allocations();
    for (int i = 0; i < 100; i++) {
        (void)arena_copy_text(&arena, "0123456789");
    }
    tap_int((int64_t)(mem_allocations() - before), 1, "100 short texts need one allocation");
    arena_release(&arena);
}

static void copies_texts(void)
{
    struct arena arena = {0};
    tap_text(arena_copy(&arena, STR("abc")), "abc", "copy of a view");
    tap_text(arena_copy(&arena, (struct str){"abc", 2}), "ab", "copy of a part");
    tap_text(arena_copy(&arena, (struct str){0}), "", "copy of nothing");
    tap_text(arena_copy_text(&arena, "xyz"), "xyz", "copy of a text");
    tap_text(arena_copy_text(&arena, NULL), "", "copy of NULL");
    tap_text(arena_printf(&arena, "%s-%d", "a", 12), "a-12", "formatted text");
    tap_text(arena_printf(&arena, "%s", ""), "", "empty formatted text");
    arena_release(&arena);
}

int main(void)
{
    gives_zeroed_aligned_memory();
    allocations_do_not_overlap();
    small_allocations_share_a_block();
    copies_texts();
    return tap_end();
}
