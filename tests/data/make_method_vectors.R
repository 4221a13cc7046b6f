# Prints the first part of tests/data/method_vectors.inc, what R says about many comparisons,
# equivalence, power, series, nested noise and weighted values (base R is enough; written with
# R 4.2.2). make_method_vectors.py prints the second part, what SciPy says:
#
#     (Rscript tests/data/make_method_vectors.R; python3 tests/data/make_method_vectors.py) \
#         > tests/data/method_vectors.inc

set.seed(20261125)

number <- function(x) {
    short <- sprintf("%.15g", x)
    exact <- is.finite(x) & suppressWarnings(as.numeric(short)) == x
    ifelse(is.na(x), "NAN", ifelse(exact, short, sprintf("%.17g", x)))
}

emit <- function(declaration, rows) {
    cat("static const ", declaration, "[] = {\n", sep = "")
    for (row in rows) cat(strwrap(row, width = 98, indent = 4, exdent = 4), sep = "\n")
    cat("};\n\n")
}

values <- c()
keep <- function(x) {
    at <- length(values)
    values <<- c(values, x)
    at
}

adjust_row <- function(p) {
    p <- signif(p, 6)
    sprintf("{%d, %d, %d, %d},", keep(p), length(p), keep(p.adjust(p, "holm")),
        keep(p.adjust(p, "BH")))
}
adjust_rows <- c(adjust_row(0.03), adjust_row(runif(5)), adjust_row(c(runif(10)^4, NA, NA)),
    adjust_row(c(0.01, 0.01, 0.02, 1, 0, 0.05)), adjust_row(runif(40)^2))

# Two one-sided tests without ties.
equivalence_row <- function(n, centre, margin) {
    d <- signif(rnorm(n, centre), 6)
    low <- wilcox.test(d, mu = -margin, alternative = "greater", exact = TRUE)$p.value
    high <- wilcox.test(d, mu = margin, alternative = "less", exact = TRUE)$p.value
    sprintf("{%d, %d, %s, %s, %s},", keep(d), n, number(margin), number(low), number(high))
}
equivalence_rows <- c()
for (n in c(6, 7, 10, 15, 24, 40)) {
    equivalence_rows <- c(equivalence_rows, equivalence_row(n, 0.1, 0.75),
        equivalence_row(n, -0.4, 1.1))
}

# The t test at the level of the ranks, with 3 / pi of the pairs.
power_row <- function(n, shift, confidence) {
    depth <- qsignrank((1 - confidence) / 2, n)
    level <- psignrank(depth - 1, n)
    power <- if (depth == 1) pnorm(shift)^n else
        pt(qt(1 - level, n - 1), n - 1, ncp = shift * sqrt(3 / pi * n), lower.tail = FALSE)
    sprintf("{%d, %s, %s, %s},", n, number(shift), number(confidence), number(power))
}
power_rows <- c()
for (n in c(6, 7, 8, 10, 13, 20, 30, 60)) {
    for (shift in c(0, 0.3, 0.8, 1.5)) {
        power_rows <- c(power_rows, power_row(n, shift, 0.95))
    }
    if (n >= 8) power_rows <- c(power_rows, power_row(n, 0.7, 0.965))
}

# The shift of two samples: the median of all differences, from wilcox.test.
position_row <- function(n) {
    first <- sample(rep(c(0, 1), length.out = n))
    d <- signif(rnorm(n) + 0.5 * first, 6)
    shift <- median(outer(d[first == 1], d[first == 0], "-"))
    estimate <- suppressWarnings(wilcox.test(d[first == 1], d[first == 0], exact = TRUE,
        conf.int = TRUE)$estimate)
    stopifnot(abs(shift - estimate) < 1e-9)
    sprintf("{%d, %d, %d, %s},", keep(d), keep(first), n, number(shift / 2))
}
position_rows <- c(position_row(9), position_row(16), position_row(25))

