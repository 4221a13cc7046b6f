/* A tree of files that stands in for the machine's own, for what reads /proc and /sys. */
#pragma once

#include <limits.h>
#include <stdbool.h>

/* An empty folder. The caller removes it with file_remove_tree. False, and a failed check: none. */
bool fake_root_make(char root[PATH_MAX]);
/* Writes a file below `root`, with the folders it needs; a failed check if that cannot be. */
void fake_root_put(const char *root, const char *path, const char *text);
