#include "base/buf.h"
#include "model/result_json.h"
#include "report/forms.h"

bool report_json(const struct result *result, const struct report_options *options, FILE *out)
{
    (void)options;
    struct buf text = {0};
    result_json_write(result, &text);
    bool written = fwrite(buf_text(&text), 1, text.len, out) == text.len && fflush(out) == 0;
    buf_release(&text);
    return written;
}
