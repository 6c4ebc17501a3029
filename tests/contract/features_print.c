/*
 * features_print.c - the feature builder as a filter: cases in, values out.
 *
 * Reads lines, each a word and numbers parted by blanks:
 *	subject START END REGISTERED WITHDRAWN FROM TRACKED_FROM TRACKED_UNTIL
 *	    PASS_MARK ATTEMPTS CREDITS FULL_LOAD	a new case (one line)
 *	weekdays MASK
 *	holiday FIRST LAST
 *	fact POSITION OCCURRED KNOWN SUPERSEDED KIND DETAIL CODE VALUE
 *	build REFERENCE_DAY				may be repeated
 * and prints for each build STATUS MISSING POSSIBLE_FROM STEP_COUNT, then a
 * line of the 4 context values, then a line of 42 values for each step.
 * Used by test_features.py to compare with tests/support/features_reference.py.
 * With the argument `time` nothing is printed but the builds' number and
 * seconds.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "ml/features.h"

enum { HOLIDAYS_MAX = 64, FACTS_MAX = 20000 };

struct reader {
	struct feature_subject subject;
	struct day_range holidays[HOLIDAYS_MAX];
	struct fact facts[FACTS_MAX];
	size_t fact_count;
	struct arena arena;
	bool is_timed;
	size_t builds;
	int64_t ticks;
};

static bool
read_subject(struct reader *reader, const char *line)
{
	struct feature_subject *s = &reader->subject;
	int from;
	int n;

	*s = (struct feature_subject){ 0 };
	n = sscanf(line, "%d %d %d %d %d %d %d %f %f %f %f",
	    &s->course_start_day, &s->course_end_day, &s->registered_day,
	    &s->withdrawn_day, &from, &s->tracked_from, &s->tracked_until,
	    &s->pass_mark, &s->previous_attempts, &s->credits, &s->full_load);
	if (n != 11)
		return false;
	s->attendance_from = from ? FROM_ACTIVITY : FROM_ROLL_CALL;
	s->calendar.weekdays = CALENDAR_MONDAY_TO_FRIDAY;
	s->calendar.holidays = reader->holidays;
	reader->fact_count = 0;
	return true;
}

static bool
read_holiday(struct reader *reader, const char *line)
{
	struct calendar *calendar = &reader->subject.calendar;
	struct day_range *to = &reader->holidays[calendar->holiday_count];

	return calendar->holiday_count++ < HOLIDAYS_MAX &&
	    sscanf(line, "%d %d", &to->first, &to->last) == 2;
}

static bool
read_fact(struct reader *reader, const char *line)
{
	struct fact *f = &reader->facts[reader->fact_count];
	struct err err = { 0 };

	return reader->fact_count++ < FACTS_MAX &&
	    sscanf(line,
		"%" SCNu64 " %d %d %d %" SCNu8 " %" SCNu8 " %" SCNu16 " %f",
		&f->position, &f->occurred_day, &f->known_day,
		&f->superseded_day, &f->kind, &f->detail, &f->code,
		&f->value) == 8 &&
	    fact_check(f, &err);
}

static void
print_values(const float *values, size_t count)
{
	for (size_t i = 0; i < count; i++)
		printf("%s%.9g", i ? " " : "", (double)values[i]);
	printf("\n");
}

static bool
build(struct reader *reader, const char *line)
{
	struct feature_sequence sequence;
	int64_t begin = clock_ticks();
	int32_t day;

	if (sscanf(line, "%d", &day) != 1)
		return false;
	arena_reset(&reader->arena);
	features_build(&reader->subject, reader->facts, reader->fact_count, day,
	    &reader->arena, &sequence);
	reader->ticks += clock_ticks() - begin;
	reader->builds++;
	if (reader->is_timed)
		return true;
	printf("%d %u %d %zu\n", sequence.status, sequence.missing,
	    sequence.possible_from_day, sequence.step_count);
	print_values(sequence.context, CONTEXT_COUNT);
	for (size_t i = 0; i < sequence.step_count; i++)
		print_values(sequence.steps + i * FEATURE_COUNT, FEATURE_COUNT);
	return true;
}

static bool
read_line(struct reader *reader, const char *line)
{
	if (strncmp(line, "subject ", 8) == 0)
		return read_subject(reader, line + 8);
	if (strncmp(line, "weekdays ", 9) == 0)
		return sscanf(line + 9, "%" SCNu8,
			   &reader->subject.calendar.weekdays) == 1;
	if (strncmp(line, "holiday ", 8) == 0)
		return read_holiday(reader, line + 8);
	if (strncmp(line, "fact ", 5) == 0)
		return read_fact(reader, line + 5);
	if (strncmp(line, "build ", 6) == 0)
		return build(reader, line + 6);
	return false;
}

int
main(int argc, char **argv)
{
	static struct reader reader;
	char line[512];
	int status = 0;

	reader.is_timed = argc > 1 && strcmp(argv[1], "time") == 0;
	arena_init(&reader.arena, 1 << 16);
	while (status == 0 && fgets(line, sizeof(line), stdin))
		if (!read_line(&reader, line)) {
			fprintf(stderr, "cannot read: %s", line);
			status = 2;
		}
	if (reader.is_timed)
		printf("%zu %.3f\n", reader.builds,
		    (double)reader.ticks / SECOND_US);
	arena_close(&reader.arena);
	return status;
}
