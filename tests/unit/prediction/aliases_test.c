/*
 * aliases_test.c - the models kept here follow training's aliases, over a real
 * bus; a training of the test's own answers.
 */
#include "services/prediction/aliases.h"

#include <stdio.h>

#include "tests/unit/prediction/rig.h"

struct school {
	struct rig rig;
	unsigned char signatures[PLAYED_COUNT][SIGNATURE_SIZE];
};

static void
open_all(struct school *school)
{
	memset(school, 0, sizeof(*school));
	rig_open(&school->rig);
	rig_training(&school->rig);
}

static void
close_all(struct school *school)
{
	rig_close(&school->rig);
}

/* Training's next answers: the alias points to this model, which is signed. */
static void
move(struct school *school, enum played_alias alias, struct model *model)
{
	struct played_model *played = &school->rig.training.models[alias];

	training_move(&school->rig.training, alias, model);
	rig_sign(&school->rig, buf_slice(&played->file));
	memcpy(school->signatures[alias], school->rig.signature,
	    SIGNATURE_SIZE);
	played->signature =
	    (struct slice){ (const char *)school->signatures[alias],
		    SIGNATURE_SIZE };
}

static void
promote(struct school *school, struct model *model)
{
	move(school, PLAYED_CHAMPION, model);
}

/* The version that training's alias points to. */
static const char *
told(const struct school *school, enum played_alias alias)
{
	return school->rig.training.models[alias].version;
}

static void
follow(struct school *school)
{
	struct err err = { 0 };
	bool again = true;

	if (!follow_aliases(&school->rig.w, &again, &err))
		fail_msg("%s", err.detail);
	assert_false(again);
}

/* Which version the alias points to here, "" for none; it loads. */
static const char *
pointed(struct school *school, const char *tenant, const char *alias)
{
	struct worker *w = &school->rig.w;
	struct err err = { 0 };
	struct db_result rows;
	struct model *model;
	const char *version = "";

	if (!work_begin(w, tenant, &err) ||
	    !db_query(w->db, &query_aliased_versions,
		DB_ARGS(db_text(tenant), db_text(alias)), &rows, &err))
		fail_msg("%s", err.detail);
	if (rows.row_count > 0) {
		version = db_get_text(&rows, 0, 1, &w->arena);
		if (!models_take(w, tenant, version, &model, &err))
			fail_msg("%s", err.detail);
		assert_string_equal(model->digest, version);
		model_unref(model);
	}
	db_result_close(&rows);
	db_rollback(w->db);
	return version;
}

static const char *
served(struct school *school, const char *tenant)
{
	return pointed(school, tenant, "champion");
}

/* North is served by the champion that training tells of. */
static void
assert_followed(struct school *school)
{
	assert_string_equal(served(school, "north"),
	    told(school, PLAYED_CHAMPION));
}

static void
the_champion_is_fetched_and_followed(void **state)
{
	struct school school;

	(void)state;
	open_all(&school);
	follow(&school);
	assert_string_equal(served(&school, "north"), "");
	promote(&school, sample_network_model(1));
	follow(&school);
	assert_followed(&school);
	promote(&school, sample_logistic_model(2));
	follow(&school);
	assert_followed(&school);
	promote(&school, sample_trees_model(3));
	follow(&school);
	assert_followed(&school);
	close_all(&school);
}

static void
a_file_that_is_not_its_version_leaves_the_old_one(void **state)
{
	struct school school;
	struct buf *file;
	char old[MODEL_DIGEST_SIZE];

	(void)state;
	open_all(&school);
	promote(&school, sample_network_model(1));
	follow(&school);
	snprintf(old, sizeof(old), "%s", told(&school, PLAYED_CHAMPION));
	promote(&school, sample_network_model(2));
	file = &school.rig.training.models[PLAYED_CHAMPION].file;
	file->data[file->size - 1] ^= 1;
	follow(&school);
	assert_string_equal(served(&school, "north"), old);
	/* Nor is it fetched again and again. */
	follow(&school);
	assert_int_equal(school.rig.training.fetched, 2);
	close_all(&school);
}

/* What the status shows of the model. */
static const struct need_status *
show_model(struct school *school)
{
	struct service_status status;

	service_own_status(&school->rig.service, &school->rig.w.arena, &status);
	for (size_t i = 0; i < status.needs_count; i++)
		if (strcmp(status.needs[i].name, "model") == 0)
			return &status.needs[i];
	fail_msg("the model is not shown");
	return NULL;
}

