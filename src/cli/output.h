/* Where results go: files, standard output, the screen. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "base/error.h"
#include "base/str.h"
#include "cli/request.h"
#include "model/result.h"

/* Replaces the file; "-": standard output. ERROR_USAGE. */
bool output_text(const char *path, struct str text, struct error *err);
/* The result file. */
bool output_json(const char *path, const struct result *result, struct error *err);
/* The report for a terminal, or with --quiet its verdict. `is_stored`: it can be found again. */
bool output_report(const struct request *request, const struct result *result, bool is_stored,
                   FILE *stream, struct error *err);
