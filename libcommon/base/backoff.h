/*
 * backoff.h - how long to wait before something is tried again.
 */
#ifndef BASE_BACKOFF_H
#define BASE_BACKOFF_H

#include <stdint.h>

/* Milliseconds until the next attempt when `failed` (1 or more) have failed:
 * `first` seconds behind the first, doubled behind each further one up to
 * `most` seconds, and of that between half and all, by chance, so that those
 * who failed together do not come back together. */
int64_t backoff_ms(int64_t first, int64_t most, int64_t failed);

#endif
