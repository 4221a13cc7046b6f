/* Linear least squares.
 *
 * Pure functions, safe on any thread. */
#pragma once

#include <stddef.h>

enum { FIT_MOST_TERMS = 8 };

struct fit {
    size_t terms;
    double coefficient[FIT_MOST_TERMS];
    double standard_error[FIT_MOST_TERMS]; /* NAN when there are as many terms as values */
    double residual_sd;                    /* divisor n - terms; NAN likewise */
    double r_squared; /* of the variance about the mean; wants a constant term */
};

/* Fits y = sum of coefficient k times column k. `columns` has n rows of `terms` (1 to
 * FIT_MOST_TERMS, at most n) finite values, the constant term as a column of ones. By singular
 * values of scaled columns (gsl_multifit_linear), so that powers of large numbers do not lose their
 * digits. */
void fit_linear(const double *columns, const double *y, size_t n, size_t terms, struct fit *out);
