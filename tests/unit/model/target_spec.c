#include "model/target_spec.h"

#include "base/buf.h"
#include "support/tap.h"

/* What is not given here must be NULL or 0 in the parsed target. */
struct accepted {
    const char *text;
    struct target_spec want;
};

#define SHOWN(shown) .text = (shown)
#define LONG_PATH                                                                                  \
    "/p123456789p123456789p123456789p123456789p123456789p123456789p12345678"                       \
    "9p123456789p123456789p123456789p12345" /* 107 bytes */

static const struct accepted accepted[] = {
    {"rediss://h", {SHOWN("rediss://h"), .host = "h", .port = 6379, .tls = {.is_on = true}}},
    {"valkeys://u:pw@h:7",
     {.text = "valkeys://u:***@h:7",
      .host = "h",
      .port = 7,
      .user = "u",
      .password = "pw",
      .tls = {.is_on = true}}},
    {"rediss://h?ca=/a%20b&cert=/c&key=/k&sni=n.example&verify=no&session-reuse=no&tls-version=1.2",
     {SHOWN("rediss://h?ca=/a%20b&cert=/c&key=/k&sni=n.example&verify=no&session-reuse=no&"
            "tls-version=1.2"),
      .host = "h", .port = 6379, .tls = {true, "/a b", "/c", "/k", "n.example", true, true, 12}}},
    {"rediss://h?tls-version=1.3&verify=yes&session-reuse=yes",
     {SHOWN("rediss://h?tls-version=1.3&verify=yes&session-reuse=yes"), .host = "h", .port = 6379,
      .tls = {.is_on = true, .version = 13}}},
    {"redis://h?cluster=yes&read-from=nearest",
     {SHOWN("redis://h?cluster=yes&read-from=nearest"), .host = "h", .port = 6379,
      .cluster = CLUSTER_YES, .read_from = READ_NEAREST}},
    {"redis://h?cluster=no",
     {SHOWN("redis://h?cluster=no"), .host = "h", .port = 6379, .cluster = CLUSTER_NO}},
    {"redis://h?read-from=replica&reader=r.example:6380",
     {SHOWN("redis://h?read-from=replica&reader=r.example:6380"), .host = "h", .port = 6379,
      .read_from = READ_REPLICA, .reader_host = "r.example", .reader_port = 6380}},
    {"redis://h:26379?sentinel=my%20master",
     {SHOWN("redis://h:26379?sentinel=my%20master"), .host = "h", .port = 26379,
      .sentinel = "my master"}},
    {"redis://h", {SHOWN("redis://h"), .host = "h", .port = 6379}},
    {"valkey://h", {SHOWN("valkey://h"), .host = "h", .port = 6379}},
    {"redis://h/", {SHOWN("redis://h/"), .host = "h", .port = 6379}},
    {"redis://h:1", {SHOWN("redis://h:1"), .host = "h", .port = 1}},
    {"redis://h:65535/3", {SHOWN("redis://h:65535/3"), .host = "h", .port = 65535, .database = 3}},
    {"redis://10.0.0.5/2147483647",
     {SHOWN("redis://10.0.0.5/2147483647"), .host = "10.0.0.5", .port = 6379,
      .database = 2147483647}},
    {"redis://h?db=7", {SHOWN("redis://h?db=7"), .host = "h", .port = 6379, .database = 7}},
    {"redis://h/?db=7", {SHOWN("redis://h/?db=7"), .host = "h", .port = 6379, .database = 7}},
    {"redis://h?", {SHOWN("redis://h?"), .host = "h", .port = 6379}},
    {"redis://my_host.example-1",
     {SHOWN("redis://my_host.example-1"), .host = "my_host.example-1", .port = 6379}},
    {"redis://[::1]", {SHOWN("redis://[::1]"), .host = "::1", .port = 6379}},
    {"redis://[fe80::1%eth0]:7000/1",
     {SHOWN("redis://[fe80::1%eth0]:7000/1"), .host = "fe80::1%eth0", .port = 7000, .database = 1}},
    {"redis://u:p@[::1]:7000",
     {SHOWN("redis://u:***@[::1]:7000"), .host = "::1", .port = 7000, .user = "u",
      .password = "p"}},
    {"redis://u@h", {SHOWN("redis://u@h"), .host = "h", .port = 6379, .user = "u"}},
    {"redis://u:@h", {SHOWN("redis://u:***@h"), .host = "h", .port = 6379, .user = "u"}},
    {"redis://:p@h", {SHOWN("redis://:***@h"), .host = "h", .port = 6379, .password = "p"}},
    {"redis://@h", {SHOWN("redis://@h"), .host = "h", .port = 6379}},
    {"redis://a%3Ab:p%40%2f%3F%25@h",
     {SHOWN("redis://a%3Ab:***@h"), .host = "h", .port = 6379, .user = "a:b", .password = "p@/?%"}},
    {"redis://u:a:b@c@h",
     {SHOWN("redis://u:***@h"), .host = "h", .port = 6379, .user = "u", .password = "a:b@c"}},
    {"redis://u:p+q@h",
     {SHOWN("redis://u:***@h"), .host = "h", .port = 6379, .user = "u", .password = "p+q"}},
    {"redis://u@h?password-file=/run/secret",
     {SHOWN("redis://u@h?password-file=/run/secret"), .host = "h", .port = 6379, .user = "u",
      .password_file = "/run/secret"}},
    {"redis://h?password-command=get%20a%26b=c@d&db=2",
     {SHOWN("redis://h?password-command=get%20a%26b=c@d&db=2"), .host = "h", .port = 6379,
      .database = 2, .password_command = "get a&b=c@d"}},
    {"A=redis://h", {.label = "A", SHOWN("redis://h"), .host = "h", .port = 6379}},
    {"v-9.1_x=valkey://h:1", {.label = "v-9.1_x", SHOWN("valkey://h:1"), .host = "h", .port = 1}},
    {"A=redis://u:p=q@h",
     {.label = "A",
      SHOWN("redis://u:***@h"),
      .host = "h",
      .port = 6379,
      .user = "u",
      .password = "p=q"}},
    {"unix:///s", {TARGET_UNIX, SHOWN("unix:///s"), .path = "/s"}},
    {"unix:///run/a@b/r.sock?db=3",
     {TARGET_UNIX, SHOWN("unix:///run/a@b/r.sock?db=3"), .path = "/run/a@b/r.sock", .database = 3}},
    {"unix:///a%3Fb", {TARGET_UNIX, SHOWN("unix:///a%3Fb"), .path = "/a?b"}},
    {"unix://u:p@/s",
     {TARGET_UNIX, SHOWN("unix://u:***@/s"), .path = "/s", .user = "u", .password = "p"}},
    {"unix://:p@/s?db=1",
     {TARGET_UNIX, SHOWN("unix://:***@/s?db=1"), .path = "/s", .password = "p", .database = 1}},
    {"unix:///s?password-command=cat x",
     {TARGET_UNIX, SHOWN("unix:///s?password-command=cat x"), .path = "/s",
      .password_command = "cat x"}},
    {"B=unix:///s", {TARGET_UNIX, .label = "B", SHOWN("unix:///s"), .path = "/s"}},
    {"unix://" LONG_PATH, {TARGET_UNIX, SHOWN("unix://" LONG_PATH), .path = LONG_PATH}},
    {"local:redis-server", {TARGET_LOCAL, SHOWN("local:redis-server"), .program = "redis-server"}},
    {"local:redis-server?", {TARGET_LOCAL, SHOWN("local:redis-server"), .program = "redis-server"}},
    {"local:valkey-server@9.1",
     {TARGET_LOCAL, SHOWN("local:valkey-server@9.1"), .program = "valkey-server",
      .version = "9.1"}},
    {"local:redis-server@8.0~rc1-2+b",
     {TARGET_LOCAL, SHOWN("local:redis-server@8.0~rc1-2+b"), .program = "redis-server",
      .version = "8.0~rc1-2+b"}},
    {"local:/opt/valkey@9/bin/valkey-server",
     {TARGET_LOCAL, SHOWN("local:/opt/valkey@9/bin/valkey-server"),
      .program = "/opt/valkey@9/bin/valkey-server"}},
    {"local:x?y=z",
     {TARGET_LOCAL, SHOWN("local:x?y=z"), .program = "x",
      .settings = (struct setting[]){{"y", "z"}}, .setting_count = 1}},
    {"new=local:x?y=z=1&save=900 1&y=%26%3d&empty=",
     {TARGET_LOCAL, .label = "new", SHOWN("local:x?y=z=1&save=900 1&y=%26%3d&empty="),
      .program = "x",
      .settings = (struct setting[]){{"y", "z=1"}, {"save", "900 1"}, {"y", "&="}, {"empty", ""}},
      .setting_count = 4}},
    {"local:x@7?requirepass=secret&io-threads=2",
     {TARGET_LOCAL, SHOWN("local:x@7?requirepass=***&io-threads=2"), .program = "x", .version = "7",
      .settings = (struct setting[]){{"requirepass", "secret"}, {"io-threads", "2"}},
      .setting_count = 2}},
};

