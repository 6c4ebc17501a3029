/*
 * champions_test.c - the served model follows training's champion, over a real
 * bus; a training of the test's own answers.
 */
#include "services/prediction/champions.h"

#include <stdio.h>
#include <unistd.h>

#include "service/inside.h"
#include "tests/support/played_training.h"
#include "tests/unit/prediction/rig.h"

struct school {
	struct rig rig;
	struct service service;
	struct training training;
	char folder[32];
};

static const char key[] = "a key of the tests, 32 bytes long";

static void
open_all(struct school *school)
{
	static const struct service_kind kind = { .name = "prediction" };
	static const struct common_settings common = { .tenant = "north" };

	memset(school, 0, sizeof(*school));
	rig_open(&school->rig);
	snprintf(school->folder, sizeof(school->folder), "/tmp/epc.XXXXXX");
	assert_non_null(mkdtemp(school->folder));
	training_open(&school->training, school->folder, key);
	school->service.kind = &kind;
	school->service.common = &common;
	pthread_mutex_init(&school->service.lock, NULL);
	pthread_cond_init(&school->service.job_wake, NULL);
	school->service.bus = open_bus(school->folder, "prediction", key);
	school->rig.w.service = &school->service;
	school->rig.w.bus = school->service.bus;
}

static void
close_all(struct school *school)
{
	char path[64];

	training_close(&school->training);
	bus_free(school->service.bus);
	pthread_cond_destroy(&school->service.job_wake);
	pthread_mutex_destroy(&school->service.lock);
	rig_close(&school->rig);
	snprintf(path, sizeof(path), "rm -rf %s", school->folder);
	assert_int_equal(system(path), 0);
}

/* Training's next answers: this model is champion, and signed. */
static void
promote(struct school *school, struct model *model)
{
	struct training *training = &school->training;

	training_promote(training, model);
	training->signature =
	    rig_sign(&school->rig, buf_slice(&training->file));
}

static void
follow(struct school *school)
{
	struct err err = { 0 };
	bool again = true;

	if (!follow_champions(&school->rig.w, &again, &err))
		fail_msg("%s", err.detail);
	assert_false(again);
}

/* Which version is served, "" for none; it loads from its row. */
static const char *
served(struct school *school, const char *tenant)
{
	struct worker *w = &school->rig.w;
	struct err err = { 0 };
	struct db_result rows;
	struct model *model;
	const char *version = "";

	if (!work_begin(w, tenant, &err) ||
	    !db_query(w->db, &query_served_version, DB_ARGS(db_text(tenant)),
		&rows, &err))
		fail_msg("%s", err.detail);
	if (rows.row_count > 0) {
		version = db_get_text(&rows, 0, 0, &w->arena);
		if (!models_take(w, tenant, version, &model, &err))
			fail_msg("%s", err.detail);
		assert_string_equal(model->digest, version);
		model_unref(model);
	}
	db_result_close(&rows);
	db_rollback(w->db);
	return version;
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
	assert_string_equal(served(&school, "north"), school.training.champion);
	promote(&school, sample_logistic_model(2));
	follow(&school);
	assert_string_equal(served(&school, "north"), school.training.champion);
	promote(&school, sample_trees_model(3));
	follow(&school);
	assert_string_equal(served(&school, "north"), school.training.champion);
	close_all(&school);
}

static void
a_file_that_is_not_its_version_leaves_the_old_one(void **state)
{
	struct school school;
	char old[MODEL_DIGEST_SIZE];

	(void)state;
	open_all(&school);
	promote(&school, sample_network_model(1));
	follow(&school);
	snprintf(old, sizeof(old), "%s", school.training.champion);
	promote(&school, sample_network_model(2));
	school.training.file.data[school.training.file.size - 1] ^= 1;
	follow(&school);
	assert_string_equal(served(&school, "north"), old);
	/* Nor is it fetched again and again. */
	follow(&school);
	assert_int_equal(school.training.fetched, 2);
	close_all(&school);
}

/* What the status shows of the model. */
static const char *
need_of_model(struct school *school)
{
	struct service_status status;

	service_own_status(&school->service, &school->rig.w.arena, &status);
	for (size_t i = 0; i < status.needs_count; i++)
		if (strcmp(status.needs[i].name, "model") == 0)
			return status.needs[i].detail;
	return "";
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
	snprintf(old, sizeof(old), "%s", school.training.champion);
	/* As another key's would be. */
	promote(&school, sample_network_model(2));
	school.rig.signature[0] ^= 1;
	follow(&school);
	assert_string_equal(served(&school, "north"), old);
	assert_non_null(strstr(need_of_model(&school), "none of the keys"));
	promote(&school, sample_network_model(3));
	school.training.signature.size = 0;
	follow(&school);
	assert_string_equal(served(&school, "north"), old);
	assert_non_null(strstr(need_of_model(&school), "is not signed"));
	assert_non_null(strstr(need_of_model(&school), "serves on"));
	promote(&school, sample_network_model(4));
	follow(&school);
	assert_string_equal(served(&school, "north"), school.training.champion);
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
	    "UPDATE served_model SET signature = "
	    "set_byte(signature, 5, get_byte(signature, 5) # 1)");
	assert_true(work_begin(w, "north", &err));
	assert_false(
	    models_take(w, "north", school.training.champion, &model, &err));
	assert_int_equal(err.code, ERR_UNAVAILABLE);
	db_rollback(w->db);
	/* One from before there were signatures is fetched anew. */
	database_run(school.rig.owner,
	    "UPDATE served_model SET signature = NULL");
	follow(&school);
	assert_string_equal(served(&school, "north"), school.training.champion);
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
	training_leave(&school.training);
	follow(&school);
	assert_string_equal(served(&school, "north"), school.training.champion);
	close_all(&school);
}

static void
a_promotion_is_heard_for_its_tenant(void **state)
{
	struct school school;
	char data[200];
	struct event event = { .tenant = "south", .type = "model.promoted" };
	struct err err = { 0 };

	(void)state;
	open_all(&school);
	promote(&school, sample_network_model(1));
	for (int i = 0; i < 2; i++) {
		snprintf(data, sizeof(data),
		    "{\"alias\": \"%s\", \"version\": \"%s\"}",
		    i == 0 ? "challenger" : "champion",
		    school.training.champion);
		event.data = slice_of(data);
		assert_true(work_begin(&school.rig.w, "south", &err));
		if (!hear_promotion(&school.rig.w, &event, &err))
			fail_msg("%s", err.detail);
		assert_true(work_commit(&school.rig.w, &err));
		assert_string_equal(served(&school, "south"),
		    i == 0 ? "" : school.training.champion);
	}
	assert_string_equal(served(&school, "north"), "");
	close_all(&school);
}

RUN_TESTS(cmocka_unit_test(the_champion_is_fetched_and_followed),
    cmocka_unit_test(a_file_that_is_not_its_version_leaves_the_old_one),
    cmocka_unit_test(a_model_that_no_trusted_key_signed_leaves_the_old_one),
    cmocka_unit_test(a_served_model_is_verified_when_it_is_loaded),
    cmocka_unit_test(serving_outlives_training),
    cmocka_unit_test(a_promotion_is_heard_for_its_tenant))
