#include "engine/wait_list.h"

#include "base/mem.h"

enum { FIRST_CAPACITY = 64 };

void wait_list_release(struct wait_list *list)
{
    mem_free(list->items);
    *list = (struct wait_list){0};
}

static void grow(struct wait_list *list)
{
    size_t count = wait_list_count(list);
    size_t capacity = list->capacity == 0 ? FIRST_CAPACITY : list->capacity * 2;
    struct waiting *items = mem_alloc_array(capacity, sizeof(struct waiting));
    for (size_t i = 0; i < count; i++) {
        items[i] = list->items[(list->head + i) & (list->capacity - 1)];
    }
    mem_free(list->items);
    *list = (struct wait_list){.items = items, .capacity = capacity, .tail = count};
}

void wait_list_push(struct wait_list *list, const struct waiting *item)
{
    if (wait_list_count(list) == list->capacity) {
        grow(list);
    }
    list->items[list->tail++ & (list->capacity - 1)] = *item;
}
