/* gate_test.c - each rule refuses alone, and only when it should. */
#include "ml/gate.h"

#include <math.h>
#include <string.h>

#include "base/random.h"
#include "base/utf8.h"
#include "tests/support/test.h"

/* A network that is clearly better than the logistic champion. */
static struct gate_evidence
better_network(void)
{
	return (struct gate_evidence){ .challenger = GATE_NETWORK,
		.has_int8 = true,
		.int8_passes = true,
		.has_champion = true,
		.champion = GATE_LOGISTIC,
		.log_loss = { .mean = -0.012, .upper = -0.006 } };
}

static void
check_refused(const struct gate_evidence *evidence, enum gate_reason reason)
{
	struct gate_verdict verdict;

	gate_decide(evidence, &verdict);
	assert_false(verdict.allowed);
	for (enum gate_reason r = 0; r < GATE_REASONS; r++)
		assert_int_equal(verdict.refused_by[r], r == reason);
	assert_true(strlen(verdict.text) > 0);
}

static void
check_allowed(const struct gate_evidence *evidence)
{
	struct gate_verdict verdict;

	gate_decide(evidence, &verdict);
	assert_true(verdict.allowed);
	assert_string_equal(verdict.text, "");
}

static void
a_clearly_better_challenger_is_allowed(void **state)
{
	struct gate_evidence evidence = better_network();

	(void)state;
	check_allowed(&evidence);
}

static void
broken_files_are_refused(void **state)
{
	struct gate_evidence evidence = better_network();
	struct gate_verdict verdict;

	(void)state;
	evidence.file_fault = "1 of 8 golden rows do not come out";
	check_refused(&evidence, GATE_GOLDEN_VECTORS);
	gate_decide(&evidence, &verdict);
	assert_non_null(strstr(verdict.text, "1 of 8 golden rows"));
	evidence = better_network();
	evidence.int8_passes = false;
	check_refused(&evidence, GATE_QUANTISATION);
	evidence.has_int8 = false;
	check_allowed(&evidence);
}

static void
a_test_that_gives_its_outcomes_away_proves_nothing(void **state)
{
	struct gate_evidence evidence = better_network();

	(void)state;
	evidence.leak = (struct leak){ 44, .95 };
	check_refused(&evidence, GATE_LEAK);
	evidence.has_champion = false;
	check_refused(&evidence, GATE_LEAK);
	evidence.leak.separation = .949;
	check_allowed(&evidence);
}

static void
a_group_that_is_not_found_as_the_others_are_is_refused(void **state)
{
	struct group_rise gaps[] = {
		{ .name = "gender=male", .tested = true, .lower = -0.5 },
		{ .name = "gender=female", .tested = true, .lower = 0.16 },
		{ .name = "age=20", .tested = false, .lower = NAN },
	};
	struct gate_evidence evidence = better_network();
	struct gate_verdict verdict;

	(void)state;
	evidence.gap = gaps;
	evidence.gap_count = 3;
	check_refused(&evidence, GATE_GAP);
	evidence.has_champion = false;
	check_refused(&evidence, GATE_GAP);
	gate_decide(&evidence, &verdict);
	assert_non_null(strstr(verdict.text, "gender=female"));
	gaps[1].lower = GATE_GAP_MARGIN;
	check_allowed(&evidence);
}

static void
a_bound_at_the_margin_is_refused(void **state)
{
	struct gate_evidence evidence = better_network();

	(void)state;
	evidence.challenger = GATE_LOGISTIC;
	evidence.log_loss.mean = 0.001;
	evidence.log_loss.upper = 0.005;
	check_refused(&evidence, GATE_LOG_LOSS);
	evidence.log_loss.upper = NAN;
	check_refused(&evidence, GATE_LOG_LOSS);
	evidence.log_loss.upper = 0.0049;
	check_allowed(&evidence);
}

