#include "cli/output.h"

#include <string.h>

#include "base/buf.h"
#include "model/result_json.h"
#include "os/file.h"
#include "os/term.h"
#include "report/report.h"

bool output_text(const char *path, struct str text, struct error *err)
{
    if (strcmp(path, "-") != 0) {
        return file_write(path, text, err);
    }
    bool written = fwrite(text.len == 0 ? "" : text.data, 1, text.len, stdout) == text.len &&
                   fflush(stdout) == 0;
    return written || error_set(err, ERROR_USAGE, "standard output cannot be written");
}

bool output_json(const char *path, const struct result *result, struct error *err)
{
    struct buf text = {0};
    result_json_write(result, &text);
    bool done = output_text(path, buf_str(&text), err);
    buf_release(&text);
    return done;
}

bool output_report(const struct request *request, const struct result *result, bool is_stored,
                   FILE *stream, struct error *err)
{
    bool ok;
    if (request->quiet) {
        ok = result->verdict_text == NULL || fprintf(stream, "%s\n", result->verdict_text) > 0;
    } else {
        struct report_options options = {
            .color = request->color && term_wants_color(stream),
            .width = term_width(stream),
            .is_stored = is_stored,
        };
        ok = report_find("terminal")->write(result, &options, stream);
    }
    if (!ok || fflush(stream) != 0) {
        return error_set(err, ERROR_USAGE, "the report cannot be written");
    }
    return true;
}
