/* key_cache.c - sets of four slots, found by the first bytes of the hash. */
#include "services/gateway/key_cache.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { ARENA_BLOCK = 512 };

struct key_holder *
key_holder_new(void)
{
	struct key_holder *holder = mem_alloc(1, sizeof(*holder));

	holder->refs = 1;
	arena_init(&holder->arena, ARENA_BLOCK);
	return holder;
}

struct key_holder *
key_holder_ref(struct key_holder *holder)
{
	holder->refs++;
	return holder;
}

void
key_holder_unref(struct key_holder *holder)
{
	if (holder == NULL || --holder->refs > 0)
		return;
	arena_close(&holder->arena);
	free(holder);
}

static struct key_slot *
set_of(struct key_cache *cache, const unsigned char hash[DIGEST_SIZE])
{
	uint32_t number;

	memcpy(&number, hash, sizeof(number));
	return cache->slots[number % KEY_SETS];
}

static bool
is_over(const struct key_slot *slot, const struct key_moment *now)
{
	return now->ticks >= slot->until || slot->generation != now->generation;
}

static bool
has_ended(const struct key_holder *holder, int64_t time)
{
	return holder->who.has_expires_at && holder->who.expires_at <= time;
}

enum key_answer
key_cache_find(struct key_cache *cache, const unsigned char hash[DIGEST_SIZE],
    const struct key_moment *now, struct key_holder **holder)
{
	struct key_slot *slots = set_of(cache, hash);

	for (size_t i = 0; i < KEY_WAYS; i++) {
		struct key_slot *slot = &slots[i];

		if (is_over(slot, now) ||
		    !digest_equal(slot->hash, hash, DIGEST_SIZE))
			continue;
		if (slot->holder == NULL || has_ended(slot->holder, now->time))
			return KEY_UNKNOWN;
		*holder = slot->holder;
		return KEY_KNOWN;
	}
	return KEY_UNASKED;
}

/* The slot to give up: the same key's, else one that is over, else one that
 * says nobody, else the oldest.  So strangers' keys do not push out ours. */
static struct key_slot *
choose(struct key_slot *slots, const unsigned char hash[DIGEST_SIZE],
    const struct key_moment *now)
{
	struct key_slot *best = NULL;
	int64_t best_worth = INT64_MAX;

	for (size_t i = 0; i < KEY_WAYS; i++) {
		struct key_slot *slot = &slots[i];
		int64_t worth = slot->until;

		if (digest_equal(slot->hash, hash, DIGEST_SIZE))
			return slot;
		if (is_over(slot, now))
			worth = 0;
		else if (slot->holder == NULL)
			worth = 1;
		if (worth < best_worth) {
			best = slot;
			best_worth = worth;
		}
	}
	return best;
}

void
key_cache_put(struct key_cache *cache, const unsigned char hash[DIGEST_SIZE],
    const struct key_moment *asked, struct key_holder *holder)
{
	struct key_slot *slot = choose(set_of(cache, hash), hash, asked);

	key_holder_unref(slot->holder);
	memcpy(slot->hash, hash, DIGEST_SIZE);
	slot->holder = holder == NULL ? NULL : key_holder_ref(holder);
	slot->until =
	    asked->ticks + (holder == NULL ? KEY_UNKNOWN_US : KEY_KNOWN_US);
	slot->generation = asked->generation;
}

void
key_cache_close(struct key_cache *cache)
{
	for (size_t i = 0; i < KEY_SETS; i++)
		for (size_t j = 0; j < KEY_WAYS; j++)
			key_holder_unref(cache->slots[i][j].holder);
}