static const char *
need_of_model(struct school *school)
{
	return show_model(school)->detail;
}

static bool
is_model_met(struct school *school)
{
	return show_model(school)->met;
}

static void
a_model_that_no_trusted_key_signed_leaves_the_old_one(void **state)
{
	struct school school;
	char old[MODEL_DIGEST_SIZE];

	(void)state;
	open_all(&school);
	promote(&school, sample_network_model(1));
	follow(&school);
	snprintf(old, sizeof(old), "%s", told(&school, PLAYED_CHAMPION));
	/* As another key's would be. */
	promote(&school, sample_network_model(2));
	school.signatures[PLAYED_CHAMPION][0] ^= 1;
	follow(&school);
	assert_string_equal(served(&school, "north"), old);
	assert_non_null(strstr(need_of_model(&school), "none of the keys"));
	promote(&school, sample_network_model(3));
	school.rig.training.models[PLAYED_CHAMPION].signature.size = 0;
	follow(&school);
	assert_string_equal(served(&school, "north"), old);
	assert_non_null(strstr(need_of_model(&school), "is not signed"));
	assert_non_null(strstr(need_of_model(&school), "serves on"));
	promote(&school, sample_network_model(4));
	follow(&school);
	assert_followed(&school);
	close_all(&school);
}

/* Whoever can write into the database cannot make a model of it. */
static void
a_served_model_is_verified_when_it_is_loaded(void **state)
{
	struct school school;
	struct worker *w = &school.rig.w;
	struct model *model;
	struct err err = { 0 };

	(void)state;
	open_all(&school);
	promote(&school, sample_network_model(1));
	follow(&school);
	database_run(school.rig.owner,
	    "UPDATE model_file SET signature = "
	    "set_byte(signature, 5, get_byte(signature, 5) # 1)");
	assert_true(work_begin(w, "north", &err));
	assert_false(models_take(w, "north", told(&school, PLAYED_CHAMPION),
	    &model, &err));
	assert_int_equal(err.code, ERR_UNAVAILABLE);
	db_rollback(w->db);
	/* One from before there were signatures is fetched anew. */
	database_run(school.rig.owner,
	    "UPDATE model_file SET signature = NULL");
	follow(&school);
	assert_followed(&school);
	close_all(&school);
}

static void
serving_outlives_training(void **state)
{
	struct school school;

	(void)state;
	open_all(&school);
	promote(&school, sample_network_model(1));
	follow(&school);
	training_leave(&school.rig.training);
	follow(&school);
	assert_followed(&school);
	close_all(&school);
}

/* Files kept for the tenant. */
static int64_t
files(struct school *school, const char *tenant)
{
	char query[120];

	snprintf(query, sizeof(query),
	    "SELECT count(*) FROM model_file WHERE tenant_id = '%s'", tenant);
	return database_count(school->rig.owner, query);
}

static void
challenger_and_shadow_are_at_hand_beside_the_champion(void **state)
{
	struct school school;
	char old[MODEL_DIGEST_SIZE];

	(void)state;
	open_all(&school);
	promote(&school, sample_network_model(1));
	move(&school, PLAYED_CHALLENGER, sample_network_model(2));
	move(&school, PLAYED_SHADOW, sample_logistic_model(3));
	follow(&school);
	assert_followed(&school);
	assert_string_equal(pointed(&school, "north", "challenger"),
	    told(&school, PLAYED_CHALLENGER));
	assert_string_equal(pointed(&school, "north", "shadow"),
	    told(&school, PLAYED_SHADOW));
	assert_int_equal(school.rig.training.fetched, 3);
	/* The challenger wins: its file is here already. */
	snprintf(old, sizeof(old), "%s", told(&school, PLAYED_CHAMPION));
	promote(&school, sample_network_model(2));
	follow(&school);
	assert_string_equal(served(&school, "north"),
	    told(&school, PLAYED_CHALLENGER));
	assert_string_not_equal(served(&school, "north"), old);
	assert_int_equal(school.rig.training.fetched, 3);
	/* What no alias needs is kept for a while, then forgotten. */
	follow(&school);
	assert_int_equal(files(&school, "north"), 3);
	database_run(school.rig.owner,
	    "UPDATE model_file SET needed_at = now() - interval '1 hour'");
	follow(&school);
	assert_int_equal(files(&school, "north"), 2);
	assert_string_equal(pointed(&school, "north", "shadow"),
	    told(&school, PLAYED_SHADOW));
	close_all(&school);
}

