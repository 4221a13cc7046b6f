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
    size_t number; /* of the host in its list, from 0 */
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

/* ---- what may follow the '?' of a URL ---- */

static bool read_choice(struct str value, const char *const *words, uint8_t *out)
{
    for (uint8_t i = 0; words[i] != NULL; i++) {
        if (str_eq(value, str_from(words[i]))) {
            *out = i;
            return true;
        }
    }
    return false;
}

/* "no" sets the flag that forbids, "yes" leaves it. */
static bool read_not(struct str value, bool *out)
{
    static const char *const words[] = {"yes", "no", NULL};
    uint8_t choice = 0;
    bool known = read_choice(value, words, &choice);
    *out = choice == 1;
    return known;
}

static bool read_verify(struct parser *p, struct str value)
{
    return read_not(value, &p->out->tls.no_verify);
}

static bool read_reuse(struct parser *p, struct str value)
{
    return read_not(value, &p->out->tls.no_session_reuse);
}

static bool read_tls_version(struct parser *p, struct str value)
{
    static const char *const words[] = {"1.2", "1.3", NULL};
    uint8_t choice = 0;
    bool known = read_choice(value, words, &choice);
    p->out->tls.version = (uint8_t)(12 + choice);
    return known;
}

static bool read_cluster(struct parser *p, struct str value)
{
    bool is_off = false;
    bool known = read_not(value, &is_off);
    p->out->cluster = is_off ? CLUSTER_NO : CLUSTER_YES;
    return known;
}

static bool read_reads(struct parser *p, struct str value)
{
    static const char *const words[] = {"primary", "replica", "nearest", NULL};
    uint8_t choice = 0;
    bool known = read_choice(value, words, &choice);
    p->out->read_from = (enum read_preference)choice;
    return known;
}

static bool split_host(struct parser *p, struct str authority, struct str *host, struct str *port);

static bool read_reader(struct parser *p, struct str value)
{
    struct str host = {0};
    struct str port = {0};
    uint64_t number = DEFAULT_PORT;
    struct parser quiet = {.arena = p->arena, .out = p->out};
    if (!split_host(&quiet, value, &host, &port) || !is_word(host, ":._-") ||
        (port.len > 0 &&
         (!str_to_u64(str_from_index(port, 1), &number) || number < 1 || number > UINT16_MAX))) {
        return false;
    }
    p->out->reader_host = arena_copy(p->arena, host);
    p->out->reader_port = (uint16_t)number;
    return true;
}

static bool read_database(struct parser *p, struct str value)
{
    return parse_database(p, value);
}

enum { FOR_ANY = 0, FOR_TLS = 1, FOR_TCP = 2 };

/* One parameter: a text of the spec, or a reader with what it expects. */
static const struct query_key {
    const char *name;
    uint8_t where;
    size_t text; /* offset of a const char * in struct target_spec; 0: see `read` */
    bool (*read)(struct parser *p, struct str value);
    const char *expected;
} query_keys[] = {
    {"db", FOR_ANY, 0, read_database, NULL},
    {"password-file", FOR_ANY, offsetof(struct target_spec, password_file), NULL, NULL},
    {"password-command", FOR_ANY, offsetof(struct target_spec, password_command), NULL, NULL},
    {"ca", FOR_TLS, offsetof(struct target_spec, tls.ca_file), NULL, NULL},
    {"cert", FOR_TLS, offsetof(struct target_spec, tls.cert_file), NULL, NULL},
    {"key", FOR_TLS, offsetof(struct target_spec, tls.key_file), NULL, NULL},
    {"sni", FOR_TLS, offsetof(struct target_spec, tls.server_name), NULL, NULL},
    {"verify", FOR_TLS, 0, read_verify, "yes or no"},
    {"session-reuse", FOR_TLS, 0, read_reuse, "yes or no"},
    {"tls-version", FOR_TLS, 0, read_tls_version, "1.2 or 1.3"},
    {"cluster", FOR_TCP, 0, read_cluster, "yes or no"},
    {"read-from", FOR_TCP, 0, read_reads, "primary, replica or nearest"},
    {"reader", FOR_TCP, 0, read_reader, "a host, or host:port"},
    {"sentinel", FOR_TCP, offsetof(struct target_spec, sentinel), NULL, NULL},
};

enum { QUERY_KEYS = sizeof query_keys / sizeof query_keys[0] };

