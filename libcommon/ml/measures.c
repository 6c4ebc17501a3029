/* measures.c - rank once, then every measure is one pass from the top. */
#include "ml/measures.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/must.h"

#define CLIP 1e-15

enum { TOPS = 3 };

static const unsigned top_percent[TOPS] = { 5, 10, 20 };

/* Samples with one score. */
struct tie {
	size_t next; /* place behind the tie */
	double score;
	double count;   /* weight of all */
	double adverse; /* weight of those with an adverse outcome */
};

/* Among the highest scores, until `room` is used up. */
struct top {
	double size;
	double room;
	double adverse;
};

struct bin {
	double count;
	double adverse;
	double score; /* sum */
};

/* What is summed on the way down. */
struct walk {
	double total;
	double adverse; /* of all samples */
	double seen;
	double seen_adverse;
	double pairs;   /* in the right order, in AUROC */
	double average; /* precision times adverse, in AUPRC */
	double log_loss;
	double squares; /* of score - outcome */
	struct top top[TOPS];
	struct bin bin[MEASURES_BINS];
};

struct key {
	double score;
	size_t row;
};

double
measure_log_loss(double score, bool adverse)
{
	double clipped = fmin(fmax(score, CLIP), 1 - CLIP);

	return adverse ? -log(clipped) : -log1p(-clipped);
}

/* Highest first; rows in order within a tie, so that sums repeat. */
static int
compare(const void *left, const void *right)
{
	const struct key *a = left, *b = right;

	if (a->score != b->score)
		return a->score > b->score ? -1 : 1;
	return (a->row > b->row) - (a->row < b->row);
}

static bool
check(const struct scored *samples, struct err *err)
{
	for (size_t i = 0; i < samples->count; i++) {
		if (!(samples->score[i] >= 0 && samples->score[i] <= 1))
			return err_set(err, ERR_INVALID,
			    "score %zu is %g, no probability", i,
			    samples->score[i]);
		if (samples->adverse[i] > 1)
			return err_set(err, ERR_INVALID,
			    "outcome %zu is %d, neither 0 nor 1", i,
			    samples->adverse[i]);
	}
	return true;
}

bool
ranking_init(struct ranking *ranking, const struct scored *samples,
    struct err *err)
{
	size_t count = samples->count;
	struct key *keys;

	if (!check(samples, err))
		return false;
	keys = mem_alloc(count, sizeof(*keys));
	for (size_t i = 0; i < count; i++)
		keys[i] = (struct key){ samples->score[i], i };
	qsort(keys, count, sizeof(*keys), compare);
	ranking->count = count;
	ranking->row = mem_alloc(count, sizeof(*ranking->row));
	ranking->score = mem_alloc(count, sizeof(*ranking->score));
	ranking->log_loss = mem_alloc(count, sizeof(*ranking->log_loss));
	ranking->adverse = mem_alloc(count, sizeof(*ranking->adverse));
	for (size_t i = 0; i < count; i++) {
		ranking->row[i] = keys[i].row;
		ranking->score[i] = keys[i].score;
		ranking->adverse[i] = samples->adverse[keys[i].row];
		ranking->log_loss[i] =
		    measure_log_loss(keys[i].score, ranking->adverse[i] != 0);
	}
	free(keys);
	return true;
}

void
ranking_close(struct ranking *ranking)
{
	free(ranking->row);
	free(ranking->score);
	free(ranking->log_loss);
	free(ranking->adverse);
	*ranking = (struct ranking){ 0 };
}

static double
weight_at(const uint32_t *weight, size_t i)
{
	return weight != NULL ? (double)weight[i] : 1.0;
}

static struct tie
next_tie(const struct ranking *ranking, const uint32_t *weight, size_t at)
{
	struct tie tie = { .next = at, .score = ranking->score[at] };

	while (tie.next < ranking->count &&
	    ranking->score[tie.next] == tie.score) {
		double w = weight_at(weight, tie.next);

		tie.count += w;
		tie.adverse += ranking->adverse[tie.next] ? w : 0;
		tie.next++;
	}
	return tie;
}

static void
walk_init(struct walk *walk, const struct ranking *ranking,
    const uint32_t *weight)
{
	*walk = (struct walk){ 0 };
	for (size_t i = 0; i < ranking->count; i++) {
		double w = weight_at(weight, i);

		walk->total += w;
		walk->adverse += ranking->adverse[i] ? w : 0;
		walk->log_loss += w * ranking->log_loss[i];
	}
	for (size_t i = 0; i < TOPS; i++) {
		double size = ceil(walk->total * top_percent[i] / 100);

		walk->top[i] = (struct top){ .size = size, .room = size };
	}
}

/* An adverse sample beats the good ones that are still to come. */
static void
count_pairs(struct walk *walk, const struct tie *tie)
{
	double good = tie->count - tie->adverse;
	double good_above = walk->seen - walk->seen_adverse;
	double good_below = walk->total - walk->adverse - good_above - good;

	walk->pairs += tie->adverse * (good_below + good / 2);
}

/* The walk has already seen the tie. */
static void
count_precision(struct walk *walk, const struct tie *tie)
{
	walk->average += tie->adverse * walk->seen_adverse / walk->seen;
}

static void
fill_bin(struct walk *walk, const struct tie *tie)
{
	double middle = walk->seen + tie->count / 2;
	struct bin *bin =
	    &walk->bin[(size_t)(MEASURES_BINS * middle / walk->total)];

	bin->count += tie->count;
	bin->adverse += tie->adverse;
	bin->score += tie->count * tie->score;
}

