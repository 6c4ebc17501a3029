/*
 * made_training.h - the whole of training's child on made-up students
 * (made_students.h).
 */
#ifndef TESTS_MADE_TRAINING_H
#define TESTS_MADE_TRAINING_H

#include <stdlib.h>

#include "base/mem.h"
#include "services/training/learn.h"
#include "tests/support/made_students.h"
#include "tests/support/test.h"
#include "wire/binary.h"

struct plan {
	struct side train, test;
	int64_t seed;
	int64_t epochs;
	int64_t grades_sooner; /* 0: not asked for; else both sides again */
	struct slice champion; /* empty: none */
	const char *champion_version;
	bool isotonic;
	const char *folder; /* of checkpoints; NULL: none are kept */
	int64_t earlier_looks;
};

enum { PAGE = 100 };

static inline void
add_part(struct buf *input, enum part_kind kind, uint32_t tag,
    struct slice body)
{
	part_add(input,
	    &(struct part){ .kind = kind, .tag = tag, .body = body });
}

static inline void
add_pages(struct side *side, enum part_kind kind, uint32_t tag,
    struct buf *input)
{
	struct pupil *students = mem_alloc(PAGE, sizeof(*students));
	struct sample *samples = mem_alloc(PAGE, sizeof(*samples));

	side->bayes = 0;
	for (int at = side->from; at < side->until; at += PAGE) {
		struct sample_page page = { .samples = samples };
		struct buf packed = { 0 };

		for (int i = at; i < at + PAGE && i < side->until; i++) {
			size_t place = page.samples_count++;

			make_sample(i, side, &students[place], &samples[place]);
		}
		page.active = (int64_t)page.samples_count + 25;
		binary_encode(&sample_page_message, &page, &packed);
		add_part(input, kind, tag, buf_slice(&packed));
		buf_close(&packed);
	}
	free(students);
	free(samples);
}

/* Every third student is of one group. */
static inline void
add_protected(const struct side *side, struct buf *input)
{
	struct buf json = { 0 };

	buf_text(&json, "{\"items\":[");
	for (int i = side->from; i < side->until; i++)
		buf_printf(&json,
		    "%s{\"student_id\":\"s%d\",\"attributes\":"
		    "{\"gender\":\"%s\"}}",
		    i == side->from ? "" : ",", i, i % 3 == 0 ? "F" : "M");
	buf_text(&json, "]}");
	add_part(input, PART_PROTECTED, 0, buf_slice(&json));
	buf_close(&json);
}

static inline void
write_input(struct plan *plan, struct buf *input)
{
	static const char *train_terms[] = { "2013" };
	static const char *test_terms[] = { "2014" };
	double weeks[] = { WEEK };
	struct work_question question = { .seed = plan->seed,
		.folds = 3,
		.epochs = plan->epochs,
		.has_hidden = true,
		.hidden = 8,
		.train_terms = train_terms,
		.train_terms_count = 1,
		.test_terms = test_terms,
		.test_terms_count = 1,
		.train_weeks = weeks,
		.train_weeks_count = 1,
		.test_weeks = weeks,
		.test_weeks_count = 1,
		.train_known_by = 16000,
		.test_known_by = 16400,
		.champion = plan->champion_version,
		.has_earlier_looks = true,
		.earlier_looks = plan->earlier_looks,
		.has_isotonic = plan->isotonic,
		.isotonic = plan->isotonic,
		.checkpoints = plan->folder,
		.has_grades_sooner = plan->grades_sooner > 0,
		.grades_sooner = plan->grades_sooner };
	struct buf packed = { 0 };

	binary_encode(&work_question_message, &question, &packed);
	add_part(input, PART_QUESTION, 0, buf_slice(&packed));
	buf_close(&packed);
	add_pages(&plan->train, PART_TRAIN, 0, input);
	add_pages(&plan->test, PART_TEST, WEEK, input);
	if (plan->grades_sooner > 0) {
		struct side train = plan->train, test = plan->test;

		add_pages(&train, PART_TRAIN_SOONER, 0, input);
		add_pages(&test, PART_TEST_SOONER, WEEK, input);
	}
	add_protected(&plan->test, input);
	if (plan->champion.size > 0)
		add_part(input, PART_CHAMPION, 0, plan->champion);
}

/* What came of a plan; close it. */
struct outcome {
	struct work_result result;
	struct arena arena;
	struct buf input;
};

static inline void
run_plan(struct plan *plan, struct outcome *outcome)
{
	struct reporter reporter;
	struct err err = { 0 };

	*outcome = (struct outcome){ .input = { 0 } };
	arena_init(&outcome->arena, 65536);
	reporter_init(&reporter, -1);
	write_input(plan, &outcome->input);
	if (!learn(buf_slice(&outcome->input), &reporter, &outcome->arena,
		&outcome->result, &err))
		fail_msg("%s", err.detail);
}

static inline void
outcome_close(struct outcome *outcome)
{
	arena_close(&outcome->arena);
	buf_close(&outcome->input);
}

#endif
