/* registers.c - the district's rules, years, subjects and students. */
#include "proto/ingestion.h"
#include "services/simulator/sender.h"

enum { PAGE = 500, WEEKDAYS = 31 };

static bool
send_rules(struct client *client, const struct world *world, struct err *err)
{
	struct holiday holidays[COHORTS * HOLIDAYS];
	struct tenant_rules rules = { .time_zone = "UTC",
		.attendance_from = SOURCE_ROLL_CALL,
		.pass_mark = 60,
		.full_load = 30,
		.school_days = WEEKDAYS,
		.as_of = world->plan.today,
		.has_as_of = true,
		.holidays = holidays,
		.holidays_count = COHORTS * HOLIDAYS };

	for (int i = 0; i < COHORTS * HOLIDAYS; i++) {
		const struct year *year = &world->years[i / HOLIDAYS];

		holidays[i].first = year->holidays[i % HOLIDAYS].first;
		holidays[i].last = year->holidays[i % HOLIDAYS].last;
	}
	return client_ask(client, "PUT", "settings/tenant",
	    &tenant_rules_message, &rules, NULL, NULL, err);
}

static bool
send_batch(struct client *client, const struct register_batch *batch,
    struct err *err)
{
	return client_ask(client, "POST", "registers/batch",
	    &register_batch_message, batch, NULL, NULL, err);
}

static bool
send_courses(struct client *client, const struct world *world, struct err *err)
{
	struct course courses[COHORTS + SUBJECTS] = { 0 };
	struct register_batch batch = { .courses = courses,
		.courses_count = COHORTS + SUBJECTS };

	for (int i = 0; i < COHORTS; i++)
		courses[i] = (struct course){
			.course_id = world->years[i].course_id,
			.start_date = world->years[i].first_day,
			.end_date = world->years[i].last_day,
			.term = world->years[i].term,
			.school_year = true,
			.has_school_year = true,
		};
	for (int i = 0; i < SUBJECTS; i++)
		courses[COHORTS + i] = (struct course){
			.course_id = subjects[i].id,
			.title = subjects[i].title,
			.start_date = world->years[0].first_day,
			.end_date = world->years[COHORTS - 1].last_day,
			.core = subjects[i].is_core,
			.has_core = true,
		};
	return send_batch(client, &batch, err);
}

static const char *
band(struct client *client, int quintile)
{
	return arena_printf(&client->arena, "quintile %d", quintile);
}

static void
fill_student(struct client *client, const struct pupil *pupil,
    struct student *student)
{
	struct protected_attributes *protected =
	    arena_alloc(&client->arena, sizeof(*protected));

	protected->gender = pupil->is_girl ? "female" : "male";
	protected->deprivation = band(client, pupil->deprivation);
	*student =
	    (struct student){ .student_id = pupil->id, .protected = protected };
}

static void
fill_enrollment(const struct world *world, const struct pupil *pupil,
    struct enrollment *enrollment)
{
	const struct year *year = &world->years[pupil->cohort];

	*enrollment = (struct enrollment){
		.student_id = pupil->id,
		.course_id = year->course_id,
		.registered_on = year->first_day - pupil->registration_lead,
		.has_registered_on = true,
		.previous_attempts = pupil->previous_attempts,
		.has_previous_attempts = true,
		.credits = 30,
		.has_credits = true,
		.has_withdrawn_on =
		    pupil->has_withdrawn && pupil->withdrawn_on <= year->until,
		.withdrawn_on = pupil->withdrawn_on,
	};
}

bool
send_registers(struct client *client, const struct world *world,
    struct err *err)
{
	static struct student students[PAGE];
	static struct enrollment enrollments[PAGE];

	if (!send_rules(client, world, err) ||
	    !send_courses(client, world, err))
		return false;
	for (size_t at = 0; at < world->pupil_count; at += PAGE) {
		size_t left = world->pupil_count - at;
		struct register_batch batch = { .students = students,
			.enrollments = enrollments };

		batch.students_count = left < PAGE ? left : PAGE;
		batch.enrollments_count = batch.students_count;
		for (size_t i = 0; i < batch.students_count; i++) {
			const struct pupil *pupil = &world->pupils[at + i];

			fill_student(client, pupil, &students[i]);
			fill_enrollment(world, pupil, &enrollments[i]);
		}
		if (!send_batch(client, &batch, err))
			return false;
		arena_reset(&client->arena);
	}
	return true;
}
