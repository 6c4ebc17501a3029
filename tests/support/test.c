/* test.c - the checks that cmocka lacks. */
#include "tests/support/test.h"

#include <math.h>

void
check_near(double got, double want, double tolerance, const char *file,
    int line)
{
	if ((isnan(got) && isnan(want)) || fabs(got - want) <= tolerance)
		return;
	print_error("%.17g is not within %g of %.17g\n", got, tolerance, want);
	_fail(file, line);
}
