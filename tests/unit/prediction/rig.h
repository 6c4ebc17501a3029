/*
 * rig.h - prediction's functions against a real database: a migrated schema
 * `prediction_test`, its role under row-level security, a worker, and pages of
 * a record log made by hand; on demand a bus with a training that is played.
 */
#ifndef TESTS_PREDICTION_RIG_H
#define TESTS_PREDICTION_RIG_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "libcommon/service/migrations.h"
#include "ml/model_file.h"
#include "service/inside.h"
#include "services/prediction/basis.h"
#include "services/prediction/migrations.h"
#include "services/prediction/project.h"
#include "services/prediction/queries.h"
#include "tests/support/database.h"
#include "tests/support/open_bus.h"
#include "tests/support/played_training.h"
#include "tests/support/sample_model.h"
#include "tests/support/signing.h"
#include "tests/support/test.h"
#include "wire/binary.h"
#include "wire/json.h"

enum { LOG_MOST = 2000 };

static const char bus_key[] = "a key of the tests, 32 bytes long";

struct rig {
	struct worker w;
	struct db *owner;
	struct bus *bus; /* rings for nobody; of rig_training: asks it */
	struct service service; /* of rig_training */
	struct training training;
	char folder[32]; /* of the bus with training; "": there is none */
	struct signer *signer;
	unsigned char signature[SIGNATURE_SIZE]; /* of rig_sign */
	struct log_entry entries[LOG_MOST];      /* of the page in the making */
	size_t count;
	int64_t position;  /* of the entry added last */
	struct buf answer; /* of the call made last */
	int status;
	struct err err;
};

/* The key of the tests signs, and is trusted. */
static inline void
rig_keys(struct rig *rig)
{
	static const unsigned char seed[32] = "a private key for tests alone";
	char folder[] = "/tmp/epk.XXXXXX", path[64];
	struct keyring *keys;
	struct err err = { 0 };

	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/private", folder);
	write_private_key(path, seed);
	if (!signer_open(path, &rig->signer, &err))
		fail_msg("%s", err.detail);
	unlink(path);
	snprintf(path, sizeof(path), "%s/public", folder);
	add_public_key(path, seed);
	if (!keyring_open(path, &keys, &err))
		fail_msg("%s", err.detail);
	unlink(path);
	rmdir(folder);
	rig->w.state = models_new(keys);
}

/* A signature of the file, in the rig. */
static inline struct slice
rig_sign(struct rig *rig, struct slice file)
{
	unsigned char hash[DIGEST_SIZE];

	digest(file, hash);
	signer_sign(rig->signer, hash, rig->signature);
	return (struct slice){ (const char *)rig->signature,
		sizeof(rig->signature) };
}

static inline void
rig_open(struct rig *rig)
{
	struct migrations sets[] = { service_migrations,
		prediction_migrations };
	static const struct prediction_settings as_delivered = { .kernels = "",
		.shadow_share = 1,
		.shadow_queue_bytes = 16 * 1024 * 1024 };
	struct err err = { 0 };
	size_t applied;

	memset(rig, 0, sizeof(*rig));
	rig->w.settings = &as_delivered;
	rig->owner = database_open("prediction_test", NULL);
	database_run(rig->owner,
	    "DO $$ BEGIN CREATE ROLE edupulse_prediction LOGIN; "
	    "EXCEPTION WHEN duplicate_object THEN NULL; END $$");
	database_run(rig->owner,
	    "GRANT CONNECT, TEMPORARY ON DATABASE edupulse TO edupulse_prediction");
	database_run(rig->owner,
	    "GRANT USAGE ON SCHEMA prediction_test TO edupulse_prediction");
	if (!migrate(rig->owner, sets, ARRAY_SIZE(sets), &applied, &err))
		fail_msg("%s", err.detail);
	database_run(rig->owner,
	    "GRANT SELECT, INSERT ON outbox, epoch TO edupulse_prediction");
	rig->bus = open_bus("/nowhere", "prediction", bus_key);
	rig->w.bus = rig->bus;
	rig->w.db = database_open("prediction_test", "edupulse_prediction");
	rig->w.cache = cache_new("");
	rig_keys(rig);
	rig->w.scratch = tools_new(NULL);
	arena_init(&rig->w.arena, 65536);
}

