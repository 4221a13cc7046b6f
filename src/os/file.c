#include "os/file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READ_SIZE = 64 * 1024, OPEN_FOLDERS = 16 };

/* Reads up to `room` bytes to the end of `out`; 0 at the end of the file, -1 with errno. */
static ssize_t read_some(int fd, struct buf *out, size_t room)
{
    char *to = buf_reserve(out, room);
    assert(to != NULL);
    ssize_t got;
    do {
        got = read(fd, to, room);
    } while (got < 0 && errno == EINTR);
    buf_added(out, got > 0 ? (size_t)got : 0);
    return got;
}

bool file_read(const char *path, struct buf *out, struct error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return error_set_errno(err, ERROR_SYSTEM, errno, "open %s", path);
    }
    ssize_t got;
    do {
        size_t room = READ_SIZE;
        if (out->limit != 0 && room > out->limit - out->len) {
            room = out->limit - out->len;
        }
        if (room == 0) {
            /* Full: fine only if the file ends just here. */
            char beyond;
            got = read(fd, &beyond, 1);
            if (got > 0) {
                (void)error_set(err, ERROR_SYSTEM, "read %s: longer than %zu bytes", path,
                                out->limit);
                (void)close(fd);
                return false;
            }
        } else {
            got = read_some(fd, out, room);
        }
    } while (got > 0);
    if (got < 0) {
        (void)error_set_errno(err, ERROR_SYSTEM, errno, "read %s", path);
    }
    (void)close(fd);
    return got == 0;
}

/* Where and how the bytes of an output go. */
struct output {
    char path[PATH_MAX];      /* the file itself, links resolved */
    char temporary[PATH_MAX]; /* beside it; "" when it is written directly */
    mode_t mode;              /* of the file that is there; 0: none */
};

static bool is_direct(const char *path, const struct stat *info)
{
    static const char *const open_files[] = {"/dev/stdout", "/dev/stderr", "/dev/fd/", "/proc/"};
    for (size_t i = 0; i < sizeof open_files / sizeof open_files[0]; i++) {
        if (strncmp(path, open_files[i], strlen(open_files[i])) == 0) {
            return true;
        }
    }
    return info->st_mode != 0 && !S_ISREG(info->st_mode);
}

/* Fills `output` and opens it, or its temporary file. Returns the descriptor, or -1 with `err`. */
static int output_open(struct output *output, const char *path, struct error *err)
{
    struct stat info = {0};
    if (stat(path, &info) != 0 && errno != ENOENT) {
        (void)error_set_errno(err, ERROR_USAGE, errno, "write %s", path);
        return -1;
    }
    *output = (struct output){0};
    if (is_direct(path, &info)) {
        int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY);
        if (fd < 0) {
            (void)error_set_errno(err, ERROR_USAGE, errno, "write %s", path);
        }
        return fd;
    }
    if (info.st_mode == 0 || realpath(path, output->path) == NULL) {
        (void)snprintf(output->path, sizeof output->path, "%s", path);
    }
    output->mode = info.st_mode & 07777;
    int len = snprintf(output->temporary, sizeof output->temporary, "%s.%ld.tmp", output->path,
                       (long)getpid());
    if (len >= (int)sizeof output->temporary) {
        (void)error_set_errno(err, ERROR_USAGE, ENAMETOOLONG, "write %s", path);
        return -1;
    }
    /* One that is there already was left behind by a process of the same number, long ended. */
    (void)unlink(output->temporary);
    int fd = open(output->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0) {
        (void)error_set_errno(err, ERROR_USAGE, errno, "write %s", path);
    }
    return fd;
}

static bool write_all(int fd, struct str bytes)
{
    while (bytes.len > 0) {
        ssize_t done = write(fd, bytes.data, bytes.len);
        if (done < 0 && errno != EINTR) {
            return false;
        }
        bytes = str_from_index(bytes, done < 0 ? 0 : (size_t)done);
    }
    return true;
}

bool file_write(const char *path, struct str bytes, struct error *err)
{
    struct output output;
    int fd = output_open(&output, path, err);
    if (fd < 0) {
        return false;
    }
    bool indirect = output.temporary[0] != '\0';
    int failure = 0;
    if (!write_all(fd, bytes) || (indirect && output.mode != 0 && fchmod(fd, output.mode) != 0)) {
        failure = errno;
    }
    if (close(fd) != 0 && failure == 0) {
        failure = errno;
    }
    if (indirect && failure == 0 && rename(output.temporary, output.path) != 0) {
        failure = errno;
    }
    if (failure == 0) {
        return true;
    }
    if (indirect) {
        (void)unlink(output.temporary);
    }
    return error_set_errno(err, ERROR_USAGE, failure, "write %s", path);
}

bool file_check_writable(const char *path, struct error *err)
{
    struct stat info;
    if (stat(path, &info) == 0 && S_ISFIFO(info.st_mode)) {
        /* Opening it would wait for its reader, and closing it would end what that one reads. */
        return access(path, W_OK) == 0 ||
               error_set_errno(err, ERROR_USAGE, errno, "write %s", path);
    }
    struct output output;
    int fd = output_open(&output, path, err);
    if (fd < 0) {
        return false;
    }
    (void)close(fd);
    if (output.temporary[0] != '\0') {
        (void)unlink(output.temporary);
    }
    return true;
}

nsec file_changed(const char *path)
{
    struct stat info;
    if (stat(path, &info) != 0 || info.st_mtim.tv_sec < 0) {
        return 0;
    }
    return (nsec)info.st_mtim.tv_sec * NSEC_PER_SEC + (nsec)info.st_mtim.tv_nsec;
}

bool file_is_program(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode) &&
           faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0;
}

bool file_make_parents(const char *path, struct error *err)
{
    char folder[PATH_MAX];
    if ((size_t)snprintf(folder, sizeof folder, "%s", path) >= sizeof folder) {
        return error_set_errno(err, ERROR_USAGE, ENAMETOOLONG, "make the folder of %s", path);
    }
    for (char *slash = strchr(folder + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        struct stat info;
        int problem = mkdir(folder, 0700) == 0 ? 0 : errno;
        if (problem != 0 && (stat(folder, &info) != 0 || !S_ISDIR(info.st_mode))) {
            problem = problem == EEXIST ? ENOTDIR : problem;
            return error_set_errno(err, ERROR_USAGE, problem, "make the folder %s", folder);
        }
        *slash = '/';
    }
    return true;
}

bool file_make_temp_dir(const char *prefix, char *path, size_t size, struct error *err)
{
    const char *base = getenv("TMPDIR");
    if (base == NULL || base[0] == '\0') {
        base = "/tmp";
    }
    int len = snprintf(path, size, "%s/%sXXXXXX", base, prefix);
    if (len < 0 || (size_t)len >= size) {
        return error_set_errno(err, ERROR_SYSTEM, ENAMETOOLONG, "make a folder in %s", base);
    }
    if (mkdtemp(path) == NULL) {
        return error_set_errno(err, ERROR_SYSTEM, errno, "make a folder in %s", base);
    }
    return true;
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *where)
{
    (void)info;
    (void)kind;
    (void)where;
    return remove(path) == 0 || errno == ENOENT ? 0 : errno;
}

bool file_remove_tree(const char *path, struct error *err)
{
    int failure = nftw(path, remove_entry, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS);
    if (failure < 0) {
        failure = errno == ENOENT ? 0 : errno;
    }
    return failure == 0 || error_set_errno(err, ERROR_SYSTEM, failure, "remove %s", path);
}