static const struct query_key *find_query_key(struct str name)
{
    for (size_t i = 0; i < QUERY_KEYS; i++) {
        if (str_eq(name, str_from(query_keys[i].name))) {
            return &query_keys[i];
        }
    }
    return NULL;
}

static bool unknown_key(struct error *err, struct str name)
{
    return error_set(err, ERROR_USAGE,
                     "\"%.*s\" is not known after the '?' of a target; known are db, "
                     "password-file, password-command, cluster, read-from, reader, sentinel and, "
                     "with rediss://, ca, cert, key, sni, verify, session-reuse and tls-version",
                     STR_ARG(name));
}

static bool fits_kind(struct parser *p, const struct query_key *key)
{
    if (key->where == FOR_TLS && !p->out->tls.is_on) {
        return error_set(p->err, ERROR_USAGE, "%s= belongs to TLS: write rediss:// or leave it out",
                         key->name);
    }
    if (key->where == FOR_TCP && p->out->kind != TARGET_TCP) {
        return error_set(p->err, ERROR_USAGE,
                         "%s= belongs to a target with a host, not to a socket", key->name);
    }
    return true;
}

/* `seen`: one bit per parameter. */
static bool parse_query_pair(struct parser *p, struct str name, struct str value, uint32_t *seen)
{
    const struct query_key *key = find_query_key(name);
    bool may_hold_at = key != NULL && key->text != 0 && key->where == FOR_ANY;
    if (has_at(name) || (!may_hold_at && has_at(value))) {
        return stray_at(p->err);
    }
    if (key == NULL) {
        return unknown_key(p->err, name);
    }
    uint32_t bit = (uint32_t)1 << (key - query_keys);
    if ((*seen & bit) != 0) {
        return error_set(p->err, ERROR_USAGE, "%s is given twice", key->name);
    }
    *seen |= bit;
    if (!fits_kind(p, key)) {
        return false;
    }
    if (value.len == 0) {
        return error_set(p->err, ERROR_USAGE, "%s= needs a value", key->name);
    }
    if (key->text == 0) {
        return key->read(p, value) ||
               (key->expected == NULL ? false
                                      : error_set(p->err, ERROR_USAGE, "%s=%.*s: write %s",
                                                  key->name, STR_ARG(value), key->expected));
    }
    const char *text = decode(p->arena, value);
    if (text == NULL) {
        return bad_percent(p->err, "the part after the '?'");
    }
    memcpy((char *)p->out + key->text, &text, sizeof text);
    return true;
}

/* Parameters that mean nothing together. */
static bool check_query(struct parser *p)
{
    const struct target_spec *out = p->out;
    int passwords =
        (out->password != NULL) + (out->password_file != NULL) + (out->password_command != NULL);
    if (passwords > 1) {
        return error_set(p->err, ERROR_USAGE,
                         "the password is given in more than one way; keep one of login, "
                         "password-file and password-command");
    }
    if (out->sentinel != NULL && out->cluster == CLUSTER_YES) {
        return error_set(p->err, ERROR_USAGE,
                         "sentinels look after servers without cluster mode: leave one of "
                         "sentinel= and cluster=yes out");
    }
    if (out->reader_host != NULL && out->read_from == READ_PRIMARY) {
        return error_set(p->err, ERROR_USAGE,
                         "reader= is used with read-from=replica or read-from=nearest only");
    }
    if (out->reader_host != NULL && out->cluster == CLUSTER_YES) {
        return error_set(p->err, ERROR_USAGE,
                         "a cluster tells its replicas itself: leave reader= out");
    }
    if (out->tls.key_file != NULL && out->tls.cert_file == NULL) {
        return error_set(p->err, ERROR_USAGE,
                         "key= needs the certificate that it belongs to: cert=");
    }
    return true;
}

