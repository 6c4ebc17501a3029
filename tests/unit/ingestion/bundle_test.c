/* bundle_test.c - zips, good and hostile, made here with libzip. */
#include "services/ingestion/bundle.h"

#include <stdlib.h>
#include <string.h>
#include <zip.h>

#include "tests/support/test.h"

static const struct bundle_limits limits = { 1 << 20, 100 };

/* Bytes in memory as a source. */
struct memory {
	char *data;
	size_t size;
};

static bool
read_memory(void *user, uint64_t offset, void *to, size_t size, size_t *got)
{
	const struct memory *memory = user;
	size_t left = offset < memory->size ? memory->size - offset : 0;

	*got = left < size ? left : size;
	if (*got > 0)
		memcpy(to, memory->data + offset, *got);
	return true;
}

static struct byte_source
source_of(struct memory *memory)
{
	static const struct err no_fault;

	return (
	    struct byte_source){ read_memory, memory, memory->size, &no_fault };
}

struct part {
	const char *name;
	const char *text;
	size_t size;
	bool is_encrypted;
};

static struct memory
make_zip(const struct part *parts, size_t count)
{
	zip_source_t *buffer = zip_source_buffer_create(NULL, 0, 0, NULL);
	zip_t *zip = zip_open_from_source(buffer, ZIP_TRUNCATE, NULL);
	struct memory memory;
	zip_stat_t stat;

	zip_source_keep(buffer);
	for (size_t i = 0; i < count; i++) {
		zip_int64_t at = zip_file_add(zip, parts[i].name,
		    zip_source_buffer(zip, parts[i].text, parts[i].size, 0), 0);

		assert_true(at >= 0);
		if (parts[i].is_encrypted)
			assert_int_equal(zip_file_set_encryption(zip,
					     (zip_uint64_t)at, ZIP_EM_AES_256,
					     "secret"),
			    0);
	}
	assert_int_equal(zip_close(zip), 0);
	assert_int_equal(zip_source_stat(buffer, &stat), 0);
	memory.size = stat.size;
	memory.data = malloc(memory.size);
	zip_source_open(buffer);
	zip_source_read(buffer, memory.data, memory.size);
	zip_source_close(buffer);
	zip_source_free(buffer);
	return memory;
}

static void
assert_refused(struct memory memory, const char *why)
{
	struct bundle bundle;
	struct err err = { 0 };

	assert_false(
	    bundle_open(&bundle, source_of(&memory), "x.zip", &limits, &err));
	if (strstr(err.detail, why) == NULL)
		fail_msg("%s is not in: %s", why, err.detail);
	free(memory.data);
}

static void
files_come_out_as_they_went_in(void **state)
{
	const struct part parts[] = { { "d/grades.csv", "a,b\n1,2\n", 8,
					  false },
		{ "__MACOSX/._x", "junk", 4, false } };
	struct memory memory = make_zip(parts, 2);
	struct bundle_reader reader;
	struct bundle bundle;
	struct err err = { 0 };
	char text[64];
	size_t got;

	(void)state;
	assert_true(
	    bundle_open(&bundle, source_of(&memory), "x.zip", &limits, &err));
	assert_int_equal(bundle.file_count, 1);
	assert_true(bundle_reader_open(&reader, &bundle,
	    bundle_find(&bundle, "grades.csv"), &err));
	assert_true(bundle_read(&reader, text, sizeof(text), &got, &err));
	assert_int_equal(got, 8);
	assert_memory_equal(text, "a,b\n1,2\n", 8);
	assert_true(bundle_read(&reader, text, sizeof(text), &got, &err));
	assert_int_equal(got, 0);
	bundle_reader_close(&reader);
	bundle_close(&bundle);
	free(memory.data);
}

static void
what_unpacks_to_too_much_is_refused_before_unpacking(void **state)
{
	char *zeros = calloc(1, 3 << 20);
	const struct part bomb = { "a.csv", zeros, 900000, false };
	const struct part large[] = { { "a.csv", zeros, 60000, false },
		{ "b.csv", zeros, 3 << 20, false } };
	static const struct bundle_limits no_ratio = { 1 << 20, 100000 };
	struct memory memory;
	struct bundle bundle;
	struct err err = { 0 };

	(void)state;
	assert_refused(make_zip(&bomb, 1), "more than 100 times");
	memory = make_zip(large, 2);
	assert_false(
	    bundle_open(&bundle, source_of(&memory), "x.zip", &no_ratio, &err));
	assert_non_null(strstr(err.detail, "more than 1048576 bytes"));
	free(memory.data);
	free(zeros);
}

static void
odd_names_doubles_and_secrets_are_refused(void **state)
{
	const struct part odd = { "a\xc3\xa4.csv", "x", 1, false };
	const struct part twice[] = { { "x/a.csv", "x", 1, false },
		{ "y/a.csv", "y", 1, false } };
	const struct part secret = { "a.csv", "x", 1, true };

	(void)state;
	assert_refused(make_zip(&odd, 1), "not plain");
	assert_refused(make_zip(twice, 2), "twice");
	assert_refused(make_zip(&secret, 1), "encrypted");
}

static void
a_torn_zip_is_refused(void **state)
{
	const struct part part = { "a.csv", "some text", 9, false };
	struct memory memory = make_zip(&part, 1);

	(void)state;
	memory.size -= 10;
	assert_refused(memory, "cannot be read");
}

static void
one_plain_file_is_a_bundle_of_its_own(void **state)
{
	char text[] = "student_id\ns1\n";
	struct memory memory = { text, strlen(text) };
	struct bundle bundle;
	struct err err = { 0 };

	(void)state;
	assert_true(bundle_open(&bundle, source_of(&memory), "students.csv",
	    &limits, &err));
	assert_int_equal(bundle.files[0].size, strlen(text));
	bundle_close(&bundle);
	assert_true(bundle_open(&bundle, source_of(&memory),
	    "../../etc/students.csv", &limits, &err));
	assert_string_equal(bundle.files[0].name, "students.csv");
	bundle_close(&bundle);
}

RUN_TESTS(cmocka_unit_test(files_come_out_as_they_went_in),
    cmocka_unit_test(what_unpacks_to_too_much_is_refused_before_unpacking),
    cmocka_unit_test(odd_names_doubles_and_secrets_are_refused),
    cmocka_unit_test(a_torn_zip_is_refused),
    cmocka_unit_test(one_plain_file_is_a_bundle_of_its_own))
