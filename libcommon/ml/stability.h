/*
 * stability.h - how far shares have moved, and many tests at once.
 *
 * Population stability index of counts a (n in all) and b (m in all) over
 * slots, p = a / n, q = b / m:
 *	PSI = sum of (p - q) ln(p / q)
 * (Siddiqi, 2006; it is Jeffreys' divergence, 1946).  An empty slot counts as
 * half a row; slots that are empty on both sides do not count.  Samples of one
 * distribution have a PSI of about (B - 1) (1 / n + 1 / m), B the slots that
 * count (Yurdakul and Naranjo, 2020): without that bias it is an effect that
 * does not depend on the sizes, and about 0 when nothing has moved.
 */
#ifndef ML_STABILITY_H
#define ML_STABILITY_H

#include <stddef.h>

/* Counts need not be whole: a mixture's are not. */
struct stability_side {
	const double *counts; /* borrowed, (slots) */
	double total;         /* above 0 */
};

struct stability {
	double index;  /* PSI */
	double effect; /* PSI less its bias; may lie below 0 */
};

struct stability stability_measure(const struct stability_side *reference,
    const struct stability_side *window, int slots);

/* Benjamini and Hochberg (1995): `corrected[i]` is the least rate of false
 * discoveries at which test i is one.  In place is allowed. */
void discovery_correct(const double *p, size_t count, double *corrected);

#endif
