#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>

#include "base/mem.h"

enum { BLOCK_SIZE = 16 * 1024 };

struct arena_block {
    struct arena_block *next;
    size_t used;
    size_t size;
    alignas(max_align_t) char bytes[];
};

static struct arena_block *block_with_room(struct arena *arena, size_t size)
{
    struct arena_block *block = arena->blocks;
    if (block != NULL && block->size - block->used >= size) {
        return block;
    }
    size_t capacity = size > BLOCK_SIZE ? size : BLOCK_SIZE;
    block = mem_alloc(sizeof *block + capacity);
    block->size = capacity;
    block->next = arena->blocks;
    arena->blocks = block;
    return block;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    size_t alignment = alignof(max_align_t);
    if (size > SIZE_MAX / 2) {
        size = SIZE_MAX / 2; /* more than there is: mem_alloc reports it */
    }
    size_t rounded = (size + alignment - 1) / alignment * alignment;
    struct arena_block *block = block_with_room(arena, rounded);
    void *memory = block->bytes + block->used;
    block->used += rounded;
    return memory;
}

void *arena_alloc_array(struct arena *arena, size_t count, size_t size)
{
    size_t total = 0;
    if (__builtin_mul_overflow(count, size, &total)) {
        total = SIZE_MAX; /* more than there is: mem_alloc reports it */
    }
    return arena_alloc(arena, total);
}

char *arena_copy(struct arena *arena, struct str text)
{
    char *copy = arena_alloc(arena, text.len + 1);
    if (text.len > 0) {
        memcpy(copy, text.data, text.len);
    }
    return copy;
}

char *arena_copy_text(struct arena *arena, const char *text)
{
    return arena_copy(arena, str_from(text));
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    char *text = arena_alloc(arena, (size_t)(len < 0 ? 0 : len) + 1);
    if (len > 0) {
        (void)vsnprintf(text, (size_t)len + 1, format, again);
    }
    va_end(again);
    va_end(args);
    return text;
}

void arena_release(struct arena *arena)
{
    while (arena->blocks != NULL) {
        struct arena_block *next = arena->blocks->next;
        mem_free(arena->blocks);
        arena->blocks = next;
    }
}
