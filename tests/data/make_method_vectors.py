"""Prints the second part of tests/data/method_vectors.inc: what SciPy says (written with 1.10.1).

Needs python3-scipy; how both parts are made is in make_method_vectors.R.
"""

import numpy
import scipy.stats
from scipy.stats import mstats

rng = numpy.random.default_rng(20261125)


def text(numbers):
    return ", ".join(repr(float(x)) for x in numbers)


def main():
    values = []
    quantile_rows = []
    for n in (1, 2, 5, 10, 21, 40, 300):
        x = [float(f"{v:.6g}") for v in rng.lognormal(0, 1, n)]
        for p in (0.1, 0.5, 0.9, 0.99):
            a, b = (n + 1) * p, (n + 1) * (1 - p)
            w = numpy.diff(scipy.stats.beta.cdf(numpy.arange(n + 1) / n, a, b))
            mean = numpy.dot(w, numpy.sort(x))
            # hdquantiles is the same estimate, written by others; it wants two values and more.
            if n > 1:
                assert abs(mstats.hdquantiles(x, [p])[0] - mean) < 1e-9 * max(1, abs(mean))
            error = numpy.sqrt(max(0, numpy.dot(w, (numpy.sort(x) - mean) ** 2)))
            quantile_rows.append(f"{{{len(values)}, {n}, {p}, {text([mean, error])}}},")
        values += x
    slope_rows = []
    for n in (12, 30):
        x = [float(f"{v:.6g}") for v in 50 + 0.2 * numpy.arange(n) + rng.standard_t(3, n)]
        slope = scipy.stats.theilslopes(x).slope
        slope_rows.append(f"{{{len(values)}, {n}, {text([slope])}}},")
        values += x
    print("static const double scipy_values[] = {")
    for i in range(0, len(values), 6):
        print(f"    {text(values[i:i + 6])},")
    print("};\n")
    print("static const struct quantile_vector quantile_vectors[] = {")
    print("".join(f"    {row}\n" for row in quantile_rows) + "};\n")
    print("static const struct slope_vector slope_vectors[] = {")
    print("".join(f"    {row}\n" for row in slope_rows) + "};")


if __name__ == "__main__":
    main()
