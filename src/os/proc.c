#include "os/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "os/clock.h"
#include "os/file.h"
#include "os/thread.h"

/* What a child was about to do when it failed. */
enum stage { STAGE_DIRECTORY, STAGE_CPUS, STAGE_EXECUTE };

struct failure {
    enum stage stage;
    int number; /* errno */
};

/* Between fork and exec only async-signal-safe calls are allowed: another thread may have held a
 * lock of the library when the process was copied. */

static void reset_signals(void)
{
    struct sigaction action = {.sa_handler = SIG_DFL};
    for (int number = 1; number < NSIG; number++) {
        (void)sigaction(number, &action, NULL); /* refused for SIGKILL and SIGSTOP */
    }
    sigset_t none;
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* All but the standard three are closed by exec: not before, the report pipe is among them. */
static void close_files_at_exec(void)
{
    enum { FALLBACK_LIMIT = 4096 }; /* for kernels before 5.11 */
    if (close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) != 0) {
        for (int fd = 3; fd < FALLBACK_LIMIT; fd++) {
            (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
        }
    }
}

/* Returns only on failure, with what failed; errno says why. */
static enum stage become(const struct proc_options *options, int output)
{
    (void)setsid();
    (void)dup2(output, STDOUT_FILENO);
    (void)dup2(output, STDERR_FILENO);
    close_files_at_exec();
    if (options->directory != NULL && chdir(options->directory) != 0) {
        return STAGE_DIRECTORY;
    }
    if (options->cpus != NULL && !thread_pin(options->cpus, NULL)) {
        return STAGE_CPUS;
    }
    reset_signals();
    /* execv takes the strings as writable for historical reasons only. */
    (void)execv(options->argv[0], (char *const *)options->argv);
    return STAGE_EXECUTE;
}

static _Noreturn void child_main(const struct proc_options *options, const int files[3],
                                 pid_t parent)
{
    enum { EXIT_NOT_STARTED = 127 };
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    /* A parent that died before that call would never be noticed. */
    if (getppid() == parent) {
        (void)dup2(files[0], STDIN_FILENO);
        enum stage stage = become(options, files[1]);
        struct failure failure = {stage, errno};
        ssize_t written = write(files[2], &failure, sizeof failure);
        (void)written;
    }
    _exit(EXIT_NOT_STARTED);
}

/* Waits for the child's exec. True: it happened. */
static bool read_report(int fd, const struct proc_options *options, struct error *err)
{
    struct failure failure;
    ssize_t got;
    do {
        got = read(fd, &failure, sizeof failure);
    } while (got < 0 && errno == EINTR);
    if (got != (ssize_t)sizeof failure) {
        return true;
    }
    char text[CPU_SET_TEXT_SIZE];
    switch (failure.stage) {
    case STAGE_DIRECTORY:
        return error_set_errno(err, ERROR_SYSTEM, failure.number, "start %s in %s",
                               options->argv[0], options->directory);
    case STAGE_CPUS:
        return error_set_errno(err, ERROR_SYSTEM, failure.number, "start %s on processors %s",
                               options->argv[0], cpu_set_format(options->cpus, text));
    case STAGE_EXECUTE:
        break;
    }
    return error_set_errno(err, ERROR_SYSTEM, failure.number, "start %s", options->argv[0]);
}

static void close_if_open(int fd)
{
    if (fd >= 0) {
        (void)close(fd);
    }
}

bool proc_start(struct proc *proc, const struct proc_options *options, struct error *err)
{
    const char *output = options->output == NULL ? "/dev/null" : options->output;
    int report[2] = {-1, -1};
    int files[3] = {-1, -1, -1}; /* standard input, output, the report */
    bool started = false;
    *proc = (struct proc){0};

    files[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
    files[1] = open(output, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
    if (files[0] < 0 || files[1] < 0) {
        (void)error_set_errno(err, ERROR_SYSTEM, errno, "open %s for %s",
                              files[0] < 0 ? "/dev/null" : output, options->argv[0]);
        goto out;
    }
    if (pipe2(report, O_CLOEXEC) != 0) {
        (void)error_set_errno(err, ERROR_SYSTEM, errno, "start %s", options->argv[0]);
        goto out;
    }
    files[2] = report[1];
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid < 0) {
        (void)error_set_errno(err, ERROR_SYSTEM, errno, "start %s", options->argv[0]);
        goto out;
    }
    if (pid == 0) {
        child_main(options, files, parent);
    }
    (void)close(report[1]);
    report[1] = -1;
    proc->pid = pid;
    started = read_report(report[0], options, err);
    if (!started) {
        (void)waitpid(pid, NULL, 0);
        proc->pid = 0;
    }
out:
    close_if_open(report[0]);
    close_if_open(report[1]);
    close_if_open(files[0]);
    close_if_open(files[1]);
    return started;
}

/* Collects the child if it has ended. `flags` as for waitpid. */
static bool collect(struct proc *proc, int flags)
{
    int status = 0;
    pid_t got;
    do {
        got = waitpid(proc->pid, &status, flags);
    } while (got < 0 && errno == EINTR);
    if (got == 0) {
        return false;
    }
    proc->pid = 0;
    proc->status = got < 0 ? 0 : status; /* somebody else collected it */
    return true;
}

bool proc_has_ended(struct proc *proc, int *status)
{
    if (proc->pid != 0 && !collect(proc, WNOHANG)) {
        return false;
    }
    if (status != NULL) {
        *status = proc->status;
    }
    return true;
}

void proc_stop(struct proc *proc, nsec patience)
{
    if (proc_has_ended(proc, NULL)) {
        return;
    }
    const struct clock *clock = clock_monotonic();
    nsec start = clock_now(clock);
    (void)kill(proc->pid, SIGTERM);
    (void)kill(proc->pid, SIGCONT); /* one that was stopped could not end */
    nsec pause = NSEC_PER_MSEC;
    while (!proc_has_ended(proc, NULL)) {
        nsec waited = clock_now(clock) - start;
        if (waited >= patience) {
            (void)kill(-proc->pid, SIGKILL);
            (void)kill(proc->pid, SIGKILL);
            (void)collect(proc, 0);
            return;
        }
        clock_sleep(pause < patience - waited ? pause : patience - waited);
        pause = pause < 16 * NSEC_PER_MSEC ? pause * 2 : pause;
    }
}

void proc_signal(const struct proc *proc, int signal_number)
{
    if (proc->pid != 0) {
        (void)kill(proc->pid, signal_number);
    }
}

static bool read_proc_file(pid_t pid, const char *name, struct buf *text, struct error *err)
{
    char path[80];
    (void)snprintf(path, sizeof path, "/proc/%ld/%s", (long)pid, name);
    return file_read(path, text, err);
}

static bool main_thread_time(pid_t pid, nsec *used, struct error *err)
{
    char name[48];
    (void)snprintf(name, sizeof name, "task/%ld/schedstat", (long)pid);
    struct buf text = {0};
    bool known = read_proc_file(pid, name, &text, err);
    if (known) {
        struct str rest = buf_str(&text);
        uint64_t on_cpu;
        known = str_to_u64(str_split(&rest, ' '), &on_cpu);
        if (known) {
            *used = on_cpu;
        } else {
            (void)error_set(err, ERROR_SYSTEM, "read /proc/%ld/%s: not a number", (long)pid, name);
        }
    }
    buf_release(&text);
    return known;
}

bool proc_cpu_time(pid_t pid, nsec *all_threads, nsec *main_thread, struct error *err)
{
    if (all_threads != NULL && !clock_process_cpu(pid, all_threads)) {
        return error_set_errno(err, ERROR_SYSTEM, errno, "read the processor time of process %ld",
                               (long)pid);
    }
    return main_thread == NULL || main_thread_time(pid, main_thread, err);
}

bool proc_start_time_parse(struct str stat, uint64_t *ticks)
{
    /* The name in parentheses may hold anything, also parentheses and blanks. What follows is the
     * state (field 3 of proc(5)); the start time is field 22. */
    enum { STATE = 3, START_TIME = 22 };
    ptrdiff_t name_end = str_find_last(stat, ')');
    if (name_end < 0) {
        return false;
    }
    struct str rest = str_trim(str_from_index(stat, (size_t)name_end + 1));
    struct str state = str_split(&rest, ' ');
    if (str_eq(state, STR("Z")) || str_eq(state, STR("X"))) {
        return false;
    }
    struct str field = {0};
    for (int i = STATE; i < START_TIME; i++) {
        field = str_split(&rest, ' ');
    }
    return str_to_u64(field, ticks);
}

bool proc_start_time(pid_t pid, uint64_t *ticks)
{
    struct buf text = {0};
    bool known =
        read_proc_file(pid, "stat", &text, NULL) && proc_start_time_parse(buf_str(&text), ticks);
    buf_release(&text);
    return known;
}
