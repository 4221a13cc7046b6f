#include "stats/spread.h"

#include "support/tap.h"

/* Expected: sqrt(r / qf(1 - t, n - 1, m - 1)) and sqrt(r / qf(t, n - 1, m - 1)) of R 4.2, r the
 * ratio of the variances; the last row is what var.test gives for c(1.2, 3.4, 2.2, 5.1, 0.3, 2.8)
 * and c(1, 2, 1.5, 1.2, 0.9, 1.1, 1.7). */
static const struct {
    struct spread a, b;
    double confidence;
    double low, high;
} rows[] = {
    {{3, 6}, {1, 6}, 0.95, 1.12222036698179, 8.01981523843258},
    {{1, 30}, {2, 6}, 0.95, 0.200256896813124, 0.872328825695671},
    {{2.5, 12}, {0.5, 40}, 0.9, 3.49705662084812, 7.95925812069162},
    {{1, 2}, {1, 2}, 0.95, 0.0392901070076697, 25.4516995793571},
    {{1.68997041394221, 6}, {0.40355562548073, 7}, 0.95, 1.71139622931346, 11.0619553312577},
};

int main(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double low;
        double high;
        spread_ratio(rows[i].a, rows[i].b, rows[i].confidence, &low, &high);
        tap_near(low, rows[i].low, 1e-9 * rows[i].low, "row %zu: the lower end", i);
        tap_near(high, rows[i].high, 1e-9 * rows[i].high, "row %zu: the upper end", i);
    }
    return tap_end();
}
