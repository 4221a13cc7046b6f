#include "os/file.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/tap.h"

static char root[PATH_MAX];

/* A path below the test's folder; the four last ones stay valid. */
static const char *at(const char *name)
{
    static char paths[4][PATH_MAX];
    static unsigned next;
    char *path = paths[next++ % 4];
    size_t len = strlen(root);
    memcpy(path, root, len);
    (void)snprintf(path + len, PATH_MAX - len, "/%s", name);
    return path;
}

/* The content of a file, or NULL; valid until the next call. */
static const char *content(const char *path)
{
    static struct buf text;
    buf_release(&text);
    return file_read(path, &text, NULL) ? buf_text(&text) : NULL;
}

static mode_t mode_of(const char *path)
{
    struct stat info = {0};
    (void)lstat(path, &info);
    return info.st_mode & 07777;
}

/* A temporary file that was left behind would keep its folder from being removed. */
static void check_clean(const char *path)
{
    char temporary[PATH_MAX];
    (void)snprintf(temporary, sizeof temporary, "%s.%ld.tmp", path, (long)getpid());
    tap_check(access(temporary, F_OK) != 0, "nothing is left beside it");
}

static void test_write(void)
{
    struct error err = {0};
    const char *path = at("plain");
    (void)umask(022);
    tap_check(file_write(path, STR("one"), &err), "writes a new file: %s", err.text);
    tap_text(content(path), "one", "its content");
    tap_int(mode_of(path), 0644, "its mode follows the umask");
    (void)chmod(path, 0640);
    tap_check(file_write(path, STR("two"), &err), "replaces it");
    tap_text(content(path), "two", "its new content");
    tap_int(mode_of(path), 0640, "its mode is kept");
    tap_check(file_write(path, STR(""), &err), "empties it");
    tap_text(content(path), "", "it is empty");
    check_clean(path);

    /* A reader that has the old one open goes on seeing it. */
    (void)file_write(path, STR("old"), &err);
    int reader = open(path, O_RDONLY);
    (void)file_write(path, STR("new"), &err);
    char seen[4] = {0};
    tap_int(read(reader, seen, 3), 3, "an open file stays readable");
    tap_text(seen, "old", "and old");
    (void)close(reader);

    const char *link = at("link");
    tap_int(symlink("plain", link), 0, "makes a link");
    tap_check(file_write(link, STR("linked"), &err), "writes through it");
    struct stat info;
    tap_check(lstat(link, &info) == 0 && S_ISLNK(info.st_mode), "it stays a link");
    tap_text(content(path), "linked", "to the file that has the content");
}

static void test_write_failures(void)
{
    static const struct {
        const char *path; /* below the test's folder unless it starts with a slash */
        const char *reason;
    } rows[] = {
        {"absent/file", "no such file or directory"},
        {"", "is a directory"},
        {"plain/file", "not a directory"},
        {"/dev/full", "no space left on device"},
        {"/proc/version", NULL}, /* the reason depends on the user */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *path = rows[i].path[0] == '/' ? rows[i].path : at(rows[i].path);
        struct error err = {0};
        tap_check(!file_write(path, STR("x"), &err), "refuses \"%s\"", rows[i].path);
        tap_int(err.code, ERROR_USAGE, "as an output path");
        if (rows[i].reason != NULL) {
            char wanted[ERROR_TEXT_SIZE];
            (void)snprintf(wanted, sizeof wanted, "write %.300s: %s", path, rows[i].reason);
            tap_text(err.text, wanted, "with a sentence");
        }
    }
}

/* A file that grows too large half-way stands for a disk that is full. */
static void test_full_disk(void)
{
    struct error err = {0};
    const char *path = at("precious");
    (void)file_write(path, STR("precious"), &err);
    struct buf big = {0};
    for (unsigned i = 0; i < 10000; i++) {
        (void)buf_add_char(&big, 'x');
    }
    struct rlimit before;
    (void)getrlimit(RLIMIT_FSIZE, &before);
    struct rlimit small = {.rlim_cur = 4096, .rlim_max = before.rlim_max};
    (void)signal(SIGXFSZ, SIG_IGN);
    (void)fflush(stdout); /* which may be a file, and longer */
    (void)setrlimit(RLIMIT_FSIZE, &small);
    bool written = file_write(path, buf_str(&big), &err);
    (void)setrlimit(RLIMIT_FSIZE, &before);
    tap_check(!written, "cannot be written whole");
    char wanted[ERROR_TEXT_SIZE];
    (void)snprintf(wanted, sizeof wanted, "write %.400s: file too large", path);
    tap_text(err.text, wanted, "says so");
    tap_text(content(path), "precious", "the old content is still there");
    check_clean(path);
    buf_release(&big);
}

static void test_direct(void)
{
    struct error err = {0};
    tap_check(file_write("/dev/null", STR("x"), &err), "writes to a device: %s", err.text);
    struct stat info;
    tap_check(stat("/dev/null", &info) == 0 && S_ISCHR(info.st_mode), "it stays one");

    int ends[2];
    if (tap_int(pipe(ends), 0, "makes a pipe")) {
        char path[32];
        (void)snprintf(path, sizeof path, "/dev/fd/%d", ends[1]);
        tap_check(file_check_writable(path, &err), "it can be written");
        tap_check(file_write(path, STR("through"), &err), "writes to it: %s", err.text);
        char seen[16] = {0};
        tap_int(read(ends[0], seen, sizeof seen - 1), 7, "it arrives");
        tap_text(seen, "through", "whole");
        (void)close(ends[0]);
        (void)close(ends[1]);
    }
}

