/*
 * infer_test.c - the Open Inference Protocol over a real database: the same
 * bits as a prediction of the same student and day, by every kind of model.
 */
#include <math.h>
#include <stdio.h>

#include "services/prediction/inference.h"
#include "tests/unit/prediction/school.h"

enum { ROWS_MOST = 80, ROW = NETWORK_MAX_STEPS * NETWORK_INPUTS };

/* Students as training sees them, copied out of the rig's arena. */
struct rows {
	size_t count;
	int64_t enrollment[ROWS_MOST];
	int32_t day[ROWS_MOST];
	int64_t lengths[ROWS_MOST];
	float steps[ROWS_MOST][ROW];
	float context[ROWS_MOST][NETWORK_CONTEXT];
	double score[ROWS_MOST]; /* by predict */
	double low[ROWS_MOST], high[ROWS_MOST];
	char category[ROWS_MOST][16];
};

static struct model *(*const kinds[])(unsigned seed) = { sample_network_model,
	sample_logistic_model, sample_trees_model };

/* Call with a tenant, the values of the path's names, a body of which
 * `json_size` bytes are JSON (0: all). */
static bool
ask_v2(struct rig *rig, const char *operation, const char *tenant,
    const char *names, const struct buf *body, size_t json_size)
{
	struct bus_head head = { .tenant = tenant,
		.principal = "key:tests",
		.role = ROLE_SERVICE,
		.json_size = (int64_t)json_size,
		.has_json_size = json_size > 0 };
	struct call call = { .head = &head, .route = route_of(operation) };
	bool is_good;

	rig_target(&call, names);
	if (body != NULL)
		call.body = buf_slice(body);
	is_good = rig_run(rig, &call);
	if (is_good)
		assert_int_equal(call.answer.has_json_size,
		    strcmp(call.answer.content_type,
			"application/octet-stream") == 0);
	return is_good;
}

static void
read_rows(struct rig *rig, struct rows *rows)
{
	static const char question[] =
	    "{\"weeks\": [8, 11], \"known_by\": \"2026-01-14\","
	    " \"courses\": [\"math\"], \"after\": 0, \"limit\": 2000}";
	struct sample_page page;
	struct err err = { 0 };

	if (!rig_call(rig, route_of("get_samples"), "north", question, NULL))
		fail_msg("%s", rig->err.detail);
	assert_true(binary_decode(&sample_page_message, buf_slice(&rig->answer),
	    &rig->w.arena, &page, &err));
	assert_in_range(page.samples_count, 1, ROWS_MOST);
	rows->count = page.samples_count;
	for (size_t i = 0; i < rows->count; i++) {
		const struct sample *sample = &page.samples[i];

		rows->enrollment[i] = sample->enrollment_id;
		rows->day[i] = sample->reference_day;
		rows->lengths[i] = sample->step_count;
		memcpy(rows->steps[i], sample->steps.data, sample->steps.size);
		memcpy(rows->context[i], sample->context.data,
		    sample->context.size);
	}
}

static void
predict_rows(struct rig *rig, struct rows *rows)
{
	for (size_t i = 0; i < rows->count; i++) {
		char question[200], day[DAY_TEXT_SIZE];
		struct prediction p;

		day_print(rows->day[i], day);
		snprintf(question, sizeof(question),
		    "{\"student_id\": \"s%d\", \"reference_date\": \"%s\","
		    " \"include_explanations\": false}",
		    (int)rows->enrollment[i], day);
		ask_for(rig, question, &p);
		rows->score[i] = p.risk_score;
		rows->low[i] = p.confidence->low;
		rows->high[i] = p.confidence->high;
		snprintf(rows->category[i], sizeof(rows->category[i]), "%s",
		    risk_level_choice.names[p.risk_category]);
	}
}

