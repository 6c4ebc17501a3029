/* setting_test.c - settings from file, environment and command line. */
#include "wire/setting.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proto/common.h"
#include "tests/support/sample.h"
#include "tests/support/test.h"

static struct arena arena;
static struct err err;
static struct common_settings common;
static struct sample_settings own;
static char path[64];

static int
open_all(void **state)
{
	(void)state;
	arena_init(&arena, 4096);
	snprintf(path, sizeof(path), "/tmp/setting_test.%d", (int)getpid());
	return 0;
}

static int
close_all(void **state)
{
	(void)state;
	arena_close(&arena);
	(void)unlink(path);
	return 0;
}

static void
write_file(const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

/* Load as the service "sample", with the file, one more argument and one
 * entry of the environment; NULL for none. */
static bool
load(const char *file, char *argument, char *entry)
{
	char *argv[] = { arena_copy(&arena, "sample"),
		arena_copy(&arena, "--help"),
		arena_printf(&arena, "--settings=%s", path), argument };
	char *environment[] = { entry, NULL };
	struct setting_sources sources = { "sample", argument != NULL ? 4 : 3,
		argv, environment };
	struct setting_set sets[] = { { &common_settings_table, &common },
		{ &sample_settings_table, &own } };

	write_file(file);
	return setting_load(&sources, sets, ARRAY_SIZE(sets), &arena, &err);
}

static char *
text(const char *of)
{
	return arena_copy(&arena, of);
}

static void
defaults_hold_when_nothing_is_said(void **state)
{
	(void)state;
	assert_true(load("", NULL, NULL));
	assert_string_equal(common.log_level, "info");
	assert_string_equal(common.service, "sample");
	assert_int_equal(common.call_threads, 4);
	assert_string_equal(own.place, "here");
	assert_int_equal(own.size, 10);
	assert_true(own.share == 0.5 && !own.loud);
}

static void
the_file_is_read_and_the_service_s_line_wins(void **state)
{
	(void)state;
	assert_true(load("# a comment\n\nsample.call_threads = 7\n"
			 "  call_threads=9 \r\nlog_level = debug\n"
			 "gateway.whatever = x\ningestion.call_threads = 99\n"
			 "sample.place =  over there # not here\n"
			 "sample.loud = yes\nsample.share = 2.5e-1",
	    NULL, NULL));
	assert_int_equal(common.call_threads, 7);
	assert_string_equal(common.log_level, "debug");
	assert_string_equal(own.place, "over there # not here");
	assert_true(own.loud && own.share == 0.25);
}

static void
environment_beats_file_and_command_line_beats_all(void **state)
{
	(void)state;
	assert_true(load("sample.size = 20\n", NULL, text("EDUPULSE_SIZE=30")));
	assert_int_equal(own.size, 30);
	assert_true(load("sample.size = 20\n", text("--size=40"),
	    text("EDUPULSE_SIZE=30")));
	assert_int_equal(own.size, 40);
	assert_true(load("sample.size = 20\n", NULL, NULL));
	assert_int_equal(own.size, 20);
}

static void
a_variable_of_others_counts_until_ours_is_there(void **state)
{
	(void)state;
	assert_true(
	    load("sample.server = file\n", NULL, text("OTHERS_SERVER=theirs")));
	assert_string_equal(own.server, "theirs");
	assert_true(
	    load("sample.server = file\n", NULL, text("EDUPULSE_SERVER=ours")));
	assert_string_equal(own.server, "ours");
	assert_true(load("", NULL, text("OTHERS_PLACE=there")));
	assert_string_equal(own.place, "here");
}

static void
faults_name_file_line_and_setting(void **state)
{
	static const struct {
		const char *file;
		const char *pointer;
		const char *message;
	} cases[] = {
		{ "\nsample.size = 101\n", ":2: sample.size",
		    "\"101\" will not do, a whole number from 1 to 100 is "
		    "wanted" },
		{ "sample.size = 1.5\n", ":1: sample.size",
		    "\"1.5\" will not do, a whole number from 1 to 100 is "
		    "wanted" },
		{ "call_threads = many\n", ":1: call_threads",
		    "\"many\" will not do, a whole number from 1 to 64 is "
		    "wanted" },
		{ "sample.share = nan\n", ":1: sample.share",
		    "\"nan\" will not do, a number from 0 to 1 is wanted" },
		{ "sample.loud = maybe\n", ":1: sample.loud",
		    "\"maybe\" will not do, true or false is wanted" },
		{ "colour = red\n", ":1: colour",
		    "there is no such setting for all services; one "
		    "service's is written service.name" },
		{ "size = 5\n", ":1: size",
		    "is one service's: write sample.size" },
		{ "sample.colour = red\n", ":1: sample.colour",
		    "there is no such setting" },
		{ "gatewey.listen = x\n", ":1: gatewey.listen",
		    "there is no service gatewey" },
		{ "just words\n", ":1", "name = value is wanted" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_false(load(cases[i].file, NULL, NULL));
		assert_int_equal(err.code, ERR_INVALID);
		assert_int_equal(err.place_count, 1);
		assert_string_equal(err.places[0].pointer,
		    arena_printf(&arena, "%s%s", path, cases[i].pointer));
		assert_string_equal(err.places[0].message, cases[i].message);
	}
}

static void
wrong_arguments_and_environment_are_refused(void **state)
{
	(void)state;
	assert_false(load("", text("--colour=red"), NULL));
	assert_string_equal(err.detail, "--colour: there is no such setting");
	assert_false(load("", NULL, text("EDUPULSE_SIZE=0")));
	assert_string_equal(err.detail,
	    "EDUPULSE_SIZE: \"0\" will not do, a whole number from 1 to 100 "
	    "is wanted");
	assert_true(load("", NULL, text("EDUPULSE_COLOUR=red")));
}

static void
a_missing_file_is_an_error(void **state)
{
	static char program[] = "sample", option[] = "--settings";
	char *argv[] = { program, option, text("/nowhere/at/all") };
	struct setting_sources sources = { "sample", 3, argv, NULL };
	struct setting_set set = { &sample_settings_table, &own };

	(void)state;
	assert_false(setting_load(&sources, &set, 1, &arena, &err));
	assert_string_equal(err.detail,
	    "open settings /nowhere/at/all: "
	    "No such file or directory");
}

static void
help_shows_all_but_private_values(void **state)
{
	struct buf out = { 0 };

	(void)state;
	setting_help(&sample_settings_table, &out);
	assert_non_null(strstr(out.data,
	    "  --size=VALUE\n      How big\n      a whole number from 1 to "
	    "100; default: 10\n"));
	assert_non_null(strstr(out.data, "a text; default: here\n"));
	assert_non_null(strstr(out.data, "--secret"));
	assert_null(strstr(out.data, "hidden"));
	buf_close(&out);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, open_all, close_all)

RUN_TESTS(CASE(defaults_hold_when_nothing_is_said),
    CASE(the_file_is_read_and_the_service_s_line_wins),
    CASE(environment_beats_file_and_command_line_beats_all),
    CASE(a_variable_of_others_counts_until_ours_is_there),
    CASE(faults_name_file_line_and_setting),
    CASE(wrong_arguments_and_environment_are_refused),
    CASE(a_missing_file_is_an_error), CASE(help_shows_all_but_private_values))
