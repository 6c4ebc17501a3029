/*
 * test.h - cmocka with what it wants before it, and a few checks of ours.
 */
#ifndef TESTS_TEST_H
#define TESTS_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Run the tests listed, as main()'s result. */
#define RUN_TESTS(...)                                             \
	int main(void)                                             \
	{                                                          \
		const struct CMUnitTest tests[] = { __VA_ARGS__ }; \
                                                                   \
		return cmocka_run_group_tests(tests, NULL, NULL);  \
	}

/* |got - want| <= tolerance, both shown when not. */
#define assert_near(got, want, tolerance)                              \
	check_near((double)(got), (double)(want), (double)(tolerance), \
	    __FILE__, __LINE__)

void check_near(double got, double want, double tolerance, const char *file,
    int line);

#endif
