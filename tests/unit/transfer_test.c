/* transfer_test.c - what an address outside of the platform may be. */
#include "io/transfer.h"

#include <string.h>

#include "tests/support/test.h"

static const char *const schemes[2] = { "http", "https" };

static void
an_address_has_one_of_two_schemes_and_no_secret(void **state)
{
	static const char *const good[] = { "http://127.0.0.1:5000",
		"https://mlflow.school.example/prefix" };
	static const char *const bad[] = { "", "databricks", "file:///tmp",
		"sqlite:///x.db", "http://ana:secret@host", "http://ana@host",
		"http:// host" };
	struct err err = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_true(transfer_check(good[i], schemes, "server", &err));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_false(transfer_check(bad[i], schemes, "server", &err));
		assert_int_equal(err.code, ERR_INVALID);
		assert_null(strstr(err.detail, "secret"));
	}
}

static void
this_machine_is_told_from_names_that_look_alike(void **state)
{
	(void)state;
	assert_true(transfer_is_local("http://localhost:1"));
	assert_true(transfer_is_local("http://127.4.5.6"));
	assert_true(transfer_is_local("https://[::1]:5000/x"));
	assert_false(transfer_is_local("http://127.example.com"));
	assert_false(transfer_is_local("http://localhost.example.com"));
	assert_false(transfer_is_local("http://10.0.0.1"));
}

RUN_TESTS(cmocka_unit_test(an_address_has_one_of_two_schemes_and_no_secret),
    cmocka_unit_test(this_machine_is_told_from_names_that_look_alike))