/* Students whose course ended well or badly, seen in its weeks 8 and 11. */
static void
open_rows(struct rig *rig, struct rows *rows)
{
	open_school(rig);
	for (int64_t id = 1; id <= STUDENTS - 1; id++)
		add_outcome(rig, id, MONDAY + 95,
		    id % 3 == 0 ? RESULT_FAIL : RESULT_PASS);
	rig_apply(rig);
	read_rows(rig, rows);
	assert_true(rows->count > 64); /* more than look.c's batch */
	predict_rows(rig, rows);
}

static void
put_value(struct buf *out, const char *before, float value)
{
	buf_text(out, before);
	if (isnan(value))
		buf_text(out, "null");
	else
		buf_printf(out, "%.9g", (double)value);
}

static void
put_values(struct buf *out, const float *values, size_t count)
{
	for (size_t i = 0; i < count; i++)
		put_value(out, i == 0 ? "[" : ",", values[i]);
	buf_byte(out, ']');
}

/* All rows as JSON, padded to `steps` with numbers that must not count. */
static void
put_json(struct buf *out, const struct rows *rows, size_t steps)
{
	buf_printf(out,
	    "{\"id\":\"one \\u2713\",\"inputs\":[{\"name\":\"sequence\","
	    "\"datatype\":\"FP32\",\"shape\":[%zu,%zu,42],\"data\":",
	    rows->count, steps);
	for (size_t i = 0; i < rows->count; i++) {
		float row[ROW];

		for (size_t k = 0; k < ROW; k++)
			row[k] = k < (size_t)rows->lengths[i] * NETWORK_INPUTS
			    ? rows->steps[i][k]
			    : 1e6f;
		for (size_t t = 0; t < steps; t++) {
			buf_text(out, i + t == 0 ? "[[" : t == 0 ? "],[" : ",");
			put_values(out, row + t * NETWORK_INPUTS,
			    NETWORK_INPUTS);
		}
	}
	buf_printf(out,
	    "]]},{\"name\":\"context\",\"datatype\":\"FP32\","
	    "\"shape\":[%zu,4],\"data\":",
	    rows->count);
	put_values(out, rows->context[0], rows->count * NETWORK_CONTEXT);
	buf_printf(out,
	    "},{\"name\":\"lengths\",\"datatype\":\"INT64\","
	    "\"shape\":[%zu],\"data\":",
	    rows->count);
	for (size_t i = 0; i < rows->count; i++)
		buf_printf(out, "%s%d", i == 0 ? "[" : ",",
		    (int)rows->lengths[i]);
	buf_text(out, "]}]}");
}

static double
number_at(const struct inference_output *output, size_t index)
{
	const char *at = output->data.data + 1;

	for (size_t i = 0; i < index; i++)
		at = strchr(at, ',') + 1;
	return strtod(at, NULL);
}

static void
check_answer(struct rig *rig, const struct rows *rows, const char *version)
{
	struct inference_answer answer;
	const struct inference_output *outputs;
	struct buf categories = { NULL, 0, 0 };

	rig_read(rig, &inference_answer_message, &answer);
	assert_string_equal(answer.model_name, "risk");
	assert_string_equal(answer.model_version, version);
	assert_string_equal(answer.id, "one \xe2\x9c\x93");
	assert_int_equal(answer.outputs_count, OUT_COUNT);
	outputs = answer.outputs;
	for (size_t i = 0; i < rows->count; i++) {
		assert_true(
		    number_at(&outputs[OUT_RISK_SCORE], i) == rows->score[i]);
		assert_true(
		    number_at(&outputs[OUT_INTERVAL], 2 * i) == rows->low[i]);
		assert_true(number_at(&outputs[OUT_INTERVAL], 2 * i + 1) ==
		    rows->high[i]);
		buf_printf(&categories, "%s\"%s\"", i == 0 ? "[" : ",",
		    rows->category[i]);
	}
	buf_byte(&categories, ']');
	assert_int_equal(outputs[OUT_RISK_CATEGORY].data.size, categories.size);
	assert_memory_equal(outputs[OUT_RISK_CATEGORY].data.data,
	    categories.data, categories.size);
	buf_close(&categories);
}

