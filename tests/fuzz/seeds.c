/*
 * seeds.c - writes the first inputs that are not texts: seeds FOLDER.
 *
 * FOLDER/TARGET/NAME, made by the writers of the formats themselves: a model
 * of each kind, zips of a stored and of a packed file, packed facts, a compact
 * message, messages of the bus, an inference in numbers and in bytes; and
 * what is declared elsewhere already: the examples of proto/golden and an
 * address for every route.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <zip.h>

#include "base/arena.h"
#include "ml/facts.h"
#include "ml/model_file.h"
#include "proto/registry.h"
#include "tests/support/golden.h"
#include "tests/support/sample.h"
#include "tests/support/sample_model.h"
#include "wire/binary.h"
#include "wire/json.h"

static void
write_seed(const char *folder, const char *target, const char *name,
    struct slice bytes)
{
	char path[1024];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, target);
	must(mkdir(path, 0755) == 0 || errno == EEXIST);
	snprintf(path, sizeof(path), "%s/%s/%s", folder, target, name);
	file = fopen(path, "we");
	must(file != NULL);
	must(fwrite(bytes.data, 1, bytes.size, file) == bytes.size);
	must(fclose(file) == 0);
}

static void
write_models(const char *folder)
{
	struct model *models[] = { sample_network_model(1),
		sample_logistic_model(2), sample_trees_model(3) };
	static const char *const names[] = { "network", "logistic", "trees" };

	for (size_t i = 0; i < ARRAY_SIZE(models); i++) {
		struct buf file = { 0 };

		model_save(models[i], &file);
		write_seed(folder, "model_file", names[i], buf_slice(&file));
		buf_close(&file);
		model_unref(models[i]);
	}
}

static void
add_file(zip_t *zip, const char *name, const char *text, int method)
{
	zip_int64_t at = zip_file_add(zip, name,
	    zip_source_buffer(zip, text, strlen(text), 0), 0);

	must(at >= 0);
	must(zip_set_file_compression(zip, (zip_uint64_t)at, method, 0) == 0);
}

static void
write_zip(const char *folder, const char *name, int method)
{
	static const char text[] = "student_id,date,status\n"
				   "s1,2025-09-01,present\n"
				   "s2,2025-09-01,absent\n"
				   "s2,2025-09-02,absent\n";
	zip_source_t *buffer = zip_source_buffer_create(NULL, 0, 0, NULL);
	zip_t *zip = zip_open_from_source(buffer, ZIP_TRUNCATE, NULL);
	char bytes[4096];
	zip_int64_t size;

	zip_source_keep(buffer);
	add_file(zip, "school/attendance.csv", text, method);
	add_file(zip, "grades.csv", "student_id,score\ns1,70\n", method);
	must(zip_close(zip) == 0 && zip_source_open(buffer) == 0);
	size = zip_source_read(buffer, bytes, sizeof(bytes));
	must(size > 0 && size < (zip_int64_t)sizeof(bytes));
	write_seed(folder, "bundle", name,
	    (struct slice){ bytes, (size_t)size });
	zip_source_close(buffer);
	zip_source_free(buffer);
}

/* One fact of each kind. */
static void
write_facts(const char *folder)
{
	static const struct fact facts[] = {
		{ 1, 20000, 20000, FACT_DAY_NEVER, 0, 0, FACT_ATTENDANCE,
		    ATTENDANCE_TARDY },
		{ 2, 20001, 20015, 20030, 71.5f, 0, FACT_GRADE, 1 },
		{ 3, 20002, 20002, FACT_DAY_NEVER, 3, 77, FACT_INCIDENT, 0 },
		{ 4, 20002, 20002, FACT_DAY_NEVER, 12, 0, FACT_ACTIVITY, 0 },
		{ 5, 20200, 20200, FACT_DAY_NEVER, 0, 1, FACT_OUTCOME,
		    OUTCOME_ADVERSE },
	};
	struct arena arena;
	struct fact_list list = { .arena = &arena };
	struct buf bytes = { 0 };

	arena_init(&arena, 4096);
	for (size_t i = 0; i < ARRAY_SIZE(facts); i++)
		must(facts_insert(&list, &facts[i]));
	facts_pack(&list, &bytes);
	write_seed(folder, "facts", "kinds", buf_slice(&bytes));
	arena_close(&arena);
	buf_close(&bytes);
}

static void
write_compact(const char *folder)
{
	struct sample_record record = { .student_id = "s-1",
		.has_score = true,
		.score = 99,
		.has_weight = true,
		.weight = -1.25,
		.has_day = true,
		.day = 20000,
		.seal = { "\0\1\xff", 3 },
		.extra = { "{\"a\":[1,null]}", 14 } };
	struct sample_batch batch = { .source = "office",
		.records = &record,
		.records_count = 1,
		.best = &record };
	struct buf bytes = { 0 };

	binary_encode(&sample_batch_message, &batch, &bytes);
	write_seed(folder, "binary", "batch", buf_slice(&bytes));
	buf_close(&bytes);
}

static void
put_zeros(struct buf *out, size_t count)
{
	for (size_t i = 0; i < count; i++)
		buf_text(out, i == 0 ? "[0" : ",0");
	buf_byte(out, ']');
}

