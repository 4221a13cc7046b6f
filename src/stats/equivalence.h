/* Is a difference smaller than what matters? The two one-sided tests of equivalence on signed
 * ranks: the centre of the differences is shown to be above -margin and, apart from that, below
 * +margin.
 *
 * Two tests at level a and an interval at confidence 1 - 2a say the same: equivalent is an interval
 * that lies inside of the margins. tenbin's verdicts take the 95 % interval, that is, a = 0.025 on
 * each side, so that one interval answers for every verdict.
 *
 * Source: D. J. Schuirmann, "A comparison of the two one-sided tests procedure and the power
 * approach for assessing the equivalence of average bioavailability", Journal of Pharmacokinetics
 * and Biopharmaceutics 15, 1987; S. Wellek, "Testing statistical hypotheses of equivalence", 5.4,
 * for signed ranks.
 *
 * Pure functions, safe on any thread. */
#pragma once

#include <stddef.h>

struct equivalence {
    double p_low;        /* of "the centre is not above -margin" */
    double p_high;       /* of "the centre is not below +margin" */
    double p_value;      /* the larger of them: of "the centre is not inside" */
    double least_margin; /* the smallest margin that this sample shows at the level; INFINITY when
                            there are too few differences for one */
};

/* n > 0 finite differences, margin > 0 on their scale, `level` of each test (0..0.5, exclusive). */
void stats_equivalence(const double *d, size_t n, double margin, double level,
                       struct equivalence *out);
