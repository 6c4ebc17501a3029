/*
 * agreement.h - how far two models say the same of the same samples; outcomes
 * are not needed.
 *
 *	difference  challenger's score less the champion's: mean, quantiles by
 *	            linear interpolation (type 7 of Hyndman and Fan, 1996)
 *	categories  how often each pair of them was given
 *	rank        Spearman's: Pearson's correlation of the ranks; equal
 *	            scores have the mean of theirs (Spearman, 1904)
 *	top 10 %    of the ceil(10 %) highest of both models, the share that
 *	            is the same.  Of a tie at the edge the part that fits is in
 *	            the top, so a sample belongs to it by 0, 1 or that part;
 *	            in common is the smaller of both, summed
 *
 * What is undefined (a correlation with scores that are all equal) is NaN.
 */
#ifndef ML_AGREEMENT_H
#define ML_AGREEMENT_H

#include <stddef.h>
#include <stdint.h>

enum { AGREEMENT_CATEGORIES = 4 };

/* All arrays borrowed. */
struct scored_twice {
	size_t count;
	const double *champion;             /* (count), finite */
	const double *challenger;           /* (count), finite */
	const uint8_t *champion_category;   /* (count), 0 to 3 */
	const uint8_t *challenger_category; /* (count), 0 to 3 */
};

struct agreement {
	size_t count;
	double mean; /* of the difference; it and the rest: NaN of none */
	double low;  /* its 5th percentile */
	double median;
	double high; /* its 95th percentile */
	double rank; /* -1 to 1 */
	double top;  /* 0 to 1 */
	double same; /* share of samples in the same category */
	uint64_t categories[AGREEMENT_CATEGORIES]
			   [AGREEMENT_CATEGORIES]; /* [champion][challenger] */
};

void agreement_of(const struct scored_twice *samples,
    struct agreement *agreement);

/* values: (count), count > 0, sorted in place. */
double agreement_median(double *values, size_t count);

#endif
