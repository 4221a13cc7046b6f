# Prints tests/data/stats_vectors.inc: what R says about samples the unit tests of src/stats/ then
# compute again. Base R is enough (written with R 4.2.2):
#
#     Rscript tests/data/make_stats_vectors.R > tests/data/stats_vectors.inc
#
# Where R and src/stats/ differ on purpose:
# - Too few values for the level (n < 6 at 95 %): wilcox.test answers with the range of the sample
#   and a warning that the level was not reached; src/stats/ says the interval is endless.
# - A level that some depth reaches exactly (93.75 % at n = 6): R goes one Walsh average further out
#   than it needs to. Such levels are left out here.
# - Zeros and ties: wilcox.test drops zeros and leaves the exact test. The p-values of tied samples
#   are therefore enumerated here over all signs.
# - Without exact = TRUE wilcox.test gives an interval from a root finder; for the large samples
#   only its p-value is used.
# - mad() scales by 1.4826; src/stats/ and this script by 1 / qnorm(0.75).

set.seed(20261123)

walsh <- function(d) {
    sums <- outer(d, d, "+") / 2
    sort(sums[!lower.tri(sums)])
}

number <- function(x) {
    short <- sprintf("%.15g", x)
    exact <- is.finite(x) & suppressWarnings(as.numeric(short)) == x
    ifelse(is.na(x), "NAN", ifelse(x == Inf, "INFINITY", ifelse(x == -Inf, "-INFINITY",
        ifelse(exact, short, sprintf("%.17g", x)))))
}

values <- c() # all samples, one after the other

# Where the sample begins.
keep <- function(x) {
    at <- length(values)
    values <<- c(values, x)
    at
}

emit <- function(declaration, rows) {
    cat("static const ", declaration, "[] = {\n", sep = "")
    for (row in rows) cat(strwrap(row, width = 98, indent = 4, exdent = 4), sep = "\n")
    cat("};\n\n")
}

draw <- list(
    normal = function(n) rnorm(n, 0.3),
    t3 = function(n) rt(n, 3) - 0.2,
    contaminated = function(n) rnorm(n, 0, ifelse(runif(n) < 0.1, 10, 1)),
    skewed = function(n) rexp(n) - 1
)

# Estimate, interval and p-value, from wilcox.test and again from the ordered Walsh averages.
rank_row <- function(name, n, level) {
    d <- signif(draw[[name]](n), 6)
    while (anyDuplicated(abs(d)) || any(d == 0)) d <- signif(draw[[name]](n), 6)
    r <- suppressWarnings(wilcox.test(d, exact = TRUE, conf.int = TRUE, conf.level = level))
    depth <- qsignrank((1 - level) / 2, n)
    w <- walsh(d)
    interval <- c(-Inf, Inf)
    coverage <- 1
    if (depth > 0) {
        interval <- c(w[depth], w[length(w) + 1 - depth])
        coverage <- 1 - 2 * psignrank(depth - 1, n)
        stopifnot(all(abs(interval - r$conf.int) < 1e-12), coverage >= level)
    }
    stopifnot(abs(median(w) - r$estimate) < 1e-12)
    sprintf("{\"%s\", %d, %d, %s, %s, %s, %s, %s, %s},", name, keep(d), n, number(level),
        number(median(w)), number(interval[1]), number(interval[2]), number(coverage),
        number(r$p.value))
}
rank_rows <- c()
for (n in 3:40) {
    name <- names(draw)[n %% 4 + 1]
    rank_rows <- c(rank_rows, rank_row(name, n, 0.95))
    if (n %% 3 == 0) rank_rows <- c(rank_rows, rank_row(names(draw)[n %/% 3 %% 4 + 1], n, 0.99))
    if (n %% 5 == 0) rank_rows <- c(rank_rows, rank_row("t3", n, 0.8))
}
# The last exact size.
rank_rows <- c(rank_rows, rank_row("normal", 60, 0.95))

