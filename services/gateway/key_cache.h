/*
 * key_cache.h - whose key is it, remembered for seconds: a table of fixed
 * size, no clock of its own, no thread but the loop.
 *
 * A holder that was found is believed for KEY_KNOWN_US, that there is none for
 * KEY_UNKNOWN_US, both only while `generation` is the one at the time of
 * asking: a revocation in this process raises it.
 */
#ifndef GATEWAY_KEY_CACHE_H
#define GATEWAY_KEY_CACHE_H

#include "base/arena.h"
#include "base/clock.h"
#include "proto/gateway.h"
#include "secure/digest.h"

#define KEY_KNOWN_US   (5 * SECOND_US)
#define KEY_UNKNOWN_US (1 * SECOND_US)

enum { KEY_SETS = 1024, KEY_WAYS = 4 };

/* Who holds a key; never changed after birth. */
struct key_holder {
	size_t refs;
	struct arena arena; /* texts of `who` */
	struct key_check who;
	const char *principal; /* key:ID */
};

/* With one reference, the caller's; fill arena and who before sharing it. */
struct key_holder *key_holder_new(void);
struct key_holder *key_holder_ref(struct key_holder *holder);
void key_holder_unref(struct key_holder *holder); /* NULL is nothing */

struct key_slot {
	unsigned char hash[DIGEST_SIZE];
	struct key_holder *holder; /* owned: a reference; NULL: nobody's */
	int64_t until;             /* clock_ticks; 0: the slot is empty */
	unsigned long generation;
};

struct key_cache {
	struct key_slot slots[KEY_SETS][KEY_WAYS];
};

enum key_answer { KEY_UNASKED, KEY_UNKNOWN, KEY_KNOWN };

struct key_moment {
	int64_t ticks; /* clock_ticks */
	int64_t time;  /* clock_now: what ends a key is a date */
	unsigned long generation;
};

/* `*holder` is borrowed from the cache; KEY_KNOWN only. */
enum key_answer key_cache_find(struct key_cache *cache,
    const unsigned char hash[DIGEST_SIZE], const struct key_moment *now,
    struct key_holder **holder);

/* Takes a reference of its own.  `asked` is the moment of asking. */
void key_cache_put(struct key_cache *cache,
    const unsigned char hash[DIGEST_SIZE], const struct key_moment *asked,
    struct key_holder *holder);

void key_cache_close(struct key_cache *cache);

#endif
