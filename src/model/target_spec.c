#include "model/target_spec.h"

#include <ctype.h>

enum {
    DEFAULT_PORT = 6379,
    SOCKET_PATH_MAX = 107, /* bytes of sockaddr_un's sun_path, without the NUL */
};

#define FORMS "redis://host:6379, unix:///path/to/socket or local:redis-server"

struct parser {
    struct arena *arena;
    struct target_spec *out;
    struct error *err;
};

/* Whether `text` is not empty and consists of letters, digits and `others`. */
static bool is_word(struct str text, const char *others)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        if (!isalnum((unsigned char)c) && (c == '\0' || strchr(others, c) == NULL)) {
            return false;
        }
    }
    return text.len > 0;
}

static bool has_control(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (iscntrl((unsigned char)text.data[i])) {
            return true;
        }
    }
    return false;
}

static size_t length_before(struct str text, const char *stops)
{
    size_t len = 0;
    while (len < text.len && strchr(stops, text.data[len]) == NULL) {
        len++;
    }
    return len;
}

/* 0 to 15, or -1. */
static int hex_digit(struct str text, size_t index)
{
    if (index >= text.len || !isxdigit((unsigned char)text.data[index])) {
        return -1;
    }
    char c = text.data[index];
    return isdigit((unsigned char)c) ? c - '0' : (c | 0x20) - 'a' + 10;
}

/* A percent-decoded copy; NULL: a '%' without two hexadecimal digits, or one that makes a NUL. */
static char *decode(struct arena *arena, struct str text)
{
    char *copy = arena_copy(arena, text);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        if (c == '%') {
            int high = hex_digit(text, i + 1);
            int low = hex_digit(text, i + 2);
            if (high < 0 || low < 0 || high + low == 0) {
                return NULL;
            }
            c = (char)(high * 16 + low);
            i += 2;
        }
        copy[len++] = c;
    }
    copy[len] = '\0';
    return copy;
}

static bool bad_percent(struct error *err, const char *where)
{
    return error_set(err, ERROR_USAGE,
                     "%s holds a '%%' that is not followed by two hexadecimal digits (and not by "
                     "00); write a percent sign as %%25",
                     where);
}

/* Where a '@' stands that cannot belong to a login, the login was most likely cut short by a
 * character that ends it: no part may then be quoted, for it may be a piece of the password. */
static bool stray_at(struct error *err)
{
    return error_set(err, ERROR_USAGE,
                     "a '@' stands where no login can be; in user and password write '/' as %%2F, "
                     "'?' as %%3F, '@' as %%40 and '%%' as %%25");
}

static bool has_at(struct str text)
{
    return str_find(text, '@') >= 0;
}

/* "user:password" of a URL; an empty part counts as none. */
static bool parse_login(struct parser *p, struct str login)
{
    struct str password = login;
    struct str user = str_split(&password, ':');
    if (user.len > 0) {
        p->out->user = decode(p->arena, user);
    }
    if (password.len > 0) {
        p->out->password = decode(p->arena, password);
    }
    if ((user.len > 0 && p->out->user == NULL) || (password.len > 0 && p->out->password == NULL)) {
        return bad_percent(p->err, "the login");
    }
    return true;
}

static bool parse_database(struct parser *p, struct str text)
{
    uint64_t number;
    if (has_at(text)) {
        return stray_at(p->err);
    }
    if (!str_to_u64(text, &number) || number > INT32_MAX) {
        return error_set(p->err, ERROR_USAGE, "database \"%.*s\": write a number such as 0",
                         STR_ARG(text));
    }
    p->out->database = (uint32_t)number;
    return true;
}

/* What a URL's query may ask for, and whether it was. */
struct url_query {
    bool database;
};

static bool parse_url_pair(struct parser *p, struct str key, struct str value,
                           struct url_query *seen)
{
    const char **text = NULL;
    if (str_eq(key, STR("password-file"))) {
        text = &p->out->password_file;
    } else if (str_eq(key, STR("password-command"))) {
        text = &p->out->password_command;
    } else if (has_at(key) || (!str_eq(key, STR("db")) && has_at(value))) {
        return stray_at(p->err);
    } else if (!str_eq(key, STR("db"))) {
        return error_set(p->err, ERROR_USAGE,
                         "\"%.*s\" is not known after the '?' of a target; known are db, "
                         "password-file and password-command",
                         STR_ARG(key));
    }
    if (text == NULL ? seen->database : *text != NULL) {
        return error_set(p->err, ERROR_USAGE, "%.*s is given twice", STR_ARG(key));
    }
    if (text == NULL) {
        seen->database = true;
        return parse_database(p, value);
    }
    *text = decode(p->arena, value);
    if (*text == NULL) {
        return bad_percent(p->err, "the part after the '?'");
    }
    if (value.len == 0) {
        return error_set(p->err, ERROR_USAGE, "%.*s= needs a value", STR_ARG(key));
    }
    return true;
}

