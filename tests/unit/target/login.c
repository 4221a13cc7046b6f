#include "target/login.h"

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "os/clock.h"
#include "os/file.h"
#include "support/tap.h"

static char folder[PATH_MAX];
static char path[PATH_MAX + 16];

static bool ask(const struct credential_provider *provider, struct credentials *got,
                struct error *err)
{
    *got = (struct credentials){0};
    *err = (struct error){0};
    return provider->get(provider, got, err);
}

static void check_sources(void)
{
    static const struct {
        const char *name;
        const char *user;
        const char *password;
        const char *command;
        const char *environment;
        const char *wanted_user; /* NULL: no login */
        const char *wanted;
    } rows[] = {
        {"nothing", NULL, NULL, NULL, NULL, NULL, NULL},
        {"an empty variable", NULL, NULL, NULL, "", NULL, NULL},
        {"a password", NULL, "pw", NULL, NULL, "", "pw"},
        {"user and password", "me", "pw", NULL, NULL, "me", "pw"},
        {"a user only", "me", NULL, NULL, NULL, "me", ""},
        {"the environment", NULL, NULL, NULL, "env", "", "env"},
        {"a user and the environment", "me", NULL, NULL, "env", "me", "env"},
        {"the text before the environment", NULL, "pw", NULL, "env", "", "pw"},
        {"a command before the environment", "me", NULL, "echo a b", "env", "me", "a b"},
        {"a command of two lines", NULL, NULL, "printf 'one\\r\\ntwo\\n'", NULL, "", "one"},
        {"a command that complains", NULL, NULL, "echo no >&2; echo pw", NULL, "", "pw"},
        {"a command without line end", NULL, NULL, "printf pw", NULL, "", "pw"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct arena arena = {0};
        struct target_spec spec = {.text = "redis://h",
                                   .user = rows[i].user,
                                   .password = rows[i].password,
                                   .password_command = rows[i].command};
        (void)unsetenv("TENBIN_PASSWORD");
        if (rows[i].environment != NULL) {
            (void)setenv("TENBIN_PASSWORD", rows[i].environment, 1);
        }
        const struct credential_provider *provider = login_make(&spec, &arena);
        (void)tap_int(provider != NULL, rows[i].wanted != NULL, "%s: is there a login",
                      rows[i].name);
        if (provider != NULL) {
            struct credentials got;
            struct error err;
            (void)tap_check(ask(provider, &got, &err), "%s: is got %s", rows[i].name, err.text);
            (void)tap_text(got.user, rows[i].wanted_user, "%s: user", rows[i].name);
            (void)tap_text(got.password, rows[i].wanted, "%s: password", rows[i].name);
        }
        arena_release(&arena);
    }
    (void)unsetenv("TENBIN_PASSWORD");
}

static void check_file(void)
{
    struct arena arena = {0};
    struct credentials got;
    struct error err;
    struct target_spec spec = {.text = "redis://h", .user = "me", .password_file = path};
    const struct credential_provider *provider = login_make(&spec, &arena);
    (void)tap_check(!ask(provider, &got, &err), "a file that is not there");
    (void)tap_int(err.code, ERROR_TARGET, "is an error of the target");
    (void)tap_check(strstr(err.text, "redis://h: password-file: open ") == err.text &&
                        strstr(err.text, path) != NULL,
                    "that names the file: %s", err.text);
    (void)file_write(path, STR("first\nsecond\n"), NULL);
    (void)tap_check(ask(provider, &got, &err), "a file that is there");
    (void)tap_text(got.password, "first", "its first line");
    (void)tap_text(got.user, "me", "with the user of the target");
    (void)file_write(path, STR("changed"), NULL);
    (void)tap_check(ask(provider, &got, &err), "the file has changed");
    (void)tap_text(got.password, "changed", "and is read anew");
    (void)file_write(path, STR("\nsecond\n"), NULL);
    (void)tap_check(!ask(provider, &got, &err), "an empty first line");
    (void)tap_text(err.text, "redis://h: password-file: the first line is empty", "is an error");
    (void)file_write(path, STR("a\0b\n"), NULL);
    (void)tap_check(!ask(provider, &got, &err) && got.password[0] == '\0', "a NUL is refused");
    arena_release(&arena);
}

static void check_command_failures(void)
{
    static const struct {
        const char *command;
        const char *sentence;
    } rows[] = {
        {"echo secret; exit 4", "redis://h: password-command: it ended with status 4"},
        {"kill -9 $$", "redis://h: password-command: it was ended by signal 9"},
        {"true", "redis://h: password-command: the first line is empty"},
        {"if", "redis://h: password-command: it ended with status 2"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct arena arena = {0};
        struct credentials got;
        struct error err;
        struct target_spec spec = {.text = "redis://h", .password_command = rows[i].command};
        (void)tap_check(!ask(login_make(&spec, &arena), &got, &err), "fails: %s", rows[i].command);
        (void)tap_text(err.text, rows[i].sentence, "says: %s", rows[i].command);
        (void)tap_int(err.code, ERROR_TARGET, "an error of the target: %s", rows[i].command);
        arena_release(&arena);
    }
    struct arena arena = {0};
    struct credentials got;
    struct error err;
    struct target_spec spec = {.text = "redis://h", .password_command = "sleep 60"};
    const struct clock *clock = clock_monotonic();
    nsec start = clock_now(clock);
    (void)tap_check(!ask(login_make(&spec, &arena), &got, &err), "a command that does not end");
    (void)tap_check(clock_now(clock) - start < 20 * NSEC_PER_SEC, "is ended");
    (void)tap_text(err.text, "redis://h: password-command: it did not end within 5 s", "and named");
    arena_release(&arena);
}

static void check_long(void)
{
    struct arena arena = {0};
    struct credentials got;
    struct error err;
    char longer[CREDENTIAL_SIZE + 1];
    memset(longer, 'a', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    (void)tap_check(!ask(login_make_fixed(NULL, longer, &arena), &got, &err) &&
                        strstr(err.text, "aaaa") == NULL,
                    "a password that is too long is refused, not cut, not quoted");
    (void)tap_check(ask(login_make_fixed(NULL, longer + 1, &arena), &got, &err) &&
                        strcmp(got.password, longer + 1) == 0,
                    "the longest one is taken");
    arena_release(&arena);
}

int main(void)
{
    struct error err = {0};
    if (!file_make_temp_dir("tenbin-test-", folder, sizeof folder, &err)) {
        printf("Bail out! %s\n", err.text);
        return 1;
    }
    (void)snprintf(path, sizeof path, "%s/password", folder);
    check_sources();
    check_file();
    check_command_failures();
    check_long();
    (void)tap_check(file_remove_tree(folder, NULL), "the folder is gone");
    return tap_end();
}
