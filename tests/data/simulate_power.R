# Prints, per number of pairs, the effect in units of the standard deviation that the 95 % interval
# of the signed ranks tells from 0 in 90 % of samples with normal noise: the table in
# src/stats/power.c. Beside it the two formulas that come to mind. Takes two minutes.
#
#     Rscript tests/data/simulate_power.R

set.seed(20261123)
samples <- 200000

cat("pairs simulated formula formula(n-2)\n")
for (n in c(6:20, 25, 30, 40)) {
    noise <- matrix(rnorm(samples * n), samples, n)
    largest <- n * (n + 1) / 2
    depth <- qsignrank(0.025, n)
    power <- function(effect) {
        x <- noise + effect
        t <- integer(samples)
        for (i in 1:n) for (j in i:n) t <- t + (x[, i] + x[, j] > 0)
        mean(t < depth | t > largest - depth)
    }
    low <- 0.3
    high <- 3
    for (step in 1:11) {
        middle <- (low + high) / 2
        if (power(middle) < 0.9) low <- middle else high <- middle
    }
    z <- qnorm(0.975) + qnorm(0.9)
    cat(sprintf("%5d %9.3f %7.3f %12.3f\n", n, (low + high) / 2, z / sqrt(3 / pi * n),
        z / sqrt(3 / pi * (n - 2))))
}
