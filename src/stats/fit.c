#include "stats/fit.h"

#include <assert.h>
#include <gsl/gsl_multifit.h>
#include <math.h>

#include "stats/summary.h"

static void keep(const gsl_vector *coefficients, const gsl_matrix *covariance, struct fit *out)
{
    for (size_t i = 0; i < out->terms; i++) {
        out->coefficient[i] = gsl_vector_get(coefficients, i);
        out->standard_error[i] =
            isnan(out->residual_sd) ? NAN : sqrt(gsl_matrix_get(covariance, i, i));
    }
}

void fit_linear(const double *columns, const double *y, size_t n, size_t terms, struct fit *out)
{
    assert(terms > 0 && terms <= FIT_MOST_TERMS && terms <= n);
    gsl_matrix_const_view x = gsl_matrix_const_view_array(columns, n, terms);
    gsl_vector_const_view wanted = gsl_vector_const_view_array(y, n);
    gsl_multifit_linear_workspace *work = gsl_multifit_linear_alloc(n, terms);
    gsl_vector *coefficients = gsl_vector_alloc(terms);
    gsl_matrix *covariance = gsl_matrix_alloc(terms, terms);
    double squares = 0;
    gsl_multifit_linear(&x.matrix, &wanted.vector, coefficients, covariance, &squares, work);
    double mean = stats_mean(y, n);
    double total = 0;
    for (size_t i = 0; i < n; i++) {
        total += (y[i] - mean) * (y[i] - mean);
    }
    *out = (struct fit){.terms = terms,
                        .residual_sd = n > terms ? sqrt(squares / (double)(n - terms)) : NAN,
                        .r_squared = 1 - squares / total};
    keep(coefficients, covariance, out);
    gsl_matrix_free(covariance);
    gsl_vector_free(coefficients);
    gsl_multifit_linear_free(work);
}
