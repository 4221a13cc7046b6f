# Prints tests/sim/tables.inc: the power of the signed ranks and the verdicts of the rule that adds
# pairs until the interval is narrow, simulated with normal noise. `make simcheck` simulates both
# again in C and must come within 0.02. Takes some minutes.
#
#     Rscript tests/data/simulate_tables.R > tests/sim/tables.inc

set.seed(20261125)

cat("/* Made by tests/data/simulate_tables.R; do not edit. */\n\n")
cat("/* P(the 95 % interval lies above 0), effect in standard deviations. */\n")
cat("struct power_row {\n    size_t n;\n    double shift, power;\n};\n\n")
cat("static const struct power_row power_table[] = {\n")
samples <- 50000
for (n in c(6, 7, 8, 10, 12, 15, 20, 30, 40)) {
    noise <- matrix(rnorm(samples * n), samples, n)
    depth <- qsignrank(0.025, n)
    for (shift in c(0.25, 0.5, 1, 1.5, 2)) {
        t <- integer(samples)
        x <- noise + shift
        for (i in 1:n) for (j in i:n) t <- t + (x[, i] + x[, j] > 0)
        cat(sprintf("    {%d, %g, %.4f},\n", n, shift, mean(t > n * (n + 1) / 2 - depth)))
    }
}
cat("};\n\n")

walsh <- function(d) {
    sums <- outer(d, d, "+") / 2
    sort(sums[lower.tri(sums, diag = TRUE)])
}
depths <- sapply(1:40, function(n) qsignrank(0.0175, n))
indices <- seq(10, 40, 2)

# First the position effect, which the C program takes out from 16 pairs on, is left alone here: it
# is 0 in this noise.
verdict <- function(effect) {
    d <- rnorm(40) + effect
    for (n in indices) {
        w <- walsh(d[1:n])
        low <- w[depths[n]]
        high <- w[length(w) + 1 - depths[n]]
        if ((high - low) / 2 <= 0.5) break
    }
    if (low > 1) "better" else if (high < -1) "worse" else if (low > -1 && high < 1) "equivalent"
    else if (low > 0 || high < 0) "small" else "inconclusive"
}
cat("/* Shares of verdicts; effect in margins, a pair scatters by one margin. */\n")
cat("struct stopping_row {\n    double effect, worse, small, equivalent;\n};\n\n")
cat("static const struct stopping_row stopping_table[] = {\n")
for (effect in c(0, -0.5, -1, -1.5, -2, -2.5)) {
    seen <- replicate(4000, verdict(effect))
    cat(sprintf("    {%g, %.4f, %.4f, %.4f},\n", effect, mean(seen == "worse"),
        mean(seen == "small"), mean(seen == "equivalent")))
}
cat("};\n")
