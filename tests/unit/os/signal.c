#include "os/signal.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/tap.h"

struct ending {
    int status;
    char words[2048];
    size_t len;
};

/* Runs `body` in a child with its standard error caught. */
static struct ending run(void (*body)(void))
{
    struct ending ending = {0};
    int ends[2];
    if (pipe(ends) != 0) {
        return ending;
    }
    pid_t pid = fork();
    if (pid == 0) {
        (void)dup2(ends[1], STDERR_FILENO);
        (void)close(ends[0]);
        (void)close(ends[1]);
        body();
        _exit(0);
    }
    (void)close(ends[1]);
    ssize_t got;
    while ((got = read(ends[0], ending.words + ending.len, sizeof ending.words - 1 - ending.len)) >
           0) {
        ending.len += (size_t)got;
    }
    (void)close(ends[0]);
    (void)waitpid(pid, &ending.status, 0);
    return ending;
}

static void once(int number)
{
    signal_catch();
    bool before = signal_interrupted();
    (void)raise(number);
    _exit(!before && signal_interrupted() ? 7 : 8);
}

static void once_int(void)
{
    once(SIGINT);
}

static void once_term(void)
{
    once(SIGTERM);
}

static void once_hup(void)
{
    (void)signal(SIGHUP, SIG_DFL); /* the test itself may run under nohup */
    once(SIGHUP);
}

static void twice(void)
{
    signal_catch();
    signal_last_words("first\n");
    signal_last_words("keys tenbin:1 remain\n");
    (void)raise(SIGINT);
    (void)raise(SIGTERM);
}

static void twice_wordless(void)
{
    signal_catch();
    (void)raise(SIGTERM);
    (void)raise(SIGINT);
}

static void twice_long(void)
{
    static char words[3000];
    memset(words, 'w', sizeof words - 1);
    signal_catch();
    signal_last_words(words);
    (void)raise(SIGINT);
    (void)raise(SIGINT);
}

static void hang_up_twice(void)
{
    (void)signal(SIGHUP, SIG_DFL);
    signal_catch();
    (void)raise(SIGHUP);
    (void)raise(SIGHUP);
    _exit(7);
}

static void hang_up_under_nohup(void)
{
    (void)signal(SIGHUP, SIG_IGN);
    signal_catch();
    (void)raise(SIGHUP);
    _exit(signal_interrupted() ? 8 : 7);
}

int main(void)
{
    static const struct {
        const char *name;
        void (*body)(void);
        int status;
        const char *words;
    } rows[] = {
        {"one SIGINT sets the flag", once_int, 7, ""},
        {"one SIGTERM sets the flag", once_term, 7, ""},
        {"one SIGHUP sets the flag", once_hup, 7, ""},
        {"the second one ends it with its last words", twice, 130, "keys tenbin:1 remain\n"},
        {"or without any", twice_wordless, 130, ""},
        {"a second SIGHUP changes nothing", hang_up_twice, 7, ""},
        {"nohup is respected", hang_up_under_nohup, 7, ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct ending ending = run(rows[i].body);
        tap_check(WIFEXITED(ending.status) && WEXITSTATUS(ending.status) == rows[i].status, "%s",
                  rows[i].name);
        tap_text(ending.words, rows[i].words, "%s: words", rows[i].name);
    }
    struct ending ending = run(twice_long);
    tap_int(WEXITSTATUS(ending.status), 130, "long words end it too");
    tap_int((int64_t)ending.len, 1023, "and are cut");
    return tap_end();
}