/* A training beside it, which the test plays. */
static inline void
rig_training(struct rig *rig)
{
	static const struct service_kind kind = { .name = "prediction" };
	static const struct common_settings common = { .tenant = "north" };

	snprintf(rig->folder, sizeof(rig->folder), "/tmp/epc.XXXXXX");
	assert_non_null(mkdtemp(rig->folder));
	training_open(&rig->training, rig->folder, bus_key);
	rig->service.kind = &kind;
	rig->service.common = &common;
	pthread_mutex_init(&rig->service.lock, NULL);
	pthread_cond_init(&rig->service.job_wake, NULL);
	bus_free(rig->bus);
	rig->bus = open_bus(rig->folder, "prediction", bus_key);
	rig->service.bus = rig->bus;
	rig->w.service = &rig->service;
	rig->w.bus = rig->bus;
}

static inline void
rig_close_training(struct rig *rig)
{
	char command[64];

	if (rig->folder[0] == '\0')
		return;
	training_close(&rig->training);
	pthread_cond_destroy(&rig->service.job_wake);
	pthread_mutex_destroy(&rig->service.lock);
	snprintf(command, sizeof(command), "rm -rf %s", rig->folder);
	assert_int_equal(system(command), 0);
}

static inline void
rig_close(struct rig *rig)
{
	arena_close(&rig->w.arena);
	rig_close_training(rig);
	bus_free(rig->bus);
	tools_free(rig->w.scratch);
	models_free(rig->w.state);
	signer_free(rig->signer);
	cache_free(rig->w.cache);
	db_free(rig->w.db);
	db_free(rig->owner);
	buf_close(&rig->answer);
}

/* A new entry at the end of the page in the making. */
static inline struct log_entry *
rig_entry(struct rig *rig, const char *tenant, enum record_kind kind)
{
	struct log_entry *entry = &rig->entries[rig->count++];

	must(rig->count <= LOG_MOST);
	*entry = (struct log_entry){ .position = ++rig->position,
		.tenant = tenant,
		.kind = kind,
		.received_at = clock_now() };
	return entry;
}

static inline struct log_entry *
rig_record(struct rig *rig, const char *tenant, enum record_kind kind,
    int64_t enrollment_id, int32_t day)
{
	struct log_entry *entry = rig_entry(rig, tenant, kind);

	entry->enrollment_id = enrollment_id;
	entry->has_enrollment_id = true;
	entry->occurred_on = entry->known_on = day;
	entry->has_occurred_on = entry->has_known_on = true;
	return entry;
}

/* A tenant with roll-call, looking from `as_of`. */
static inline void
rig_rules(struct rig *rig, const char *tenant, int32_t as_of)
{
	struct tenant_rules *rules = arena_alloc(&rig->w.arena, sizeof(*rules));

	*rules = (struct tenant_rules){ .time_zone = "UTC",
		.attendance_from = SOURCE_ROLL_CALL,
		.pass_mark = 60,
		.full_load = 60,
		.school_days = 31,
		.as_of = as_of,
		.has_as_of = true };
	rig_entry(rig, tenant, RECORD_TENANT)->rules = rules;
}

static inline void
rig_course(struct rig *rig, const char *tenant, const char *course_id,
    int32_t first, int32_t last)
{
	struct course *course = arena_alloc(&rig->w.arena, sizeof(*course));

	*course = (struct course){ .course_id = course_id,
		.start_date = first,
		.end_date = last,
		.term = "2025" };
	rig_entry(rig, tenant, RECORD_COURSE)->course = course;
}

static inline struct enrollment *
rig_enrollment(struct rig *rig, const char *tenant, int64_t id,
    const char *student_id, const char *course_id)
{
	struct enrollment *enrollment =
	    arena_alloc(&rig->w.arena, sizeof(*enrollment));
	struct log_entry *entry = rig_entry(rig, tenant, RECORD_ENROLLMENT);

	*enrollment = (struct enrollment){ .student_id = student_id,
		.course_id = course_id };
	entry->enrollment = enrollment;
	entry->enrollment_id = id;
	entry->has_enrollment_id = true;
	return enrollment;
}

/* Apply what was added as one page, as the skeleton does. */
static inline void
rig_apply(struct rig *rig)
{
	struct log_page log = { .entries = rig->entries,
		.entries_count = rig->count,
		.next = "1.2.3" };
	struct reader_page page = { 0 };
	struct buf body = { 0 };
	struct err err = { 0 };

	binary_encode(&log_page_message, &log, &body);
	page.body = buf_slice(&body);
	if (!work_begin(&rig->w, NULL, &err) ||
	    !project_page(&rig->w, &page, &err) || !work_commit(&rig->w, &err))
		fail_msg("%s", err.detail);
	assert_string_equal(page.next, "1.2.3");
	assert_int_equal(page.count, rig->count);
	buf_close(&body);
	rig->count = 0;
	arena_reset(&rig->w.arena);
}