static bool parse_url_query(struct parser *p, struct str query, bool database_given)
{
    struct url_query seen = {.database = database_given};
    while (query.len > 0) {
        struct str value = str_split(&query, '&');
        struct str key = str_split(&value, '=');
        if (!parse_url_pair(p, key, value, &seen)) {
            return false;
        }
    }
    const struct target_spec *out = p->out;
    int passwords =
        (out->password != NULL) + (out->password_file != NULL) + (out->password_command != NULL);
    if (passwords > 1) {
        return error_set(p->err, ERROR_USAGE,
                         "the password is given in more than one way; keep one of login, "
                         "password-file and password-command");
    }
    return true;
}

/* Takes "login@" off the front of an authority. */
static bool take_login(struct parser *p, struct str *authority)
{
    ptrdiff_t at = str_find_last(*authority, '@');
    if (at < 0) {
        return true;
    }
    struct str login = str_prefix(*authority, (size_t)at);
    *authority = str_from_index(*authority, (size_t)at + 1);
    return parse_login(p, login);
}

/* Splits "[::1]:6380" or "host:6380" without judging the parts. */
static bool split_host(struct parser *p, struct str authority, struct str *host, struct str *port)
{
    *port = (struct str){0};
    if (authority.len == 0 || authority.data[0] != '[') {
        ptrdiff_t colon = str_find(authority, ':');
        *host = colon < 0 ? authority : str_prefix(authority, (size_t)colon);
        *port = colon < 0 ? *port : str_from_index(authority, (size_t)colon);
        if (str_find(str_from_index(*port, 1), ':') >= 0) {
            return error_set(p->err, ERROR_USAGE,
                             "host \"%.*s\": write an IPv6 address in brackets, for example "
                             "redis://[::1]:6379",
                             STR_ARG(authority));
        }
        return true;
    }
    ptrdiff_t end = str_find(authority, ']');
    if (end < 0) {
        return error_set(p->err, ERROR_USAGE, "host \"%.*s\": the closing ']' is missing",
                         STR_ARG(authority));
    }
    *host = str_prefix(str_from_index(authority, 1), (size_t)end - 1);
    *port = str_from_index(authority, (size_t)end + 1);
    if (!is_word(*host, ":.%_-") || str_find(*host, ':') < 0 ||
        (port->len > 0 && port->data[0] != ':')) {
        return error_set(p->err, ERROR_USAGE,
                         "host \"%.*s\": write an IPv6 address and its port as [::1]:6379",
                         STR_ARG(authority));
    }
    return true;
}

static bool parse_host(struct parser *p, struct str authority)
{
    struct str host;
    struct str port;
    if (str_find(authority, ',') >= 0) {
        return error_set(p->err, ERROR_USAGE,
                         "several hosts in one target are not served by this version of tenbin; "
                         "name one host");
    }
    if (!split_host(p, authority, &host, &port)) {
        return false;
    }
    if (host.len == 0) {
        return error_set(p->err, ERROR_USAGE,
                         "the host is missing; write for example redis://localhost:6379");
    }
    bool bracketed = authority.data[0] == '[';
    if (!bracketed && !is_word(host, "._-")) {
        return error_set(p->err, ERROR_USAGE, "host \"%.*s\": write a name or an address",
                         STR_ARG(host));
    }
    uint64_t number = DEFAULT_PORT;
    if (port.len > 0 &&
        (!str_to_u64(str_from_index(port, 1), &number) || number < 1 || number > UINT16_MAX)) {
        return error_set(p->err, ERROR_USAGE, "port \"%.*s\": write a number from 1 to 65535",
                         STR_ARG(str_from_index(port, 1)));
    }
    p->out->host = arena_copy(p->arena, host);
    p->out->port = (uint16_t)number;
    return true;
}

