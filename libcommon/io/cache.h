/*
 * cache.h - Redis that may be absent or die at any moment.
 *
 * One connection, owned by one thread, blocking with a short timeout.  No
 * function fails: a cache that does not answer has nothing.  After a failure
 * it is left alone for a while (growing from 100 ms to 5 s), so that a dead
 * Redis costs nothing.  Keys hold no student's id: callers hash (a key is
 * made of ids of ours, versions and numbers).
 */
#ifndef IO_CACHE_H
#define IO_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

struct cache;

/* `address` is unix:PATH or host:port; "" gives a cache that is always empty.
 * Does not connect yet.  The process ignores SIGPIPE from now on. */
struct cache *cache_new(const char *address);
void cache_free(struct cache *cache);

enum cache_result { CACHE_HIT, CACHE_MISS, CACHE_ERROR };

/* On CACHE_HIT appends the value. */
enum cache_result cache_get(struct cache *cache, const char *key,
    struct buf *value);
void cache_set(struct cache *cache, const char *key, struct slice value,
    int seconds);
void cache_delete(struct cache *cache, const char *key);
/* Does it answer at the moment?  Asks. */
bool cache_is_alive(struct cache *cache);

#endif
