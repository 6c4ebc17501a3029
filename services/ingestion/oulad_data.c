/* oulad_data.c - rows of the OULAD's files, checked against one another. */
#include "services/ingestion/oulad_data.h"

#include <stdio.h>
#include <string.h>

enum { FIRST_ROOM = 1024, KEY_SIZE = 160 };

void
oulad_data_init(struct oulad_data *data, struct arena *arena)
{
	*data = (struct oulad_data){ .arena = arena };
	data->courses =
	    arena_array(arena, OULAD_COURSES_MOST, sizeof(*data->courses));
	data->assessments = arena_array(arena, OULAD_ASSESSMENTS_MOST,
	    sizeof(*data->assessments));
	text_map_init(&data->course_ids, arena);
	text_map_init(&data->assessment_ids, arena);
	text_map_init(&data->enrollment_ids, arena);
	text_map_init(&data->sites, arena);
	text_map_init(&data->site_type_ids, arena);
}

/* The course of the first two columns; -1: it is not in courses.csv. */
static int32_t
find_course(const struct oulad_data *data, const struct oulad_columns *columns,
    const struct csv_row *row)
{
	char id[KEY_SIZE];

	snprintf(id, sizeof(id), "%.64s/%.64s", oulad_cell(columns, row, 0),
	    oulad_cell(columns, row, 1));
	return (int32_t)text_map_get(&data->course_ids, id);
}

static int32_t
find_enrollment(const struct oulad_data *data, int32_t course,
    const char *student_id)
{
	char key[KEY_SIZE];

	snprintf(key, sizeof(key), "%d/%.64s", course, student_id);
	return (int32_t)text_map_get(&data->enrollment_ids, key);
}

bool
oulad_read_course(struct oulad_data *data, const struct oulad_columns *columns,
    const struct csv_row *row, int32_t *course, struct err *fault)
{
	struct oulad_course *to = &data->courses[data->course_count];
	int64_t length = 0;
	bool is_there;
	int32_t day0;

	if (!oulad_check_width(columns, row, fault))
		return false;
	if (!oulad_is_id(oulad_cell(columns, row, 0)))
		return oulad_fault(columns, 0, "is no id", fault);
	if (!oulad_day0(oulad_cell(columns, row, 1), &day0))
		return oulad_fault(columns, 1, "is no year with B or J", fault);
	if (!oulad_count(oulad_cell(columns, row, 2), &is_there, &length) ||
	    !is_there || length < 1 || length > 2000)
		return oulad_fault(columns, 2, "is no number of days", fault);
	*course = find_course(data, columns, row);
	if (*course >= 0)
		return true;
	if (data->course_count == OULAD_COURSES_MOST)
		return err_set(fault, ERR_INVALID, "there are too many");
	to->presentation = arena_copy(data->arena, oulad_cell(columns, row, 1));
	to->id = arena_printf(data->arena, "%s/%s", oulad_cell(columns, row, 0),
	    to->presentation);
	to->day0 = day0;
	to->length = (int32_t)length;
	*course = (int32_t)data->course_count++;
	text_map_put(&data->course_ids, to->id, *course);
	return true;
}

static bool
read_type(const char *text, enum assessment_type *type)
{
	if (strcmp(text, "TMA") == 0)
		*type = TYPE_HOMEWORK;
	else if (strcmp(text, "CMA") == 0)
		*type = TYPE_QUIZ;
	else if (strcmp(text, "Exam") == 0)
		*type = TYPE_EXAM;
	else
		return false;
	return true;
}

static void
add_to_course(struct oulad_data *data, int32_t course, int32_t assessment)
{
	struct oulad_course *to = &data->courses[course];
	int32_t *more =
	    arena_array(data->arena, to->assessment_count + 1, sizeof(int32_t));

	if (to->assessment_count > 0)
		memcpy(more, to->assessments,
		    to->assessment_count * sizeof(int32_t));
	more[to->assessment_count++] = assessment;
	to->assessments = more;
}

bool
oulad_read_assessment(struct oulad_data *data,
    const struct oulad_columns *columns, const struct csv_row *row,
    struct err *fault)
{
	struct oulad_assessment to = { 0 };

	if (!oulad_check_width(columns, row, fault))
		return false;
	to.course = find_course(data, columns, row);
	if (to.course < 0)
		return oulad_fault(columns, 1, "is not in courses.csv", fault);
	if (!oulad_is_id(oulad_cell(columns, row, 2)))
		return oulad_fault(columns, 2, "is no id", fault);
	if (!read_type(oulad_cell(columns, row, 3), &to.type))
		return oulad_fault(columns, 3, "is none of TMA, CMA, Exam",
		    fault);
	if (!oulad_day(oulad_cell(columns, row, 4), &to.has_due, &to.due))
		return oulad_fault(columns, 4, "is no number of days", fault);
	if (text_map_get(&data->assessment_ids, oulad_cell(columns, row, 2)) >=
	    0)
		return true;
	if (data->assessment_count == OULAD_ASSESSMENTS_MOST)
		return err_set(fault, ERR_INVALID, "there are too many");
	to.id = arena_copy(data->arena, oulad_cell(columns, row, 2));
	to.place = (int32_t)data->courses[to.course].assessment_count;
	add_to_course(data, to.course, (int32_t)data->assessment_count);
	text_map_put(&data->assessment_ids, to.id,
	    (int64_t)data->assessment_count);
	data->assessments[data->assessment_count++] = to;
	return true;
}