/* One row of one step in JSON, as inference_fuzz wants it. */
static void
write_inference_text(const char *folder)
{
	struct buf seed = { 0 };

	buf_add(&seed, "\xff\xff", 2);
	buf_text(&seed,
	    "{\"id\":\"1\",\"inputs\":[{\"name\":\"sequence\","
	    "\"datatype\":\"FP32\",\"shape\":[1,1,42],\"data\":[[");
	put_zeros(&seed, 42);
	buf_text(&seed,
	    "]]},{\"name\":\"context\",\"datatype\":\"FP32\","
	    "\"shape\":[1,4],\"data\":[1,null,-2.5e-3,4]},"
	    "{\"name\":\"lengths\",\"datatype\":\"INT64\",\"shape\":[1],"
	    "\"data\":[1]}],\"outputs\":[{\"name\":\"logit\","
	    "\"parameters\":{\"binary_data\":true}}]}");
	write_seed(folder, "inference", "text", buf_slice(&seed));
	buf_close(&seed);
}

/* The same with the sequence as bytes behind the JSON. */
static void
write_inference_bytes(const char *folder)
{
	static const char json[] =
	    "{\"parameters\":{\"binary_data_output\":true},\"inputs\":["
	    "{\"name\":\"sequence\",\"datatype\":\"FP32\","
	    "\"shape\":[1,1,42],\"parameters\":{\"binary_data_size\":168}},"
	    "{\"name\":\"context\",\"datatype\":\"FP32\",\"shape\":[1,4],"
	    "\"data\":[[1,2,3,4]]}]}";
	float steps[42] = { 1, 2, 3 };
	struct buf seed = { 0 };

	buf_byte(&seed, (char)(strlen(json) & 0xff));
	buf_byte(&seed, (char)(strlen(json) >> 8));
	buf_text(&seed, json);
	buf_add(&seed, steps, sizeof(steps));
	write_seed(folder, "inference", "bytes", buf_slice(&seed));
	buf_close(&seed);
}

/* As message_fuzz and, for heads, bus_fuzz want them. */
static void
write_message(const char *folder, const struct message *message)
{
	struct buf golden = { 0 }, seed = { 0 };

	must(read_golden(message->name, &golden));
	buf_printf(&seed, "%s\n", message->name);
	buf_add(&seed, golden.data, golden.size);
	write_seed(folder, "message", message->name, buf_slice(&seed));
	buf_clear(&seed);
	buf_byte(&seed, (char)(golden.size & 0xff));
	buf_byte(&seed, (char)(golden.size >> 8));
	buf_add(&seed, golden.data, golden.size);
	buf_text(&seed, "body");
	if (strncmp(message->name, "bus_", 4) == 0)
		write_seed(folder, "bus", message->name, buf_slice(&seed));
	buf_close(&golden);
	buf_close(&seed);
}

/* A value that the field may have, as it stands in a query. */
static const char *
example(const struct field *field, char text[32])
{
	switch (field->type) {
	case FIELD_INTEGER:
	case FIELD_REAL:
		snprintf(text, 32, "%.0f", field->least);
		return text;
	case FIELD_FLAG:
		return "true";
	case FIELD_TIME:
		return "2026-01-31T08%3A00%3A00Z";
	case FIELD_DAY:
		return "2026-01-31";
	case FIELD_CHOICE:
		return field->choice->names[0];
	case FIELD_TEXT:
	case FIELD_RAW:
	case FIELD_BYTES:
	case FIELD_ONE:
	case FIELD_MANY:
	case FIELD_TEXTS:
	case FIELD_REALS:
		return "a+b%2Fc";
	}
	return "";
}

static void
write_address(const char *folder, const struct route *route)
{
	struct fields fields = route->request->fields();
	struct buf address = { 0 };
	char text[32];

	buf_printf(&address, "%s?", route->path);
	for (size_t i = 0; i < fields.count; i++)
		buf_printf(&address, "%s%s=%s", i == 0 ? "" : "&",
		    fields.rows[i].name, example(&fields.rows[i], text));
	write_seed(folder, "query", route->operation, buf_slice(&address));
	buf_close(&address);
}

static void
write_declared(const char *folder, const struct proto *proto)
{
	const struct message *const *messages = proto->messages;

	for (; *messages != NULL; messages++)
		write_message(folder, *messages);
	for (size_t i = 0; i < proto->routes.count; i++)
		if (proto->routes.rows[i].body == BODY_NONE)
			write_address(folder, &proto->routes.rows[i]);
}

int
main(int argc, char **argv)
{
	size_t count;
	const struct proto_service *services = proto_services(&count);

	must(argc == 2);
	must(mkdir(argv[1], 0755) == 0 || errno == EEXIST);
	write_models(argv[1]);
	write_zip(argv[1], "stored", ZIP_CM_STORE);
	write_zip(argv[1], "deflated", ZIP_CM_DEFLATE);
	write_facts(argv[1]);
	write_compact(argv[1]);
	write_inference_text(argv[1]);
	write_inference_bytes(argv[1]);
	for (size_t i = 0; i < count; i++)
		write_declared(argv[1], services[i].proto);
	return 0;
}
