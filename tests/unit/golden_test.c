/*
 * golden_test.c - reads the example of every message in proto/golden/: what
 * was once sent must be understood for ever, in both codecs.
 */
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "proto/registry.h"
#include "tests/support/golden.h"
#include "tests/support/test.h"
#include "wire/binary.h"
#include "wire/json.h"

static void
check_value(const struct message *message, const void *value,
    const struct buf *golden, const char *codec)
{
	struct buf json = { 0 }, pretty = { 0 };

	json_encode(message, value, &json);
	json_pretty(&pretty, buf_slice(&json));
	if (strcmp(pretty.data, golden->data) != 0)
		fail_msg("%s by %s:\n%s", message->name, codec, pretty.data);
	buf_close(&json);
	buf_close(&pretty);
}

static void
check_message(const struct message *message)
{
	struct buf golden = { 0 }, bytes = { 0 };
	struct arena arena;
	struct err err;
	void *value;

	if (!read_golden(message->name, &golden))
		fail_msg("proto/golden/%s.json is missing: run make docs, "
			 "which begins it, and make it true to life",
		    message->name);
	arena_init(&arena, 4096);
	value = arena_alloc(&arena, message->size);
	if (!json_decode(message, buf_slice(&golden), JSON_STRICT, &arena,
		value, &err))
		fail_msg("%s: %s", message->name, err.detail);
	check_value(message, value, &golden, "JSON");
	binary_encode(message, value, &bytes);
	if (!binary_decode(message, buf_slice(&bytes), &arena, value, &err))
		fail_msg("%s: %s", message->name, err.detail);
	check_value(message, value, &golden, "bytes");
	arena_close(&arena);
	buf_close(&golden);
	buf_close(&bytes);
}

static void
every_message_has_an_example_that_is_read(void **state)
{
	size_t count;
	const struct proto_service *services = proto_services(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		const struct message *const *messages =
		    services[i].proto->messages;

		for (; *messages != NULL; messages++)
			check_message(*messages);
	}
}

static bool
is_message(struct slice name)
{
	size_t count;
	const struct proto_service *services = proto_services(&count);

	for (size_t i = 0; i < count; i++) {
		const struct message *const *messages =
		    services[i].proto->messages;

		for (; *messages != NULL; messages++)
			if (slice_is(name, (*messages)->name))
				return true;
	}
	return false;
}

static void
no_message_has_been_removed(void **state)
{
	DIR *folder = opendir("proto/golden");
	const struct dirent *entry;

	(void)state;
	assert_non_null(folder);
	/* the only thread: readdir is safe here */
	while ((entry = readdir(folder)) != NULL) {
		struct slice name = { entry->d_name,
			strcspn(entry->d_name, ".") };

		if (name.size > 0 && !is_message(name))
			fail_msg("%s is of no message", entry->d_name);
	}
	closedir(folder);
}

RUN_TESTS(cmocka_unit_test(every_message_has_an_example_that_is_read),
    cmocka_unit_test(no_message_has_been_removed))
