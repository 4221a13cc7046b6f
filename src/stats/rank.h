/* The Wilcoxon signed-rank family: estimate, interval and p-value for the centre of a small sample
 * of differences. tenbin gives it one logarithm of a ratio per pair of runs.
 *
 * What is assumed: the differences are independent and each is symmetric about the same centre.
 * Normality is not, so a wild pair widens the interval a little instead of ruining it. What this
 * file does not do: it knows no margins and gives no verdicts.
 *
 * Zeros and ties. Estimate and interval come from the Walsh averages (d_i + d_j) / 2, i <= j, of
 * all differences; zeros and ties need no treatment there, they only make the interval
 * conservative. The p-value uses T = (Walsh averages above 0) + half of those equal to 0. That is
 * the sum of the ranks of the positive differences when equal magnitudes share their mean rank
 * (mid-rank), zeros keep the lowest ranks instead of being dropped, and a zero counts half to
 * either side. The null distribution is taken given the magnitudes: each difference that is not
 * zero is as likely negative as positive. Without zeros and ties this is the textbook test.
 *
 * Sources: F. Wilcoxon, "Individual comparisons by ranking methods", Biometrics Bulletin 1, 1945;
 * J. L. Hodges and E. L. Lehmann, "Estimates of location based on rank tests", Annals of
 * Mathematical Statistics 34, 1963; J. W. Tukey's interval from Walsh averages, as in M. Hollander
 * and D. A. Wolfe, "Nonparametric Statistical Methods", section 3.3; J. W. Pratt, "Remarks on zeros
 * and ties in the Wilcoxon signed rank procedures", JASA 54, 1959.
 *
 * Pure functions, safe on any thread. Differences must be finite (asserted). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Up to so many differences distributions are exact; above they are normal approximations with a
 * continuity correction, off by less than 0.0003. */
enum { STATS_SIGNED_RANK_EXACT = 60 };

struct signed_rank {
    size_t n;
    double estimate;   /* Hodges-Lehmann: the median of the Walsh averages */
    double low, high;  /* -INFINITY and INFINITY unless `bounded` */
    double confidence; /* the level asked for */
    double coverage;   /* the level reached, at least `confidence`; 1 unless `bounded` */
    double p_value;    /* two-sided, of "the centre is 0" */
    bool bounded;      /* false: too few differences for this level, the interval is endless */
    bool exact;        /* false: normal approximation, n > STATS_SIGNED_RANK_EXACT */
};

/* P(T <= t) for n differences without zeros and ties, T from 0 to n(n+1)/2. n > 0. */
double stats_signed_rank_cdf(size_t n, double t);

/* The fewest differences whose interval is bounded at `confidence` (0..1, exclusive): 6 at 0.95,
 * 8 at 0.99. With that many the interval spans the whole sample. */
size_t stats_signed_rank_least(double confidence);

/* The interval reaches from the so many-th smallest Walsh average to the so many-th largest, at
 * `confidence` (0..1, exclusive); 0: endless. n > 0. */
size_t stats_signed_rank_depth(size_t n, double confidence);

/* Fills `out` from n > 0 differences. The interval is the narrowest symmetric pair of ordered Walsh
 * averages that covers the centre with at least `confidence` (0..1, exclusive). Its end points
 * belong to it. Takes n(n+1)/2 doubles of memory and sorts them: meant for up to a few thousand
 * differences. */
void stats_signed_rank(const double *d, size_t n, double confidence, struct signed_rank *out);

/* The one-sided p-value of "the centre of d is not below -shift", for a gate that allows a loss of
 * `shift`: small when d lies clearly below -shift. n > 0. */
double stats_signed_rank_one_sided(const double *d, size_t n, double shift);
