/* The Statistical Reference Datasets of NIST: summaries of one variable, and linear fits. Certified
 * to 15 digits; what can be demanded of doubles is 1e-9 of each, except where the data itself takes
 * digits away (NumAcc3 and 4: fifteen digits hold the numbers, and seven or eight are left for the
 * spread). */
#include "stats/fit.h"
#include "stats/summary.h"
#include "support/tap.h"

#include "data/nist_strd.inc"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

enum { PI_DIGITS = 5000, NUMACC = 1001 };

/* The first digits of pi: S. Rabinowitz and S. Wagon, "A spigot algorithm for the digits of pi",
 * American Mathematical Monthly 102, 1995. Digits that may still carry are held back. */
static void pi_digits(double digits[PI_DIGITS])
{
    enum { CELLS = (PI_DIGITS + 10) * 10 / 3 + 1 };
    static unsigned cells[CELLS];
    size_t made = 0;
    size_t nines = 0;
    unsigned held = 0;
    bool first = true;
    for (size_t i = 0; i < CELLS; i++) {
        cells[i] = 2;
    }
    while (made < PI_DIGITS) {
        unsigned carry = 0;
        for (size_t i = CELLS - 1; i > 0; i--) {
            unsigned value = 10 * cells[i] + carry * (unsigned)(i + 1);
            cells[i] = value % (unsigned)(2 * i + 1);
            carry = value / (unsigned)(2 * i + 1);
        }
        unsigned value = 10 * cells[0] + carry;
        cells[0] = value % 10;
        unsigned digit = value / 10;
        if (digit == 9) {
            nines++;
            continue;
        }
        if (!first && made < PI_DIGITS) {
            digits[made++] = held + digit / 10;
        }
        for (; nines > 0; nines--) {
            if (made < PI_DIGITS) {
                digits[made++] = digit >= 10 ? 0 : 9;
            }
        }
        held = digit % 10;
        first = false;
    }
}

static void check(const char *name, const double *x, size_t n, const double wanted[3],
                  double tolerance)
{
    struct stats_summary got;
    stats_summary(x, n, &got);
    tap_near(got.mean, wanted[0], 1e-9 * fabs(wanted[0]), "%s: mean", name);
    tap_near(got.sd, wanted[1], tolerance * wanted[1], "%s: standard deviation", name);
    tap_near(got.lag1, wanted[2], tolerance * fabs(wanted[2]), "%s: lag-1 autocorrelation", name);
}

static void test_observed(void)
{
    static double pi[PI_DIGITS];
    pi_digits(pi);
    tap_check(pi[0] == 3 && pi[1] == 1 && pi[2] == 4 && pi[761] == 4 && pi[762] == 9 &&
                  pi[767] == 9 && pi[768] == 8,
              "digits of pi, six nines included");
    /* The set as published has a 3 there, and the certified values are those of the set. */
    tap_near(pi[956], 8, 0, "digit 957 of pi");
    pi[956] = 3;
    check("PiDigits", pi, PI_DIGITS,
          (const double[]){4.53480000000000, 2.86733906028871, -0.00355099287237972}, 1e-9);
    check("Lew", strd_lew, COUNT(strd_lew),
          (const double[]){-177.435, 277.332168044316, -0.307304800605679}, 1e-9);
    check("Lottery", strd_lottery, COUNT(strd_lottery),
          (const double[]){518.958715596330, 291.699727470969, -0.120948622967393}, 1e-9);
    check("Mavro", strd_mavro, COUNT(strd_mavro),
          (const double[]){2.001856, 0.000429123454003053, 0.937989183438248}, 1e-9);
    check("Michelso", strd_michelso, COUNT(strd_michelso),
          (const double[]){299.8524, 0.0790105478190518, 0.535199668621283}, 1e-9);
}

static void test_constructed(void)
{
    static const double one[] = {10000001, 10000003, 10000002};
    check("NumAcc1", one, 3, (const double[]){10000002, 1, -0.5}, 1e-9);
    static const struct {
        const char *name;
        double offset;
        double tolerance;
    } rows[] = {
        {"NumAcc2", 1.2, 1e-9}, {"NumAcc3", 1000000.2, 1e-9}, {"NumAcc4", 10000000.2, 1e-7}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        double x[NUMACC];
        for (size_t k = 0; k < NUMACC; k++) {
            double tenths = k == 0 ? 0 : k % 2 == 1 ? -1 : 1;
            x[k] = (round(rows[i].offset * 10) + tenths) / 10; /* as a decimal reads */
        }
        check(rows[i].name, x, NUMACC, (const double[]){rows[i].offset, 0.1, -0.999},
              rows[i].tolerance);
    }
}

