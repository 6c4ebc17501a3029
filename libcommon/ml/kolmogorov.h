/*
 * kolmogorov.h - are two samples of one distribution?  The two-sample
 * Kolmogorov-Smirnov test, two-sided.
 *
 *	D = max over v of |F(v) - G(v)|,  F, G the empirical distributions
 *
 * p is the chance of a D at least as large when both are of one distribution:
 *   exact        without ties: the share of lattice paths from (0, 0) to (n, m)
 *                that leave the band |i / n - j / m| < D (Hodges, 1958)
 *   asymptotic   2 sum over k of (-1)^(k-1) exp(-2 k^2 l^2) with
 *                l = D sqrt(n m / (n + m)) (Kolmogorov, 1933; Smirnov, 1948)
 *   permutation  under ties both are too large: the values are dealt anew,
 *                KS_DEALS times, and p is (k + 1) / (KS_DEALS + 1), k of them
 *                having a D as large (Phipson and Smyth, 2010); after KS_ENOUGH
 *                of them, at deal l, it ends with KS_ENOUGH / l (Besag and
 *                Clifford, 1991)
 */
#ifndef ML_KOLMOGOROV_H
#define ML_KOLMOGOROV_H

#include <stddef.h>
#include <stdint.h>

enum {
	KS_DEALS = 9999,
	KS_ENOUGH = 20,
	KS_FEW = 100,           /* rows of a side: fewer are dealt */
	KS_EXACT_MOST = 1000000 /* n * m */
};

enum ks_method { KS_EXACT, KS_ASYMPTOTIC, KS_PERMUTATION };
const char *ks_method_name(enum ks_method method); /* exact ... */

/* Two samples, ascending, no NaN (infinities are values); n, m > 0. */
struct ks_pair {
	const float *x; /* borrowed, (n) */
	const float *y; /* borrowed, (m) */
	size_t n, m;
};

struct ks_result {
	double d;
	double p;
	enum ks_method method;
};

/* Permutation under ties or when a side has fewer than KS_FEW rows, exact up to
 * KS_EXACT_MOST, else asymptotic.  The same seed gives the same p. */
struct ks_result ks_test(const struct ks_pair *pair, uint64_t seed);

double ks_statistic(const struct ks_pair *pair);
double ks_exact_p(double d, size_t n, size_t m);
double ks_asymptotic_p(double d, size_t n, size_t m);
double ks_permutation_p(const struct ks_pair *pair, uint64_t seed);

#endif
