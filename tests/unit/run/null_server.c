#include "run/null_server.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/tap.h"

#define VALUE STR("$3\r\nabc\r\n")

static const struct {
    const char *name;
    const char *input;
    const char *answers; /* NULL: no command */
} rows[] = {
    {"a read", "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n", "$3\r\nabc\r\n"},
    {"in small letters", "*2\r\n$3\r\nget\r\n$0\r\n\r\n", "$3\r\nabc\r\n"},
    {"a write", "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$4\r\n\r\n*$\r\n", "+OK\r\n"},
    {"a longer name", "*2\r\n$6\r\nGETDEL\r\n$1\r\nk\r\n", "+OK\r\n"},
    {"a very long name", "*1\r\n$13\r\nZRANGEBYSCORE\r\n", "+OK\r\n"},
    {"HELLO is not known", "*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n", "-ERR unknown command\r\n"},
    {"two at once", "*1\r\n$4\r\nPING\r\n*2\r\n$3\r\nGET\r\n$1\r\nk\r\n", "+OK\r\n$3\r\nabc\r\n"},
    {"not whole", "*2\r\n$3\r\nGET\r\n$1\r\nk\r", ""},
    {"nothing", "", ""},
    {"a word", "PING\r\n", NULL},
    {"no word in it", "*0\r\n", NULL},
    {"less than nothing", "*-1\r\n", NULL},
    {"a word without its length", "*1\r\nPING\r\n", NULL},
    {"a letter in a number", "*1\r\n$4x\r\n", NULL},
    {"a number without end", "*11111111111111111111\r\n", NULL},
};

/* In pieces of `size` bytes. */
static bool feed(const char *input, size_t size, struct buf *out)
{
    struct null_parser parser = {0};
    struct str left = str_from(input);
    while (left.len > 0) {
        struct str piece = str_prefix(left, left.len < size ? left.len : size);
        if (!null_parser_feed(&parser, piece, VALUE, out)) {
            return false;
        }
        left = str_from_index(left, piece.len);
    }
    return true;
}

static void test_parser(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bool alike = true;
        for (size_t size = 1; size <= strlen(rows[i].input) + 1; size++) {
            struct buf out = {0};
            bool read = feed(rows[i].input, size, &out);
            alike = alike && read == (rows[i].answers != NULL) &&
                    (!read || strcmp(buf_text(&out), rows[i].answers) == 0);
            buf_release(&out);
        }
        tap_check(alike, "%s, in pieces of every size", rows[i].name);
    }
}

/* Sends, and reads until so many bytes came or the other side closed. */
static size_t exchange(int fd, const char *input, char *output, size_t size)
{
    size_t got = 0;
    ssize_t len = send(fd, input, strlen(input), MSG_NOSIGNAL);
    while (len > 0 && got < size) {
        len = read(fd, output + got, size - got);
        got += len > 0 ? (size_t)len : 0;
    }
    return got;
}

static void test_server(void)
{
    enum { LARGE = 1 << 20, HEAD = 10, WHOLE = HEAD + LARGE + 2 };
    struct error err = {0};
    struct address address;
    struct null_server *server = null_server_start(LARGE, NULL, &err);
    if (!tap_check(server != NULL, "it listens: %s", err.text)) {
        return;
    }
    null_server_address(server, &address);
    int fds[2];
    for (int i = 0; i < 2; i++) {
        fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        tap_check(connect(fds[i], (struct sockaddr *)&address.storage, address.len) == 0,
                  "a client");
    }
    static char text[WHOLE];
    tap_int((int64_t)exchange(fds[0], rows[0].input, text, WHOLE), WHOLE, "a large value");
    tap_check(memcmp(text, "$1048576\r\n", HEAD) == 0 && memcmp(text + WHOLE - 3, "x\r\n", 3) == 0,
              "is one reply");
    tap_int((int64_t)exchange(fds[1], "garbage\r\n", text, 1), 0, "garbage is not answered");
    tap_int((int64_t)exchange(fds[0], rows[2].input, text, 5), 5, "the other one is");
    (void)close(fds[1]);
    null_server_stop(server); /* with a client */
    (void)close(fds[0]);
    null_server_stop(NULL);
}

int main(void)
{
    test_parser();
    test_server();
    return tap_end();
}
