/* Processes that write two by two into one store, and are killed at a random moment: a hundred
 * times. The database opens, and all that was measured more than a second before is there. */
#include <signal.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/rng.h"
#include "os/clock.h"
#include "os/file.h"
#include "os/system.h"
#include "store/recorder.h"
#include "store/store.h"
#include "support/full_result.h"
#include "support/tap.h"

enum {
    ROUNDS = 10,
    WRITERS = 10, /* at once */
    PER_STORE = 2,
    PAUSE_MS = 100,
    LONGEST_MS = 2000,
    MOST_WINDOWS = LONGEST_MS / PAUSE_MS * 4,
};

/* When a writer handed what over; shared with the test, which outlives it. */
struct diary {
    atomic_uint windows;
    _Atomic nsec at[MOST_WINDOWS];
};

static char folder[256];

static void path_of(unsigned writer, char path[300])
{
    (void)snprintf(path, 300, "%s/results-%u.db", folder, writer / PER_STORE);
}

/* The child. */
static void write_until_killed(unsigned writer, struct diary *diary)
{
    struct recorder *recorder = NULL;
    struct result result;
    struct result_window windows[MOST_WINDOWS];
    char path[300];
    char id[32];
    path_of(writer, path);
    (void)snprintf(id, sizeof id, "writer-%u", writer);
    if (!recorder_open(path, &recorder, NULL)) {
        _exit(1);
    }
    full_result_init(&result);
    result.id = id;
    result.cells[0].run_count = 1;
    for (unsigned i = 0; i < MOST_WINDOWS; i++) {
        windows[i] = result.cells[0].runs[0].windows[0];
        windows[i].operations = i;
        result.cells[0].runs[0].windows = windows;
        result.cells[0].runs[0].window_count = i + 1;
        recorder_put(recorder, &result, 0, 0);
        atomic_store(&diary->at[i], clock_now(clock_monotonic()));
        atomic_store(&diary->windows, i + 1);
        clock_sleep(PAUSE_MS * NSEC_PER_MSEC);
    }
    _exit(2);
}

/* How many windows of it were handed over more than a second before. */
static unsigned count_due(const struct diary *diary, nsec killed)
{
    unsigned count = atomic_load(&diary->windows);
    while (count > 0 && atomic_load(&diary->at[count - 1]) + NSEC_PER_SEC > killed) {
        count--;
    }
    return count;
}

static bool is_sound(const char *path)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *row = NULL;
    (void)sqlite3_open(path, &db);
    bool sound = sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &row, NULL) == SQLITE_OK &&
                 sqlite3_step(row) == SQLITE_ROW &&
                 str_eq(str_from((const char *)sqlite3_column_text(row, 0)), STR("ok"));
    (void)sqlite3_finalize(row);
    (void)sqlite3_close(db);
    return sound;
}

/* What went wrong with one that was killed, or NULL. */
static const char *look(unsigned writer, const struct diary *diary, nsec killed, unsigned *missing)
{
    struct store *store = NULL;
    struct result result;
    enum store_state state = STORE_COMPLETE;
    char path[300];
    char id[32];
    bool has = false;
    unsigned due = count_due(diary, killed);
    path_of(writer, path);
    (void)snprintf(id, sizeof id, "writer-%u", writer);
    if (!is_sound(path)) {
        return "the database is damaged";
    }
    if (!store_open(path, STORE_READ, &store, NULL) || !store_has(store, id, &has, NULL)) {
        return "the store cannot be opened";
    }
    const char *problem = has || due == 0 ? NULL : "nothing is there";
    if (has && !store_load(store, id, &result, &state, NULL)) {
        problem = "it cannot be read";
    } else if (has) {
        const struct result_run *run = &result.cells[0].runs[0];
        size_t there = run->window_count;
        problem = state != STORE_BROKEN_OFF ? "it is not said to be broken off"
                  : there < due             ? "more than the last second is missing"
                                            : NULL;
        for (size_t i = 0; i < there; i++) {
            problem = run->windows[i].operations == i ? problem : "a window is missing";
        }
        *missing += atomic_load(&diary->windows) - (unsigned)there;
        result_release(&result);
    }
    store_close(store);
    return problem;
}

static unsigned make_round(unsigned round, struct rng *rng, unsigned totals[2])
{
    struct diary *diaries = mmap(NULL, WRITERS * sizeof *diaries, PROT_READ | PROT_WRITE,
                                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t pids[WRITERS];
    nsec ends[WRITERS];
    unsigned problems = 0;
    nsec begin = clock_now(clock_monotonic());
    for (unsigned i = 0; i < WRITERS; i++) {
        ends[i] = begin + rng_below(rng, LONGEST_MS) * NSEC_PER_MSEC;
        pids[i] = fork();
        if (pids[i] == 0) {
            write_until_killed(round * WRITERS + i, &diaries[i]);
        }
    }
    for (unsigned left = WRITERS; left > 0; clock_sleep(NSEC_PER_MSEC)) {
        for (unsigned i = 0; i < WRITERS; i++) {
            nsec now = clock_now(clock_monotonic());
            if (pids[i] != 0 && now >= ends[i]) {
                (void)kill(pids[i], SIGKILL);
                ends[i] = now;
                (void)waitpid(pids[i], NULL, 0);
                pids[i] = 0;
                left--;
            }
        }
    }
    for (unsigned i = 0; i < WRITERS; i++) {
        const char *problem = look(round * WRITERS + i, &diaries[i], ends[i], &totals[1]);
        totals[0] += atomic_load(&diaries[i].windows);
        if (problem != NULL) {
            printf("#   writer %u: %s\n", round * WRITERS + i, problem);
            problems++;
        }
    }
    (void)munmap(diaries, WRITERS * sizeof *diaries);
    return problems;
}

int main(void)
{
    struct error err = {0};
    struct rng rng;
    unsigned problems = 0;
    unsigned totals[2] = {0}; /* handed over; not there */
    uint64_t seed = system_draw_random();
    printf("# seed %llu\n", (unsigned long long)seed);
    rng_init(&rng, seed);
    if (!file_make_temp_dir("store-", folder, sizeof folder, &err)) {
        return 1;
    }
    for (unsigned round = 0; round < ROUNDS; round++) {
        problems += make_round(round, &rng, totals);
    }
    printf("# of %u windows %u were not there\n", totals[0], totals[1]);
    tap_int(problems, 0, "%d writers killed: each store is sound and lacks at most a second",
            ROUNDS * WRITERS);
    tap_check(totals[0] > 100, "and they had measured something");
    tap_check(file_remove_tree(folder, &err), "cleaned up");
    return tap_end();
}
