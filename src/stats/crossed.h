/* Two groups of hosts, compared through pairs: each pair is a difference between a host of one
 * group and a host of the other, and differs from the next one by its hosts, by noise, and not by
 * what both of its runs share. How many pairs there are says little about how well the groups are
 * known: that hangs on how many hosts there are and how they differ.
 *
 * The estimate is the mean of the hosts' means. Its variance is the sum of two: of the means of the
 * one group's hosts over their pairs, and of the other's, each divided by the number of hosts.
 * Noise of pairs is in both, so that the sum is a little too large (two-way clusters without the
 * third term: A. C. Cameron, J. B. Gelbach and D. L. Miller, "Robust inference with multiway
 * clustering", Journal of Business & Economic Statistics 29, 2011); intervals cover rather too
 * often. Degrees of freedom are those of B. L. Welch and F. E. Satterthwaite (Biometrics Bulletin
 * 2, 1946), at most twice what the smaller group has, without which groups of very different sizes
 * cover too little (docs/STATISTICS.md, `make simcheck`).
 *
 * Pure functions, safe on any thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { CROSSED_MOST = 64 }; /* hosts of a group */

/* n differences (finite), and of each which hosts it is between: numbers below CROSSED_MOST. */
struct crossed_pairs {
    const double *d;
    const uint32_t *from;
    const uint32_t *to;
    size_t n;
};

struct crossed {
    size_t from, to; /* hosts that occur */
    double estimate; /* how much the `to` hosts are above */
    double error;    /* standard error; INFINITY: a group has one host */
    double freedom;  /* degrees of freedom; 0 then */
    double low, high;
    double p_value; /* of "there is no difference"; 1 then */
};

/* n > 0, confidence 0..1, exclusive (asserted). */
void stats_crossed(const struct crossed_pairs *pairs, double confidence, struct crossed *out);
/* The p-value of "the true difference is not above `bound`". */
double stats_crossed_above(const struct crossed *crossed, double bound);
/* The smallest true difference whose interval is expected to leave out 0 in 90 of 100 comparisons
 * of such hosts: (t((1 + confidence) / 2) + t(.90)) standard errors, with the degrees of freedom
 * that the group with fewer hosts has alone. Those of the interval promise too much for few hosts,
 * for they are themselves uncertain: two and two hosts need 13 standard errors (15.8 here, 6.2 by
 * those). INFINITY: a group has one host. */
double stats_crossed_detectable(const struct crossed *crossed, double confidence);
/* Hosts of each group with which the interval is expected to be as narrow as half of `margin` > 0
 * on either side, if they differ as these do and the pairs grow with them; at most
 * STATS_HOSTS_MOST. Two when there is no interval yet. */
enum { STATS_HOSTS_MOST = 999 };
size_t stats_crossed_needed(const struct crossed *crossed, double margin, double confidence);