static bool parse_tcp(struct parser *p, struct str rest)
{
    struct str authority = str_prefix(rest, length_before(rest, "/?"));
    struct str query = str_from_index(rest, authority.len);
    struct str path = str_split(&query, '?');
    struct parser quiet = {.arena = p->arena, .out = p->out};
    if (has_at(path) || (!has_at(authority) && has_at(query) && !parse_host(&quiet, authority))) {
        return stray_at(p->err);
    }
    if (!take_login(p, &authority) || !parse_host(p, authority)) {
        return false;
    }
    bool database_given = path.len > 1;
    if (database_given && !parse_database(p, str_from_index(path, 1))) {
        return false;
    }
    return parse_url_query(p, query, database_given);
}

static bool parse_unix(struct parser *p, struct str rest)
{
    struct str authority = str_prefix(rest, length_before(rest, "/?"));
    struct str query = str_from_index(rest, authority.len);
    struct str path = str_split(&query, '?');
    if (authority.len > 0 && authority.data[authority.len - 1] != '@' && has_at(rest)) {
        return stray_at(p->err);
    }
    if (!take_login(p, &authority)) {
        return false;
    }
    if (authority.len > 0 || path.len < 2) {
        return error_set(p->err, ERROR_USAGE,
                         "unix:// needs the absolute path of a socket; write for example "
                         "unix:///run/redis/redis.sock");
    }
    const char *decoded = decode(p->arena, path);
    if (decoded == NULL) {
        return bad_percent(p->err, "the path of the socket");
    }
    if (has_control(str_from(decoded))) {
        return error_set(p->err, ERROR_USAGE, "the path of the socket holds a control character");
    }
    if (strlen(decoded) > SOCKET_PATH_MAX) {
        return error_set(p->err, ERROR_USAGE,
                         "socket \"%s\": the system allows %d bytes for the path", decoded,
                         SOCKET_PATH_MAX);
    }
    p->out->path = decoded;
    return parse_url_query(p, query, false);
}

static bool parse_setting(struct parser *p, struct str value, struct setting *out)
{
    ptrdiff_t equals = str_find(value, '=');
    struct str name = str_split(&value, '=');
    if (equals < 0 || !is_word(name, "._-")) {
        return error_set(p->err, ERROR_USAGE,
                         "server setting \"%.*s\": write name=value, for example io-threads=2",
                         STR_ARG(name));
    }
    out->name = arena_copy(p->arena, name);
    out->value = decode(p->arena, value);
    if (out->value == NULL) {
        return bad_percent(p->err, "a server setting");
    }
    if (has_control(str_from(out->value))) {
        return error_set(p->err, ERROR_USAGE, "server setting \"%s\" holds a control character",
                         out->name);
    }
    return true;
}

static bool parse_settings(struct parser *p, struct str query)
{
    size_t count = 0;
    for (struct str rest = query; rest.len > 0; count++) {
        (void)str_split(&rest, '&');
    }
    struct setting *settings = arena_alloc_array(p->arena, count, sizeof *settings);
    for (size_t i = 0; i < count; i++) {
        if (!parse_setting(p, str_split(&query, '&'), &settings[i])) {
            return false;
        }
    }
    p->out->settings = settings;
    p->out->setting_count = count;
    return true;
}

static bool parse_local(struct parser *p, struct str rest)
{
    struct str query = rest;
    struct str program = str_split(&query, '?');
    struct str version = {0};
    ptrdiff_t at = str_find(program, '@');
    if (at >= 0 && str_find(program, '/') < 0) {
        version = str_from_index(program, (size_t)at + 1);
        program = str_prefix(program, (size_t)at);
        if (!is_word(version, ".~+-") || !isdigit((unsigned char)version.data[0])) {
            return error_set(p->err, ERROR_USAGE,
                             "version \"%.*s\": write a number such as "
                             "local:valkey-server@9.1",
                             STR_ARG(version));
        }
        p->out->version = arena_copy(p->arena, version);
    }
    if (program.len == 0) {
        return error_set(p->err, ERROR_USAGE,
                         "local: needs a program; write for example local:redis-server");
    }
    p->out->program = arena_copy(p->arena, program);
    return parse_settings(p, query);
}

bool setting_is_secret(const char *name)
{
    static const char *const secrets[] = {
        "requirepass", "masterauth",        "primaryauth",
        "user",        "tls-key-file-pass", "tls-client-key-file-pass",
    };
    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++) {
        if (str_eq_nocase(str_from(name), str_from(secrets[i]))) {
            return true;
        }
    }
    return false;
}

/* The target without label and without passwords. */
static const char *text_of_local(struct arena *arena, struct str text)
{
    struct str query = text;
    const char *shown = arena_copy(arena, str_split(&query, '?'));
    for (char separator = '?'; query.len > 0; separator = '&') {
        struct str value = str_split(&query, '&');
        const char *name = arena_copy(arena, str_split(&value, '='));
        const char *seen = setting_is_secret(name) ? "***" : arena_copy(arena, value);
        shown = arena_printf(arena, "%s%c%s=%s", shown, separator, name, seen);
    }
    return shown;
}

