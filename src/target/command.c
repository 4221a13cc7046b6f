#include "target/command.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/clock.h"
#include "os/file.h"
#include "os/proc.h"

enum { FD_PATH_SIZE = 32 };

/* True if it ended with status 0 within `limit`; it has ended in any case. */
static bool wait_for_end(struct proc *proc, nsec limit, struct error *err)
{
    const struct clock *clock = clock_monotonic();
    nsec start = clock_now(clock);
    nsec pause = NSEC_PER_MSEC / 4;
    int status = 0;
    while (!proc_has_ended(proc, &status)) {
        if (clock_now(clock) - start >= limit) {
            proc_stop(proc, 0);
            return error_set(err, ERROR_SYSTEM, "it did not end within %.3g s",
                             (double)limit / (double)NSEC_PER_SEC);
        }
        clock_sleep(pause);
        pause = pause < 8 * NSEC_PER_MSEC ? pause * 2 : pause;
    }
    if (WIFSIGNALED(status)) {
        return error_set(err, ERROR_SYSTEM, "it was ended by signal %d", WTERMSIG(status));
    }
    return WEXITSTATUS(status) == 0 ||
           error_set(err, ERROR_SYSTEM, "it ended with status %d", WEXITSTATUS(status));
}

bool command_run(const char *const *argv, nsec limit, struct buf *out, struct error *err)
{
    int fd = memfd_create("output", MFD_CLOEXEC);
    if (fd < 0) {
        return error_set_errno(err, ERROR_SYSTEM, errno, "make room for the output of %s", argv[0]);
    }
    char path[FD_PATH_SIZE];
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    struct proc proc = {0};
    struct proc_options options = {.argv = argv, .output = path};
    bool done = proc_start(&proc, &options, err) && wait_for_end(&proc, limit, err) &&
                file_read(path, out, err);
    (void)close(fd);
    return done;
}
