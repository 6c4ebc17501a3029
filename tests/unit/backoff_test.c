/* backoff_test.c - pauses by hand: 10, 20, 40 ... up to an hour. */
#include "base/backoff.h"

#include "tests/support/test.h"

static void
a_pause_doubles_up_to_the_most(void **state)
{
	static const int64_t whole_ms[] = { 10000, 20000, 40000, 80000 };

	(void)state;
	for (int64_t i = 0; i < 4; i++) {
		int64_t pause = backoff_ms(10, 3600, i + 1);

		assert_in_range(pause, whole_ms[i] / 2, whole_ms[i]);
	}
	assert_in_range(backoff_ms(10, 3600, 10), 1800000, 3600000);
	assert_in_range(backoff_ms(10, 3600, INT64_MAX), 1800000, 3600000);
}

RUN_TESTS(cmocka_unit_test(a_pause_doubles_up_to_the_most))