struct refused {
    const char *text;
    const char *sentence;
};

#define STRAY                                                                                      \
    "a '@' stands where no login can be; in user and password write '/' as %2F, '?' as %3F, '@' "  \
    "as %40 and '%' as %25"
#define PERCENT                                                                                    \
    " holds a '%' that is not followed by two hexadecimal digits (and not by 00); write a "        \
    "percent "                                                                                     \
    "sign as %25"
#define FORMS "write for example redis://host:6379, unix:///path/to/socket or local:redis-server"
#define NO_PATH                                                                                    \
    "unix:// needs the absolute path of a socket; write for example unix:///run/redis/redis.sock"
#define LABEL                                                                                      \
    ": write letters, digits, '.', '_' and '-' before the '=', for example new=redis://host:6379"
#define KNOWN                                                                                      \
    " is not known after the '?' of a target; known are db, password-file, password-command, "     \
    "cluster, read-from, reader, sentinel and, with rediss://, ca, cert, key, sni, verify, "       \
    "session-reuse and tls-version"
#define TWICE                                                                                      \
    "the password is given in more than one way; keep one of login, password-file and "            \
    "password-command"

static const struct refused refused[] = {
    {"", "a target is empty; " FORMS},
    {"A=", "a target is empty; " FORMS},
    {"foo", "\"foo\" is not a target; " FORMS},
    {"localhost:6379", "\"localhost:6379\" is not a target; " FORMS},
    {"http://h", "\"http://h\" is not a target; " FORMS},
    {"a=b=redis://h", "\"b=redis://h\" is not a target; " FORMS},
    {"http://u:secret@h", "this is not a target; " FORMS},
    {"redis://h\t", "a target holds a control character"},
    {"=redis://h", "label \"\"" LABEL},
    {"my label=redis://h", "label \"my label\"" LABEL},
    {"docker:redis:8", "docker:: this version of tenbin starts no containers; start one and name "
                       "its address, for example redis://localhost:6379"},
    {"elasticache:x", "elasticache:: this version of tenbin does not look up ElastiCache names; "
                      "name the endpoint, for example redis://name.cache.amazonaws.com:6379"},
    {"redis://", "the host is missing; write for example redis://localhost:6379"},
    {"redis://:6379", "the host is missing; write for example redis://localhost:6379"},
    {"redis://u:p@", "the host is missing; write for example redis://localhost:6379"},
    {"redis://a b", "host \"a b\": write a name or an address"},
    {"redis://h#1", "host \"h#1\": write a name or an address"},
    {"redis://::1", "host \"::1\": write an IPv6 address in brackets, for example "
                    "redis://[::1]:6379"},
    {"redis://[::1", "host \"[::1\": the closing ']' is missing"},
    {"redis://[]", "host \"[]\": write an IPv6 address and its port as [::1]:6379"},
    {"redis://[h]", "host \"[h]\": write an IPv6 address and its port as [::1]:6379"},
    {"redis://[::1]7", "host \"[::1]7\": write an IPv6 address and its port as [::1]:6379"},
    {"redis://h:", "port \"\": write a number from 1 to 65535"},
    {"redis://h:0", "port \"0\": write a number from 1 to 65535"},
    {"redis://h:65536", "port \"65536\": write a number from 1 to 65535"},
    {"redis://h:1x", "port \"1x\": write a number from 1 to 65535"},
    {"redis://h/x", "database \"x\": write a number such as 0"},
    {"redis://h/1/", "database \"1/\": write a number such as 0"},
    {"redis://h/2147483648", "database \"2147483648\": write a number such as 0"},
    {"redis://h?db=", "db= needs a value"},
    {"redis://h?ca=/x", "ca= belongs to TLS: write rediss:// or leave it out"},
    {"rediss://h?verify=maybe", "verify=maybe: write yes or no"},
    {"rediss://h?tls-version=1.1", "tls-version=1.1: write 1.2 or 1.3"},
    {"rediss://h?key=/k", "key= needs the certificate that it belongs to: cert="},
    {"rediss://h?ca=/a&ca=/b", "ca is given twice"},
    {"rediss://h?sni=", "sni= needs a value"},
    {"redis://h?cluster=perhaps", "cluster=perhaps: write yes or no"},
    {"redis://h?read-from=anywhere", "read-from=anywhere: write primary, replica or nearest"},
    {"redis://h?reader=r", "reader= is used with read-from=replica or read-from=nearest only"},
    {"redis://h?read-from=replica&reader=a:b:c", "reader=a:b:c: write a host, or host:port"},
    {"redis://h?read-from=replica&reader=r:0", "reader=r:0: write a host, or host:port"},
    {"redis://h?cluster=yes&read-from=replica&reader=r",
     "a cluster tells its replicas itself: leave reader= out"},
    {"redis://h?cluster=yes&sentinel=m", "sentinels look after servers without cluster mode: leave "
                                         "one of sentinel= and cluster=yes out"},
    {"unix:///s?cluster=yes", "cluster= belongs to a target with a host, not to a socket"},
    {"redis://h/1?db=1", "db is given twice"},
    {"redis://h?db=1&db=1", "db is given twice"},
    {"redis://h?tls=1", "\"tls\"" KNOWN},
    {"redis://h?db=1&", NULL}, /* accepted: nothing follows the last '&' */
    {"redis://h?&db=1", "\"\"" KNOWN},
    {"unix:///s?x", "\"x\"" KNOWN},
    {"redis://h?password-file=", "password-file= needs a value"},
    {"redis://h?password-command", "password-command= needs a value"},
    {"redis://h?password-file=a&password-file=b", "password-file is given twice"},
    {"redis://:p@h?password-file=a", TWICE},
    {"redis://h?password-command=c&password-file=a", TWICE},
    {"redis://h?password-file=%zz", "the part after the '?'" PERCENT},
    {"redis://u:secret%4@h", "the login" PERCENT},
    {"redis://u:secret%00@h", "the login" PERCENT},
    {"redis://u%@h", "the login" PERCENT},
    {"redis://h1,h2", "a ',' stands in a host; to list several hosts write each as a whole target, "
                      "for example redis://h1,redis://h2"},
    {"redis://h1,http://h2", "a ',' stands in a host; to list several hosts write each as a whole "
                             "target, for example redis://h1,redis://h2"},
    {"redis://h1,", "a ',' stands in a host; to list several hosts write each as a whole target, "
                    "for example redis://h1,redis://h2"},
    {"redis://h1,redis://h2:x", "host 2 of 2 (redis://h2:x): port \"x\": write a number from 1 to "
                                "65535"},
    {"redis://h1:0/1,redis://h2,unix://",
     "host 1 of 3 (redis://h1:0/1): port \"0\": write a number "
     "from 1 to 65535"},
    {"A=redis://u:secret@h:x?db=1,redis://h",
     "host 1 of 2 (redis://h:x): port \"x\": write a number from 1 to 65535"},
    {"redis://h,redis://u:sec/ret@h", "host 2 of 2: " STRAY},
    {"redis://h,redis://u:secret%zz@h", "host 2 of 2 (redis://h): the login" PERCENT},
    {"redis://h?password=secret,redis://h", "host 1 of 2 (redis://h): \"password\"" KNOWN},
    {"redis://u:secret,redis://x@h", /* ',' and '/' of a password, as they are */
     "host 1 of 2 is not a target; in user and password write ',' as %2C, '/' as %2F and '@' as "
     "%40"},
    {"redis://h,B=redis://h2", "a ',' stands in a host; to list several hosts write each as a "
                               "whole target, for example redis://h1,redis://h2"},
    {"local:x?a=b,local:y@z", "host 2 of 2 (local:y@z): version \"z\": write a number such as "
                              "local:valkey-server@9.1"},
    {",redis://h", "host 1 of 2: a target is empty; " FORMS},
    {"redis://h,,redis://h", "host 1 of 2 (redis://h,): a ',' stands in a host; to list several "
                             "hosts write each as a whole target, for example "
                             "redis://h1,redis://h2"},
    {"redis://a,redis://b,redis://c,redis://d,redis://e,redis://f,redis://g,redis://h,redis://i,"
     "redis://j,redis://k,redis://l,redis://m,redis://n,redis://o,redis://p,redis://q",
     "a target lists at most 16 hosts, not 17"},
    {"redis://u:sec/ret@h", STRAY},
    {"redis://u:12/34@h", STRAY},
    {"redis://u:sec?ret@h", STRAY},
    {"redis://u:sec?r=1@h", STRAY},
    {"redis://u:12?r=1@h", STRAY},
    {"redis://u:12?db=1@h", STRAY},
    {"unix://u:sec/ret@/s", STRAY},
    {"unix://", NO_PATH},
    {"unix:///", NO_PATH},
    {"unix://tmp/s", NO_PATH},
    {"unix://u:p@", NO_PATH},
    {"unix:///a%2", "the path of the socket" PERCENT},
    {"unix:///a%0a", "the path of the socket holds a control character"},
    {"unix://" LONG_PATH "x",
     "socket \"" LONG_PATH "x\": the system allows 107 bytes for the path"},
    {"local:", "local: needs a program; write for example local:redis-server"},
    {"local:?a=b", "local: needs a program; write for example local:redis-server"},
    {"local:@7", "local: needs a program; write for example local:redis-server"},
    {"local:x@", "version \"\": write a number such as local:valkey-server@9.1"},
    {"local:x@latest", "version \"latest\": write a number such as local:valkey-server@9.1"},
    {"local:x@7@8", "version \"7@8\": write a number such as local:valkey-server@9.1"},
    {"local:x?y", "server setting \"y\": write name=value, for example io-threads=2"},
    {"local:x?=1", "server setting \"\": write name=value, for example io-threads=2"},
    {"local:x?a b=1", "server setting \"a b\": write name=value, for example io-threads=2"},
    {"local:x?a=%q1", "a server setting" PERCENT},
    {"local:x?a=b%0Aport 1", "server setting \"a\" holds a control character"},
};

