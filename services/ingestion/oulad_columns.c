/* oulad_columns.c - which columns each file has, and what a cell may hold. */
#include "services/ingestion/oulad_columns.h"

#include <stdlib.h>
#include <string.h>

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

bool
oulad_columns_read(struct oulad_columns *columns, enum oulad_file file,
    const struct csv_row *header, struct err *err)
{
	*columns =
	    (struct oulad_columns){ .file = file, .width = header->count };
	err_clear(err);
	if (csv_has_semicolons(header))
		return err_at(err, header->fields[0], CSV_SEPARATOR);
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

bool
oulad_check_width(const struct oulad_columns *columns,
    const struct csv_row *row, struct err *fault)
{
	err_clear(fault);
	if (row->count == columns->width)
		return true;
	return err_set(fault, ERR_INVALID,
	    "the row has %zu fields, the header %zu", row->count,
	    columns->width);
}

bool
oulad_fault(const struct oulad_columns *columns, size_t i, const char *why,
    struct err *fault)
{
	return err_at(fault, files[columns->file].columns[i], "%s", why);
}

bool
oulad_is_id(const char *text)
{
	size_t size = strlen(text);

	return size > 0 && size <= OULAD_ID_MOST && strcmp(text, "?") != 0 &&
	    strchr(text, '/') == NULL;
}

bool
oulad_count(const char *text, bool *is_there, int64_t *count)
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

bool
oulad_score(const char *text, bool *is_there, double *score)
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
