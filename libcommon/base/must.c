/* must.c - end the process over a broken claim, saying which. */
#include "base/must.h"

#include <stdio.h>
#include <stdlib.h>

void
must_failed(const char *claim, const char *file, int line)
{
	fprintf(stderr, "%s:%d: must hold, does not: %s\n", file, line, claim);
	abort();
}
