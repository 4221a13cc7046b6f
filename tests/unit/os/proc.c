#include "os/proc.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "os/clock.h"
#include "os/file.h"
#include "support/tap.h"

static char root[PATH_MAX];
static char output[PATH_MAX];

/* What the last child wrote; valid until the next call. */
static const char *written(void)
{
    static struct buf text;
    buf_release(&text);
    return file_read(output, &text, NULL) ? buf_text(&text) : NULL;
}

static bool wait_for_end(struct proc *proc, int *status)
{
    for (int i = 0; i < 10000; i++) {
        if (proc_has_ended(proc, status)) {
            return true;
        }
        clock_sleep(NSEC_PER_MSEC);
    }
    return false;
}

static bool wait_for_output(const char *wanted)
{
    for (int i = 0; i < 10000; i++) {
        const char *text = written();
        if (text != NULL && strcmp(text, wanted) == 0) {
            return true;
        }
        clock_sleep(NSEC_PER_MSEC);
    }
    return false;
}

static bool start_shell(struct proc *proc, const char *script)
{
    const char *argv[] = {"/bin/sh", "-c", script, NULL};
    struct proc_options options = {.argv = argv, .output = output, .directory = root};
    struct error err = {0};
    return tap_check(proc_start(proc, &options, &err), "starts \"%s\": %s", script, err.text);
}

static void test_outcomes(void)
{
    static const struct {
        const char *script;
        int status; /* as from waitpid */
        const char *output;
    } rows[] = {
        {"exit 0", 0, ""},
        {"exit 3", 3 << 8, ""},
        {"kill -9 $$", SIGKILL, ""},
        {"echo out; echo err >&2", 0, "out\nerr\n"},
        {"cat", 0, ""},                                            /* standard input is empty */
        {"kill -s PIPE $$", SIGPIPE, ""},                          /* though ignored here */
        {"kill -s TERM $$", SIGTERM, ""},                          /* though blocked here */
        {"ls /proc/self/fd | grep -cv -e '^[0123]$'", 256, "0\n"}, /* 3 is that of ls itself */
        {"test $(ps -o sid= -p $$) = $$ && echo own", 0, "own\n"},
    };
    (void)signal(SIGPIPE, SIG_IGN);
    sigset_t blocked;
    (void)sigemptyset(&blocked);
    (void)sigaddset(&blocked, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &blocked, NULL);
    int leaky = open("/dev/null", O_RDONLY); /* without O_CLOEXEC */
    int high = fcntl(leaky, F_DUPFD, 100);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct proc proc = {0};
        int status = -1;
        if (!start_shell(&proc, rows[i].script)) {
            continue;
        }
        tap_check(wait_for_end(&proc, &status), "it ends");
        tap_int(status, rows[i].status, "its status");
        tap_text(written(), rows[i].output, "its output");
        tap_int(proc.pid, 0, "it is nobody then");
        status = -1;
        tap_check(proc_has_ended(&proc, &status) && status == rows[i].status, "and stays ended");
        proc_signal(&proc, SIGKILL);
        proc_stop(&proc, 0);
    }
    (void)close(leaky);
    (void)close(high);
    (void)sigprocmask(SIG_UNBLOCK, &blocked, NULL);
    (void)signal(SIGPIPE, SIG_DFL);
}

static void test_directory_and_cpus(void)
{
    struct proc proc = {0};
    if (start_shell(&proc, "pwd -P")) {
        int status;
        (void)wait_for_end(&proc, &status);
        char real[PATH_MAX];
        struct str line = str_trim(str_from(written()));
        tap_check(realpath(root, real) != NULL && str_eq(line, str_from(real)),
                  "runs in its folder");
    }
    struct cpu_set available = {{0}};
    struct cpu_set one = {{0}};
    (void)cpu_available(&available, NULL);
    cpu_set_add(&one, cpu_set_nth(&available, cpu_set_count(&available) - 1));
    const char *argv[] = {"/bin/sh", "-c",
                          "sed -n 's/^Cpus_allowed_list:[^0-9]*//p' /proc/self/status", NULL};
    struct proc_options options = {.argv = argv, .output = output, .cpus = &one};
    struct error err = {0};
    if (tap_check(proc_start(&proc, &options, &err), "starts on one processor: %s", err.text)) {
        int status;
        (void)wait_for_end(&proc, &status);
        char text[CPU_SET_TEXT_SIZE];
        struct str line = str_trim(str_from(written()));
        tap_check(str_eq(line, str_from(cpu_set_format(&one, text))), "and runs on it");
    }
}

