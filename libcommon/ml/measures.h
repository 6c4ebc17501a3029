/*
 * measures.h - how good scores are, once the outcomes are known.
 *
 * A score is a probability of an adverse outcome.  The samples are ranked
 * once; every measure is then one pass over the ranking with a whole-number
 * weight per sample, so that a bootstrap resample costs no sorting.
 *
 * Equal scores are one tie: no measure depends on the order of the rows.
 * What is undefined (AUROC with one class, anything of no samples) is NaN.
 *
 * Formulas, W the sum of weights, y the outcome 0 or 1, p the score:
 *   AUROC       share of (adverse, other) pairs in the right order, a tie
 *               counts half (Hanley and McNeil, 1982; Mann and Whitney, 1947)
 *   AUPRC       average precision: sum of (recall step * precision) from the
 *               highest score down, no interpolation (Davis, Goadrich, 2006)
 *   log loss    mean of -ln of the probability given to what happened, p
 *               clipped to [1e-15, 1 - 1e-15]
 *   Brier       mean (p - y)^2 (Brier, 1950), and its parts over
 *               MEASURES_BINS bins: Brier = reliability - resolution +
 *               uncertainty (Murphy, 1973).  Scores differ within a bin, so
 *               resolution is the generalised one with the two within-bin
 *               terms (Stephenson, Coelho, Jolliffe, 2008): the identity is
 *               exact, and Murphy's own when each bin holds one value
 *   ECE         sum over bins of share * |mean score - observed rate|, bins
 *               of equal count (Nguyen and O'Connor, 2015)
 *   top k %     precision and recall among the ceil(k % of W) highest scores;
 *               of a tie at the edge the part that fits counts, at the tie's
 *               own rate: the mean over all ways to break it
 * The bin of a tie is that of its middle: floor(bins * (W before + w / 2) / W).
 */
#ifndef ML_MEASURES_H
#define ML_MEASURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { MEASURES_BINS = 10 };

enum measure {
#define MEASURE(name, slug, title) MEASURE_##name,
#include "ml/measures.def"
#undef MEASURE
	MEASURE_COUNT
};

/* Samples of any number of reference weeks; all arrays borrowed. */
struct scored {
	size_t count;
	const double *score;     /* (count), probability in [0, 1] */
	const uint8_t *adverse;  /* (count), 1: the outcome was adverse */
	const uint64_t *student; /* (count), id or hash; NULL where a function
				    does not ask who a sample belongs to */
};

struct measures {
	size_t count;
	double value[MEASURE_COUNT];
};

/* Samples from the highest score to the lowest. */
struct ranking {
	size_t count;
	size_t *row;      /* owned, (count): place in the samples */
	double *score;    /* owned, (count), descending */
	double *log_loss; /* owned, (count), of this sample alone */
	uint8_t *adverse; /* owned, (count) */
};

/* Fails with ERR_INVALID when a score is no probability (or not a number),
 * or an outcome is neither 0 nor 1. */
MUST_CHECK bool ranking_init(struct ranking *ranking,
    const struct scored *samples, struct err *err);
void ranking_close(struct ranking *ranking);

/* Every measure.  `weight` (count) is by place in the ranking; NULL: all 1. */
void measures_take(const struct ranking *ranking, const uint32_t *weight,
    struct measures *measures);

/* Rank, measure, forget.  Fails as ranking_init does. */
MUST_CHECK bool measures_of(const struct scored *samples,
    struct measures *measures, struct err *err);

/* One of the bins of equal count that Brier's parts and ECE look at, from the
 * highest scores to the lowest. */
struct score_bin {
	double count;      /* weight in it; 0: the rest is NaN */
	double mean_score; /* what was said */
	double rate;       /* what came */
};
void measures_bins(const struct ranking *ranking, const uint32_t *weight,
    struct score_bin bins[MEASURES_BINS]);

/* One measure alone, weights as above. */
double measures_auroc(const struct ranking *ranking, const uint32_t *weight);
double measures_auprc(const struct ranking *ranking, const uint32_t *weight);
double measures_log_loss(const struct ranking *ranking, const uint32_t *weight);

/* The log loss of one sample, clipped as above. */
double measure_log_loss(double score, bool adverse);

/* "log_loss", "Log loss, nats a sample". */
const char *measure_slug(enum measure measure);
const char *measure_title(enum measure measure);

#endif
