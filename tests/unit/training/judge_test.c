/*
 * judge_test.c - of three new models the simplest within a tie wins, and a
 * champion is left only for what is better by more.
 *
 * Each contender scores 4,000 made-up students by their true logit and noise
 * of its own: of .6 logits it costs more than a tie, of .05 next to nothing.
 * Their inputs are alike and so say nothing, unless the label is planted.
 */
#include "services/training/judge.h"

#include <math.h>
#include <string.h>

#include "base/random.h"
#include "ml/logistic.h"
#include "ml/measures.h"
#include "ml/model_file.h"
#include "tests/support/sample_model.h"
#include "tests/support/test.h"

enum { COUNT = 4000, CONTENDERS = MODEL_KINDS + 1 };

struct court {
	struct network_row rows[COUNT];
	uint8_t adverse[COUNT];
	uint64_t student[COUNT];
	uint16_t week[COUNT];
	double scores[CONTENDERS][COUNT];
	struct model *models[CONTENDERS];
	struct contender contenders[CONTENDERS]; /* the last is champion */
	struct cohort test;
	struct groups groups;
	struct arena arena;
	struct trialled trialled;
	struct judgement judgement;
};

static void
score(struct court *court, size_t which, double noise)
{
	struct random truth, own;
	double loss = 0;

	random_init(&truth, 1, 1);
	random_init(&own, 2, which);
	for (size_t i = 0; i < COUNT; i++) {
		double logit = 1.5 * random_normal(&truth);
		double *to = &court->scores[which][i];

		court->adverse[i] =
		    random_unit(&truth) < logistic_probability(logit);
		*to = logistic_probability(logit + noise * random_normal(&own));
		loss += measure_log_loss(*to, court->adverse[i] != 0);
	}
	if (which < MODEL_KINDS)
		court->trialled.loss[which] = loss / COUNT;
}

static float steps[2][NETWORK_INPUTS] = { { 0 }, { 1 } };
static float context[NETWORK_CONTEXT];

/* Noise by kind; champion's below 0: there is none. */
static void
convene(struct court *court, const double noise[CONTENDERS],
    struct model *champion)
{
	memset(court, 0, sizeof(*court));
	arena_init(&court->arena, 65536);
	court->models[MODEL_NETWORK] = sample_network_model(1);
	court->models[MODEL_LOGISTIC] = sample_logistic_model(1);
	court->models[MODEL_TREES] = sample_trees_model(1);
	court->models[MODEL_KINDS] = champion;
	for (size_t i = 0; i < COUNT; i++) {
		court->student[i] = i;
		court->week[i] = 8;
		court->rows[i] = (struct network_row){ steps[0], context, 1 };
	}
	for (size_t i = 0; i < CONTENDERS; i++) {
		score(court, i, noise[i]);
		court->contenders[i] = (struct contender){ i < MODEL_KINDS
			    ? model_kind_name((enum model_kind)i)
			    : "champion",
			court->models[i], court->scores[i] };
	}
	court->test = (struct cohort){ .count = COUNT,
		.rows = court->rows,
		.student = court->student,
		.adverse = court->adverse,
		.week = court->week };
	court->trialled.fresh = court->contenders;
	for (size_t i = 0; i < MODEL_KINDS; i++)
		court->trialled.comes_out[i] = true;
	court->trialled.champion =
	    champion != NULL ? &court->contenders[MODEL_KINDS] : NULL;
	groups_init(&court->groups, &court->test, &court->arena);
}

static void
decide(struct court *court)
{
	struct assessment assessment = { .test = &court->test,
		.seed = 1,
		.arena = &court->arena };
	struct err err = { 0 };

	if (!judge(&court->trialled, &assessment, &court->groups,
		&court->judgement, &err))
		fail_msg("%s", err.detail);
}

static void
hold(struct court *court, const double noise[CONTENDERS],
    struct model *champion)
{
	convene(court, noise, champion);
	decide(court);
}

static void
adjourn(struct court *court)
{
	groups_close(&court->groups);
	arena_close(&court->arena);
	for (size_t i = 0; i < CONTENDERS; i++)
		model_unref(court->models[i]);
}

static struct court court;

static void
check(const double noise[CONTENDERS], enum model_kind winner, const char *why)
{
	hold(&court, noise, NULL);
	assert_int_equal(court.judgement.winner, winner);
	assert_true(court.judgement.allowed);
	if (strstr(court.judgement.verdict, why) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", court.judgement.verdict,
		    why);
	adjourn(&court);
}

static void
the_simplest_within_a_tie_wins(void **state)
{
	(void)state;
	check((double[]){ [MODEL_NETWORK] = 0,
		  [MODEL_LOGISTIC] = .05,
		  [MODEL_TREES] = .05,
		  [MODEL_KINDS] = 0 },
	    MODEL_LOGISTIC, "logistic is as good, and simpler");
	check((double[]){ [MODEL_NETWORK] = 0,
		  [MODEL_LOGISTIC] = .6,
		  [MODEL_TREES] = .05,
		  [MODEL_KINDS] = 0 },
	    MODEL_TREES, "trees is as good, and simpler");
	check((double[]){ [MODEL_NETWORK] = .6,
		  [MODEL_LOGISTIC] = .6,
		  [MODEL_TREES] = 0,
		  [MODEL_KINDS] = 0 },
	    MODEL_TREES, "trees is better than what is simpler");
	check((double[]){ [MODEL_NETWORK] = 0,
		  [MODEL_LOGISTIC] = .6,
		  [MODEL_TREES] = .6,
		  [MODEL_KINDS] = 0 },
	    MODEL_NETWORK, "network is better than what is simpler");
	check((double[]){ [MODEL_NETWORK] = .6,
		  [MODEL_LOGISTIC] = 0,
		  [MODEL_TREES] = .6,
		  [MODEL_KINDS] = 0 },
	    MODEL_LOGISTIC, "logistic is no worse, and simpler");
}