/* tap_text does not take NULL for equal. */
static void same(const char *got, const char *want, const char *what, const char *row)
{
    if (want == NULL) {
        tap_check(got == NULL, "%s: no %s", row, what);
    } else {
        tap_text(got, want, "%s: %s", row, what);
    }
}

static void check_accepted(const struct accepted *row)
{
    struct arena arena = {0};
    struct target_spec got = {0};
    struct error err = {0};
    bool parsed = target_spec_parse(str_from(row->text), &arena, &got, &err);
    if (!tap_check(parsed, "accepts %s", row->text)) {
        printf("#   %s\n", err.text);
        goto out;
    }
    const struct target_spec *want = &row->want;
    tap_int(got.kind, want->kind, "%s: kind", row->text);
    tap_int(got.port, want->port, "%s: port", row->text);
    tap_int(got.database, want->database, "%s: database", row->text);
    same(got.label, want->label, "label", row->text);
    same(got.text, want->text, "text", row->text);
    same(got.host, want->host, "host", row->text);
    same(got.path, want->path, "path", row->text);
    same(got.user, want->user, "user", row->text);
    same(got.password, want->password, "password", row->text);
    same(got.password_file, want->password_file, "password file", row->text);
    same(got.password_command, want->password_command, "password command", row->text);
    tap_int(got.tls.is_on, want->tls.is_on, "%s: TLS", row->text);
    same(got.tls.ca_file, want->tls.ca_file, "authority", row->text);
    same(got.tls.cert_file, want->tls.cert_file, "certificate", row->text);
    same(got.tls.key_file, want->tls.key_file, "key", row->text);
    same(got.tls.server_name, want->tls.server_name, "server name", row->text);
    tap_int(got.tls.no_verify, want->tls.no_verify, "%s: verification", row->text);
    tap_int(got.tls.no_session_reuse, want->tls.no_session_reuse, "%s: sessions", row->text);
    tap_int(got.tls.version, want->tls.version, "%s: TLS version", row->text);
    tap_int(got.cluster, want->cluster, "%s: cluster", row->text);
    tap_int(got.read_from, want->read_from, "%s: reads", row->text);
    same(got.reader_host, want->reader_host, "reader", row->text);
    tap_int(got.reader_port, want->reader_port, "%s: reader's port", row->text);
    same(got.sentinel, want->sentinel, "sentinel", row->text);
    same(got.program, want->program, "program", row->text);
    same(got.version, want->version, "version", row->text);
    if (tap_int((int64_t)got.setting_count, (int64_t)want->setting_count, "%s: settings",
                row->text)) {
        for (size_t i = 0; i < want->setting_count; i++) {
            same(got.settings[i].name, want->settings[i].name, "setting", row->text);
            same(got.settings[i].value, want->settings[i].value, "value", row->text);
        }
    }
out:
    arena_release(&arena);
}

