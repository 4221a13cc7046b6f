#include "net/address.h"

#include "support/tap.h"

static void test_resolve(void)
{
    static const struct {
        const char *host;
        uint16_t port;
        const char *text;
        bool loopback;
    } rows[] = {
        {"127.0.0.1", 6379, "127.0.0.1:6379", true},
        {"127.200.3.4", 1, "127.200.3.4:1", true},
        {"10.0.0.5", 65535, "10.0.0.5:65535", false},
        {"128.0.0.1", 0, "128.0.0.1:0", false},
        {"::1", 6379, "[::1]:6379", true},
        {"2001:db8::7", 6380, "[2001:db8::7]:6380", false},
        {"::ffff:127.0.0.1", 6379, "[::ffff:127.0.0.1]:6379", true},
        {"::ffff:10.0.0.1", 6379, "[::ffff:10.0.0.1]:6379", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct address found[ADDRESS_MAX_RESULTS];
        unsigned count = 0;
        char text[ADDRESS_TEXT_SIZE];
        struct error err = {0};
        bool resolved = address_resolve(rows[i].host, rows[i].port, found, &count, &err);
        tap_check(resolved && count == 1, "%s is one address %s", rows[i].host, err.text);
        tap_text(address_format(&found[0], text), rows[i].text, "%s is written back", rows[i].host);
        tap_check(address_is_loopback(&found[0]) == rows[i].loopback, "%s: this machine or not",
                  rows[i].host);
    }
}

static void test_names(void)
{
    struct address found[ADDRESS_MAX_RESULTS];
    unsigned count = 7;
    struct error err = {0};
    tap_check(!address_resolve("no such host", 1, found, &count, &err), "a bad name fails");
    tap_int(err.code, ERROR_TARGET, "a bad name is the target's fault");
    tap_check(strncmp(err.text, "resolve no such host: ", 22) == 0, "the name is named: %s",
              err.text);
    tap_int(count, 0, "a bad name has no addresses");
    tap_check(address_resolve("localhost", 6379, found, &count, &err) && count >= 1 &&
                  address_is_loopback(&found[0]),
              "localhost is this machine");
}

static void test_unix(void)
{
    char path[109];
    char text[ADDRESS_TEXT_SIZE];
    struct address address = {0};
    struct error err = {0};
    tap_check(address_unix("/run/x.sock", &address, &err), "a path is an address");
    tap_text(address_format(&address, text), "/run/x.sock", "a path is written back");
    tap_check(address_is_loopback(&address), "a unix socket is on this machine");

    memset(path, 'x', sizeof path);
    path[107] = '\0';
    tap_check(address_unix(path, &address, &err), "107 bytes fit");
    tap_text(address_format(&address, text), path, "107 bytes are written back");
    path[107] = 'x';
    path[108] = '\0';
    tap_check(!address_unix(path, &address, &err), "108 bytes do not fit");
    tap_int(err.code, ERROR_USAGE, "a long path is a usage error");
    tap_check(!address_unix("", &address, &err), "an empty path is refused");
}

static void test_none(void)
{
    struct address none = {0};
    char text[ADDRESS_TEXT_SIZE];
    tap_text(address_format(&none, text), "no address", "nothing has a text");
    tap_check(!address_is_loopback(&none), "nothing is not this machine");
}

int main(void)
{
    test_resolve();
    test_names();
    test_unix();
    test_none();
    return tap_end();
}
