#include "store/recorder.h"

#include <pthread.h>

#include "base/mem.h"
#include "model/result_json.h"
#include "os/thread.h"
#include "store/store.h"

enum {
    /* Runs that grow side by side: of so many cells, of each more than there can be arms. */
    CELLS_AT_ONCE = 32,
    RUNS_AT_ONCE = 32,
    PARTS_HELD_MOST = 600, /* while nothing can be written: ten minutes' worth */
};

/* How many windows and samples of a run were handed over. */
struct told {
    uint32_t cell;
    uint32_t run;
    size_t windows;
    size_t samples;
};

struct recorder {
    struct store *store; /* the thread's, while it lives */
    pthread_t thread;
    struct told told[CELLS_AT_ONCE][RUNS_AT_ONCE]; /* the caller's */
    pthread_mutex_t lock;                          /* for what follows */
    pthread_cond_t news;
    struct store_part *parts; /* not yet taken by the thread; texts on the heap */
    size_t count;
    size_t capacity;
    bool is_ending;
};

static void free_parts(struct store_part *parts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        mem_free((void *)(uintptr_t)parts[i].text.data);
    }
    mem_free(parts);
}

/* ---- the thread ---- */

/* Waits for parts, or for the end. Returns what is there; `*ending`: nothing more will come. */
static struct store_part *take_parts(struct recorder *recorder, size_t *count, bool *ending)
{
    (void)pthread_mutex_lock(&recorder->lock);
    while (recorder->count == 0 && !recorder->is_ending) {
        (void)pthread_cond_wait(&recorder->news, &recorder->lock);
    }
    struct store_part *parts = recorder->parts;
    *count = recorder->count;
    *ending = recorder->is_ending;
    recorder->parts = NULL;
    recorder->count = 0;
    recorder->capacity = 0;
    (void)pthread_mutex_unlock(&recorder->lock);
    return parts;
}

static struct store_part *add_part(struct store_part *parts, size_t *count, size_t *capacity,
                                   const struct store_part *part)
{
    if (*count == *capacity) {
        *capacity = *capacity == 0 ? 8 : *capacity * 2;
        parts = mem_resize(parts, *capacity, sizeof *parts);
    }
    parts[(*count)++] = *part;
    return parts;
}

/* Puts parts that could not be written back before those that came meanwhile. Each part stands for
 * its run as a whole but for its windows, so that only windows are lost when it is too many. */
static void put_back(struct recorder *recorder, struct store_part *parts, size_t count)
{
    (void)pthread_mutex_lock(&recorder->lock);
    size_t capacity = count;
    for (size_t i = 0; i < recorder->count; i++) {
        parts = add_part(parts, &count, &capacity, &recorder->parts[i]);
    }
    size_t too_many = count > PARTS_HELD_MOST ? count - PARTS_HELD_MOST : 0;
    for (size_t i = 0; i < too_many; i++) {
        mem_free((void *)(uintptr_t)parts[i].text.data);
    }
    memmove(parts, parts + too_many, (count - too_many) * sizeof *parts);
    mem_free(recorder->parts);
    recorder->parts = parts;
    recorder->count = count - too_many;
    recorder->capacity = capacity;
    (void)pthread_mutex_unlock(&recorder->lock);
}

/* After a failure it waits for the next part: whatever was wrong may have passed by then. */
static void wait_for_more(struct recorder *recorder, size_t held)
{
    (void)pthread_mutex_lock(&recorder->lock);
    while (recorder->count <= held && !recorder->is_ending) {
        (void)pthread_cond_wait(&recorder->news, &recorder->lock);
    }
    (void)pthread_mutex_unlock(&recorder->lock);
}

static void *write_parts(void *arg)
{
    struct recorder *recorder = arg;
    for (;;) {
        size_t count = 0;
        bool ending = false;
        struct store_part *parts = take_parts(recorder, &count, &ending);
        bool written = store_save_parts(recorder->store, parts, count, NULL);
        if (written || ending) {
            free_parts(parts, count);
        } else {
            put_back(recorder, parts, count);
            wait_for_more(recorder, count);
        }
        if (ending) {
            return NULL;
        }
    }
}

/* ---- the caller ---- */

bool recorder_open(const char *path, struct recorder **out, struct error *err)
{
    struct recorder *recorder = mem_alloc(sizeof *recorder);
    if (store_open(path, STORE_WRITE, &recorder->store, err)) {
        (void)pthread_mutex_init(&recorder->lock, NULL);
        (void)pthread_cond_init(&recorder->news, NULL);
        if (thread_start(&recorder->thread, "store", write_parts, recorder, err)) {
            *out = recorder;
            return true;
        }
        (void)pthread_cond_destroy(&recorder->news);
        (void)pthread_mutex_destroy(&recorder->lock);
        store_close(recorder->store);
    }
    mem_free(recorder);
    return false;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* How much of what the run has now (`all`) the store has or will have; from now on it is all of it.
 * Where another run has taken the place it is handed over once more. */
static struct told count_told(struct recorder *recorder, const struct told *all)
{
    struct told *told = &recorder->told[all->cell % CELLS_AT_ONCE][all->run % RUNS_AT_ONCE];
    struct told before = *told;
    bool is_same = before.cell == all->cell && before.run == all->run;
    *told = *all;
    before.windows = is_same ? smaller(before.windows, all->windows) : 0;
    before.samples = is_same ? smaller(before.samples, all->samples) : 0;
    return before;
}

void recorder_put(struct recorder *recorder, const struct result *part, uint32_t cell, uint32_t run)
{
    struct result copy = *part;
    struct result_cell only_cell = part->cells[0];
    struct result_run only_run = only_cell.runs[0];
    struct told all = {cell, run, only_run.window_count, only_run.sample_count};
    struct told told = count_told(recorder, &all);
    only_run.windows = only_run.window_count == 0 ? NULL : only_run.windows + told.windows;
    only_run.window_count -= told.windows;
    only_run.samples = only_run.sample_count == 0 ? NULL : only_run.samples + told.samples;
    only_run.sample_count -= told.samples;
    only_cell.runs = &only_run;
    copy.cells = &only_cell;
    struct buf text = {0};
    result_json_write(&copy, &text);
    struct store_part handed = {
        .text = buf_str(&text),
        .cell = cell,
        .run = run,
        .window = told.windows,
        .sample = told.samples,
    };
    (void)pthread_mutex_lock(&recorder->lock);
    recorder->parts = add_part(recorder->parts, &recorder->count, &recorder->capacity, &handed);
    (void)pthread_cond_signal(&recorder->news);
    (void)pthread_mutex_unlock(&recorder->lock);
}

/* What was handed over and is not written: written, or tried to be. */
static void end_thread(struct recorder *recorder)
{
    (void)pthread_mutex_lock(&recorder->lock);
    bool lives = !recorder->is_ending;
    recorder->is_ending = true;
    (void)pthread_cond_signal(&recorder->news);
    (void)pthread_mutex_unlock(&recorder->lock);
    if (lives) {
        (void)pthread_join(recorder->thread, NULL);
    }
}

bool recorder_finish(struct recorder *recorder, const struct result *whole, struct error *err)
{
    end_thread(recorder);
    return store_save(recorder->store, whole, err);
}

void recorder_free(struct recorder *recorder)
{
    if (recorder == NULL) {
        return;
    }
    end_thread(recorder);
    free_parts(recorder->parts, recorder->count);
    (void)pthread_cond_destroy(&recorder->news);
    (void)pthread_mutex_destroy(&recorder->lock);
    store_close(recorder->store);
    mem_free(recorder);
}