static bool parse_url_query(struct parser *p, struct str query, bool database_given)
{
    uint32_t seen = database_given ? 1 : 0; /* db is the first in the list */
    while (query.len > 0) {
        struct str value = str_split(&query, '&');
        struct str name = str_split(&value, '=');
        if (!parse_query_pair(p, name, value, &seen)) {
            return false;
        }
    }
    return check_query(p);
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
    struct str host = {0};
    struct str port = {0};
    if (str_find(authority, ',') >= 0) {
        return error_set(p->err, ERROR_USAGE,
                         "a ',' stands in a host; to list several hosts write each as a whole "
                         "target, for example redis://h1,redis://h2");
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

static bool parse_tls(struct parser *p, struct str rest)
{
    p->out->tls.is_on = true;
    return parse_tcp(p, rest);
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
    {"rediss://", TARGET_TCP, parse_tls, NULL},
    {"valkeys://", TARGET_TCP, parse_tls, NULL},
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

static bool parse_one(struct parser *p, struct str text)
{
    const struct scheme *scheme = find_scheme(text);
    if (scheme == NULL) {
        return not_a_target(p, text);
    }
    struct str prefix = str_from(scheme->prefix);
    struct str rest = str_from_index(text, prefix.len);
    if (scheme->refusal != NULL) {
        return error_set(p->err, ERROR_USAGE, "%s: %s", scheme->prefix, scheme->refusal);
    }
    p->out->kind = scheme->kind;
    if (!scheme->parse(p, rest)) {
        return false;
    }
    p->out->text = scheme->kind == TARGET_LOCAL ? text_of_local(p->arena, text)
                                                : text_of_url(p->arena, prefix, rest);
    return true;
}

/* ---- several hosts ---- */

/* Takes the first host off a list. */
static struct str take_host(struct str *list)
{
    for (size_t i = 0; i < list->len; i++) {
        const struct scheme *next = find_scheme(str_from_index(*list, i + 1));
        if (list->data[i] == ',' && next != NULL && next->refusal == NULL) {
            struct str host = str_prefix(*list, i);
            *list = str_from_index(*list, i + 1);
            return host;
        }
    }
    struct str last = *list;
    *list = str_from_index(*list, list->len);
    return last;
}

/* " (redis://host:6379/0)", without login and what follows a '?'; "" where a piece of a password
 * may stand elsewhere. */
static const char *quote_host(struct arena *arena, struct str text)
{
    const struct scheme *scheme = find_scheme(text);
    if (scheme == NULL) {
        return "";
    }
    size_t head = strlen(scheme->prefix);
    struct str query = str_from_index(text, head);
    struct str place = str_split(&query, '?');
    if (scheme->kind != TARGET_LOCAL) {
        ptrdiff_t at = str_find_last(str_prefix(place, length_before(place, "/")), '@');
        place = str_from_index(place, (size_t)(at + 1));
        if (has_at(place) || has_at(query)) {
            return "";
        }
    }
    return arena_printf(arena, " (%.*s%.*s)", STR_ARG(str_prefix(text, head)), STR_ARG(place));
}

/* One of several. A ',' in a password ends its host too early; the '@' is then behind. */
static bool parse_one_of(struct parser *p, struct str host, struct str behind, size_t total)
{
    size_t number = p->number + 1;
    if (parse_one(p, host)) {
        return true;
    }
    if (!has_at(host) && has_at(behind)) {
        return error_set(p->err, ERROR_USAGE,
                         "host %zu of %zu is not a target; in user and password write ',' as %%2C, "
                         "'/' as %%2F and '@' as %%40",
                         number, total);
    }
    return error_prefix(p->err, "host %zu of %zu%s", number, total, quote_host(p->arena, host));
}

static size_t count_hosts(struct str list)
{
    size_t count = 1;
    for ((void)take_host(&list); list.len > 0; count++) {
        (void)take_host(&list);
    }
    return count;
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
    size_t count = count_hosts(text);
    if (count == 1) {
        return parse_one(&p, text);
    }
    if (count > TARGET_MAX_HOSTS) {
        return error_set(err, ERROR_USAGE, "a target lists at most %d hosts, not %zu",
                         TARGET_MAX_HOSTS, count);
    }
    out->others = arena_alloc_array(arena, count - 1, sizeof *out->others);
    out->other_count = count - 1;
    for (size_t i = 0; i < count; i++) {
        struct str host = take_host(&text);
        p.out = i == 0 ? out : &out->others[i - 1];
        p.number = i;
        if (!parse_one_of(&p, host, text, count)) {
            return false;
        }
    }
    return true;
}

size_t target_spec_hosts(const struct target_spec *spec)
{
    return 1 + spec->other_count;
}

const struct target_spec *target_spec_host(const struct target_spec *spec, size_t index)
{
    return index == 0 ? spec : &spec->others[index - 1];
}

const char *target_spec_text(const struct target_spec *spec, struct arena *arena)
{
    const char *text = arena_copy_text(arena, spec->text);
    for (size_t i = 0; i < spec->other_count; i++) {
        text = arena_printf(arena, "%s,%s", text, spec->others[i].text);
    }
    return text;
}
