/*
 * judge_test.c - of three new models the simplest within a tie wins, if the
 * gate allows it, and a champion is left only for what is better by more.
 *
 * Each contender scores 4,000 made-up students by their true logit and noise
 * of its own: of .6 logits it costs more than a tie, of .05 next to nothing.
 * Their inputs are alike and so say nothing, unless the label is planted.
 */
#include "services/training/judge.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/random.h"
#include "ml/logistic.h"
#include "ml/measures.h"
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
	struct proof proofs[MODEL_KINDS];
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
		char id[16];

		snprintf(id, sizeof(id), "s%zu", i);
		court->student[i] = digest_number(id);
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
	court->proofs[MODEL_NETWORK] =
	    (struct proof){ .has_int8 = true, .int8_passes = true };
	court->trialled.fresh = court->contenders;
	court->trialled.proofs = court->proofs;
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

/* What is said of the winner, or of another. */
static const struct ruling *
ruling(void)
{
	return &court.judgement.rulings[court.judgement.winner];
}

static void
check_said(const char *text, const char *words)
{
	if (strstr(text, words) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", text, words);
}

static void
check(const double noise[CONTENDERS], enum model_kind winner, const char *why)
{
	hold(&court, noise, NULL);
	assert_int_equal(court.judgement.winner, winner);
	assert_true(ruling()->allowed);
	check_said(court.judgement.choice, why);
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
	const struct ruling *r = court.judgement.rulings;

	(void)state;
	hold(&court, noise, NULL);
	assert_near(r[MODEL_NETWORK].difference.mean,
	    court.trialled.loss[MODEL_NETWORK] -
		court.trialled.loss[MODEL_LOGISTIC],
	    1e-9);
	assert_near(r[MODEL_LOGISTIC].difference.mean,
	    -r[MODEL_NETWORK].difference.mean, 1e-9);
	assert_true(r[MODEL_TREES].difference.mean < 0);
	adjourn(&court);
	hold(&court, noise, sample_network_model(2));
	assert_true(r[MODEL_LOGISTIC].difference.mean > 0);
	assert_true(r[MODEL_TREES].difference.mean < 0);
	assert_true(ruling()->allowed);
	check_said(ruling()->verdict, "it differs from the champion by -");
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
	assert_false(ruling()->allowed);
	check_said(ruling()->verdict, "a tie");
	adjourn(&court);
	hold(&court, noise, sample_network_model(2));
	assert_true(ruling()->allowed);
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
		assert_false(ruling()->allowed);
		assert_int_equal(ruling()->refused_by_count, 1);
		assert_string_equal(ruling()->refused_by[0], "leak");
		assert_int_equal(court.judgement.leak.input, 0);
		adjourn(&court);
	}
}

/* NULL: it is allowed. */
static void
check_found(const struct ruling *of, const char *rule)
{
	assert_int_equal(of->allowed, rule == NULL);
	assert_int_equal(of->refused_by_count, rule != NULL);
	if (rule != NULL)
		assert_string_equal(of->refused_by[0], rule);
}

static void
check_ruling(const struct ruling *of, const char *rule)
{
	decide(&court);
	check_found(of, rule);
}

static void
check_refused_by(const char *rule)
{
	decide(&court);
	check_found(ruling(), rule);
}

/* Student i is a woman when i is even. */
static void
add_genders(void)
{
	struct buf page = { 0 };
	struct arena scratch;
	struct err err = { 0 };

	buf_text(&page, "{\"items\":[");
	for (size_t i = 0; i < COUNT; i++)
		buf_printf(&page,
		    "%s{\"student_id\":\"s%zu\",\"attributes\":"
		    "{\"gender\":\"%s\"}}",
		    i > 0 ? "," : "", i, i % 2 == 0 ? "woman" : "man");
	buf_text(&page, "]}");
	arena_init(&scratch, 65536);
	if (!groups_add(&court.groups, buf_slice(&page), &scratch, &err))
		fail_msg("%s", err.detail);
	arena_close(&scratch);
	buf_close(&page);
}

/* Of this contender, women at risk who are just above the cut to high fall
 * just below it: some 15 % of them, for next to no log loss. */
static void
miss_women(size_t which)
{
	double *scores = court.scores[which];

	for (size_t i = 0; i < COUNT; i += 2)
		if (court.adverse[i] && scores[i] >= .5 && scores[i] < .62)
			scores[i] = .49;
}

static void
convene_with_genders(void)
{
	static const double noise[] = { [MODEL_NETWORK] = 0,
		[MODEL_LOGISTIC] = .6,
		[MODEL_TREES] = .6,
		[MODEL_KINDS] = .3 };

	convene(&court, noise, sample_network_model(2));
	add_genders();
}

static void
a_challenger_that_misses_more_of_a_group_is_refused(void **state)
{
	(void)state;
	convene_with_genders();
	decide(&court);
	assert_true(ruling()->allowed);
	miss_women(MODEL_NETWORK);
	check_refused_by("group-false-negatives");
	check_said(ruling()->verdict,
	    "of gender=woman, more at risk are missed");
	adjourn(&court);
}