/* The version that the tenant is served with. */
static void
read_version(struct rig *rig, char version[MODEL_DIGEST_SIZE])
{
	struct inference_model model;

	assert_true(
	    ask_v2(rig, "get_inference_model", "north", "risk", NULL, 0));
	rig_read(rig, &inference_model_message, &model);
	assert_int_equal(model.versions_count, 1);
	snprintf(version, MODEL_DIGEST_SIZE, "%s", model.versions[0]);
}

static void
scores_are_those_of_a_prediction_by_every_kind_of_model(void **state)
{
	static struct rows rows;
	char version[MODEL_DIGEST_SIZE];
	struct buf body = { NULL, 0, 0 };
	struct rig rig;

	(void)state;
	open_rows(&rig, &rows);
	put_json(&body, &rows, 13);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		rig_model(&rig, "north", kinds[i](3));
		predict_rows(&rig, &rows);
		read_version(&rig, version);
		if (!ask_v2(&rig, "infer", "north", "risk", &body, 0))
			fail_msg("%s", rig.err.detail);
		check_answer(&rig, &rows, version);
	}
	buf_close(&body);
	rig_close(&rig);
}

static void
put_bytes(struct buf *out, const struct rows *rows)
{
	for (size_t i = 0; i < rows->count; i++)
		buf_add(out, rows->steps[i], 11 * NETWORK_INPUTS * 4);
	buf_add(out, rows->context, rows->count * NETWORK_CONTEXT * 4);
	buf_add(out, rows->lengths, rows->count * sizeof(int64_t));
}

/* Bytes in and bytes out: the scores as doubles, categories behind their
 * sizes (the binary extension's text). */
static void
bytes_say_the_same_as_json(void **state)
{
	static struct rows rows;
	struct buf body = { NULL, 0, 0 };
	char version[2 * MODEL_DIGEST_SIZE] = "risk/";
	const char *tail;
	size_t json_size;
	struct rig rig;

	(void)state;
	open_rows(&rig, &rows);
	buf_printf(&body,
	    "{\"inputs\":[{\"name\":\"sequence\",\"datatype\":\"FP32\","
	    "\"shape\":[%zu,11,42],\"parameters\":{\"binary_data_size\":%zu}},"
	    "{\"name\":\"context\",\"datatype\":\"FP32\",\"shape\":[%zu,4],"
	    "\"parameters\":{\"binary_data_size\":%zu}},{\"name\":\"lengths\","
	    "\"datatype\":\"INT64\",\"shape\":[%zu],"
	    "\"parameters\":{\"binary_data_size\":%zu}}],"
	    "\"parameters\":{\"binary_data_output\":true},"
	    "\"outputs\":[{\"name\":\"risk_score\"},"
	    "{\"name\":\"risk_category\"}]}",
	    rows.count, rows.count * 11 * 42 * 4, rows.count, rows.count * 16,
	    rows.count, rows.count * 8);
	json_size = body.size;
	put_bytes(&body, &rows);
	read_version(&rig, version + 5);
	if (!ask_v2(&rig, "infer_version", "north", version, &body, json_size))
		fail_msg("%s", rig.err.detail);
	tail = strstr(rig.answer.data, "}}]}") + 4;
	for (size_t i = 0; i < rows.count; i++) {
		double score;

		memcpy(&score, tail, sizeof(score));
		assert_true(score == rows.score[i]);
		tail += sizeof(score);
	}
	for (size_t i = 0; i < rows.count; i++) {
		uint32_t size;

		memcpy(&size, tail, sizeof(size));
		assert_int_equal(size, strlen(rows.category[i]));
		assert_memory_equal(tail + 4, rows.category[i], size);
		tail += sizeof(size) + size;
	}
	assert_true(tail == rig.answer.data + rig.answer.size);
	buf_close(&body);
	rig_close(&rig);
}

