/* look.c - the features of many looks, and their scores in batches. */
#include "services/prediction/look.h"

#include <math.h>
#include <string.h>

#include "services/prediction/prediction.h"

enum { WEEK_MOST = 1000 };

struct batch {
	struct network_row rows[LOOKS_TOGETHER];
	struct look *looks[LOOKS_TOGETHER];
	size_t count;
};

double
look_round(double probability)
{
	return round(probability * SCORE_PARTS) / SCORE_PARTS;
}

int
look_parts(double score)
{
	return (int)lround(score * SCORE_PARTS);
}

int32_t
look_week(const struct look *look)
{
	int32_t start = look->subject->features.course_start_day;
	int32_t week = (look->day - start) / 7 + 1;

	return week < WEEK_MOST ? week : WEEK_MOST;
}

static double
smaller(double a, double b)
{
	return a < b ? a : b;
}

static double
larger(double a, double b)
{
	return a > b ? a : b;
}

static void
judge(const struct model *model, struct look *look, float logit,
    const float *inputs)
{
	double low, high;

	look->logit = logit;
	look->score = look_round(model_score(model, (double)logit));
	look->category = model_category(model, look->score);
	/* A model without an interval claims nothing. */
	if (!model_interval(model, inputs, &low, &high)) {
		low = 0;
		high = 1;
	}
	look->low = smaller(look_round(low), look->score);
	look->high = larger(look_round(high), look->score);
}

static void
run(const struct thinker *thinker, struct arena *arena, struct batch *batch)
{
	const struct model *model = thinker->model;
	size_t width = (size_t)model_width(model);
	float *last = arena_array(arena, batch->count * width, sizeof(float));
	float logits[LOOKS_TOGETHER];

	model_logits(model, thinker->scratch,
	    &(struct network_batch){ batch->rows, batch->count, false },
	    &(struct network_output){ .logits = logits, .last = last });
	for (size_t i = 0; i < batch->count; i++)
		judge(model, batch->looks[i], logits[i], last + i * width);
	batch->count = 0;
}

static void
add(struct batch *batch, struct look *look)
{
	batch->rows[batch->count] = (struct network_row){ look->sequence.steps,
		look->sequence.context, (int)look->sequence.step_count };
	batch->looks[batch->count++] = look;
}

void
look_build(struct look *look, struct arena *scratch, struct arena *arena)
{
	const struct subject *subject = look->subject;
	struct feature_sequence *sequence = &look->sequence;
	size_t size;
	float *steps;

	arena_reset(scratch);
	features_build(&subject->features, subject->facts.facts,
	    subject->facts.count, look->day, scratch, sequence);
	size = sequence->step_count * FEATURE_COUNT * sizeof(float);
	steps = arena_alloc_aligned(arena, size);
	if (size > 0)
		memcpy(steps, sequence->steps, size);
	sequence->steps = steps;
}

/* Where the looks of a subject are built. */
struct building {
	struct arena *scratch;
	struct subjects *subjects;
	struct look *looks; /* (subjects->count, points) */
	size_t points;
};

static bool
build(void *user, struct subject *subject, struct err *err)
{
	struct building *building = user;
	size_t row = (size_t)(subject - building->subjects->rows);

	(void)err;
	for (size_t i = 0; i < building->points; i++) {
		struct look *look =
		    &building->looks[row * building->points + i];

		look->subject = subject;
		look_build(look, building->scratch, building->subjects->arena);
	}
	return true;
}

bool
looks_build(struct worker *w, const char *tenant, struct subjects *subjects,
    struct look *looks, size_t points, struct err *err)
{
	struct tools *tools = w->scratch;
	struct building building = { &tools->look, subjects, looks, points };

	return subjects_visit(w, tenant, subjects, build, &building, err);
}

size_t
looks_ready(const struct look *looks, size_t count)
{
	size_t ready = 0;

	for (size_t i = 0; i < count; i++)
		ready += looks[i].sequence.status == FEATURES_READY;
	return ready;
}

void
looks_score(const struct thinker *thinker, struct arena *arena,
    struct look *looks, size_t count)
{
	struct batch batch = { .count = 0 };

	for (size_t i = 0; i < count; i++) {
		if (looks[i].sequence.status != FEATURES_READY)
			continue;
		add(&batch, &looks[i]);
		if (batch.count == LOOKS_TOGETHER)
			run(thinker, arena, &batch);
	}
	if (batch.count > 0)
		run(thinker, arena, &batch);
}
