/* mem.c - heap memory that is there or the process ends. */
#include "base/mem.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"

void *
mem_alloc(size_t count, size_t size)
{
	void *memory = calloc(count > 0 ? count : 1, size > 0 ? size : 1);

	must(memory != NULL);
	return memory;
}

void *
mem_resize(void *memory, size_t count, size_t size)
{
	void *larger =
	    reallocarray(memory, count > 0 ? count : 1, size > 0 ? size : 1);

	must(larger != NULL);
	return larger;
}

char *
mem_text(const char *text)
{
	char *copy = strdup(text);

	must(copy != NULL);
	return copy;
}

void
mem_return_freed(void)
{
	(void)mallopt(M_MMAP_THRESHOLD, 64 * 1024);
	(void)mallopt(M_TRIM_THRESHOLD, 256 * 1024);
	(void)mallopt(M_ARENA_MAX, 2);
}

void
mem_trim(void)
{
	(void)malloc_trim(0);
}
