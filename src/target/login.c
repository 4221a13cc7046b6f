#include "target/login.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "os/clock.h"
#include "os/file.h"
#include "target/command.h"

/* A password and what may follow its line. */
enum { SECRET_LIMIT = 64 * 1024 };

static const char *const environment_name = "TENBIN_PASSWORD";

/* A thousand connections that open at once need one run of a password command, not a thousand, and
 * a token that is asked for again after this long is fresh enough. */
enum { COMMAND_LIFE_SECONDS = 10 };

struct login {
    struct credential_provider provider;
    const struct target_spec *spec;
    struct credentials fixed; /* or what the command gave last */
    pthread_mutex_t mutex;    /* of the two below and of what the command gave: workers ask, too */
    nsec asked_at;
    bool has_answer;
};

/* Whatever held a password is overwritten before its memory is given back. */
static void wipe(struct buf *secret)
{
    if (secret->data != NULL) {
        explicit_bzero(secret->data, secret->capacity);
    }
    buf_release(secret);
}

/* A bounded copy. False when it does not fit. */
static bool copy_text(char to[CREDENTIAL_SIZE], struct str text)
{
    if (text.len >= CREDENTIAL_SIZE || str_find(text, '\0') >= 0) {
        return false;
    }
    if (text.len > 0) {
        memcpy(to, text.data, text.len);
    }
    to[text.len] = '\0';
    return true;
}

/* Takes the first line of `secret` as the password. `source` names where it was read. */
static bool take_first_line(const struct buf *secret, const struct target_spec *spec,
                            const char *source, struct credentials *out, struct error *err)
{
    struct str rest = buf_str(secret);
    struct str line = str_split(&rest, '\n');
    if (line.len > 0 && line.data[line.len - 1] == '\r') {
        line = str_prefix(line, line.len - 1);
    }
    if (line.len == 0) {
        return error_set(err, ERROR_TARGET, "%s: %s: the first line is empty", spec->text, source);
    }
    struct str user = str_from(spec->user);
    if (!copy_text(out->password, line) || !copy_text(out->user, user)) {
        credentials_wipe(out);
        return error_set(err, ERROR_TARGET, "%s: %s: longer than %d bytes or not text", spec->text,
                         source, CREDENTIAL_SIZE - 1);
    }
    return true;
}

static bool get_from_file(const struct credential_provider *provider, struct credentials *out,
                          struct error *err)
{
    const struct login *login = provider->self;
    struct buf secret;
    buf_init(&secret, SECRET_LIMIT);
    /* All room at once: growing would leave copies of the password behind. */
    (void)buf_reserve(&secret, SECRET_LIMIT);
    bool known = file_read(login->spec->password_file, &secret, err);
    if (known) {
        known = take_first_line(&secret, login->spec, "password-file", out, err);
    } else if (err != NULL) {
        err->code = ERROR_TARGET;
        (void)error_prefix(err, "%s: password-file", login->spec->text);
    }
    wipe(&secret);
    return known;
}

static bool run_command(const struct login *login, struct credentials *out, struct error *err)
{
    /* What the command complains of must not be taken for a password. */
    const char *const argv[] = {
        "/bin/sh", "-c", "eval \"$1\" 2>/dev/null", "sh", login->spec->password_command, NULL};
    struct buf secret;
    buf_init(&secret, SECRET_LIMIT);
    (void)buf_reserve(&secret, SECRET_LIMIT);
    bool known = command_run(argv, LOGIN_COMMAND_SECONDS * NSEC_PER_SEC, &secret, err);
    if (known) {
        known = take_first_line(&secret, login->spec, "password-command", out, err);
    } else if (err != NULL) {
        err->code = ERROR_TARGET;
        (void)error_prefix(err, "%s: password-command", login->spec->text);
    }
    wipe(&secret);
    return known;
}

static bool get_from_command(const struct credential_provider *provider, struct credentials *out,
                             struct error *err)
{
    struct login *login = provider->self;
    pthread_mutex_lock(&login->mutex);
    nsec now = clock_now(clock_monotonic());
    if (!login->has_answer || now - login->asked_at > COMMAND_LIFE_SECONDS * NSEC_PER_SEC) {
        login->has_answer = run_command(login, &login->fixed, err);
        login->asked_at = clock_now(clock_monotonic());
    }
    bool known = login->has_answer;
    if (known) {
        *out = login->fixed;
    }
    pthread_mutex_unlock(&login->mutex);
    return known;
}

/* A login that is too long must not be cut into a different one. */
static bool refuse_long(const struct credential_provider *provider, struct credentials *out,
                        struct error *err)
{
    (void)provider;
    (void)out;
    return error_set(err, ERROR_TARGET, "the user name or the password is longer than %d bytes",
                     CREDENTIAL_SIZE - 1);
}

const struct credential_provider *login_make_fixed(const char *user, const char *password,
                                                   struct arena *arena)
{
    struct login *login = arena_alloc(arena, sizeof *login);
    login->provider.self = &login->fixed;
    login->provider.get = copy_text(login->fixed.user, str_from(user)) &&
                                  copy_text(login->fixed.password, str_from(password))
                              ? credentials_get_fixed
                              : refuse_long;
    return &login->provider;
}

const struct credential_provider *login_make(const struct target_spec *spec, struct arena *arena)
{
    if (spec->password != NULL) {
        return login_make_fixed(spec->user, spec->password, arena);
    }
    if (spec->password_file != NULL || spec->password_command != NULL) {
        struct login *login = arena_alloc(arena, sizeof *login);
        login->spec = spec;
        login->provider.self = login;
        (void)pthread_mutex_init(&login->mutex, NULL);
        login->provider.get = spec->password_file != NULL ? get_from_file : get_from_command;
        return &login->provider;
    }
    const char *password = getenv(environment_name);
    if (password != NULL && password[0] != '\0') {
        return login_make_fixed(spec->user, password, arena);
    }
    return spec->user == NULL ? NULL : login_make_fixed(spec->user, NULL, arena);
}