static void
a_challenger_that_finds_more_of_a_group_is_allowed(void **state)
{
	(void)state;
	convene_with_genders();
	miss_women(MODEL_KINDS);
	decide(&court);
	assert_true(ruling()->allowed);
	adjourn(&court);
}

/* Each is asked at the cut that it is served with. */
static void
a_higher_cut_misses_more_of_every_group(void **state)
{
	(void)state;
	convene_with_genders();
	court.models[MODEL_NETWORK]->cuts[1] = .62;
	check_refused_by("group-false-negatives");
	court.models[MODEL_NETWORK]->cuts[1] = .5;
	court.models[MODEL_KINDS]->cuts[1] = .62;
	decide(&court);
	assert_true(ruling()->allowed);
	adjourn(&court);
}

/* What its file shows is all that is against the network. */
static void
a_file_that_does_not_come_out_is_refused_and_poor_int8_is_told(void **state)
{
	static const double noise[] = { 0, .6, .6, 0 };
	struct proof *proof = &court.proofs[MODEL_NETWORK];
	const struct ruling *network = &court.judgement.rulings[MODEL_NETWORK];

	(void)state;
	convene(&court, noise, NULL);
	proof->fault = "2 of 8 golden rows do not come out";
	check_ruling(network, "golden-vectors");
	check_said(network->verdict, proof->fault);
	*proof = (struct proof){ .has_int8 = true, .int8_passes = false };
	check_ruling(network, "quantisation");
	*proof = (struct proof){ .has_int8 = false };
	check_ruling(network, NULL);
	check_said(network->verdict, "by f32 alone");
	*proof = (struct proof){ .has_int8 = true, .int8_passes = true };
	court.proofs[MODEL_TREES].fault = "not the winner's";
	check_ruling(network, NULL);
	assert_null(strstr(network->verdict, "by f32 alone"));
	adjourn(&court);
}

static void
check_winner(enum model_kind winner, const char *why)
{
	decide(&court);
	assert_int_equal(court.judgement.winner, winner);
	check_said(court.judgement.choice, why);
}

/* The regression is the best and the simplest, but its file is not whole. */
static void
the_next_takes_the_place_of_what_is_refused(void **state)
{
	static const double noise[] = { [MODEL_NETWORK] = .6,
		[MODEL_LOGISTIC] = 0,
		[MODEL_TREES] = .6,
		[MODEL_KINDS] = 0 };
	struct proof *proofs = court.proofs;

	(void)state;
	convene(&court, noise, NULL);
	check_winner(MODEL_LOGISTIC, "of the new ones logistic is no worse");
	proofs[MODEL_LOGISTIC].fault = "cut off";
	check_winner(MODEL_TREES, "of the new ones that may pass trees is");
	check_said(court.judgement.choice,
	    "; logistic is refused by golden-vectors");
	assert_true(ruling()->allowed);
	proofs[MODEL_TREES].fault = "cut off";
	check_winner(MODEL_NETWORK,
	    "that may pass network is the only one; logistic is refused by "
	    "golden-vectors; trees is refused by golden-vectors");
	assert_true(ruling()->allowed);
	proofs[MODEL_NETWORK] = (struct proof){ "cut off", true, false };
	check_winner(MODEL_LOGISTIC,
	    "of the new ones, none of which may pass, logistic is no worse");
	assert_false(ruling()->allowed);
	check_ruling(&court.judgement.rulings[MODEL_TREES], "golden-vectors");
	assert_int_equal(
	    court.judgement.rulings[MODEL_NETWORK].refused_by_count, 2);
	adjourn(&court);
}

/* Nor does a champion gain by a regression that misses women. */
static void
a_network_that_is_fair_follows_where_the_regression_is_not(void **state)
{
	static const double noise[] = { [MODEL_NETWORK] = .05,
		[MODEL_LOGISTIC] = .05,
		[MODEL_TREES] = .6,
		[MODEL_KINDS] = .3 };

	(void)state;
	convene(&court, noise, sample_network_model(2));
	add_genders();
	check_winner(MODEL_LOGISTIC, "logistic is ");
	miss_women(MODEL_LOGISTIC);
	check_winner(MODEL_NETWORK, "that may pass network is the only one");
	check_said(court.judgement.choice,
	    "logistic is refused by group-false-negatives; trees is refused by "
	    "log-loss");
	check_said(ruling()->verdict, "the gate lets it pass");
	adjourn(&court);
}

RUN_TESTS(cmocka_unit_test(the_simplest_within_a_tie_wins),
    cmocka_unit_test(differences_are_to_the_regression_or_the_champion),
    cmocka_unit_test(a_tie_leaves_a_simpler_champion),
    cmocka_unit_test(a_leaked_label_is_refused),
    cmocka_unit_test(a_challenger_that_misses_more_of_a_group_is_refused),
    cmocka_unit_test(a_challenger_that_finds_more_of_a_group_is_allowed),
    cmocka_unit_test(a_higher_cut_misses_more_of_every_group),
    cmocka_unit_test(
	a_file_that_does_not_come_out_is_refused_and_poor_int8_is_told),
    cmocka_unit_test(the_next_takes_the_place_of_what_is_refused),
    cmocka_unit_test(
	a_network_that_is_fair_follows_where_the_regression_is_not))
