/* oulad_data.c - rows of the OULAD's files, checked against one another. */
#include "services/ingestion/oulad_data.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 1024, KEY_SIZE = 160, ID_MOST = 64 };

static const struct {
	const char *name;
	const char *columns[OULAD_COLUMNS_MOST];
} files[] = {
	[OULAD_COURSES] = { "courses.csv",
	    { "code_module", "code_presentation",
		"module_presentation_length" } },
	[OULAD_ASSESSMENTS] = { "assessments.csv",
	    { "code_module", "code_presentation", "id_assessment",
		"assessment_type", "date" } },
	[OULAD_VLE] = { "vle.csv", { "id_site", "activity_type" } },
	[OULAD_INFO] = { "studentInfo.csv",
	    { "code_module", "code_presentation", "id_student", "gender",
		"region", "highest_education", "imd_band", "age_band",
		"num_of_prev_attempts", "studied_credits", "disability",
		"final_result" } },
	[OULAD_REGISTRATION] = { "studentRegistration.csv",
	    { "code_module", "code_presentation", "id_student",
		"date_registration", "date_unregistration" } },
	[OULAD_SUBMISSIONS] = { "studentAssessment.csv",
	    { "id_assessment", "id_student", "date_submitted", "is_banked",
		"score" } },
	[OULAD_CLICKS] = { "studentVle.csv",
	    { "code_module", "code_presentation", "id_student", "id_site",
		"date", "sum_click" } },
};

const char *
oulad_file_name(enum oulad_file file)
{
	return files[file].name;
}

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

bool
oulad_columns_read(struct oulad_columns *columns, enum oulad_file file,
    const struct csv_row *header, struct err *err)
{
	*columns =
	    (struct oulad_columns){ .file = file, .width = header->count };
	err_clear(err);
	for (size_t i = 0; i < OULAD_COLUMNS_MOST; i++) {
		const char *name = files[file].columns[i];

		if (name == NULL)
			break;
		columns->places[i] = csv_column(header, name);
		if (columns->places[i] < 0)
			(void)err_at(err, name, "this column is missing");
	}
	return err->place_count == 0;
}

static bool
check_width(const struct oulad_columns *columns, const struct csv_row *row,
    struct err *fault)
{
	err_clear(fault);
	if (row->count == columns->width)
		return true;
	return err_set(fault, ERR_INVALID,
	    "the row has %zu fields, the header %zu", row->count,
	    columns->width);
}

static const char *
cell(const struct oulad_columns *columns, const struct csv_row *row, size_t i)
{
	return row->fields[columns->places[i]];
}

static bool
refuse(const struct oulad_columns *columns, size_t i, const char *why,
    struct err *fault)
{
	return err_at(fault, files[columns->file].columns[i], "%s", why);
}

/* A whole number of at most nine digits, or missing. */
static bool
read_count(const char *text, bool *is_there, int64_t *count)
{
	size_t size = strlen(text);

	*is_there = false;
	if (size == 0 || strcmp(text, "?") == 0)
		return true;
	if (size > 9 || strspn(text, "0123456789") != size)
		return false;
	*is_there = true;
	*count = strtoll(text, NULL, 10);
	return true;
}

/* An id of the data: short, not empty, and without the slash that stands
 * between the parts of our ids. */
static bool
is_id(const char *text)
{
	size_t size = strlen(text);

	return size > 0 && size <= ID_MOST && strcmp(text, "?") != 0 &&
	    strchr(text, '/') == NULL;
}