static void
fill_tops(struct walk *walk, const struct tie *tie)
{
	for (size_t i = 0; i < TOPS; i++) {
		double taken = fmin(tie->count, walk->top[i].room);

		walk->top[i].adverse += tie->adverse * taken / tie->count;
		walk->top[i].room -= taken;
	}
}

static void
take_squares(struct walk *walk, const struct tie *tie)
{
	double good = tie->count - tie->adverse;
	double miss = 1 - tie->score;

	walk->squares += tie->adverse * miss * miss;
	walk->squares += good * tie->score * tie->score;
}

static void
walk_down(struct walk *walk, const struct ranking *ranking,
    const uint32_t *weight)
{
	struct tie tie;

	walk_init(walk, ranking, weight);
	for (size_t at = 0; at < ranking->count; at = tie.next) {
		tie = next_tie(ranking, weight, at);
		if (tie.count <= 0)
			continue;
		count_pairs(walk, &tie);
		fill_bin(walk, &tie);
		fill_tops(walk, &tie);
		take_squares(walk, &tie);
		walk->seen += tie.count;
		walk->seen_adverse += tie.adverse;
		count_precision(walk, &tie);
	}
}

/* Division by 0 is NaN, never an infinity. */
static double
ratio(double part, double whole)
{
	return whole > 0 ? part / whole : (double)NAN;
}

static void
measure_calibration(const struct walk *walk, double *value)
{
	double base = value[MEASURE_BASE_RATE];
	double reliability = 0, error = 0;

	for (size_t i = 0; i < MEASURES_BINS; i++) {
		const struct bin *bin = &walk->bin[i];
		double gap;

		if (bin->count <= 0)
			continue;
		gap = (bin->score - bin->adverse) / bin->count;
		reliability += bin->count * gap * gap;
		error += bin->count * fabs(gap);
	}
	value[MEASURE_ECE] = ratio(error, walk->total);
	value[MEASURE_RELIABILITY] = ratio(reliability, walk->total);
	value[MEASURE_UNCERTAINTY] = base * (1 - base);
	value[MEASURE_RESOLUTION] = value[MEASURE_RELIABILITY] +
	    value[MEASURE_UNCERTAINTY] - value[MEASURE_BRIER];
}

void
measures_bins(const struct ranking *ranking, const uint32_t *weight,
    struct score_bin bins[MEASURES_BINS])
{
	struct walk walk;

	walk_down(&walk, ranking, weight);
	for (size_t i = 0; i < MEASURES_BINS; i++) {
		const struct bin *bin = &walk.bin[i];

		bins[i] = (struct score_bin){ bin->count,
			ratio(bin->score, bin->count),
			ratio(bin->adverse, bin->count) };
	}
}

void
measures_take(const struct ranking *ranking, const uint32_t *weight,
    struct measures *measures)
{
	double *value = measures->value;
	struct walk walk;
	double good;

	walk_down(&walk, ranking, weight);
	good = walk.total - walk.adverse;
	measures->count = (size_t)walk.total;
	value[MEASURE_BASE_RATE] = ratio(walk.adverse, walk.total);
	value[MEASURE_AUROC] = ratio(walk.pairs, walk.adverse * good);
	value[MEASURE_AUPRC] = ratio(walk.average, walk.adverse);
	value[MEASURE_LOG_LOSS] = ratio(walk.log_loss, walk.total);
	value[MEASURE_BRIER] = ratio(walk.squares, walk.total);
	measure_calibration(&walk, value);
	for (size_t i = 0; i < TOPS; i++) {
		const struct top *top = &walk.top[i];

		value[MEASURE_PRECISION_TOP_5 + i] =
		    ratio(top->adverse, top->size);
		value[MEASURE_RECALL_TOP_5 + i] =
		    ratio(top->adverse, walk.adverse);
	}
}

bool
measures_of(const struct scored *samples, struct measures *measures,
    struct err *err)
{
	struct ranking ranking;

	if (!ranking_init(&ranking, samples, err))
		return false;
	measures_take(&ranking, NULL, measures);
	ranking_close(&ranking);
	return true;
}

static double
measure_one(const struct ranking *ranking, const uint32_t *weight,
    enum measure measure)
{
	struct measures measures;

	measures_take(ranking, weight, &measures);
	return measures.value[measure];
}

double
measures_auroc(const struct ranking *ranking, const uint32_t *weight)
{
	return measure_one(ranking, weight, MEASURE_AUROC);
}

double
measures_auprc(const struct ranking *ranking, const uint32_t *weight)
{
	return measure_one(ranking, weight, MEASURE_AUPRC);
}

double
measures_log_loss(const struct ranking *ranking, const uint32_t *weight)
{
	return measure_one(ranking, weight, MEASURE_LOG_LOSS);
}

const char *
measure_slug(enum measure measure)
{
	static const char *const slugs[] = {
#define MEASURE(name, slug, title) slug,
#include "ml/measures.def"
#undef MEASURE
	};

	must(measure < MEASURE_COUNT);
	return slugs[measure];
}

const char *
measure_title(enum measure measure)
{
	static const char *const titles[] = {
#define MEASURE(name, slug, title) title,
#include "ml/measures.def"
#undef MEASURE
	};

	must(measure < MEASURE_COUNT);
	return titles[measure];
}
