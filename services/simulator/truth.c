/* truth.c - what was planted, as CSV. */
#include "services/simulator/truth.h"

#include "base/clock.h"

static void
print_pupil(const struct world *world, const struct pupil *pupil,
    struct buf *out)
{
	int32_t from = drift_day(world, pupil->cohort);
	char day[DAY_TEXT_SIZE] = "";

	if (from != INT32_MAX)
		day_print(from, day);
	buf_printf(out, "%s,%s,%.6f,%.6f,%.6f,%d,%s,%s,%s,%s\n", pupil->id,
	    world->years[pupil->cohort].term, pupil->ability,
	    pupil->mean_engagement, pupil->probability,
	    pupil->is_adverse ? 1 : 0, pupil->is_girl ? "female" : "male",
	    day[0] != '\0' ? drift_names[world->plan.drift] : "", day,
	    pupil->is_girl ? bias_names[world->plan.bias] : "");
}

void
truth_print(const struct world *world, struct buf *out)
{
	buf_text(out,
	    "student_id,cohort,ability,engagement,probability,adverse,"
	    "group,drift,drift_from,bias\n");
	for (size_t i = 0; i < world->pupil_count; i++)
		print_pupil(world, &world->pupils[i], out);
}
