/* backoff.c - a pause that doubles, half of it by chance. */
#include "base/backoff.h"

#include <math.h>

#include "base/clock.h"
#include "base/must.h"
#include "base/random.h"

int64_t
backoff_ms(int64_t first, int64_t most, int64_t failed)
{
	double longest;
	struct random random;

	must(failed >= 1);
	longest = fmin(ldexp((double)first, (int)fmin((double)failed - 1, 64)),
	    (double)most);
	random_init(&random, (uint64_t)clock_now(), (uint64_t)failed);
	return (int64_t)(500 * longest * (1 + random_unit(&random)));
}
