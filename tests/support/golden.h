/* golden.h - the example of a message in proto/golden/, as it stands there. */
#ifndef TESTS_GOLDEN_H
#define TESTS_GOLDEN_H

#include <stdio.h>

#include "base/buf.h"

static inline bool
read_golden(const char *name, struct buf *text)
{
	char path[512], part[4096];
	size_t size;
	FILE *file;

	snprintf(path, sizeof(path), "proto/golden/%s.json", name);
	file = fopen(path, "re");
	if (file == NULL)
		return false;
	while ((size = fread(part, 1, sizeof(part), file)) > 0)
		buf_add(text, part, size);
	return fclose(file) == 0;
}

#endif
