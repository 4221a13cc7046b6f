/* A tree of files that stands in for the machine's own, for what reads /proc and /sys. */
#pragma once

#include <limits.h>
#include <stdbool.h>

/* An empty folder. The caller removes it with file_remove_tree. */
bool fake_root_make(char root[PATH_MAX]);
/* Writes a file below `root`, with the folders it needs. */
bool fake_root_put(const char *root, const char *path, const char *text);
