/* key_cache_test.c - how long a key's holder is believed, and who gives way. */
#include "services/gateway/key_cache.h"

#include <stdlib.h>

#include "base/mem.h"
#include "tests/support/test.h"

static const struct key_moment START = { 100 * SECOND_US, 1000 * SECOND_US, 7 };

/* The moment so much later, by both clocks. */
static struct key_moment
later(int64_t microseconds)
{
	struct key_moment moment = START;

	moment.ticks += microseconds;
	moment.time += microseconds;
	return moment;
}

/* Keys of one number differ in their last byte and share a set. */
static void
make_hash(unsigned char hash[DIGEST_SIZE], unsigned char set,
    unsigned char last)
{
	for (size_t i = 0; i < DIGEST_SIZE; i++)
		hash[i] = 0x55;
	hash[0] = set;
	hash[DIGEST_SIZE - 1] = last;
}

static void
put(struct key_cache *cache, unsigned char set, unsigned char last,
    struct key_moment asked, struct key_holder *holder)
{
	unsigned char hash[DIGEST_SIZE];

	make_hash(hash, set, last);
	key_cache_put(cache, hash, &asked, holder);
}

/* Is the answer the wanted one, and when the key is known its holder? */
static void
check(struct key_cache *cache, unsigned char last, struct key_moment now,
    enum key_answer wanted, const struct key_holder *wanted_holder)
{
	unsigned char hash[DIGEST_SIZE];
	struct key_holder *holder = NULL;

	make_hash(hash, 1, last);
	assert_int_equal(key_cache_find(cache, hash, &now, &holder), wanted);
	assert_ptr_equal(holder, wanted_holder);
}

static int
open_cache(void **state)
{
	*state = mem_alloc(1, sizeof(struct key_cache));
	return 0;
}

static int
close_cache(void **state)
{
	key_cache_close(*state);
	free(*state);
	return 0;
}

static void
a_key_never_put_is_unasked(void **state)
{
	const unsigned char zeros[DIGEST_SIZE] = { 0 };
	struct key_moment boot = { 0, 0, 0 };
	struct key_holder *holder = NULL;

	check(*state, 1, START, KEY_UNASKED, NULL);
	/* An empty slot is all zeros: it is no answer for this hash. */
	assert_int_equal(key_cache_find(*state, zeros, &boot, &holder),
	    KEY_UNASKED);
}

static void
a_holder_is_believed_for_five_seconds(void **state)
{
	struct key_holder *holder = key_holder_new();

	put(*state, 1, 1, START, holder);
	check(*state, 1, START, KEY_KNOWN, holder);
	check(*state, 1, later(5000000 - 1), KEY_KNOWN, holder);
	check(*state, 1, later(5000000), KEY_UNASKED, NULL);
	key_holder_unref(holder);
}

static void
that_there_is_none_is_believed_for_one_second(void **state)
{
	put(*state, 1, 1, START, NULL);
	check(*state, 1, later(1000000 - 1), KEY_UNKNOWN, NULL);
	check(*state, 1, later(1000000), KEY_UNASKED, NULL);
}

static void
a_revocation_makes_every_answer_unasked(void **state)
{
	struct key_holder *holder = key_holder_new();
	struct key_moment after = later(1);

	after.generation++;
	put(*state, 1, 1, START, holder);
	put(*state, 1, 2, START, NULL);
	check(*state, 1, after, KEY_UNASKED, NULL);
	check(*state, 2, after, KEY_UNASKED, NULL);
	key_holder_unref(holder);
}

/* The question was on its way while a key was revoked. */
static void
an_answer_asked_before_a_revocation_is_not_believed_after(void **state)
{
	struct key_holder *holder = key_holder_new();
	struct key_moment before = START;

	before.generation--;
	put(*state, 1, 1, before, holder);
	check(*state, 1, START, KEY_UNASKED, NULL);
	key_holder_unref(holder);
}

static void
a_key_ends_at_its_date_though_it_is_remembered(void **state)
{
	struct key_holder *holder = key_holder_new();

	holder->who.has_expires_at = true;
	holder->who.expires_at = START.time + 2 * SECOND_US;
	put(*state, 1, 1, START, holder);
	check(*state, 1, later(2000000 - 1), KEY_KNOWN, holder);
	check(*state, 1, later(2000000), KEY_UNKNOWN, NULL);
	key_holder_unref(holder);
}

