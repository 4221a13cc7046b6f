/* Files and folders. Sentences of errors name the path. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"
#include "base/units.h"

/* Appends the whole file (also of /proc, where the size is unknown) to `out`, up to its limit.
 * Beyond the limit: an error. ERROR_SYSTEM; a caller whose user named the file says ERROR_USAGE. */
bool file_read(const char *path, struct buf *out, struct error *err);
/* Replaces the file by `bytes`, through a temporary file beside it and rename, so that a reader
 * sees the old or the new content, never a part. An existing file keeps its mode, a link stays a
 * link. Devices, pipes and the open files of a process (/dev/stdout, /dev/fd/3, /proc/...) are
 * written directly. Not flushed to the disk: a crash of the machine may lose it.
 * ERROR_USAGE (an output path) on failure; the old content is then untouched. */
bool file_write(const char *path, struct str bytes, struct error *err);
/* Would file_write work, as far as that can be known without writing? Leaves no file behind and
 * does not touch an existing one. ERROR_USAGE. */
bool file_check_writable(const char *path, struct error *err);
/* When the file was changed last, nanoseconds since 1970; 0: it cannot be said. */
nsec file_changed(const char *path);
/* True if the path exists and is a regular file that this user may execute. */
bool file_is_program(const char *path);
/* Makes a new private folder "<base>/<prefix>XXXXXX" (mode 0700; base: TMPDIR, or /tmp where it
 * is not set) and writes its path into `path`. ERROR_SYSTEM. */
bool file_make_temp_dir(const char *prefix, char *path, size_t size, struct error *err);
/* Makes the folders above a file that are not there, private ones (mode 0700). ERROR_USAGE: one
 * could not be made. */
bool file_make_parents(const char *path, struct error *err);
/* Removes a folder (or file) and all in it without following links. True if it is gone afterwards,
 * also if it never was there. ERROR_SYSTEM. */
bool file_remove_tree(const char *path, struct error *err);
