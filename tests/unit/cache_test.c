/* cache_test.c - a Redis that is there, is not there, and dies. */
#include "io/cache.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/test.h"

static struct cache *
open_cache(void)
{
	const char *address = getenv("EDUPULSE_TEST_REDIS");

	if (address == NULL) {
		print_message("EDUPULSE_TEST_REDIS is not set: "
			      "tests/run-units.sh PROGRAM sets it\n");
		skip();
	}
	return cache_new(address);
}

static void
what_was_set_is_got_until_it_is_deleted(void **state)
{
	struct slice bytes = { "a\0b\r\n", 5 };
	struct cache *cache = open_cache();
	struct buf value = { 0 };

	(void)state;
	buf_text(&value, "before ");
	cache_set(cache, "key one", bytes, 60);
	assert_int_equal(cache_get(cache, "key one", &value), CACHE_HIT);
	assert_int_equal(value.size, 12);
	assert_memory_equal(value.data, "before a\0b\r\n", 12);
	cache_delete(cache, "key one");
	assert_int_equal(cache_get(cache, "key one", &value), CACHE_MISS);
	assert_int_equal(value.size, 12);
	assert_true(cache_is_alive(cache));
	buf_close(&value);
	cache_free(cache);
}

static void
no_address_is_a_cache_that_is_always_empty(void **state)
{
	struct cache *cache = cache_new("");
	struct buf value = { 0 };

	(void)state;
	cache_set(cache, "key", slice_of("value"), 60);
	assert_int_equal(cache_get(cache, "key", &value), CACHE_MISS);
	assert_false(cache_is_alive(cache));
	cache_free(cache);
}

static void
an_absent_redis_has_nothing_and_fails_nobody(void **state)
{
	static const char *const addresses[] = { "unix:/nowhere/redis.sock",
		"127.0.0.1:1" };
	struct buf value = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(addresses); i++) {
		struct cache *cache = cache_new(addresses[i]);

		for (int n = 0; n < 100; n++) {
			cache_set(cache, "key", slice_of("value"), 60);
			assert_int_equal(cache_get(cache, "key", &value),
			    CACHE_ERROR);
		}
		assert_false(cache_is_alive(cache));
		cache_free(cache);
	}
}

/* Start a Redis of our own in `folder`; its process id. */
static pid_t
start_redis(const char *folder)
{
	char text[128];
	FILE *file;
	int pid = 0;

	snprintf(text, sizeof(text), "tests/support/redis.sh start %s", folder);
	assert_int_equal(system(text), 0);
	snprintf(text, sizeof(text), "%s/redis.pid", folder);
	file = fopen(text, "re");
	assert_non_null(file);
	assert_int_equal(fscanf(file, "%d", &pid), 1);
	fclose(file);
	assert_true(pid > 1);
	return pid;
}

static void
remove_folder(const char *folder)
{
	static const char *const names[] = { "redis.sock", "redis.pid",
		"redis.log" };
	char path[128];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		unlink(path);
	}
	rmdir(folder);
}

static void
a_redis_killed_and_started_again_is_found_again(void **state)
{
	char folder[] = "/tmp/edupulse-redis.XXXXXX";
	char address[64];
	struct buf value = { 0 };
	struct cache *cache;
	pid_t pid;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(address, sizeof(address), "unix:%s/redis.sock", folder);
	cache = cache_new(address);
	pid = start_redis(folder);
	cache_set(cache, "key", slice_of("value"), 60);
	assert_int_equal(cache_get(cache, "key", &value), CACHE_HIT);
	/* frozen: the answer does not come, and nobody waits for it twice */
	assert_int_equal(kill(pid, SIGSTOP), 0);
	assert_int_equal(cache_get(cache, "key", &value), CACHE_ERROR);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(cache_get(cache, "key", &value), CACHE_ERROR);
	pid = start_redis(folder);
	while (!cache_is_alive(cache))
		usleep(10000);
	assert_int_equal(cache_get(cache, "key", &value), CACHE_MISS);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(cache_get(cache, "key", &value), CACHE_ERROR);
	remove_folder(folder);
	cache_free(cache);
	buf_close(&value);
}

RUN_TESTS(cmocka_unit_test(what_was_set_is_got_until_it_is_deleted),
    cmocka_unit_test(no_address_is_a_cache_that_is_always_empty),
    cmocka_unit_test(an_absent_redis_has_nothing_and_fails_nobody),
    cmocka_unit_test(a_redis_killed_and_started_again_is_found_again))