static void
metadata_name_what_is_read_and_written(void **state)
{
	struct inference_model model;
	struct inference_server server;
	struct inference_ready ready;
	char version[2 * MODEL_DIGEST_SIZE] = "risk/";
	struct rig rig;

	(void)state;
	open_school(&rig);
	assert_true(ask_v2(&rig, "get_inference_server", "north", "", NULL, 0));
	rig_read(&rig, &inference_server_message, &server);
	assert_string_equal(server.name, "edupulse");
	assert_string_equal(server.extensions[0], "binary_tensor_data");
	read_version(&rig, version + 5);
	assert_true(
	    ask_v2(&rig, "get_inference_version", "north", version, NULL, 0));
	rig_read(&rig, &inference_model_message, &model);
	assert_string_equal(model.platform, "edupulse_network");
	assert_int_equal(model.inputs_count, IN_COUNT);
	assert_string_equal(model.inputs[0].name, "sequence");
	assert_true(model.inputs[0].shape[0] == -1);
	assert_true(model.inputs[0].shape[2] == 42);
	assert_int_equal(model.outputs_count, OUT_COUNT);
	assert_true(ask_v2(&rig, "is_inference_version_ready", "north", version,
	    NULL, 0));
	rig_read(&rig, &inference_ready_message, &ready);
	assert_true(ready.ready);
	assert_true(
	    ask_v2(&rig, "is_inference_model_ready", "north", "risk", NULL, 0));
	rig_close(&rig);
}

static void
what_does_not_serve_is_not_there(void **state)
{
	static const char *const operations[] = { "get_inference_version",
		"is_inference_version_ready", "infer_version" };
	struct rig rig;

	(void)state;
	open_school(&rig);
	for (size_t i = 0; i < ARRAY_SIZE(operations); i++) {
		assert_false(
		    ask_v2(&rig, operations[i], "north", "risk/1", NULL, 0));
		assert_int_equal(rig.err.code, ERR_NOT_FOUND);
	}
	assert_false(ask_v2(&rig, "infer", "north", "grades", NULL, 0));
	assert_int_equal(rig.err.code, ERR_NOT_FOUND);
	/* Another tenant's champion is nobody else's. */
	assert_false(ask_v2(&rig, "infer", "south", "risk", NULL, 0));
	assert_int_equal(rig.err.code, ERR_NOT_FOUND);
	assert_non_null(strstr(rig.err.detail, "edupulse train"));
	rig_close(&rig);
}

/* One large request at a time; small ones are answered beside it. */
static void
a_large_request_waits_for_its_place(void **state)
{
	static struct rows rows;
	struct buf body = { NULL, 0, 0 };
	struct rig rig;

	(void)state;
	open_rows(&rig, &rows);
	put_json(&body, &rows, 13);
	assert_true(large_take(rig.w.state));
	assert_true(ask_v2(&rig, "infer", "north", "risk", &body, 0));
	for (size_t i = 0; i < 512 * 1024; i++)
		buf_byte(&body, ' ');
	assert_false(ask_v2(&rig, "infer", "north", "risk", &body, 0));
	assert_int_equal(rig.err.code, ERR_UNAVAILABLE);
	assert_true(rig.err.retry_after > 0);
	large_give(rig.w.state);
	assert_true(ask_v2(&rig, "infer", "north", "risk", &body, 0));
	assert_true(large_take(rig.w.state));
	large_give(rig.w.state);
	buf_close(&body);
	rig_close(&rig);
}

RUN_TESTS(
    cmocka_unit_test(scores_are_those_of_a_prediction_by_every_kind_of_model),
    cmocka_unit_test(bytes_say_the_same_as_json),
    cmocka_unit_test(metadata_name_what_is_read_and_written),
    cmocka_unit_test(what_does_not_serve_is_not_there),
    cmocka_unit_test(a_large_request_waits_for_its_place))