static const char *text_of_url(struct arena *arena, struct str scheme, struct str rest)
{
    struct str authority = str_prefix(rest, length_before(rest, "/?"));
    ptrdiff_t at = str_find_last(authority, '@');
    ptrdiff_t colon = str_find(authority, ':');
    if (at < 0 || colon < 0 || colon > at) {
        return arena_printf(arena, "%.*s%.*s", STR_ARG(scheme), STR_ARG(rest));
    }
    struct str user = str_prefix(authority, (size_t)colon);
    struct str tail = str_from_index(rest, (size_t)at);
    return arena_printf(arena, "%.*s%.*s:***%.*s", STR_ARG(scheme), STR_ARG(user), STR_ARG(tail));
}

struct scheme {
    const char *prefix;
    enum target_kind kind;
    bool (*parse)(struct parser *p, struct str rest);
    const char *refusal; /* why this version cannot serve it; NULL: it can */
};

static const struct scheme schemes[] = {
    {"redis://", TARGET_TCP, parse_tcp, NULL},
    {"valkey://", TARGET_TCP, parse_tcp, NULL},
    {"unix://", TARGET_UNIX, parse_unix, NULL},
    {"local:", TARGET_LOCAL, parse_local, NULL},
    {"rediss://", TARGET_TCP, NULL, "TLS is not in this version of tenbin; use redis://"},
    {"valkeys://", TARGET_TCP, NULL, "TLS is not in this version of tenbin; use valkey://"},
    {"docker:", TARGET_LOCAL, NULL,
     "this version of tenbin starts no containers; start one and name its address, for example "
     "redis://localhost:6379"},
    {"elasticache:", TARGET_TCP, NULL,
     "this version of tenbin does not look up ElastiCache names; name the endpoint, for example "
     "redis://name.cache.amazonaws.com:6379"},
};

static const struct scheme *find_scheme(struct str text)
{
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        if (str_starts_with(text, str_from(schemes[i].prefix))) {
            return &schemes[i];
        }
    }
    return NULL;
}

/* Takes "LABEL=" off the front. A '=' behind one of ":/?@" belongs to the target. */
static bool take_label(struct parser *p, struct str *text)
{
    size_t len = length_before(*text, "=:/?@");
    if (len == text->len || text->data[len] != '=') {
        return true;
    }
    struct str label = str_prefix(*text, len);
    if (!is_word(label, "._-")) {
        return error_set(p->err, ERROR_USAGE,
                         "label \"%.*s\": write letters, digits, '.', '_' and '-' before the '=', "
                         "for example new=redis://host:6379",
                         STR_ARG(label));
    }
    p->out->label = arena_copy(p->arena, label);
    *text = str_from_index(*text, len + 1);
    return true;
}

static bool not_a_target(struct parser *p, struct str text)
{
    if (text.len == 0) {
        return error_set(p->err, ERROR_USAGE, "a target is empty; write for example " FORMS);
    }
    if (has_at(text)) { /* whatever it is, it may hold a password */
        return error_set(p->err, ERROR_USAGE, "this is not a target; write for example " FORMS);
    }
    return error_set(p->err, ERROR_USAGE, "\"%.*s\" is not a target; write for example " FORMS,
                     STR_ARG(text));
}

bool target_spec_parse(struct str text, struct arena *arena, struct target_spec *out,
                       struct error *err)
{
    *out = (struct target_spec){0};
    struct parser p = {.arena = arena, .out = out, .err = err};
    if (has_control(text)) {
        return error_set(err, ERROR_USAGE, "a target holds a control character");
    }
    if (!take_label(&p, &text)) {
        return false;
    }
    const struct scheme *scheme = find_scheme(text);
    if (scheme == NULL) {
        return not_a_target(&p, text);
    }
    struct str prefix = str_from(scheme->prefix);
    struct str rest = str_from_index(text, prefix.len);
    if (scheme->refusal != NULL) {
        return error_set(err, ERROR_USAGE, "%s: %s", scheme->prefix, scheme->refusal);
    }
    out->kind = scheme->kind;
    if (!scheme->parse(&p, rest)) {
        return false;
    }
    out->text = scheme->kind == TARGET_LOCAL ? text_of_local(arena, text)
                                             : text_of_url(arena, prefix, rest);
    return true;
}
