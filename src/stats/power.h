/* How much a comparison of so many pairs can tell, and how many pairs a wanted answer takes.
 *
 * Effects and widths are on the logarithmic scale of the paired log-ratios; stats_ratio_change()
 * turns them into a relative change for people. `sd` is the ordinary standard deviation of the
 * paired log-ratios: a robust spread would promise more than pairs with outliers can hold, and on
 * six values it is mostly noise itself.
 *
 * Pure functions, safe on any thread. */
#pragma once

#include <stddef.h>

/* stats_pairs_needed() never asks for more: "so many or more". */
enum { STATS_PAIRS_MOST = 9999 };

/* exp(effect) - 1: 0.0198 becomes 0.02, a change of +2 %. */
double stats_ratio_change(double effect);

/* log(1 + change), change > -1: the way back, for margins. */
double stats_log_effect(double change);

/* The smallest true effect whose 95 % interval (stats_signed_rank) leaves out 0 in 90 of 100
 * comparisons of n pairs with normal noise of spread `sd` >= 0: (z(.975) + z(.90)) sd / sqrt(0.955
 * (n - 2)). 0.955 = 3/pi is the efficiency of the Hodges-Lehmann estimate (Hodges and Lehmann,
 * Annals of Mathematical Statistics 27, 1956), and two pairs pay for the use of ranks. Up to 20
 * pairs the factor is tabulated instead, from simulation: at 6 pairs it is 2.1 sd, where the
 * formula would promise 1.7. INFINITY below 6 pairs, NAN if sd is NAN (one pair). It says what can
 * be told from 0, not what clears a margin: for that the effect must be larger by the margin. */
double stats_detectable_effect(double sd, size_t n);

/* The chance that the interval of n > 0 pairs at `confidence` (stats_signed_rank) lies wholly above
 * 0, when the noise is normal and the true centre is `shift` standard deviations above 0. It
 * answers for every verdict, with the margin m and the effect in units of sd: better is
 * power(effect - m), worse power(-effect - m), and equivalent what is left of both ends lying
 * inside, power(effect + m) + power(m - effect) - 1. When all pairs must agree it is exact; else
 * that of the t test at the level the ranks reach, with 0.955 n pairs, which is within 0.01 of
 * simulation for 7 pairs and more (`make simcheck`). */
double stats_power(size_t n, double shift, double confidence);

/* The fewest pairs with which an effect > 0 of so many standard deviations leaves 0 outside of the
 * interval with probability `power`; STATS_PAIRS_MOST if not fewer. */
size_t stats_pairs_to_detect(double effect, double power, double confidence);

/* The fewest pairs with which equal arms are found equivalent with probability `power`, for a
 * margin > 0 of so many standard deviations; STATS_PAIRS_MOST if not fewer. */
size_t stats_pairs_to_equate(double margin, double power, double confidence);

/* Pairs in all after which an interval of n > 0 pairs with this half width is expected to have
 * shrunk to half of `margin` > 0 (all on the logarithmic scale), the width below which no verdict
 * is inconclusive: n (half_width / (margin / 2))^2, rounded up, at least n and at most
 * max(n, STATS_PAIRS_MOST). An endless interval (half_width INFINITY) needs
 * stats_signed_rank_least(confidence) pairs before anything can be said: that is the answer then,
 * or n if n is more. */
size_t stats_pairs_needed(size_t n, double half_width, double margin, double confidence);
