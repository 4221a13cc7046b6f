/* The parts of simcheck. Each prints its rows; all are deterministic. */
#pragma once

void part_false_positives(
    void);                    /* fixed numbers of pairs, every noise: errors, coverage, verdicts */
void part_stopping(void);     /* pairs are added until intervals are narrow */
void part_power(void);        /* against the stored tables */
void part_hosts(void);        /* several hosts per arm: coverage */
void part_many(void);         /* many cells: Holm, Benjamini-Hochberg, geometric mean */
void part_distribution(void); /* shift functions */
void part_series(void);       /* changes of level, what stands out in a run */