static void
keys_of_one_set_do_not_answer_for_each_other(void **state)
{
	struct key_holder *one = key_holder_new();
	struct key_holder *two = key_holder_new();

	put(*state, 1, 1, START, one);
	put(*state, 1, 2, START, two);
	put(*state, 1, 3, START, NULL);
	check(*state, 1, START, KEY_KNOWN, one);
	check(*state, 2, START, KEY_KNOWN, two);
	check(*state, 3, START, KEY_UNKNOWN, NULL);
	check(*state, 4, START, KEY_UNASKED, NULL);
	key_holder_unref(one);
	key_holder_unref(two);
}

static void
a_new_answer_for_a_key_takes_the_place_of_the_old(void **state)
{
	struct key_holder *old = key_holder_new();
	struct key_holder *new = key_holder_new();

	put(*state, 1, 1, START, old);
	assert_int_equal(old->refs, 2);
	put(*state, 1, 1, START, new);
	assert_int_equal(old->refs, 1);
	check(*state, 1, START, KEY_KNOWN, new);
	put(*state, 1, 1, START, NULL);
	assert_int_equal(new->refs, 1);
	check(*state, 1, START, KEY_UNKNOWN, NULL);
	key_holder_unref(old);
	key_holder_unref(new);
}

static void
strangers_do_not_push_out_known_keys(void **state)
{
	struct key_holder *holder = key_holder_new();

	for (unsigned char i = 0; i < KEY_WAYS - 1; i++)
		put(*state, 1, i, START, holder);
	for (unsigned char i = 100; i < 200; i++)
		put(*state, 1, i, later(i), NULL);
	for (unsigned char i = 0; i < KEY_WAYS - 1; i++)
		check(*state, i, later(200), KEY_KNOWN, holder);
	check(*state, 199, later(200), KEY_UNKNOWN, NULL);
	check(*state, 198, later(200), KEY_UNASKED, NULL);
	key_holder_unref(holder);
}

static void
among_known_keys_the_oldest_gives_way(void **state)
{
	struct key_holder *holder = key_holder_new();

	put(*state, 1, 10, later(20), holder);
	put(*state, 1, 11, later(10), holder);
	put(*state, 1, 12, later(30), holder);
	put(*state, 1, 13, later(40), holder);
	put(*state, 1, 14, later(50), holder);
	check(*state, 11, later(60), KEY_UNASKED, NULL);
	check(*state, 10, later(60), KEY_KNOWN, holder);
	check(*state, 12, later(60), KEY_KNOWN, holder);
	check(*state, 13, later(60), KEY_KNOWN, holder);
	check(*state, 14, later(60), KEY_KNOWN, holder);
	key_holder_unref(holder);
}

static void
closing_gives_every_reference_back(void **state)
{
	struct key_cache *cache = mem_alloc(1, sizeof(*cache));
	struct key_holder *holder = key_holder_new();

	(void)state;
	for (unsigned char set = 0; set < 50; set++)
		put(cache, set, 1, START, holder);
	assert_int_equal(holder->refs, 51);
	key_cache_close(cache);
	assert_int_equal(holder->refs, 1);
	key_holder_unref(holder);
	free(cache);
}

#define WITH_CACHE(test) \
	cmocka_unit_test_setup_teardown(test, open_cache, close_cache)

RUN_TESTS(WITH_CACHE(a_key_never_put_is_unasked),
    WITH_CACHE(a_holder_is_believed_for_five_seconds),
    WITH_CACHE(that_there_is_none_is_believed_for_one_second),
    WITH_CACHE(a_revocation_makes_every_answer_unasked),
    WITH_CACHE(an_answer_asked_before_a_revocation_is_not_believed_after),
    WITH_CACHE(a_key_ends_at_its_date_though_it_is_remembered),
    WITH_CACHE(keys_of_one_set_do_not_answer_for_each_other),
    WITH_CACHE(a_new_answer_for_a_key_takes_the_place_of_the_old),
    WITH_CACHE(strangers_do_not_push_out_known_keys),
    WITH_CACHE(among_known_keys_the_oldest_gives_way),
    cmocka_unit_test(closing_gives_every_reference_back))