/* The course of the first two columns; -1: it is not in courses.csv. */
static int32_t
find_course(const struct oulad_data *data, const struct oulad_columns *columns,
    const struct csv_row *row)
{
	char id[KEY_SIZE];

	snprintf(id, sizeof(id), "%.64s/%.64s", cell(columns, row, 0),
	    cell(columns, row, 1));
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

	if (!check_width(columns, row, fault))
		return false;
	if (!is_id(cell(columns, row, 0)))
		return refuse(columns, 0, "is no id", fault);
	if (!oulad_day0(cell(columns, row, 1), &day0))
		return refuse(columns, 1, "is no year with B or J", fault);
	if (!read_count(cell(columns, row, 2), &is_there, &length) ||
	    !is_there || length < 1 || length > 2000)
		return refuse(columns, 2, "is no number of days", fault);
	*course = find_course(data, columns, row);
	if (*course >= 0)
		return true;
	if (data->course_count == OULAD_COURSES_MOST)
		return err_set(fault, ERR_INVALID, "there are too many");
	to->presentation = arena_copy(data->arena, cell(columns, row, 1));
	to->id = arena_printf(data->arena, "%s/%s", cell(columns, row, 0),
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

	if (!check_width(columns, row, fault))
		return false;
	to.course = find_course(data, columns, row);
	if (to.course < 0)
		return refuse(columns, 1, "is not in courses.csv", fault);
	if (!is_id(cell(columns, row, 2)))
		return refuse(columns, 2, "is no id", fault);
	if (!read_type(cell(columns, row, 3), &to.type))
		return refuse(columns, 3, "is none of TMA, CMA, Exam", fault);
	if (!oulad_day(cell(columns, row, 4), &to.has_due, &to.due))
		return refuse(columns, 4, "is no number of days", fault);
	if (text_map_get(&data->assessment_ids, cell(columns, row, 2)) >= 0)
		return true;
	if (data->assessment_count == OULAD_ASSESSMENTS_MOST)
		return err_set(fault, ERR_INVALID, "there are too many");
	to.id = arena_copy(data->arena, cell(columns, row, 2));
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

	if (!check_width(columns, row, fault))
		return false;
	type = cell(columns, row, 1);
	if (!is_id(cell(columns, row, 0)))
		return refuse(columns, 0, "is no id", fault);
	if (!is_id(type))
		return refuse(columns, 1, "is no id", fault);
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
	text_map_put(&data->sites, cell(columns, row, 0), known);
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
	return strcmp(text, "?") == 0 || strlen(text) > ID_MOST ? "" : text;
}

static void
take_protected(const struct oulad_columns *columns, const struct csv_row *row,
    struct oulad_info *info)
{
	info->gender = known(cell(columns, row, 3));
	info->region = known(cell(columns, row, 4));
	info->education = known(cell(columns, row, 5));
	info->deprivation = known(cell(columns, row, 6));
	info->age = known(cell(columns, row, 7));
	info->disability = known(cell(columns, row, 10));
}

bool
oulad_read_info(struct oulad_data *data, const struct oulad_columns *columns,
    const struct csv_row *row, struct oulad_info *info, struct err *fault)
{
	enum course_result result;
	char key[KEY_SIZE];
	int32_t course;

	*info = (struct oulad_info){ 0 };
	if (!check_width(columns, row, fault))
		return false;
	course = find_course(data, columns, row);
	if (course < 0)
		return refuse(columns, 1, "is not in courses.csv", fault);
	if (!is_id(cell(columns, row, 2)))
		return refuse(columns, 2, "is no id", fault);
	if (!read_count(cell(columns, row, 8), &info->has_attempts,
		&info->attempts) ||
	    info->attempts > 100)
		return refuse(columns, 8, "is no number up to 100", fault);
	if (!read_count(cell(columns, row, 9), &info->has_credits,
		&info->credits) ||
	    info->credits > 10000)
		return refuse(columns, 9, "is no number up to 10,000", fault);
	if (!read_result(cell(columns, row, 11), &result))
		return refuse(columns, 11,
		    "is none of Pass, Distinction, Fail, Withdrawn", fault);
	take_protected(columns, row, info);
	info->enrollment = find_enrollment(data, course, cell(columns, row, 2));
	if (info->enrollment >= 0)
		return true;
	if (data->enrollment_count == OULAD_ENROLLMENTS_MOST)
		return err_set(fault, ERR_INVALID, "there are too many");
	add_enrollment(data, course, cell(columns, row, 2))->result = result;
	info->enrollment = (int32_t)data->enrollment_count - 1;
	snprintf(key, sizeof(key), "%d/%.64s", course, cell(columns, row, 2));
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

	if (!check_width(columns, row, fault))
		return false;
	course = find_course(data, columns, row);
	if (course < 0)
		return refuse(columns, 1, "is not in courses.csv", fault);
	at = find_enrollment(data, course, cell(columns, row, 2));
	if (at < 0)
		return refuse(columns, 2, "is not in studentInfo.csv", fault);
	if (!oulad_day(cell(columns, row, 3), &has_first, &first))
		return refuse(columns, 3, "is no number of days", fault);
	if (!oulad_day(cell(columns, row, 4), &has_last, &last))
		return refuse(columns, 4, "is no number of days", fault);
	data->enrollments[at].has_registered = has_first;
	data->enrollments[at].registered = first;
	data->enrollments[at].has_unregistered = has_last;
	data->enrollments[at].unregistered = last;
	return true;
}

static bool
read_score(const char *text, bool *is_there, double *score)
{
	char *end;

	*is_there = false;
	if (text[0] == '\0' || strcmp(text, "?") == 0)
		return true;
	if (strspn(text, "0123456789.") != strlen(text) || strlen(text) > 12)
		return false;
	*score = strtod(text, &end);
	*is_there = true;
	return *end == '\0' && *score >= 0 && *score <= 100;
}

static bool
read_submission(const struct oulad_data *data,
    const struct oulad_columns *columns, const struct csv_row *row,
    struct oulad_submission *to, struct err *fault)
{
	const char *banked = cell(columns, row, 3);
	bool is_there;

	to->assessment =
	    (int32_t)text_map_get(&data->assessment_ids, cell(columns, row, 0));
	if (to->assessment < 0)
		return refuse(columns, 0, "is not in assessments.csv", fault);
	to->enrollment = find_enrollment(data,
	    data->assessments[to->assessment].course, cell(columns, row, 1));
	if (to->enrollment < 0)
		return refuse(columns, 1,
		    "is not registered for the assessment's presentation",
		    fault);
	if (!oulad_day(cell(columns, row, 2), &is_there, &to->day) || !is_there)
		return refuse(columns, 2, "is no number of days", fault);
	if (strcmp(banked, "0") != 0 && strcmp(banked, "1") != 0)
		return refuse(columns, 3, "is neither 0 nor 1", fault);
	to->is_banked = banked[0] == '1';
	if (!read_score(cell(columns, row, 4), &to->has_score, &to->score))
		return refuse(columns, 4, "is no number from 0 to 100", fault);
	return true;
}

bool
oulad_read_submission(struct oulad_data *data,
    const struct oulad_columns *columns, const struct csv_row *row,
    struct oulad_submission *submission, struct err *fault)
{
	int16_t *submitted;

	*submission = (struct oulad_submission){ 0 };
	if (!check_width(columns, row, fault) ||
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
	if (!check_width(columns, row, fault))
		return false;
	click->course = find_course(data, columns, row);
	if (click->course < 0)
		return refuse(columns, 1, "is not in courses.csv", fault);
	click->enrollment =
	    find_enrollment(data, click->course, cell(columns, row, 2));
	if (click->enrollment < 0)
		return refuse(columns, 2,
		    "is not registered for this presentation", fault);
	if (!oulad_day(cell(columns, row, 4), &is_there, &click->day) ||
	    !is_there)
		return refuse(columns, 4, "is no number of days", fault);
	if (!read_count(cell(columns, row, 5), &is_there, &click->clicks) ||
	    !is_there || click->clicks < 1)
		return refuse(columns, 5, "is no number from 1 on", fault);
	type = text_map_get(&data->sites, cell(columns, row, 3));
	if (type >= 0)
		click->site_type = data->site_types[type];
	return true;
}
