#include "os/keeper.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/clock.h"
#include "os/file.h"
#include "os/proc.h"
#include "support/tap.h"

/* What a parent tells the test over a pipe before it ends. */
struct told {
    char folder[PATH_MAX];
    pid_t child;
};

/* How a parent behaves. */
enum conduct {
    CHILD_ALONE,      /* has no keeper: starts a child, is killed */
    CHILD_AND_KILL,   /* entrusts a child's folder, is killed */
    STRAY_AND_KILL,   /* the same with a child that the kernel does not end for it */
    FOLDER_AND_ABORT, /* entrusts a folder only, aborts */
    FOLDER_AND_EXIT,  /* the same, ends in the ordinary way */
    FORGET_AND_EXIT,  /* entrusts a folder, takes it back */
};

static pid_t start_stray(void)
{
    pid_t pid = fork();
    if (pid == 0) {
        (void)setsid();
        (void)close_range(0, ~0U, 0);
        for (;;) {
            (void)pause();
        }
    }
    return pid;
}

static pid_t start_child(const char *folder)
{
    static const char *const argv[] = {"/bin/sh", "-c", "while :; do sleep 0.05; done", NULL};
    struct proc_options options = {.argv = argv, .directory = folder};
    struct proc proc = {0};
    return proc_start(&proc, &options, NULL) ? proc.pid : 0;
}

static _Noreturn void parent_main(enum conduct conduct, int tell)
{
    struct told told = {.child = 0};
    bool kept = conduct == CHILD_ALONE || (keeper_start(NULL) && keeper_start(NULL));
    if (!kept || !file_make_temp_dir("tenbin-test-", told.folder, sizeof told.folder, NULL)) {
        _exit(1);
    }
    keeper_watch(0, told.folder);
    if (conduct == CHILD_AND_KILL || conduct == CHILD_ALONE) {
        told.child = start_child(told.folder);
        keeper_watch(told.child, told.folder);
    } else if (conduct == STRAY_AND_KILL) {
        told.child = start_stray();
        keeper_watch(told.child, told.folder);
    } else if (conduct == FORGET_AND_EXIT) {
        keeper_watch(0, "/nonexistent/other");
        keeper_forget(told.folder);
    }
    ssize_t sent = write(tell, &told, sizeof told);
    (void)sent;
    if (conduct == FOLDER_AND_ABORT) {
        (void)prctl(PR_SET_DUMPABLE, 0);
        (void)raise(SIGABRT);
    }
    if (conduct == FOLDER_AND_EXIT || conduct == FORGET_AND_EXIT) {
        _exit(0);
    }
    (void)raise(SIGKILL);
    _exit(1);
}

/* Polls for at most `patience` until the folder (and the process, if any) is gone. */
static bool is_gone_within(const struct told *told, nsec patience)
{
    const struct clock *clock = clock_monotonic();
    nsec start = clock_now(clock);
    uint64_t ticks;
    do {
        bool folder = access(told->folder, F_OK) == 0;
        bool child = told->child != 0 && proc_start_time(told->child, &ticks);
        if (!folder && !child) {
            return true;
        }
        clock_sleep(5 * NSEC_PER_MSEC);
    } while (clock_now(clock) - start < patience);
    return false;
}

/* Runs a parent to its end and gives what it told. The pipe ends when nobody holds it any more:
 * a keeper that did would keep the test waiting here. */
static bool run_parent(enum conduct conduct, struct told *told)
{
    int ends[2];
    if (pipe(ends) != 0) {
        return false;
    }
    pid_t pid = fork();
    if (pid == 0) {
        (void)dup2(ends[1], STDOUT_FILENO);
        (void)close(ends[0]);
        parent_main(conduct, ends[1]);
    }
    (void)close(ends[1]);
    bool complete = read(ends[0], told, sizeof *told) == (ssize_t)sizeof *told;
    (void)waitpid(pid, NULL, 0);
    char more;
    nsec before = clock_now(clock_monotonic());
    complete = complete && read(ends[0], &more, 1) == 0;
    tap_check(clock_now(clock_monotonic()) - before < 5 * NSEC_PER_SEC, "its output ends with it");
    (void)close(ends[0]);
    return complete;
}

static void test_conducts(void)
{
    static const struct {
        const char *name;
        enum conduct conduct;
    } rows[] = {
        {"a killed parent's child and folder", CHILD_AND_KILL},
        {"a killed parent's stray child and folder", STRAY_AND_KILL},
        {"an aborted parent's folder", FOLDER_AND_ABORT},
        {"a folder that was left behind", FOLDER_AND_EXIT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct told told = {.child = 0};
        if (tap_check(run_parent(rows[i].conduct, &told), "%s: made", rows[i].name)) {
            tap_check(rows[i].conduct > STRAY_AND_KILL || told.child > 0, "%s: with a child",
                      rows[i].name);
            tap_check(is_gone_within(&told, 2 * NSEC_PER_SEC), "%s: gone in 2 s", rows[i].name);
        }
    }

    struct told told = {.child = 0};
    if (tap_check(run_parent(CHILD_ALONE, &told), "a killed parent's child without keeper: made")) {
        tap_check(told.child > 0 && file_remove_tree(told.folder, NULL), "cleaned up");
        tap_check(is_gone_within(&told, 5 * NSEC_PER_SEC), "the kernel ended it");
    }
    if (tap_check(run_parent(FORGET_AND_EXIT, &told), "a folder that was taken back: made")) {
        tap_check(!is_gone_within(&told, 300 * NSEC_PER_MSEC), "stays");
        tap_check(file_remove_tree(told.folder, NULL), "cleaned up");
    }
}

/* The pid of the keeper that this process has started: its only child. */
static pid_t find_keeper(void)
{
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/self/task/%ld/children", (long)getpid());
    struct buf text = {0};
    uint64_t pid = 0;
    if (file_read(path, &text, NULL)) {
        struct str rest = buf_str(&text);
        (void)str_to_u64(str_split(&rest, ' '), &pid);
    }
    buf_release(&text);
    return (pid_t)pid;
}

static void test_keeper_itself(void)
{
    keeper_watch(0, "/nothing/happens/without/a/keeper");
    keeper_forget("/nothing/happens/without/a/keeper");
    struct error err = {0};
    if (!tap_check(keeper_start(&err), "a keeper starts: %s", err.text)) {
        return;
    }
    pid_t keeper = find_keeper();
    if (keeper == 0) {
        printf("# this kernel lists no children: not tested\n");
        return;
    }
    tap_check(getsid(keeper) == keeper, "it has a session of its own");
    static const int deaf_to[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    for (size_t i = 0; i < sizeof deaf_to / sizeof deaf_to[0]; i++) {
        (void)kill(keeper, deaf_to[i]);
    }
    clock_sleep(50 * NSEC_PER_MSEC);
    tap_int(waitpid(keeper, NULL, WNOHANG), 0, "it is deaf to signals that mean stop");

    (void)kill(keeper, SIGKILL);
    (void)waitpid(keeper, NULL, 0);
    keeper_watch(0, "/nobody/listens");
    tap_check(true, "telling one that was killed does no harm");
}

int main(void)
{
    test_conducts();
    test_keeper_itself();
    return tap_end();
}