static void check_fit(const char *name, const struct fit *got, const double (*wanted)[2],
                      double residual_sd, double r_squared)
{
    for (size_t i = 0; i < got->terms; i++) {
        tap_near(got->coefficient[i], wanted[i][0], 1e-9 * fabs(wanted[i][0]), "%s: B%zu", name, i);
        tap_near(got->standard_error[i], wanted[i][1], 1e-9 * wanted[i][1],
                 "%s: standard error of B%zu", name, i);
    }
    tap_near(got->residual_sd, residual_sd, 1e-9 * residual_sd, "%s: residual sd", name);
    tap_near(got->r_squared, r_squared, 1e-9, "%s: R squared", name);
}

static void test_norris(void)
{
    enum { N = COUNT(strd_norris_x) };
    static const double wanted[][2] = {{-0.262323073774029, 0.232818234301152},
                                       {1.00211681802045, 0.429796848199937E-03}};
    double columns[N * 2];
    for (size_t i = 0; i < N; i++) {
        columns[2 * i] = 1;
        columns[2 * i + 1] = strd_norris_x[i];
    }
    struct fit got;
    fit_linear(columns, strd_norris_y, N, 2, &got);
    check_fit("Norris", &got, wanted, 0.884796396144373, 0.999993745883712);
}

static void test_pontius(void)
{
    enum { N = COUNT(strd_pontius_y) };
    static const double wanted[][2] = {{0.673565789473684E-03, 0.107938612033077E-03},
                                       {0.732059160401003E-06, 0.157817399981659E-09},
                                       {-0.316081871345029E-14, 0.486652849992036E-16}};
    double columns[N * 3];
    for (size_t i = 0; i < N; i++) {
        double x = 150000.0 * (double)(i % 20 + 1);
        columns[3 * i] = 1;
        columns[3 * i + 1] = x;
        columns[3 * i + 2] = x * x;
    }
    struct fit got;
    fit_linear(columns, strd_pontius_y, N, 3, &got);
    check_fit("Pontius", &got, wanted, 0.205177424076185E-03, 0.999999900178537);
}

static void test_longley(void)
{
    enum { N = COUNT(strd_longley), TERMS = 7 };
    static const double wanted[][2] = {{-3482258.63459582, 890420.383607373},
                                       {15.0618722713733, 84.9149257747669},
                                       {-0.358191792925910E-01, 0.334910077722432E-01},
                                       {-2.02022980381683, 0.488399681651699},
                                       {-1.03322686717359, 0.214274163161675},
                                       {-0.511041056535807E-01, 0.226073200069370},
                                       {1829.15146461355, 455.478499142212}};
    double columns[N * TERMS];
    double y[N];
    for (size_t i = 0; i < N; i++) {
        y[i] = strd_longley[i][0];
        columns[TERMS * i] = 1;
        for (size_t k = 1; k < TERMS; k++) {
            columns[TERMS * i + k] = strd_longley[i][k];
        }
    }
    struct fit got;
    fit_linear(columns, y, N, TERMS, &got);
    check_fit("Longley", &got, wanted, 304.854073561965, 0.995479004577296);
}

/* Polynomials of the fifth degree at 0, 1, ... 20, without noise: Wampler1 has 1 for all
 * coefficients, Wampler2 1, 0.1, 0.01, ... All certified errors are 0. */
static void test_wampler(void)
{
    enum { N = 21, TERMS = 6 };
    static const double bases[] = {1, 0.1};
    for (size_t set = 0; set < COUNT(bases); set++) {
        double columns[N * TERMS];
        double y[N];
        for (size_t i = 0; i < N; i++) {
            y[i] = 0;
            for (size_t k = 0; k < TERMS; k++) {
                columns[TERMS * i + k] = pow((double)i, (double)k);
                y[i] += pow(bases[set], (double)k) * columns[TERMS * i + k];
            }
        }
        struct fit got;
        fit_linear(columns, y, N, TERMS, &got);
        for (size_t k = 0; k < TERMS; k++) {
            double wanted = pow(bases[set], (double)k);
            tap_near(got.coefficient[k], wanted, 1e-9 * wanted, "Wampler%zu: B%zu", set + 1, k);
        }
        tap_near(got.residual_sd, 0, 1e-9 * y[N - 1], "Wampler%zu: residual sd", set + 1);
        tap_near(got.r_squared, 1, 1e-12, "Wampler%zu: R squared", set + 1);
    }
}

/* A line through the origin: R squared, which is about the mean, is not compared. */
static void test_no_intercept(void)
{
    enum { N = 11 };
    double x[N];
    double y[N];
    for (size_t i = 0; i < N; i++) {
        x[i] = 60 + (double)i;
        y[i] = 130 + (double)i;
    }
    struct fit got;
    fit_linear(x, y, N, 1, &got);
    tap_near(got.coefficient[0], 2.07438016528926, 1e-13, "NoInt1: B1");
    tap_near(got.standard_error[0], 0.165289256198347E-01, 1e-11, "NoInt1: standard error");
    tap_near(got.residual_sd, 3.56753034006338, 1e-9, "NoInt1: residual sd");
}

int main(void)
{
    test_wampler();
    test_no_intercept();
    test_observed();
    test_constructed();
    test_norris();
    test_pontius();
    test_longley();
    return tap_end();
}
