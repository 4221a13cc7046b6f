/* A target as the user wrote it: parsed, not yet reached or started. Pure.
 *
 *   [LABEL=]redis://[user[:password]@]host[:port][/db]   valkey:// means the same
 *   [LABEL=]unix://[user:password@]/path/to/socket[?db=0]
 *   rediss:// and valkeys:// for TLS, with ca=FILE, cert=FILE, key=FILE, sni=NAME, verify=no,
 *   session-reuse=no, tls-version=1.2|1.3 after the '?'
 *   (all also with password-file=FILE or password-command=COMMAND after the '?')
 *   cluster=yes|no, read-from=primary|replica|nearest, reader=HOST[:PORT] (a reader endpoint),
 *   sentinel=NAME (host and port are a sentinel's; NAME is what it calls the primary)
 *   [LABEL=]local:PROGRAM[@VERSION][?setting=value&...]
 *   [LABEL=]TARGET,TARGET,... several hosts of one arm. A comma separates where one of the schemes
 *   above follows it; elsewhere it belongs to the target. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"

enum { TARGET_MAX_HOSTS = 16 }; /* of one arm */

enum target_kind { TARGET_TCP, TARGET_UNIX, TARGET_LOCAL };

struct setting {
    const char *name;
    const char *value;
};

/* What a URL says of TLS. Files as written; NULL: not given. */
struct tls_spec {
    bool is_on;
    const char *ca_file;
    const char *cert_file;
    const char *key_file;
    const char *server_name;
    bool no_verify;
    bool no_session_reuse;
    uint8_t version; /* 12, 13; 0: either */
};

enum cluster_mode { CLUSTER_DETECT, CLUSTER_YES, CLUSTER_NO };
enum read_preference { READ_PRIMARY, READ_REPLICA, READ_NEAREST };

struct target_spec {
    enum target_kind kind;
    const char *label; /* NULL: none given */
    const char *text;  /* this host as written, without label; a password is replaced by *** */
    const char *host;  /* TCP: name or number, IPv6 without brackets */
    uint16_t port;     /* TCP; 6379 unless given */
    const char *path;  /* unix: the socket */
    uint32_t database;
    const char *user;          /* NULL: none */
    const char *password;      /* NULL: none */
    const char *password_file; /* NULL: none; read at each connect */
    const char
        *password_command; /* NULL: none; run (sh -c) at each connect, first line of output */
    struct tls_spec tls;
    enum cluster_mode cluster;
    enum read_preference read_from;
    const char *reader_host; /* NULL: none */
    uint16_t reader_port;
    const char *sentinel;     /* name of the primary; NULL: host and port are the server's */
    const char *program;      /* local: "redis-server", "valkey-server" or a path */
    const char *version;      /* local: "9.1" or NULL */
    struct setting *settings; /* local: server settings in the order given */
    size_t setting_count;
    struct target_spec *others; /* the arm's further hosts, targets of their own without a label */
    size_t other_count;
};

/* How many hosts the target lists (at least one), and one of them, from 0. */
size_t target_spec_hosts(const struct target_spec *spec);
const struct target_spec *target_spec_host(const struct target_spec *spec, size_t index);
/* All hosts as written, like `text`, separated by commas; lives in `arena`. */
const char *target_spec_text(const struct target_spec *spec, struct arena *arena);

/* Whether a server setting of this name holds a password: its value is shown as *** in `text` and
 * in results. */
bool setting_is_secret(const char *name);

/* Labels are made of letters, digits, '.', '_' and '-'. Percent-decodes user, password, socket path
 * and values, not the program; a '+' stays a '+'. Settings keep their order and may repeat. A
 * program with a '/' is a path and has no version.
 *
 * All strings live in `arena`. ERROR_USAGE: a sentence that quotes the part that is wrong (never
 * what may be a piece of a password) and says what would be right; where several hosts are listed
 * it begins with which one. Forms that tenbin knows of but this version cannot serve (docker:,
 * elasticache:) say so. */
bool target_spec_parse(struct str text, struct arena *arena, struct target_spec *out,
                       struct error *err);
