#include "os/keeper.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/units.h"
#include "os/clock.h"
#include "os/file.h"
#include "os/proc.h"

enum {
    GRACE_MS = 1000,    /* the kernel kills the children of a dead process: normally at once */
    GONE_MS = 5000,     /* and this one, when it did not */
    POLL_MS = 10,       /* looking whether it is gone */
    REMOVE_ATTEMPTS = 5 /* a folder may be written to by something that ends just now */
};

enum { SOCKET_FD = 3 }; /* in the keeper */

/* One folder and the process that uses it. The same struct goes over the socket, which keeps
 * messages apart (SOCK_SEQPACKET); the path is sent as far as it is used. */
struct charge {
    bool forget;
    pid_t pid;
    uint64_t started;
    char path[PATH_MAX];
};

struct charges {
    struct charge *items;
    size_t count;
};

/* The end of the socket that this process writes to; -1: no keeper. There is one keeper per
 * process, and it must be told from wherever a folder is made. */
static int keeper_socket = -1;

static void charges_remove(struct charges *charges, const char *path)
{
    for (size_t i = 0; i < charges->count; i++) {
        if (strcmp(charges->items[i].path, path) == 0) {
            charges->items[i] = charges->items[--charges->count];
            return;
        }
    }
}

static void charges_add(struct charges *charges, const struct charge *charge)
{
    charges->items = mem_resize(charges->items, charges->count + 1, sizeof *charges->items);
    charges->items[charges->count++] = *charge;
}

static bool is_running(const struct charge *charge)
{
    uint64_t started;
    return charge->pid != 0 && proc_start_time(charge->pid, &started) && started == charge->started;
}

static void wait_until_gone(const struct charge *charge, int patience_ms)
{
    for (int waited = 0; waited < patience_ms && is_running(charge); waited += POLL_MS) {
        clock_sleep(POLL_MS * NSEC_PER_MSEC);
    }
}

static void clean_up(const struct charge *charge)
{
    wait_until_gone(charge, GRACE_MS);
    if (is_running(charge)) {
        (void)kill(charge->pid, SIGKILL);
        wait_until_gone(charge, GONE_MS);
    }
    for (int i = 0; i < REMOVE_ATTEMPTS && !file_remove_tree(charge->path, NULL); i++) {
        clock_sleep(100 * NSEC_PER_MSEC);
    }
}

/* The keeper's only descriptors become: nothing on 0, 1 and 2, its socket on 3. */
static bool detach(int fd)
{
    enum { FALLBACK_LIMIT = 4096 }; /* for kernels before 5.9 */
    int null = open("/dev/null", O_RDWR);
    if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0 ||
        dup2(null, STDERR_FILENO) < 0 || (fd != SOCKET_FD && dup2(fd, SOCKET_FD) < 0)) {
        return false;
    }
    if (close_range(SOCKET_FD + 1, ~0U, 0) != 0) {
        for (int other = SOCKET_FD + 1; other < FALLBACK_LIMIT; other++) {
            (void)close(other);
        }
    }
    static const int deaf_to[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGTSTP};
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    for (size_t i = 0; i < sizeof deaf_to / sizeof deaf_to[0]; i++) {
        (void)sigaction(deaf_to[i], &ignore, NULL);
    }
    (void)setsid();
    (void)prctl(PR_SET_NAME, "tenbin-keeper");
    int root = chdir("/"); /* not to be what keeps a file system busy */
    (void)root;
    return true;
}

static _Noreturn void keeper_main(int fd)
{
    static const char ready = 1;
    if (!detach(fd) || send(SOCKET_FD, &ready, sizeof ready, MSG_NOSIGNAL) < 0) {
        _exit(1);
    }
    struct charges charges = {0};
    struct charge message;
    ssize_t got;
    while ((got = recv(SOCKET_FD, &message, sizeof message, 0)) != 0) {
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            break;
        }
        charges_remove(&charges, message.path);
        if (!message.forget) {
            charges_add(&charges, &message);
        }
    }
    for (size_t i = 0; i < charges.count; i++) {
        clean_up(&charges.items[i]);
    }
    _exit(0);
}

/* Until the keeper is deaf and holds no file of this process, it is not yet of use. */
static bool wait_until_ready(int fd)
{
    char ready;
    ssize_t got;
    do {
        got = recv(fd, &ready, sizeof ready, 0);
    } while (got < 0 && errno == EINTR);
    return got == sizeof ready;
}

bool keeper_start(struct error *err)
{
    static const char what[] = "start the process that cleans up";
    if (keeper_socket >= 0) {
        return true;
    }
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        return error_set_errno(err, ERROR_SYSTEM, errno, "%s", what);
    }
    pid_t pid = fork();
    if (pid == 0) {
        (void)close(ends[0]);
        keeper_main(ends[1]);
    }
    int failure = errno;
    (void)close(ends[1]);
    if (pid < 0) {
        (void)close(ends[0]);
        return error_set_errno(err, ERROR_SYSTEM, failure, "%s", what);
    }
    if (!wait_until_ready(ends[0])) {
        (void)close(ends[0]);
        (void)waitpid(pid, NULL, 0);
        return error_set(err, ERROR_SYSTEM, "%s: it ended at once", what);
    }
    keeper_socket = ends[0];
    return true;
}

static void tell(struct charge *message, const char *directory)
{
    size_t len = strlen(directory);
    assert(directory[0] == '/' && len < sizeof message->path);
    memcpy(message->path, directory, len + 1);
    /* A keeper that is gone must not end this process (SIGPIPE), only go unheard. */
    ssize_t sent;
    do {
        sent = send(keeper_socket, message, offsetof(struct charge, path) + len + 1, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
}

void keeper_watch(pid_t pid, const char *directory)
{
    if (keeper_socket < 0) {
        return;
    }
    struct charge message = {.pid = pid};
    if (pid != 0 && !proc_start_time(pid, &message.started)) {
        message.pid = 0;
    }
    tell(&message, directory);
}

void keeper_forget(const char *directory)
{
    if (keeper_socket < 0) {
        return;
    }
    struct charge message = {.forget = true};
    tell(&message, directory);
}
