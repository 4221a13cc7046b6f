/* Files and folders. Sentences of errors name the path. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"

/* Appends the whole file (also of /proc, where the size is unknown) to `out`, up to its limit.
 * Beyond the limit: an error. */
bool file_read(const char *path, struct buf *out, struct error *err);
/* Replaces the file by `bytes`, through a temporary file beside it and rename, so that a reader
 * sees the old or the new content, never a part. Devices and pipes are written directly.
 * ERROR_USAGE (an output path) on failure. */
bool file_write(const char *path, struct str bytes, struct error *err);
/* Would file_write work? Leaves no file behind and does not touch an existing one. ERROR_USAGE. */
bool file_check_writable(const char *path, struct error *err);
/* True if the path exists and is a regular file that this user may execute. */
bool file_is_program(const char *path);
/* Makes a new private folder "<base>/<prefix>XXXXXX" (mode 0700; base: TMPDIR or /tmp) and writes
 * its path into `path` (limit as in PATH_MAX). */
bool file_make_temp_dir(const char *prefix, char *path, size_t size, struct error *err);
/* Removes a folder and all in it without following links. True if it is gone afterwards. */
bool file_remove_tree(const char *path, struct error *err);
