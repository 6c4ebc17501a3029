/*
 * oulad_data.h - what an import of the OULAD keeps in memory: all but the
 * clicks.  Built anew by reading the small files each time an import is taken
 * up; 32,593 registrations need about 10 MB.
 */
#ifndef INGESTION_OULAD_DATA_H
#define INGESTION_OULAD_DATA_H

#include "base/err.h"
#include "services/ingestion/oulad.h"
#include "services/ingestion/oulad_columns.h"
#include "services/ingestion/text_map.h"

enum {
	OULAD_COURSES_MOST = 500,
	OULAD_ASSESSMENTS_MOST = 5000,
	OULAD_ENROLLMENTS_MOST = 300000,
	OULAD_SITES_MOST = 200000,
	OULAD_SITE_TYPES_MOST = 100
};

struct oulad_data {
	struct arena *arena; /* borrowed: everything lives there */
	struct oulad_course *courses;
	struct oulad_assessment *assessments;
	struct oulad_enrollment *enrollments;
	size_t course_count, assessment_count, enrollment_count;
	size_t enrollment_room;
	const char *site_types[OULAD_SITE_TYPES_MOST];
	size_t site_type_count;
	struct text_map course_ids;     /* BBB/2013J */
	struct text_map assessment_ids; /* 1752 */
	struct text_map enrollment_ids; /* BBB/2013J/11391 */
	struct text_map sites;          /* id_site to its type */
	struct text_map site_type_ids;
};

void oulad_data_init(struct oulad_data *data, struct arena *arena);

/*
 * Each row of the small files is read by one of these, which add what is new.
 * False: the row is refused; `fault` names the column.  Reading a row twice
 * changes nothing the second time.
 */
MUST_CHECK bool oulad_read_course(struct oulad_data *data,
    const struct oulad_columns *columns, const struct csv_row *row,
    int32_t *course, struct err *fault);
MUST_CHECK bool oulad_read_assessment(struct oulad_data *data,
    const struct oulad_columns *columns, const struct csv_row *row,
    struct err *fault);
MUST_CHECK bool oulad_read_site(struct oulad_data *data,
    const struct oulad_columns *columns, const struct csv_row *row,
    struct err *fault);

struct oulad_info {
	int32_t enrollment; /* index */
	int64_t attempts, credits;
	bool has_attempts, has_credits;
	/* "" for missing; borrowed from the row */
	const char *gender, *region, *education, *deprivation, *age,
	    *disability;
};
MUST_CHECK bool oulad_read_info(struct oulad_data *data,
    const struct oulad_columns *columns, const struct csv_row *row,
    struct oulad_info *info, struct err *fault);
MUST_CHECK bool oulad_read_registration(struct oulad_data *data,
    const struct oulad_columns *columns, const struct csv_row *row,
    struct err *fault);

struct oulad_submission {
	int32_t assessment, enrollment; /* indices */
	int32_t day;
	bool is_banked, has_score;
	double score;
};
MUST_CHECK bool oulad_read_submission(struct oulad_data *data,
    const struct oulad_columns *columns, const struct csv_row *row,
    struct oulad_submission *submission, struct err *fault);

struct oulad_click {
	int32_t course, enrollment; /* indices */
	int32_t day;
	int64_t clicks;
	const char *site_type; /* "" when the site is not known */
};
MUST_CHECK bool oulad_read_click(struct oulad_data *data,
    const struct oulad_columns *columns, const struct csv_row *row,
    struct oulad_click *click, struct err *fault);

#endif