static void
a_refused_challenger_is_a_remark_and_no_need(void **state)
{
	struct school school;

	(void)state;
	open_all(&school);
	promote(&school, sample_network_model(1));
	move(&school, PLAYED_CHALLENGER, sample_network_model(2));
	school.signatures[PLAYED_CHALLENGER][0] ^= 1;
	move(&school, PLAYED_SHADOW, sample_network_model(3));
	for (int i = 0; i < 2; i++) {
		follow(&school);
		assert_true(is_model_met(&school));
		assert_non_null(
		    strstr(need_of_model(&school), "was made challenger"));
		assert_string_equal(pointed(&school, "north", "challenger"),
		    "");
		assert_string_equal(pointed(&school, "north", "shadow"),
		    told(&school, PLAYED_SHADOW));
		assert_followed(&school);
	}
	assert_int_equal(school.rig.training.fetched, 3);
	/* A champion that cannot serve is what is told, and a need. */
	database_run(school.rig.owner, "DELETE FROM model_alias");
	promote(&school, sample_network_model(4));
	school.signatures[PLAYED_CHAMPION][0] ^= 1;
	follow(&school);
	assert_false(is_model_met(&school));
	assert_non_null(strstr(need_of_model(&school), "was made champion"));
	close_all(&school);
}

/* As behind an upgrade: training signs what it has, one after another. */
static void
a_refused_model_is_tried_again_after_a_while(void **state)
{
	int64_t now = clock_now();
	struct school school;

	(void)state;
	open_all(&school);
	promote(&school, sample_network_model(1));
	school.signatures[PLAYED_CHAMPION][0] ^= 1;
	clock_freeze(now);
	follow(&school);
	assert_int_equal(school.rig.training.fetched, 1);
	school.signatures[PLAYED_CHAMPION][0] ^= 1;
	follow(&school);
	assert_string_equal(served(&school, "north"), "");
	assert_int_equal(school.rig.training.fetched, 1);
	clock_freeze(now + 61 * SECOND_US);
	follow(&school);
	assert_followed(&school);
	assert_true(is_model_met(&school));
	clock_freeze(0);
	close_all(&school);
}

static void
a_promotion_is_heard_for_its_tenant(void **state)
{
	static const char *const aliases[] = { "challenger", "champion" };
	struct school school;
	char data[200];
	struct event event = { .tenant = "south", .type = "model.promoted" };
	struct err err = { 0 };

	(void)state;
	open_all(&school);
	promote(&school, sample_network_model(1));
	for (size_t i = 0; i < 2; i++) {
		snprintf(data, sizeof(data),
		    "{\"alias\": \"%s\", \"version\": \"%s\"}", aliases[i],
		    told(&school, PLAYED_CHAMPION));
		event.data = slice_of(data);
		assert_true(work_begin(&school.rig.w, "south", &err));
		if (!hear_promotion(&school.rig.w, &event, &err))
			fail_msg("%s", err.detail);
		assert_true(work_commit(&school.rig.w, &err));
		assert_string_equal(pointed(&school, "south", aliases[i]),
		    told(&school, PLAYED_CHAMPION));
		assert_string_equal(served(&school, "south"),
		    i == 0 ? "" : told(&school, PLAYED_CHAMPION));
	}
	assert_int_equal(school.rig.training.fetched, 1);
	assert_string_equal(served(&school, "north"), "");
	close_all(&school);
}

RUN_TESTS(cmocka_unit_test(the_champion_is_fetched_and_followed),
    cmocka_unit_test(a_file_that_is_not_its_version_leaves_the_old_one),
    cmocka_unit_test(a_model_that_no_trusted_key_signed_leaves_the_old_one),
    cmocka_unit_test(a_served_model_is_verified_when_it_is_loaded),
    cmocka_unit_test(serving_outlives_training),
    cmocka_unit_test(challenger_and_shadow_are_at_hand_beside_the_champion),
    cmocka_unit_test(a_refused_challenger_is_a_remark_and_no_need),
    cmocka_unit_test(a_refused_model_is_tried_again_after_a_while),
    cmocka_unit_test(a_promotion_is_heard_for_its_tenant))
