/*
 * checkpoints_test.c - a name stands for something whole or for nothing.
 */
#include "services/training/checkpoints.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/test.h"

struct place {
	char parent[32];
	char folder[64];
	struct checkpoints checkpoints;
};

static void
place_open(struct place *place)
{
	struct err err = { 0 };

	snprintf(place->parent, sizeof(place->parent), "/tmp/keep.XXXXXX");
	assert_non_null(mkdtemp(place->parent));
	snprintf(place->folder, sizeof(place->folder), "%s/job", place->parent);
	assert_true(checkpoints_open(&place->checkpoints, place->folder, &err));
}

static void
place_close(struct place *place)
{
	unlinkat(place->checkpoints.folder, "one", 0);
	unlinkat(place->checkpoints.folder, "one.new", 0);
	checkpoints_close(&place->checkpoints);
	rmdir(place->folder);
	rmdir(place->parent);
}

static void
put(struct place *place, const char *text)
{
	struct err err = { 0 };

	assert_true(
	    checkpoints_put(&place->checkpoints, "one", slice_of(text), &err));
}

static void
assert_is(struct place *place, const char *text)
{
	struct buf out = { 0 };
	struct err err = { 0 };

	assert_true(checkpoints_get(&place->checkpoints, "one", &out, &err));
	assert_true(slice_is(buf_slice(&out), text));
	buf_close(&out);
}

static void
what_is_put_last_is_what_is_there(void **state)
{
	struct place place;

	(void)state;
	place_open(&place);
	assert_is(&place, "");
	put(&place, "a longer first one");
	put(&place, "second");
	assert_is(&place, "second");
	place_close(&place);
}

/* What kill -9 leaves of one that was being written. */
static void
one_that_was_not_finished_is_not_there(void **state)
{
	struct place place;
	int file;

	(void)state;
	place_open(&place);
	put(&place, "whole");
	file = openat(place.checkpoints.folder, "one.new", O_WRONLY | O_CREAT,
	    0600);
	assert_int_equal(write(file, "half of an", 10), 10);
	close(file);
	assert_is(&place, "whole");
	put(&place, "next");
	assert_is(&place, "next");
	place_close(&place);
}

static void
every_changed_byte_and_every_cut_is_found(void **state)
{
	enum { SIZE = 32 + 5 };
	struct place place;

	(void)state;
	place_open(&place);
	for (int at = 0; at < SIZE; at++) {
		struct buf out = { 0 };
		struct err err = { 0 };
		char byte;
		int file;

		put(&place, "hello");
		file = openat(place.checkpoints.folder, "one", O_RDWR);
		assert_int_equal(pread(file, &byte, 1, at), 1);
		byte ^= 1;
		assert_int_equal(pwrite(file, &byte, 1, at), 1);
		assert_false(
		    checkpoints_get(&place.checkpoints, "one", &out, &err));
		assert_int_equal(err.code, ERR_INVALID);
		byte ^= 1;
		assert_int_equal(pwrite(file, &byte, 1, at), 1);
		assert_int_equal(ftruncate(file, at), 0);
		err_clear(&err);
		assert_false(
		    checkpoints_get(&place.checkpoints, "one", &out, &err));
		assert_int_equal(err.code, ERR_INVALID);
		assert_int_equal(out.size, 0);
		close(file);
		buf_close(&out);
	}
	place_close(&place);
}

static void
a_folder_that_is_not_ours_alone_is_not_used(void **state)
{
	struct checkpoints other;
	struct place place;
	struct err err = { 0 };
	char link[64];

	(void)state;
	place_open(&place);
	chmod(place.folder, 0777);
	assert_false(checkpoints_open(&other, place.folder, &err));
	chmod(place.folder, 0700);
	err_clear(&err);
	snprintf(link, sizeof(link), "%s/link", place.parent);
	assert_int_equal(symlink(place.folder, link), 0);
	assert_false(checkpoints_open(&other, link, &err));
	err_clear(&err);
	assert_false(checkpoints_open(&other, "/nowhere/at/all", &err));
	unlink(link);
	place_close(&place);
}

RUN_TESTS(cmocka_unit_test(what_is_put_last_is_what_is_there),
    cmocka_unit_test(one_that_was_not_finished_is_not_there),
    cmocka_unit_test(every_changed_byte_and_every_cut_is_found),
    cmocka_unit_test(a_folder_that_is_not_ours_alone_is_not_used))
