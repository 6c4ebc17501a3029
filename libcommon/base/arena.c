/* arena.c - blocks in a row, handed out from the front. */
#include "base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct arena_block {
	struct arena_block *older; /* owned */
	size_t size;               /* bytes in data */
	size_t used;
	_Alignas(ARENA_ALIGN) char data[];
};

static struct arena_block *
add_block(struct arena *arena, size_t at_least)
{
	size_t size =
	    at_least > arena->block_size ? at_least : arena->block_size;
	size_t total = sizeof(struct arena_block) + size;
	struct arena_block *block;

	total = (total + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
	must(total > size);
	block = aligned_alloc(ARENA_ALIGN, total);
	must(block != NULL);
	block->older = arena->last;
	block->size = size;
	block->used = 0;
	arena->last = block;
	return block;
}

static void *
take(struct arena *arena, size_t size, size_t align)
{
	struct arena_block *block = arena->last;
	size_t start;

	must(size <= SIZE_MAX / 4);
	start = block == NULL ? 0 : (block->used + align - 1) / align * align;
	if (block == NULL || start > block->size ||
	    size > block->size - start) {
		block = add_block(arena, size);
		start = 0;
	}
	block->used = start + size;
	arena->used_bytes += size;
	return memset(block->data + start, 0, size);
}

void
arena_init(struct arena *arena, size_t block_size)
{
	*arena = (struct arena){ .block_size = block_size };
}

void
arena_reset(struct arena *arena)
{
	struct arena_block *keep = arena->last;

	while (keep != NULL && keep->older != NULL) {
		struct arena_block *older = keep->older;

		free(keep);
		keep = older;
	}
	if (keep != NULL && keep->size > arena->block_size) {
		free(keep);
		keep = NULL;
	}
	if (keep != NULL)
		keep->used = 0;
	arena->last = keep;
	arena->used_bytes = 0;
}

void
arena_close(struct arena *arena)
{
	arena_reset(arena);
	free(arena->last);
	arena->last = NULL;
}

void *
arena_alloc(struct arena *arena, size_t size)
{
	return take(arena, size, 16);
}

void *
arena_alloc_aligned(struct arena *arena, size_t size)
{
	return take(arena, size, ARENA_ALIGN);
}

void *
arena_array(struct arena *arena, size_t count, size_t size)
{
	must(size == 0 || count <= SIZE_MAX / 4 / size);
	return take(arena, count * size, 16);
}

char *
arena_text(struct arena *arena, const char *data, size_t size)
{
	char *copy = take(arena, size + 1, 1);

	if (size > 0)
		memcpy(copy, data, size);
	return copy;
}

char *
arena_copy(struct arena *arena, const char *text)
{
	return arena_text(arena, text, strlen(text));
}

char *
arena_printf(struct arena *arena, const char *format, ...)
{
	va_list args, again;
	int size;
	char *text;

	va_start(args, format);
	va_copy(again, args);
	size = vsnprintf(NULL, 0, format, args);
	va_end(args);
	must(size >= 0);
	text = take(arena, (size_t)size + 1, 1);
	vsnprintf(text, (size_t)size + 1, format, again);
	va_end(again);
	return text;
}