static void check_refused(const struct refused *row)
{
    struct arena arena = {0};
    struct target_spec got = {0};
    struct error err = {0};
    bool parsed = target_spec_parse(str_from(row->text), &arena, &got, &err);
    tap_int(parsed, row->sentence == NULL, "%s: verdict", row->text);
    if (row->sentence != NULL) {
        tap_int(err.code, ERROR_USAGE, "%s: code", row->text);
        tap_text(err.text, row->sentence, "%s: sentence", row->text);
        tap_check(strstr(err.text, "sec") == NULL || strstr(row->text, "sec") == NULL,
                  "%s: no password in the sentence", row->text);
    }
    arena_release(&arena);
}

/* Lists, and what each host of them is: its text, host, path or program, and port. */
static void check_lists(void)
{
    static const struct {
        const char *text;
        const char *label;
        size_t count;
        struct {
            const char *text;
            const char *place;
            uint16_t port;
        } hosts[3];
    } rows[] = {
        {"redis://h1", NULL, 1, {{"redis://h1", "h1", 6379}}},
        {"A=redis://h1,redis://h2:7/3,redis://h1:8",
         "A",
         3,
         {{"redis://h1", "h1", 6379}, {"redis://h2:7/3", "h2", 7}, {"redis://h1:8", "h1", 8}}},
        {"rediss://h1?ca=/a,b,valkey://h2,unix:///s",
         NULL,
         3,
         {{"rediss://h1?ca=/a,b", "h1", 6379},
          {"valkey://h2", "h2", 6379},
          {"unix:///s", "/s", 0}}},
        {"redis://u:a,b%2Credis%3A%2F%2Fc@h1,redis://:pw@h2",
         NULL,
         2,
         {{"redis://u:***@h1", "h1", 6379}, {"redis://:***@h2", "h2", 6379}}},
        {"local:x?save=900 1,300 10&requirepass=pw,local:/a/y@2?z=1",
         NULL,
         2,
         {{"local:x?save=900 1,300 10&requirepass=***", "x", 0},
          {"local:/a/y@2?z=1", "/a/y@2", 0}}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct arena arena = {0};
        struct target_spec got;
        struct error err = {0};
        struct buf all = {0};
        const char *row = rows[i].text;
        if (tap_check(target_spec_parse(str_from(row), &arena, &got, &err), "accepts %s", row) &&
            tap_int((int64_t)target_spec_hosts(&got), (int64_t)rows[i].count, "%s: hosts", row)) {
            for (size_t k = 0; k < rows[i].count; k++) {
                const struct target_spec *host = target_spec_host(&got, k);
                const char *place = host->host != NULL   ? host->host
                                    : host->path != NULL ? host->path
                                                         : host->program;
                same(host->text, rows[i].hosts[k].text, "text", row);
                same(place, rows[i].hosts[k].place, "place", row);
                tap_int(host->port, rows[i].hosts[k].port, "%s: port", row);
                same(host->label, k == 0 ? rows[i].label : NULL, "label", row);
                buf_addf(&all, "%s%s", k == 0 ? "" : ",", host->text);
            }
            tap_text(target_spec_text(&got, &arena), buf_text(&all), "%s: all of it", row);
        }
        buf_release(&all);
        arena_release(&arena);
    }
}

static void check_secrets(void)
{
    static const char *const secret[] = {"requirepass", "masterauth",        "primaryauth",
                                         "user",        "tls-key-file-pass", "RequirePass"};
    for (size_t i = 0; i < sizeof secret / sizeof secret[0]; i++) {
        tap_check(setting_is_secret(secret[i]), "%s is secret", secret[i]);
    }
    static const char *const open[] = {"save", "masteruser", "requirepass2", ""};
    for (size_t i = 0; i < sizeof open / sizeof open[0]; i++) {
        tap_check(!setting_is_secret(open[i]), "\"%s\" is not secret", open[i]);
    }
}

int main(void)
{
    for (size_t i = 0; i < sizeof accepted / sizeof accepted[0]; i++) {
        check_accepted(&accepted[i]);
    }
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        check_refused(&refused[i]);
    }
    check_lists();
    check_secrets();
    return tap_end();
}