static void test_check_writable(void)
{
    struct error err = {0};
    const char *fresh = at("fresh");
    tap_check(file_check_writable(fresh, &err), "a new file can be written: %s", err.text);
    tap_check(access(fresh, F_OK) != 0, "and is not there yet");
    check_clean(fresh);
    const char *plain = at("plain");
    (void)file_write(plain, STR("kept"), &err);
    tap_check(file_check_writable(plain, &err), "an existing one too");
    tap_text(content(plain), "kept", "and is untouched");
    const char *fifo = at("fifo");
    tap_int(mkfifo(fifo, 0600), 0, "makes a named pipe");
    tap_check(file_check_writable(fifo, &err), "nobody reads it, and still no waiting");
    tap_check(!file_check_writable(at("absent/file"), &err), "not in a folder that is not there");
    tap_int(err.code, ERROR_USAGE, "an output path");
    tap_check(!file_check_writable(root, &err), "not a folder");
}

static void test_read(void)
{
    struct error err = {0};
    struct buf text;
    const char *path = at("read");
    (void)file_write(path, STR("0123456789"), &err);

    buf_init(&text, 10);
    tap_check(file_read(path, &text, &err), "exactly the limit is read: %s", err.text);
    tap_text(buf_text(&text), "0123456789", "whole");
    tap_check(!file_read(path, &text, &err), "beyond the limit it is not");
    char wanted[ERROR_TEXT_SIZE];
    (void)snprintf(wanted, sizeof wanted, "read %.400s: longer than 10 bytes", path);
    tap_text(err.text, wanted, "and says so");
    buf_release(&text);

    buf_init(&text, 9);
    tap_check(!file_read(path, &text, &err), "one byte too long");
    buf_release(&text);

    buf_init(&text, 0);
    (void)buf_add_text(&text, "before ");
    tap_check(file_read(path, &text, &err), "appends");
    tap_text(buf_text(&text), "before 0123456789", "to what was there");
    buf_clear(&text);
    tap_check(file_read("/proc/self/stat", &text, &err) && text.len > 20, "reads /proc");
    buf_clear(&text);
    tap_check(!file_read(root, &text, &err), "a folder cannot be read");
    tap_check(!file_read(at("absent"), &text, &err), "nor what is not there");
    (void)snprintf(wanted, sizeof wanted, "open %.400s: no such file or directory", at("absent"));
    tap_text(err.text, wanted, "and says so");
    tap_int(err.code, ERROR_SYSTEM, "with a code");
    buf_release(&text);

    /* More than one piece of reading. */
    enum { SIZE = 200000 };
    struct buf big = {0};
    for (unsigned i = 0; i < SIZE; i++) {
        (void)buf_add_char(&big, (char)('a' + i % 26));
    }
    (void)file_write(path, buf_str(&big), &err);
    tap_check(file_read(path, &text, &err) && str_eq(buf_str(&text), buf_str(&big)),
              "a large file comes back as it was");
    buf_release(&big);
    buf_release(&text);
}

static void test_programs(void)
{
    tap_check(file_is_program("/bin/sh"), "a shell is a program");
    tap_check(!file_is_program(at("plain")), "a text is not");
    tap_check(!file_is_program(root), "nor a folder");
    tap_check(!file_is_program(at("absent")), "nor nothing");
}

static void test_folders(void)
{
    struct error err = {0};
    char folder[PATH_MAX];
    (void)setenv("TMPDIR", root, 1);
    tap_check(file_make_temp_dir("part-", folder, sizeof folder, &err), "makes a folder: %s",
              err.text);
    tap_check(str_starts_with(str_from(folder), str_from(at("part-"))), "below TMPDIR");
    tap_int(mode_of(folder), 0700, "private");
    char short_path[8];
    tap_check(!file_make_temp_dir("part-", short_path, sizeof short_path, &err), "needs room");
    (void)setenv("TMPDIR", at("absent"), 1);
    tap_check(!file_make_temp_dir("part-", short_path, sizeof short_path, &err), "needs TMPDIR");
    (void)setenv("TMPDIR", root, 1);

    /* A tree with a link out of it: what the link leads to stays. */
    const char *keep = at("keep");
    (void)mkdir(keep, 0700);
    (void)file_write(at("keep/file"), STR("kept"), &err);
    const char *tree = at("tree");
    (void)mkdir(tree, 0700);
    (void)mkdir(at("tree/sub"), 0700);
    (void)file_write(at("tree/sub/file"), STR("x"), &err);
    (void)symlink("../keep", at("tree/out"));
    tap_check(file_remove_tree(at("tree"), &err), "removes a tree: %s", err.text);
    tap_check(access(at("tree"), F_OK) != 0, "it is gone");
    tap_text(content(at("keep/file")), "kept", "what a link led to is not");
    (void)symlink("keep", at("to-keep"));
    tap_check(file_remove_tree(at("to-keep"), &err), "removes a link");
    tap_text(content(at("keep/file")), "kept", "not what it led to");
    tap_check(file_remove_tree(at("tree"), &err), "what is gone is gone");
    tap_check(!file_remove_tree("/proc/self", &err), "what cannot be removed is an error");
    tap_int(err.code, ERROR_SYSTEM, "with a code");
}

int main(void)
{
    struct error err = {0};
    if (!tap_check(file_make_temp_dir("tenbin-test-", root, sizeof root, &err), "a folder: %s",
                   err.text)) {
        return tap_end();
    }
    test_write();
    test_write_failures();
    test_full_disk();
    test_direct();
    test_check_writable();
    test_read();
    test_programs();
    test_folders();
    tap_check(content("/nonexistent") == NULL && file_remove_tree(root, &err), "cleaned up: %s",
              err.text);
    return tap_end();
}
