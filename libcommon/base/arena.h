/*
 * arena.h - memory that lives as long as one thing: a call, a connection, the
 * process, a shared object.
 *
 * Allocation never fails and is never freed one by one.  arena_reset() makes
 * everything handed out invalid and keeps one block of ordinary size for the
 * next use, so a worker's arena settles at what its usual call needs.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

#include "base/must.h"

struct arena_block;

struct arena {
	struct arena_block *last; /* owned: newest block, linked to older */
	size_t block_size;        /* bytes of an ordinary block */
	size_t used_bytes;        /* handed out since the last reset */
};

/* Every allocation is aligned to this many bytes (a vector register). */
enum { ARENA_ALIGN = 64 };

void arena_init(struct arena *arena, size_t block_size);
void arena_close(struct arena *arena);
void arena_reset(struct arena *arena);

/* `size` zeroed bytes, aligned to 16. */
void *arena_alloc(struct arena *arena, size_t size);
/* The same, aligned to ARENA_ALIGN: for arrays that vector code reads. */
void *arena_alloc_aligned(struct arena *arena, size_t size);

/* A zeroed array; overflow of the size is a bug. */
void *arena_array(struct arena *arena, size_t count, size_t size);

/* A NUL-terminated copy of `size` bytes. */
char *arena_text(struct arena *arena, const char *data, size_t size);
char *arena_copy(struct arena *arena, const char *text);
char *arena_printf(struct arena *arena, const char *format, ...)
    PRINTF_LIKE(2, 3);

#endif
