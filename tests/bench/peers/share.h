/*
 * share.h - how our programs hand numbers to their peers: files of floats in a
 * folder.
 */
#ifndef BENCH_PEERS_SHARE_H
#define BENCH_PEERS_SHARE_H

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"

static inline void
share_stop(const char *what)
{
	fprintf(stderr, "bench-peers: %s\n", what);
	exit(1);
}

static inline void
share_write(const char *folder, const char *name, const void *data, size_t size)
{
	struct buf path = { 0 };
	FILE *file;

	buf_printf(&path, "%s/%s", folder, name);
	file = fopen(path.data, "wb");
	if (!file || fwrite(data, 1, size, file) != size || fclose(file) != 0)
		share_stop(path.data);
	buf_close(&path);
}

#endif
