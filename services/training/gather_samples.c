/*
 * gather_samples.c - the samples of a training, as prediction gives them: both
 * sides' courses, page by page.
 *
 * Pages pass through the worker's arena one at a time and go into a memory
 * file: the data set is never in the daemon's own memory.
 */
#include "proto/prediction.h"
#include "services/training/run.h"
#include "wire/binary.h"
#include "wire/json.h"

enum { PAGE_ENROLLMENTS = 100 };

/* One walk over a side's enrollments, course by course. */
struct walk {
	const struct plan_side *side;
	enum part_kind kind;
	uint32_t week;         /* 0: all of the side's */
	int64_t grades_sooner; /* days; 0: as they were known */
	double from, upto;     /* progress */
	struct plan_part part; /* in hand */
	size_t done;           /* courses before it */
};

static void
write_body(const struct walk *walk, int64_t after, const double *week,
    struct buf *body)
{
	const struct plan_side *side = walk->side;
	struct sample_question question = {
		.courses = (const char **)(uintptr_t)walk->part.courses,
		.courses_count = walk->part.count,
		.weeks =
		    walk->week != 0 ? (double *)(uintptr_t)week : side->weeks,
		.weeks_count = walk->week != 0 ? 1 : side->week_count,
		.known_by = side->known_by,
		.after = after,
		.limit = PAGE_ENROLLMENTS,
		.has_grades_sooner = walk->grades_sooner > 0,
		.grades_sooner = walk->grades_sooner
	};

	json_encode(&sample_question_message, &question, body);
}

static bool
ask_page(struct run *run, const struct walk *walk, int64_t after,
    struct answer *answer, struct err *err)
{
	const double week = walk->week;
	struct buf body = { 0 };
	struct ask question = { .peer = "prediction",
		.method = "POST",
		.target = "/internal/samples",
		.tenant = run->tenant,
		.seconds = RUN_ASK_SECONDS };
	bool is_good;

	write_body(walk, after, &week, &body);
	question.body = buf_slice(&body);
	is_good = ask(run->w, &question, answer, err);
	buf_close(&body);
	return is_good;
}

/* `seen` of `total` enrollments of the part in hand. */
static bool
keep_walk(struct run *run, const struct walk *walk, int64_t seen, int64_t total,
    struct err *err)
{
	double share = total > seen ? (double)seen / (double)total : 1;
	double courses = (double)walk->done + share * (double)walk->part.count;
	struct work_progress progress = { .phase = "samples",
		.progress = walk->from +
		    courses / (double)walk->side->course_count *
			(walk->upto - walk->from) };

	return run_keep(run, &progress, err);
}

static bool
walk_part(struct run *run, const struct walk *walk, int file, struct err *err)
{
	int64_t after = 0, seen = 0;

	do {
		struct part part = { .kind = walk->kind, .tag = walk->week };
		struct sample_page page;
		struct answer answer;

		arena_reset(&run->w->arena);
		if (!ask_page(run, walk, after, &answer, err) ||
		    !binary_decode(&sample_page_message, answer.body,
			&run->w->arena, &page, err))
			return false;
		part.body = answer.body;
		seen += page.enrollments;
		after = page.next;
		if (!part_write(file, &part, err) ||
		    !keep_walk(run, walk, seen, page.total, err))
			return false;
	} while (after != 0);
	return true;
}

static bool
walk_side(struct run *run, struct walk *walk, int file, struct err *err)
{
	walk->done = 0;
	walk->part = plan_part(walk->side, 0);
	while (walk->part.count > 0) {
		if (!walk_part(run, walk, file, err))
			return false;
		walk->done += walk->part.count;
		walk->part = plan_part(walk->side, walk->done);
	}
	return true;
}

/* Which parts both sides become, and how they are looked at. */
struct look {
	enum part_kind train, test;
	int64_t grades_sooner;
	double from, upto; /* progress */
};

/* The test is walked week by week, so that coverage is known of each. */
static bool
walk_both(struct run *run, const struct look *look, int file, struct err *err)
{
	const struct plan_side *test = &run->plan.test;
	double half = (look->upto - look->from) / 2;
	struct walk walk = { .side = &run->plan.train,
		.kind = look->train,
		.grades_sooner = look->grades_sooner,
		.from = look->from,
		.upto = look->from + half };

	if (!walk_side(run, &walk, file, err))
		return false;
	walk.side = test;
	walk.kind = look->test;
	for (size_t i = 0; i < test->week_count; i++) {
		walk.week = (uint32_t)test->weeks[i];
		walk.from = walk.upto;
		walk.upto += half / (double)test->week_count;
		if (!walk_side(run, &walk, file, err))
			return false;
	}
	return true;
}

bool
run_gather_samples(struct run *run, int file, struct err *err)
{
	const struct train_question *q = &run->question;
	double upto = q->has_grades_sooner ? SAMPLES_SHARE / 2 : SAMPLES_SHARE;
	struct look known = { PART_TRAIN, PART_TEST, 0, 0, upto };
	struct look sooner = { PART_TRAIN_SOONER, PART_TEST_SOONER,
		q->grades_sooner, upto, SAMPLES_SHARE };

	return walk_both(run, &known, file, err) &&
	    (!q->has_grades_sooner || walk_both(run, &sooner, file, err));
}