static void
a_tie_serves_the_simplest(void **state)
{
	struct gate_evidence evidence = better_network();

	(void)state;
	evidence.log_loss =
	    (struct difference){ .mean = -0.0049, .upper = 0.001 };
	check_refused(&evidence, GATE_TIE);
	evidence.log_loss.mean = -0.005;
	check_allowed(&evidence);
	evidence.log_loss.mean = 0.001;
	evidence.challenger = GATE_TREES;
	evidence.champion = GATE_NETWORK;
	check_allowed(&evidence);
	evidence.champion = GATE_TREES;
	check_allowed(&evidence);
}

static void
a_group_that_is_missed_more_often_refuses(void **state)
{
	struct group_rise groups[] = {
		{ .name = "age=young", .tested = true, .lower = 0.05 },
		{ .name = "disability=yes", .tested = true, .lower = 0.06 },
		{ .name = "gender=x", .tested = false, .lower = NAN },
		{ .name = "gender=f", .tested = true, .lower = 0.055 },
	};
	struct gate_evidence evidence = better_network();
	struct gate_verdict verdict;

	(void)state;
	evidence.group = groups;
	evidence.group_count = 4;
	check_refused(&evidence, GATE_GROUP);
	gate_decide(&evidence, &verdict);
	assert_string_equal(verdict.worst->name, "disability=yes");
	assert_non_null(strstr(verdict.text, "disability=yes"));
	evidence.group_count = 1;
	check_allowed(&evidence);
	groups[0].lower = NAN;
	check_refused(&evidence, GATE_GROUP);
}

static void
all_refusals_are_told_at_once(void **state)
{
	static char long_name[2000];
	struct group_rise group = { .name = long_name,
		.tested = true,
		.lower = 0.2 };
	struct gate_evidence evidence = better_network();
	struct gate_verdict verdict;

	(void)state;
	memset(long_name, 'g', sizeof(long_name) - 1);
	evidence.file_fault = "1 of 8 golden rows do not come out";
	evidence.leak = (struct leak){ 0, 1 };
	evidence.int8_passes = false;
	evidence.log_loss = (struct difference){ .mean = 0, .upper = 1 };
	evidence.group = evidence.gap = &group;
	evidence.group_count = evidence.gap_count = 1;
	gate_decide(&evidence, &verdict);
	for (enum gate_reason r = 0; r < GATE_REASONS; r++)
		assert_true(verdict.refused_by[r]);
	assert_int_equal(strlen(verdict.text), sizeof(verdict.text) - 1);
}

/* A name that is cut off ends with a whole letter. */
static void
a_verdict_without_room_is_text_still(void **state)
{
	static char name[1001];
	struct group_rise group = { .name = name,
		.tested = true,
		.lower = 0.2 };
	struct gate_evidence evidence = better_network();
	struct gate_verdict verdict;

	(void)state;
	evidence.gap = &group;
	evidence.gap_count = 1;
	for (size_t i = 0; i < sizeof(name) - 1; i++)
		name[i] = "\xc3\xa9"[i % 2];
	for (size_t from = 0; from < 2; from++) {
		group.name = from == 0 ? name : "";
		evidence.file_fault = from == 0 ? NULL : name;
		gate_decide(&evidence, &verdict);
		assert_int_equal(utf8_valid(slice_of(verdict.text)),
		    strlen(verdict.text));
	}
}

static void
the_first_model_needs_only_sound_files(void **state)
{
	struct gate_evidence evidence = { .challenger = GATE_NETWORK,
		.log_loss = { .upper = 1 } };

	(void)state;
	check_allowed(&evidence);
	evidence.file_fault = "1 of 8 golden rows do not come out";
	check_refused(&evidence, GATE_GOLDEN_VECTORS);
	assert_string_equal(gate_reason_slug(GATE_TIE), "tie");
}

static void
the_simplest_of_the_best_is_picked(void **state)
{
	struct gate_candidate models[] = { { GATE_NETWORK, true, 0.480 },
		{ GATE_TREES, true, 0.4849 }, { GATE_LOGISTIC, true, 0.486 },
		{ GATE_TREES, true, 0.483 }, { GATE_LOGISTIC, true, NAN } };

	(void)state;
	assert_int_equal(gate_pick(models, 5), 3);
	models[2].log_loss = 0.4849;
	assert_int_equal(gate_pick(models, 5), 2);
	assert_int_equal(gate_pick(models, 1), 0);
	assert_int_equal(gate_pick(models + 4, 1), 1);
}