# Samples with zeros and ties: P(T <= t) and the two-sided p-value over all signs.
tied_row <- function(d, shift) {
    x <- d + shift
    ranks <- rank(abs(x))
    free <- ranks[x != 0]
    zeros <- sum(ranks[x == 0]) / 2
    t <- sum(ranks[x > 0]) + zeros
    w <- walsh(x)
    stopifnot(t == sum(w > 0) + sum(w == 0) / 2)
    signs <- as.matrix(expand.grid(rep(list(0:1), length(free))))
    null <- if (length(free) > 0) as.vector(signs %*% free) + zeros else zeros
    lower <- mean(null <= t)
    sprintf("{%d, %d, %s, %s, %s},", keep(d), length(d), number(shift), number(lower),
        number(min(1, 2 * min(lower, mean(null >= t)))))
}
tied_rows <- c(
    tied_row(c(0, 0, 0), 0),
    tied_row(c(1, 1, 1, 1, 1, 1), 0),
    tied_row(c(-1, 1, -1, 1), 0),
    tied_row(c(0, 1, 2, 3, 4, 5), 0),
    tied_row(c(0, 0, -1, 2, 2, -2, 3, 3), 0),
    tied_row(c(-4, -3, -3, -2, 0, 0, 0, 1, 1, 5), 0),
    tied_row(c(-5, -3, -3, -2, 0, 0, 0, 1, 1, 5), 0),
    tied_row(c(2, 2, 2, 2, -2, -2, -2, -2, -2, -2, -2, -2), 0),
    tied_row(c(-5, -3, -3, -2, 0, 0, 0, 1, 1, 5), 2),
    tied_row(c(-5, -3, -3, -2, 0, 0, 0, 1, 1, 5), -1)
)
for (n in c(6, 8, 9, 10, 11, 12)) {
    tied_rows <- c(tied_rows, tied_row(round(rnorm(n, 0.5, 2)), 0),
        tied_row(signif(rnorm(n, -0.5), 4), 0.25))
}

# Above the exact sizes: the normal approximation of wilcox.test, with and without ties (no zeros).
large_row <- function(d) {
    r <- wilcox.test(d, exact = FALSE, correct = TRUE)
    sprintf("{%d, %d, %s},", keep(d), length(d), number(r$p.value))
}
tied <- round(rnorm(70, 0.6, 2) * 2)
large_rows <- c(large_row(signif(rnorm(61, 0.25), 5)), large_row(signif(rnorm(100, -0.1), 5)),
    large_row(tied[tied != 0]))

# The null distribution.
cdf_rows <- c()
for (n in c(1, 2, 3, 6, 7, 10, 20, 40, 60, 61, 200)) {
    for (t in unique(c(0, 1, qsignrank(c(0.001, 0.025, 0.5, 0.975), n), n * (n + 1) / 2))) {
        cdf_rows <- c(cdf_rows, sprintf("{%d, %d, %s},", n, t, number(psignrank(t, n))))
    }
}

# Descriptive statistics.
summary_row <- function(x) {
    n <- length(x)
    lag1 <- if (n > 1 && sd(x) > 0) acf(x, lag.max = 1, plot = FALSE)$acf[2] else NA
    quantiles <- quantile(x, c(0.1, 0.25, 0.9, 0.99), type = 7, names = FALSE)
    sprintf("{%d, %d, %s, %s, %s, %s, %s, {%s}},", keep(x), n, number(mean(x)), number(sd(x)),
        number(median(x)), number(mad(x, constant = 1 / qnorm(0.75))), number(lag1), paste(number(quantiles), collapse = ", "))
}
summary_rows <- c(
    summary_row(3.5),
    summary_row(c(1, 2)),
    summary_row(c(7, 7, 7, 7)),
    summary_row(c(3, 1, 2)),
    summary_row(c(1, 1, 1, 1, 9)),
    # A spread far below the offset, where one-pass sums of squares lose every digit.
    summary_row(1e9 + rep(c(0.25, 0.5, 0.75), 30)),
    summary_row(signif(rnorm(25, 100, 2), 6)),
    summary_row(signif(rt(40, 3), 6)),
    summary_row(signif(rlnorm(31), 6)),
    summary_row(signif(cumsum(rnorm(30)), 6))
)

cat("/* Made by tests/data/make_stats_vectors.R; do not edit. */\n\n")
emit("double stats_values", paste(paste0(number(values), collapse = ", "), ","))
emit("struct rank_vector rank_vectors", rank_rows)
emit("struct tied_vector tied_vectors", tied_rows)
emit("struct large_vector large_vectors", large_rows)
emit("struct cdf_vector cdf_vectors", cdf_rows)
emit("struct summary_vector summary_vectors", summary_rows)
