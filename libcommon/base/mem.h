/*
 * mem.h - heap memory that is there or the process ends.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

/* `count * size` zeroed bytes; overflow and want of memory end the process.
 * Give back with free(). */
void *mem_alloc(size_t count, size_t size);

/* Grow or shrink to `count * size` bytes; what is new is not zeroed. */
void *mem_resize(void *memory, size_t count, size_t size);

/* A copy of a text; free() it. */
char *mem_text(const char *text);

/* From now on what is freed goes back to the system soon instead of staying
 * with each thread: a batch needs megabytes for milliseconds.  An allocator
 * that knows no such settings (a sanitizer's) keeps its own ways. */
void mem_return_freed(void);

/* Give back now what has been freed, though something in use lies behind it:
 * takes a millisecond or so, for whoever has just needed much. */
void mem_trim(void);

#endif