/* What is refused neither is picked nor says what the best is. */
static void
what_is_refused_keeps_nothing_from_being_picked(void **state)
{
	struct gate_candidate models[] = { { GATE_LOGISTIC, false, 0.480 },
		{ GATE_TREES, true, 0.489 }, { GATE_NETWORK, true, 0.485 } };

	(void)state;
	assert_int_equal(gate_pick(models, 3), 1);
	models[1].log_loss = 0.4901;
	assert_int_equal(gate_pick(models, 3), 2);
	models[2].log_loss = NAN;
	assert_int_equal(gate_pick(models, 3), 1);
	models[1].allowed = false;
	assert_int_equal(gate_pick(models, 3), 0);
}

enum { TRAININGS = 20000 };

/* How often one of three new models may follow a network when each is truly
 * worse by the margin, if the gate is asked of all of them and if it is asked
 * of the first choice alone.  Their differences have a standard error of .003
 * and a correlation of `shared`. */
static void
count_wrong(double shared, double *of_all, double *of_first)
{
	struct random random;
	size_t any = 0, first = 0;

	random_init(&random, 22, 0);
	for (int i = 0; i < TRAININGS; i++) {
		double common = sqrt(shared) * random_normal(&random);
		struct gate_candidate judged[3], unjudged[3];

		for (int k = 0; k < 3; k++) {
			double own = sqrt(1 - shared) * random_normal(&random);
			double mean = GATE_MARGIN + .003 * (common + own);
			struct gate_evidence evidence = { .challenger =
							      (enum gate_kind)k,
				.has_champion = true,
				.champion = GATE_NETWORK,
				.log_loss = { .mean = mean,
				    .upper = mean + 1.6449 * .003 } };
			struct gate_verdict verdict;

			gate_decide(&evidence, &verdict);
			judged[k] = unjudged[k] =
			    (struct gate_candidate){ (enum gate_kind)k,
				    verdict.allowed, mean };
			unjudged[k].allowed = true;
		}
		any += judged[gate_pick(judged, 3)].allowed;
		first += judged[gate_pick(unjudged, 3)].allowed;
	}
	*of_all = (double)any / TRAININGS;
	*of_first = (double)first / TRAININGS;
}

/* The figures of decision 0022. */
static void
asking_of_every_model_lets_twice_as_many_wrong_ones_pass(void **state)
{
	double of_all, of_first;

	(void)state;
	count_wrong(.5, &of_all, &of_first);
	assert_true(fabs(of_first - .067) < .006);
	assert_true(fabs(of_all - .118) < .007);
	count_wrong(.8, &of_all, &of_first);
	assert_true(fabs(of_first - .051) < .005);
	assert_true(fabs(of_all - .092) < .006);
}

RUN_TESTS(cmocka_unit_test(a_clearly_better_challenger_is_allowed),
    cmocka_unit_test(broken_files_are_refused),
    cmocka_unit_test(a_test_that_gives_its_outcomes_away_proves_nothing),
    cmocka_unit_test(a_group_that_is_not_found_as_the_others_are_is_refused),
    cmocka_unit_test(a_bound_at_the_margin_is_refused),
    cmocka_unit_test(a_tie_serves_the_simplest),
    cmocka_unit_test(a_group_that_is_missed_more_often_refuses),
    cmocka_unit_test(all_refusals_are_told_at_once),
    cmocka_unit_test(a_verdict_without_room_is_text_still),
    cmocka_unit_test(the_first_model_needs_only_sound_files),
    cmocka_unit_test(the_simplest_of_the_best_is_picked),
    cmocka_unit_test(what_is_refused_keeps_nothing_from_being_picked),
    cmocka_unit_test(asking_of_every_model_lets_twice_as_many_wrong_ones_pass))
