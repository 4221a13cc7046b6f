/* The members of the table of reports (report.h). Private to report. */
#pragma once

#include "report/report.h"

/* What a busy person reads from the top: verdict, figures, how sure, warnings, arms, how to
 * reproduce it. Text from servers (labels, versions, error names) is shown without its control
 * characters. */
bool report_terminal(const struct result *result, const struct report_options *options, FILE *out);
/* The result file itself. */
bool report_json(const struct result *result, const struct report_options *options, FILE *out);