static void test_failures(void)
{
    static const char *const absent[] = {"/nonexistent/program", NULL};
    static const char *const text[] = {"/etc/passwd", NULL};
    static const char *const shell[] = {"/bin/true", NULL};
    struct cpu_set none = {{0}};
    const struct {
        struct proc_options options;
        const char *sentence;
    } rows[] = {
        {{.argv = absent}, "start /nonexistent/program: no such file or directory"},
        {{.argv = text}, "start /etc/passwd: permission denied"},
        {{.argv = shell, .directory = "/nonexistent"},
         "start /bin/true in /nonexistent: no such file or directory"},
        {{.argv = shell, .output = "/nonexistent/log"},
         "open /nonexistent/log for /bin/true: no such file or directory"},
        {{.argv = shell, .cpus = &none}, "start /bin/true on processors : invalid argument"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct proc proc = {.pid = 1};
        struct error err = {0};
        tap_check(!proc_start(&proc, &rows[i].options, &err), "does not start");
        tap_text(err.text, rows[i].sentence, "says why");
        tap_int(err.code, ERROR_SYSTEM, "with a code");
        tap_int(proc.pid, 0, "there is no child");
    }
    tap_check(waitpid(-1, NULL, WNOHANG) < 0, "and no child is left to collect");
}

static void test_stop(void)
{
    static const struct {
        const char *script;
        nsec patience;
        int status;
        bool stopped;
    } rows[] = {
        {"trap 'exit 5' TERM; echo ready; while :; do sleep 0.01; done", 10 * NSEC_PER_SEC, 5 << 8,
         false},
        {"trap 'exit 5' TERM; echo ready; while :; do sleep 0.01; done", 10 * NSEC_PER_SEC, 5 << 8,
         true},
        {"trap '' TERM; echo ready; while :; do sleep 0.01; done", 50 * NSEC_PER_MSEC, SIGKILL,
         false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct proc proc = {0};
        if (!start_shell(&proc, rows[i].script)) {
            continue;
        }
        tap_check(wait_for_output("ready\n"), "it is ready");
        tap_check(!proc_has_ended(&proc, NULL), "it runs");
        if (rows[i].stopped) {
            proc_signal(&proc, SIGSTOP);
        }
        pid_t pid = proc.pid;
        nsec before = clock_now(clock_monotonic());
        proc_stop(&proc, rows[i].patience);
        nsec took = clock_now(clock_monotonic()) - before;
        int status = -1;
        tap_check(proc_has_ended(&proc, &status), "it has ended");
        tap_int(status, rows[i].status, "its status");
        tap_check(kill(pid, 0) != 0, "it is gone");
        tap_check(took < 5 * NSEC_PER_SEC, "soon");
        tap_check(rows[i].status != SIGKILL || took >= rows[i].patience, "after some patience");
    }
}

static void test_cpu_time(void)
{
    struct error err = {0};
    nsec all = 0;
    nsec one = 0;
    nsec before = clock_now(clock_monotonic());
    tap_check(proc_cpu_time(getpid(), &all, &one, &err), "its own time: %s", err.text);
    tap_check(all > 0, "is some");
    nsec later = all;
    while (later < all + 30 * NSEC_PER_MSEC &&
           clock_now(clock_monotonic()) - before < 10 * NSEC_PER_SEC) {
        (void)proc_cpu_time(getpid(), &later, NULL, &err);
    }
    tap_check(later >= all + 30 * NSEC_PER_MSEC, "grows with work");
    nsec one_later = 0;
    tap_check(proc_cpu_time(getpid(), NULL, &one_later, &err), "the main thread's: %s", err.text);
    tap_check(one_later > one && one_later <= later + 20 * NSEC_PER_MSEC, "grows as well");

    struct proc proc = {0};
    if (start_shell(&proc, "exit 0")) {
        pid_t pid = proc.pid;
        (void)wait_for_end(&proc, NULL);
        tap_check(!proc_cpu_time(pid, &all, NULL, &err), "nothing of one that is gone");
        tap_int(err.code, ERROR_SYSTEM, "with a code");
        tap_check(!proc_cpu_time(pid, NULL, &one, &err), "nor of its main thread");
    }
}

static void test_start_time(void)
{
    uint64_t ticks = 0;
    static const char rest[] = " S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4242 20 21";
    char line[200];
    (void)snprintf(line, sizeof line, "77 (a) b (c))%s", rest);
    tap_check(proc_start_time_parse(str_from(line), &ticks), "reads past an odd name");
    tap_int((int64_t)ticks, 4242, "the 22nd field");
    line[strlen("77 (a) b (c)) ")] = 'Z';
    tap_check(!proc_start_time_parse(str_from(line), &ticks), "one that waits to be collected");
    tap_check(!proc_start_time_parse(STR(""), &ticks), "nothing");
    tap_check(!proc_start_time_parse(STR("77 (a) S 1 2"), &ticks), "too short");

    uint64_t own = 0;
    uint64_t again = 0;
    tap_check(proc_start_time(getpid(), &own) && proc_start_time(getpid(), &again), "its own");
    tap_check(own > 0 && own == again, "stays the same");
    struct proc proc = {0};
    if (start_shell(&proc, "exit 0")) {
        /* Not collected: it is a zombie by the time it has ended. */
        siginfo_t info;
        (void)waitid(P_PID, (id_t)proc.pid, &info, WEXITED | WNOWAIT);
        tap_check(!proc_start_time(proc.pid, &ticks), "one that has ended has none");
        (void)wait_for_end(&proc, NULL);
    }
}

int main(void)
{
    struct error err = {0};
    if (!tap_check(file_make_temp_dir("tenbin-test-", root, sizeof root, &err), "a folder: %s",
                   err.text)) {
        return tap_end();
    }
    size_t len = strlen(root);
    memcpy(output, root, len);
    (void)snprintf(output + len, sizeof output - len, "/output");
    test_outcomes();
    test_directory_and_cpus();
    test_failures();
    test_stop();
    test_cpu_time();
    test_start_time();
    tap_check(file_remove_tree(root, &err), "cleaned up: %s", err.text);
    tap_check(written() == NULL, "nothing remains");
    return tap_end();
}
