/*
 * context.c - the four values that stand beside the weekly steps.
 */
#include <math.h>

#include "ml/feature_parts.h"

void
context_features(const struct feature_subject *subject, int32_t reference_day,
    float context[CONTEXT_COUNT])
{
	double start = subject->course_start_day;

	context[CONTEXT_WEEKS_ELAPSED] =
	    (float)((reference_day - start + 1) / BLOCK_DAYS);
	context[CONTEXT_REGISTRATION_LEAD] =
	    subject->registered_day == INT32_MIN
	    ? NAN
	    : (float)(start - subject->registered_day);
	context[CONTEXT_PREVIOUS_ATTEMPTS] = subject->previous_attempts;
	context[CONTEXT_CREDIT_LOAD] =
	    ratio((double)subject->credits, (double)subject->full_load);
}
