/*
 * text_map.h - texts to numbers, and counting how often something was seen.
 */
#ifndef INGESTION_TEXT_MAP_H
#define INGESTION_TEXT_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

/* The same for the same bytes on every machine; not for secrets.  The hash of
 * one text as the seed of the next does not tell where the first ends. */
uint64_t text_hash(uint64_t seed, const char *data, size_t size);

/* Keys are copied into the arena; nothing is ever taken out. */
struct text_map {
	struct arena *arena;     /* borrowed */
	struct text_place *rows; /* in the arena */
	size_t room, count;
};
void text_map_init(struct text_map *map, struct arena *arena);
/* -1: not there. */
int64_t text_map_get(const struct text_map *map, const char *key);
/* Adds, or replaces the value (0 or more). */
void text_map_put(struct text_map *map, const char *key, int64_t value);

/* How often each of many hashes was seen: 2,097,152 places, 20 MiB. */
struct occurrences {
	uint64_t *hashes; /* owned; 0: empty */
	uint16_t *counts; /* owned */
	size_t count;
};
void occurrences_init(struct occurrences *seen);
void occurrences_close(struct occurrences *seen);
void occurrences_clear(struct occurrences *seen);
/* Counts; `*number` is 1 for the first time.  False: there is no room. */
bool occurrences_add(struct occurrences *seen, uint64_t hash,
    unsigned int *number);
#endif