/* Point an alias of the tenant to the sample model, which is given back. */
static inline void
rig_alias(struct rig *rig, const char *tenant, const char *alias,
    struct model *model)
{
	struct buf file = { 0 };
	char version[MODEL_DIGEST_SIZE];
	struct err err = { 0 };

	model_save(model, &file);
	model_digest(buf_slice(&file), version);
	if (!work_begin(&rig->w, tenant, &err) ||
	    !db_exec(rig->w.db, &query_put_model_file,
		DB_ARGS(db_text(tenant), db_text(version),
		    db_bytes(buf_slice(&file)),
		    db_bytes(rig_sign(rig, buf_slice(&file)))),
		NULL, &err) ||
	    !db_exec(rig->w.db, &query_put_model_alias,
		DB_ARGS(db_text(tenant), db_text(alias), db_text(version)),
		NULL, &err) ||
	    !work_commit(&rig->w, &err))
		fail_msg("%s", err.detail);
	buf_close(&file);
	model_unref(model);
}

/* Make the sample model the tenant's champion. */
static inline void
rig_model(struct rig *rig, const char *tenant, struct model *model)
{
	struct err err = { 0 };

	rig_alias(rig, tenant, "champion", model);
	if (!work_begin(&rig->w, tenant, &err) ||
	    !db_exec(rig->w.db, &query_add_served_since,
		DB_ARGS(db_text(tenant)), NULL, &err) ||
	    !work_commit(&rig->w, &err))
		fail_msg("%s", err.detail);
}

/* The `{names}` of a path and its query: "VALUE/VALUE?QUERY", of a path
 * without a name "QUERY"; of another method than GET the body in place of the
 * query. */
static inline void
rig_target(struct call *call, const char *text)
{
	const char *name = strchr(call->route->path, '{');

	for (; name != NULL; name = strchr(name + 1, '{')) {
		size_t at = call->parameters.count++;

		call->parameters.names[at] =
		    (struct slice){ name + 1, strcspn(name + 1, "}") };
		call->parameters.values[at] =
		    (struct slice){ text, strcspn(text, "/?") };
		text += call->parameters.values[at].size;
		text += *text == '/';
	}
	call->query = slice_of(text + (*text == '?'));
}

/* Run the handler of a call, route, head and input of which are filled, as the
 * skeleton does.  Then rig->status and rig->answer, or rig->err. */
static inline bool
rig_run(struct rig *rig, struct call *call)
{
	bool is_good;

	call->arena = &rig->w.arena;
	call->deadline = clock_ticks() + 60 * SECOND_US;
	call->answer_body = &rig->answer;
	arena_reset(&rig->w.arena);
	buf_clear(&rig->answer);
	err_clear(&rig->err);
	rig->w.call = call;
	is_good = work_begin(&rig->w, call->head->tenant, &rig->err) &&
	    call->route->handle(&rig->w, call, &rig->err) &&
	    work_commit(&rig->w, &rig->err);
	db_rollback(rig->w.db);
	if (is_good && call->after != NULL)
		call->after(&rig->w, call);
	rig->w.call = NULL;
	rig->status = (int)call->answer.status;
	return is_good;
}

/* Call a handler for `who` (its tenant, role, schools and sections); `body` is
 * JSON, or of a GET what rig_target takes. */
static inline bool
rig_call_as(struct rig *rig, const struct route *route,
    const struct bus_head *who, const char *body)
{
	struct call call = { .head = who, .route = route };

	if (strcmp(route->method, "GET") == 0) {
		rig_target(&call, body);
	} else if (strchr(route->path, '{') != NULL) {
		rig_target(&call, body);
		call.body = call.query;
	} else {
		call.body = slice_of(body);
	}
	return rig_run(rig, &call);
}

/* The same for a service, of all schools or of one. */
static inline bool
rig_call(struct rig *rig, const struct route *route, const char *tenant,
    const char *body, const char *school)
{
	const char *schools[] = { school };
	struct bus_head head = { .tenant = tenant,
		.principal = "key:tests",
		.role = ROLE_SERVICE,
		.request_id = "a test's",
		.deadline = clock_now() + 60 * SECOND_US,
		.schools = schools,
		.schools_count = school != NULL };

	return rig_call_as(rig, route, &head, body);
}

/* The answer of the last call, decoded; until the next call. */
static inline void
rig_read(struct rig *rig, const struct message *message, void *value)
{
	struct err err = { 0 };

	if (!json_decode(message, buf_slice(&rig->answer), JSON_STRICT,
		&rig->w.arena, value, &err))
		fail_msg("%s", err.detail);
}

#endif
