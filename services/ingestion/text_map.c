/* text_map.c - open addressing with linear probing. */
#include "services/ingestion/text_map.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/must.h"
#include "base/random.h"

enum { FIRST_ROOM = 64, PLACES = 2 * 1024 * 1024 };

struct text_place {
	const char *key; /* NULL: empty */
	int64_t value;
};

uint64_t
text_hash(uint64_t seed, const char *data, size_t size)
{
	uint64_t hash = seed ^ size;

	while (size > 0) {
		size_t piece = size < 8 ? size : 8;
		uint64_t word = 0;

		memcpy(&word, data, piece);
		hash = random_at(hash ^ word, 1);
		data += piece;
		size -= piece;
	}
	return hash;
}

void
text_map_init(struct text_map *map, struct arena *arena)
{
	*map = (struct text_map){ .arena = arena, .room = FIRST_ROOM };
	map->rows = arena_array(arena, map->room, sizeof(*map->rows));
}

static struct text_place *
find(const struct text_map *map, const char *key)
{
	size_t i = text_hash(0, key, strlen(key)) % map->room;

	while (map->rows[i].key != NULL && strcmp(map->rows[i].key, key) != 0)
		i = (i + 1) % map->room;
	return &map->rows[i];
}

int64_t
text_map_get(const struct text_map *map, const char *key)
{
	const struct text_place *place = find(map, key);

	return place->key != NULL ? place->value : -1;
}

static void
grow(struct text_map *map)
{
	struct text_map bigger = { .arena = map->arena,
		.room = 2 * map->room,
		.count = map->count };

	bigger.rows = arena_array(map->arena, bigger.room, sizeof(*map->rows));
	for (size_t i = 0; i < map->room; i++)
		if (map->rows[i].key != NULL)
			*find(&bigger, map->rows[i].key) = map->rows[i];
	*map = bigger;
}

void
text_map_put(struct text_map *map, const char *key, int64_t value)
{
	struct text_place *place;

	must(value >= 0);
	if (2 * map->count >= map->room)
		grow(map);
	place = find(map, key);
	if (place->key == NULL) {
		place->key = arena_copy(map->arena, key);
		map->count++;
	}
	place->value = value;
}

void
occurrences_init(struct occurrences *seen)
{
	*seen = (struct occurrences){
		.hashes = mem_alloc(PLACES, sizeof(uint64_t)),
		.counts = mem_alloc(PLACES, sizeof(uint16_t)),
	};
}

void
occurrences_close(struct occurrences *seen)
{
	free(seen->hashes);
	free(seen->counts);
	*seen = (struct occurrences){ 0 };
}

void
occurrences_clear(struct occurrences *seen)
{
	memset(seen->hashes, 0, PLACES * sizeof(uint64_t));
	memset(seen->counts, 0, PLACES * sizeof(uint16_t));
	seen->count = 0;
}

bool
occurrences_add(struct occurrences *seen, uint64_t hash, unsigned int *number)
{
	size_t i;

	hash |= hash == 0;
	i = hash % PLACES;
	while (seen->hashes[i] != 0 && seen->hashes[i] != hash)
		i = (i + 1) % PLACES;
	if (seen->hashes[i] == 0) {
		if (seen->count >= PLACES / 8 * 7)
			return false;
		seen->hashes[i] = hash;
		seen->count++;
	}
	if (seen->counts[i] == UINT16_MAX)
		return false;
	*number = ++seen->counts[i];
	return true;
}