# Autocorrelation at lags 1, 2, 5, 10; Kendall's trend test; the slope of Theil and Sen.
series_row <- function(x) {
    n <- length(x)
    r <- acf(x, lag.max = 10, plot = FALSE)$acf[c(2, 3, 6, 11)]
    kendall <- suppressWarnings(cor.test(x, seq_len(n), method = "kendall", exact = FALSE,
        continuity = TRUE))
    pairs <- combn(n, 2)
    slope <- median((x[pairs[2, ]] - x[pairs[1, ]]) / (pairs[2, ] - pairs[1, ]))
    sprintf("{%d, %d, {%s}, %s, %s},", keep(x), n, paste(number(r), collapse = ", "),
        number(kendall$p.value), number(slope))
}
series_rows <- c(
    series_row(signif(rnorm(20, 100, 2), 6)),
    series_row(signif(100 + 0.1 * (1:30) + rnorm(30), 6)),
    series_row(round(rnorm(40, 5, 2))),
    series_row(signif(as.numeric(arima.sim(list(ar = 0.7), 80)) + 50, 6))
)

# Nested noise, from the sums of squares of the analysis of variance.
levels_row <- function(repeats, sds) {
    groups <- rev(repeats)
    design <- expand.grid(lapply(repeats, seq_len))
    top <- if (length(repeats) > 1) design[[length(repeats)]] else rep(1, nrow(design))
    y <- 100
    for (level in seq_along(repeats)) {
        key <- if (level == 1) seq_len(nrow(design)) else
            do.call(interaction, design[level:length(repeats)])
        y <- y + rnorm(length(unique(key)), sd = sds[level])[as.integer(factor(key))]
    }
    y <- signif(y, 7)
    spreads <- c()
    means <- y
    for (level in seq_along(repeats)) {
        folded <- matrix(means, nrow = repeats[level])
        spreads <- c(spreads, mean(apply(folded, 2, var)))
        means <- colMeans(folded)
    }
    variances <- spreads - c(0, head(spreads / repeats, -1))
    top <- length(repeats)
    # The mean squares of aov() say the same about the lowest level.
    if (top == 2) {
        table <- summary(aov(y ~ factor(rep(seq_len(repeats[2]), each = repeats[1]))))[[1]]
        stopifnot(abs(table[2, 3] - spreads[1]) < 1e-9 * spreads[1],
            abs(table[1, 3] / repeats[1] - spreads[2]) < 1e-9 * spreads[2])
    }
    half <- qt(0.975, repeats[top] - 1) * sqrt(spreads[top] / repeats[top])
    sprintf("{%d, %d, {%s}, {%s}, {%s}, %s, %s, %s},", keep(y), length(repeats),
        paste(repeats, collapse = ", "), paste(number(spreads), collapse = ", "),
        paste(number(pmax(0, variances)), collapse = ", "), number(mean(y)),
        number(mean(y) - half), number(mean(y) + half))
}
levels_rows <- c(levels_row(c(10, 6), c(1, 2)), levels_row(c(5, 8), c(3, 0.1)),
    levels_row(c(4, 3, 5), c(1, 1, 2)), levels_row(12, 1))

# Values with counts: as the long list of them (quantiles of type 1).
weighted_row <- function(x, counts) {
    all <- rep(x, counts)
    quantiles <- quantile(all, c(0.1, 0.5, 0.9, 0.99), type = 1, names = FALSE)
    middle <- quantile(all, 0.5, type = 1, names = FALSE)
    mad <- quantile(abs(all - middle), 0.5, type = 1, names = FALSE) / qnorm(0.75)
    sprintf("{%d, %d, %d, %s, %s, %s, {%s}},", keep(x), keep(counts), length(x),
        number(mean(all)), number(sd(all)), number(mad), paste(number(quantiles), collapse = ", "))
}
weighted_rows <- c(weighted_row(3, 1), weighted_row(c(1, 2, 10), c(3, 1, 1)),
    weighted_row(sort(signif(rlnorm(30, 10), 6)), 1 + rpois(30, 20)),
    weighted_row(1e9 + 1:9, rep(c(7, 8, 9), 3)))

cat("/* Made by tests/data/make_method_vectors.R and .py; do not edit. */\n\n")
emit("double method_values", paste(paste0(number(values), collapse = ", "), ","))
emit("struct adjust_vector adjust_vectors", adjust_rows)
emit("struct equivalence_vector equivalence_vectors", equivalence_rows)
emit("struct power_vector power_vectors", power_rows)
emit("struct position_vector position_vectors", position_rows)
emit("struct series_vector series_vectors", series_rows)
emit("struct levels_vector levels_vectors", levels_rows)
emit("struct weighted_vector weighted_vectors", weighted_rows)