bool
oulad_read_site(struct oulad_data *data, const struct oulad_columns *columns,
    const struct csv_row *row, struct err *fault)
{
	const char *type;
	int64_t known;

	if (!oulad_check_width(columns, row, fault))
		return false;
	type = oulad_cell(columns, row, 1);
	if (!oulad_is_id(oulad_cell(columns, row, 0)))
		return oulad_fault(columns, 0, "is no id", fault);
	if (!oulad_is_id(type))
		return oulad_fault(columns, 1, "is no id", fault);
	known = text_map_get(&data->site_type_ids, type);
	if (known < 0) {
		if (data->site_type_count == OULAD_SITE_TYPES_MOST)
			return err_set(fault, ERR_INVALID,
			    "there are too many types");
		known = (int64_t)data->site_type_count++;
		data->site_types[known] = arena_copy(data->arena, type);
		text_map_put(&data->site_type_ids, type, known);
	}
	if (data->sites.count == OULAD_SITES_MOST)
		return err_set(fault, ERR_INVALID, "there are too many");
	text_map_put(&data->sites, oulad_cell(columns, row, 0), known);
	return true;
}

static struct oulad_enrollment *
add_enrollment(struct oulad_data *data, int32_t course, const char *student)
{
	size_t places = data->courses[course].assessment_count;
	struct oulad_enrollment *to;

	if (data->enrollment_count == data->enrollment_room) {
		size_t room = data->enrollment_room == 0
		    ? FIRST_ROOM
		    : 2 * data->enrollment_room;
		struct oulad_enrollment *more =
		    arena_array(data->arena, room, sizeof(*more));

		if (data->enrollment_count > 0)
			memcpy(more, data->enrollments,
			    data->enrollment_count * sizeof(*more));
		data->enrollments = more;
		data->enrollment_room = room;
	}
	to = &data->enrollments[data->enrollment_count++];
	to->student_id = arena_copy(data->arena, student);
	to->course = course;
	to->submitted = arena_array(data->arena, places, sizeof(int16_t));
	for (size_t i = 0; i < places; i++)
		to->submitted[i] = OULAD_NEVER;
	return to;
}

static bool
read_result(const char *text, enum course_result *result)
{
	if (strcmp(text, "Pass") == 0)
		*result = RESULT_PASS;
	else if (strcmp(text, "Distinction") == 0)
		*result = RESULT_DISTINCTION;
	else if (strcmp(text, "Fail") == 0)
		*result = RESULT_FAIL;
	else if (strcmp(text, "Withdrawn") == 0)
		*result = RESULT_WITHDRAWN;
	else
		return false;
	return true;
}

static const char *
known(const char *text)
{
	return strcmp(text, "?") == 0 || strlen(text) > OULAD_ID_MOST ? ""
								      : text;
}

static void
take_protected(const struct oulad_columns *columns, const struct csv_row *row,
    struct oulad_info *info)
{
	info->gender = known(oulad_cell(columns, row, 3));
	info->region = known(oulad_cell(columns, row, 4));
	info->education = known(oulad_cell(columns, row, 5));
	info->deprivation = known(oulad_cell(columns, row, 6));
	info->age = known(oulad_cell(columns, row, 7));
	info->disability = known(oulad_cell(columns, row, 10));
}

bool
oulad_read_info(struct oulad_data *data, const struct oulad_columns *columns,
    const struct csv_row *row, struct oulad_info *info, struct err *fault)
{
	enum course_result result;
	char key[KEY_SIZE];
	int32_t course;

	*info = (struct oulad_info){ 0 };
	if (!oulad_check_width(columns, row, fault))
		return false;
	course = find_course(data, columns, row);
	if (course < 0)
		return oulad_fault(columns, 1, "is not in courses.csv", fault);
	if (!oulad_is_id(oulad_cell(columns, row, 2)))
		return oulad_fault(columns, 2, "is no id", fault);
	if (!oulad_count(oulad_cell(columns, row, 8), &info->has_attempts,
		&info->attempts) ||
	    info->attempts > 100)
		return oulad_fault(columns, 8, "is no number up to 100", fault);
	if (!oulad_count(oulad_cell(columns, row, 9), &info->has_credits,
		&info->credits) ||
	    info->credits > 10000)
		return oulad_fault(columns, 9, "is no number up to 10,000",
		    fault);
	if (!read_result(oulad_cell(columns, row, 11), &result))
		return oulad_fault(columns, 11,
		    "is none of Pass, Distinction, Fail, Withdrawn", fault);
	take_protected(columns, row, info);
	info->enrollment =
	    find_enrollment(data, course, oulad_cell(columns, row, 2));
	if (info->enrollment >= 0)
		return true;
	if (data->enrollment_count == OULAD_ENROLLMENTS_MOST)
		return err_set(fault, ERR_INVALID, "there are too many");
	add_enrollment(data, course, oulad_cell(columns, row, 2))->result =
	    result;
	info->enrollment = (int32_t)data->enrollment_count - 1;
	snprintf(key, sizeof(key), "%d/%.64s", course,
	    oulad_cell(columns, row, 2));
	text_map_put(&data->enrollment_ids, key, info->enrollment);
	return true;
}

