# Prints how often each verdict of docs/METHODOLOGY.md falls, by number of pairs, noise and true
# effect: the tables in "What the verdicts are worth". Effects, margin and spread are logarithms;
# the margin is 1, so that a spread of 2 means noise of twice the margin. Takes fifteen seconds.
#
#     Rscript tests/data/simulate_verdicts.R

set.seed(20261123)
samples <- 100000

# All with standard deviation 1.
draw <- list(
    normal = rnorm,
    t3 = function(n) rt(n, 3) / sqrt(3),
    contaminated = function(n) rnorm(n, 0, ifelse(runif(n) < 0.1, 10, 1)) / sqrt(10.9)
)

# Lower and upper ends of the 95 % interval, one row of `d` per sample.
intervals <- function(d) {
    n <- ncol(d)
    depth <- qsignrank(0.025, n)
    if (depth == 1) {
        return(list(low = do.call(pmin, asplit(d, 2)), high = do.call(pmax, asplit(d, 2))))
    }
    ends <- apply(d, 1, function(x) {
        sums <- outer(x, x, "+") / 2
        w <- sums[!lower.tri(sums)]
        w <- sort(w, partial = c(depth, length(w) + 1 - depth))
        c(w[depth], w[length(w) + 1 - depth])
    })
    list(low = ends[1, ], high = ends[2, ])
}

shares <- function(low, high) {
    verdict <- ifelse(low > 1, "better", ifelse(high < -1, "worse",
        ifelse(low > -1 & high < 1, "equivalent",
            ifelse(low > 0 | high < 0, "small", "inconclusive"))))
    kinds <- c("better", "worse", "equivalent", "small", "inconclusive")
    c(100 * sapply(kinds, function(kind) mean(verdict == kind)), misses0 = 100 * mean(low > 0 | high < 0))
}

row <- function(noise, n, spread, effect) {
    count <- if (n == 6) samples else samples / 5
    at <- matrix(draw[[noise]](count * n), count, n)
    i <- intervals(at * spread + effect)
    s <- shares(i$low, i$high)
    cat(sprintf("%-12s %3d %6.2f %6.1f  %7.3f %7.3f %8.2f %7.2f %8.2f %8.2f\n", noise, n, spread,
        effect, s[1], s[2], s[3], s[4], s[5], s[6]))
}

cat("noise        n    spread effect  better%  worse%  equiv% small% inconcl% excludes0%\n")
for (spread in c(0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10)) row("normal", 6, spread, 0)
for (noise in c("t3", "contaminated")) for (spread in c(0.5, 1, 2)) row(noise, 6, spread, 0)
for (spread in c(0.5, 1, 2)) row("normal", 10, spread, 0)
for (spread in c(0.5, 1, 2)) row("normal", 20, spread, 0)
for (effect in c(-1, -1.5, -2, -3)) for (spread in c(0.25, 0.5, 1)) row("normal", 6, spread, effect)
for (effect in c(-1, -2, -3)) row("normal", 20, 1, effect)