/* Without a champion each is compared with the regression, and that with the
 * best of the others. */
static void
differences_are_to_the_regression_or_the_champion(void **state)
{
	static const double noise[] = { [MODEL_NETWORK] = 0,
		[MODEL_LOGISTIC] = .6,
		[MODEL_TREES] = .3,
		[MODEL_KINDS] = .45 };
	const struct difference *d = court.judgement.difference;

	(void)state;
	hold(&court, noise, NULL);
	assert_near(d[MODEL_NETWORK].mean,
	    court.trialled.loss[MODEL_NETWORK] -
		court.trialled.loss[MODEL_LOGISTIC],
	    1e-9);
	assert_near(d[MODEL_LOGISTIC].mean, -d[MODEL_NETWORK].mean, 1e-9);
	assert_true(d[MODEL_TREES].mean < 0);
	adjourn(&court);
	hold(&court, noise, sample_network_model(2));
	assert_true(d[MODEL_LOGISTIC].mean > 0);
	assert_true(d[MODEL_TREES].mean < 0);
	assert_true(court.judgement.allowed);
	assert_non_null(strstr(court.judgement.verdict, "the champion"));
	adjourn(&court);
}

/* A network that is as good as the trees that serve does not take their
 * place. */
static void
a_tie_leaves_a_simpler_champion(void **state)
{
	static const double noise[] = { [MODEL_NETWORK] = 0,
		[MODEL_LOGISTIC] = .6,
		[MODEL_TREES] = .6,
		[MODEL_KINDS] = .05 };

	(void)state;
	hold(&court, noise, sample_trees_model(2));
	assert_int_equal(court.judgement.winner, MODEL_NETWORK);
	assert_false(court.judgement.allowed);
	assert_non_null(strstr(court.judgement.verdict, "a tie"));
	adjourn(&court);
	hold(&court, noise, sample_network_model(2));
	assert_true(court.judgement.allowed);
	adjourn(&court);
}

/* Whichever of the three wins, and with no champion to compare it with. */
static void
a_leaked_label_is_refused(void **state)
{
	static const double noise[MODEL_KINDS][CONTENDERS] = {
		[MODEL_NETWORK] = { 0, .6, .6, 0 },
		[MODEL_LOGISTIC] = { .6, 0, .6, 0 },
		[MODEL_TREES] = { .6, .6, 0, 0 },
	};

	(void)state;
	for (int i = 0; i < MODEL_KINDS; i++) {
		convene(&court, noise[i], NULL);
		for (size_t j = 0; j < COUNT; j++)
			court.rows[j].steps = steps[court.adverse[j]];
		decide(&court);
		assert_int_equal(court.judgement.winner, i);
		assert_false(court.judgement.allowed);
		assert_int_equal(court.judgement.refused_by_count, 1);
		assert_string_equal(court.judgement.refused_by[0], "leak");
		assert_int_equal(court.judgement.leak.input, 0);
		adjourn(&court);
	}
}

static void
a_winner_that_does_not_come_out_of_its_file_is_refused(void **state)
{
	static const double noise[CONTENDERS] = { 0, .6, .6, 0 };

	(void)state;
	convene(&court, noise, NULL);
	court.trialled.comes_out[MODEL_LOGISTIC] = false;
	decide(&court);
	assert_int_equal(court.judgement.winner, MODEL_NETWORK);
	assert_true(court.judgement.allowed);
	court.trialled.comes_out[MODEL_NETWORK] = false;
	decide(&court);
	assert_false(court.judgement.allowed);
	assert_int_equal(court.judgement.refused_by_count, 1);
	assert_string_equal(court.judgement.refused_by[0], "golden-vectors");
	adjourn(&court);
}

static bool
comes_out(const struct model *model)
{
	struct buf file = { 0 };
	char version[MODEL_DIGEST_SIZE];
	bool does;

	model_save(model, &file);
	model_digest(buf_slice(&file), version);
	does = file_comes_out(buf_slice(&file), version);
	/* The same bytes under another name are another model. */
	version[0] = version[0] == 'a' ? 'b' : 'a';
	assert_false(file_comes_out(buf_slice(&file), version));
	buf_close(&file);
	return does;
}

static void
a_file_whose_golden_vectors_are_others_does_not_come_out(void **state)
{
	struct model *models[] = { sample_network_model(1),
		sample_logistic_model(1), sample_trees_model(1) };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(models); i++) {
		struct golden *golden = &models[i]->golden;

		assert_true(comes_out(models[i]));
		golden->logits[1] += 2 * golden->tolerance;
		assert_false(comes_out(models[i]));
		model_unref(models[i]);
	}
}

RUN_TESTS(cmocka_unit_test(the_simplest_within_a_tie_wins),
    cmocka_unit_test(differences_are_to_the_regression_or_the_champion),
    cmocka_unit_test(a_tie_leaves_a_simpler_champion),
    cmocka_unit_test(a_leaked_label_is_refused),
    cmocka_unit_test(a_winner_that_does_not_come_out_of_its_file_is_refused),
    cmocka_unit_test(a_file_whose_golden_vectors_are_others_does_not_come_out))