bool
oulad_read_registration(struct oulad_data *data,
    const struct oulad_columns *columns, const struct csv_row *row,
    struct err *fault)
{
	int32_t course, at, first = 0, last = 0;
	bool has_first, has_last;

	if (!oulad_check_width(columns, row, fault))
		return false;
	course = find_course(data, columns, row);
	if (course < 0)
		return oulad_fault(columns, 1, "is not in courses.csv", fault);
	at = find_enrollment(data, course, oulad_cell(columns, row, 2));
	if (at < 0)
		return oulad_fault(columns, 2, "is not in studentInfo.csv",
		    fault);
	if (!oulad_day(oulad_cell(columns, row, 3), &has_first, &first))
		return oulad_fault(columns, 3, "is no number of days", fault);
	if (!oulad_day(oulad_cell(columns, row, 4), &has_last, &last))
		return oulad_fault(columns, 4, "is no number of days", fault);
	data->enrollments[at].has_registered = has_first;
	data->enrollments[at].registered = first;
	data->enrollments[at].has_unregistered = has_last;
	data->enrollments[at].unregistered = last;
	return true;
}

static bool
read_submission(const struct oulad_data *data,
    const struct oulad_columns *columns, const struct csv_row *row,
    struct oulad_submission *to, struct err *fault)
{
	const char *banked = oulad_cell(columns, row, 3);
	bool is_there;

	to->assessment = (int32_t)text_map_get(&data->assessment_ids,
	    oulad_cell(columns, row, 0));
	if (to->assessment < 0)
		return oulad_fault(columns, 0, "is not in assessments.csv",
		    fault);
	to->enrollment =
	    find_enrollment(data, data->assessments[to->assessment].course,
		oulad_cell(columns, row, 1));
	if (to->enrollment < 0)
		return oulad_fault(columns, 1,
		    "is not registered for the assessment's presentation",
		    fault);
	if (!oulad_day(oulad_cell(columns, row, 2), &is_there, &to->day) ||
	    !is_there)
		return oulad_fault(columns, 2, "is no number of days", fault);
	if (strcmp(banked, "0") != 0 && strcmp(banked, "1") != 0)
		return oulad_fault(columns, 3, "is neither 0 nor 1", fault);
	to->is_banked = banked[0] == '1';
	if (!oulad_score(oulad_cell(columns, row, 4), &to->has_score,
		&to->score))
		return oulad_fault(columns, 4, "is no number from 0 to 100",
		    fault);
	return true;
}

bool
oulad_read_submission(struct oulad_data *data,
    const struct oulad_columns *columns, const struct csv_row *row,
    struct oulad_submission *submission, struct err *fault)
{
	int16_t *submitted;

	*submission = (struct oulad_submission){ 0 };
	if (!oulad_check_width(columns, row, fault) ||
	    !read_submission(data, columns, row, submission, fault))
		return false;
	submitted =
	    &data->enrollments[submission->enrollment]
		 .submitted[data->assessments[submission->assessment].place];
	if (submission->is_banked)
		*submitted = OULAD_BANKED;
	else if (*submitted == OULAD_NEVER || submission->day < *submitted)
		*submitted = (int16_t)submission->day;
	return true;
}

bool
oulad_read_click(struct oulad_data *data, const struct oulad_columns *columns,
    const struct csv_row *row, struct oulad_click *click, struct err *fault)
{
	int64_t type;
	bool is_there;

	*click = (struct oulad_click){ .site_type = "" };
	if (!oulad_check_width(columns, row, fault))
		return false;
	click->course = find_course(data, columns, row);
	if (click->course < 0)
		return oulad_fault(columns, 1, "is not in courses.csv", fault);
	click->enrollment =
	    find_enrollment(data, click->course, oulad_cell(columns, row, 2));
	if (click->enrollment < 0)
		return oulad_fault(columns, 2,
		    "is not registered for this presentation", fault);
	if (!oulad_day(oulad_cell(columns, row, 4), &is_there, &click->day) ||
	    !is_there)
		return oulad_fault(columns, 4, "is no number of days", fault);
	if (!oulad_count(oulad_cell(columns, row, 5), &is_there,
		&click->clicks) ||
	    !is_there || click->clicks < 1)
		return oulad_fault(columns, 5, "is no number from 1 on", fault);
	type = text_map_get(&data->sites, oulad_cell(columns, row, 3));
	if (type >= 0)
		click->site_type = data->site_types[type];
	return true;
}
