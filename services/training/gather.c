/*
 * gather.c - fill the child's input: the plan, the samples
 * (gather_samples.c), protected attributes, the champion's file.
 */
#include "base/clock.h"
#include "base/mem.h"
#include "services/training/folders.h"
#include "services/training/looks.h"
#include "services/training/queries.h"
#include "services/training/run.h"
#include "wire/binary.h"
#include "wire/json.h"
#include "wire/query.h"

enum {
	DEFAULT_FOLDS = 5,
	DEFAULT_EPOCHS = 40,
	DEFAULT_SEED = 1,
	COURSES_MOST = 100000
};

static bool
ask_json(struct run *run, const char *target, const struct message *message,
    void *value, struct slice *body, struct err *err)
{
	struct ask question = { .peer = "ingestion",
		.method = "GET",
		.target = target,
		.tenant = run->tenant,
		.seconds = RUN_ASK_SECONDS };
	struct answer answer;

	if (!ask(run->w, &question, &answer, err) ||
	    !json_decode(message, answer.body, JSON_LENIENT, &run->w->arena,
		value, err))
		return false;
	if (body != NULL)
		*body = answer.body;
	return true;
}

static const char *
page_target(struct run *run, const char *path, const char *after)
{
	struct buf text = { 0 };
	const char *target;

	buf_text(&text, path);
	if (after != NULL) {
		buf_text(&text, "?after=");
		query_escape(&text, slice_of(after));
	}
	target = arena_copy(&run->w->arena, text.data);
	buf_close(&text);
	return target;
}

static void
keep_course(struct run *run, const struct course *from, struct course *to)
{
	*to = *from;
	to->course_id = arena_copy(&run->arena, from->course_id);
	to->title = NULL;
	if (from->term != NULL)
		to->term = arena_copy(&run->arena, from->term);
}

static bool
read_courses(struct run *run, struct course **courses, size_t *count,
    struct err *err)
{
	const char *next = NULL;
	struct course_page page;

	*count = 0;
	*courses = arena_array(&run->arena, 1, sizeof(**courses));
	do {
		struct course *more;

		if (!ask_json(run, page_target(run, "/internal/courses", next),
			&course_page_message, &page, NULL, err))
			return false;
		if (*count + page.items_count > COURSES_MOST)
			return err_set(err, ERR_INVALID,
			    "there are more than %d courses", COURSES_MOST);
		more = arena_array(&run->arena, *count + page.items_count + 1,
		    sizeof(*more));
		for (size_t i = 0; i < *count; i++)
			more[i] = (*courses)[i];
		for (size_t i = 0; i < page.items_count; i++)
			keep_course(run, &page.items[i], &more[(*count)++]);
		*courses = more;
		next = page.next;
	} while (next != NULL);
	return true;
}

/* The day up to which courses count as ended.  as_of is the day predictions
 * look from; what is recorded of later days about a cohort that someone names
 * for the test is not hidden by it. */
static int32_t
plan_day(const struct train_question *question,
    const struct tenant_rules *rules)
{
	bool is_named =
	    question->test_terms_count > 0 || question->test_courses_count > 0;

	return rules->has_as_of && !is_named ? rules->as_of
					     : day_of(clock_now());
}

static bool
read_plan(struct run *run, struct err *err)
{
	struct plan_world world = { 0 };
	struct tenant_rules rules;
	struct course *courses;

	if (!ask_json(run, "/api/v1/settings/tenant", &tenant_rules_message,
		&rules, NULL, err) ||
	    !read_courses(run, &courses, &world.count, err))
		return false;
	world.today = plan_day(&run->question, &rules);
	world.courses = courses;
	world.attendance_from = rules.attendance_from;
	return plan_make(&run->question, &world, &run->arena, &run->plan, err);
}

static bool
write_question(struct run *run, int file, struct err *err)
{
	const struct training_settings *settings = run->w->settings;
	const struct train_question *q = &run->question;
	const struct plan *plan = &run->plan;
	struct work_question work = { .seed =
					  q->has_seed ? q->seed : DEFAULT_SEED,
		.folds = q->has_folds ? q->folds : DEFAULT_FOLDS,
		.epochs = q->has_epochs ? q->epochs : DEFAULT_EPOCHS,
		.has_hidden = q->has_hidden,
		.hidden = q->hidden,
		.train_terms = plan->train.terms,
		.train_terms_count = plan->train.term_count,
		.test_terms = plan->test.terms,
		.test_terms_count = plan->test.term_count,
		.train_weeks = plan->train.weeks,
		.train_weeks_count = plan->train.week_count,
		.test_weeks = plan->test.weeks,
		.test_weeks_count = plan->test.week_count,
		.train_known_by = plan->train.known_by,
		.test_known_by = plan->test.known_by,
		.champion = run->champion,
		.has_grades_sooner = q->has_grades_sooner,
		.grades_sooner = q->grades_sooner,
		.checkpoints = folder_of(run),
		.has_checkpoint_seconds = true,
		.checkpoint_seconds = settings->checkpoint_seconds,
		.has_isotonic = q->has_calibration,
		.isotonic = q->has_calibration &&
		    q->calibration == CALIBRATION_ISOTONIC,
		.has_candidates = q->has_candidates,
		.candidates = q->candidates,
		.has_earlier_looks = true,
		.earlier_looks = run->earlier_looks };
	struct part part = { .kind = PART_QUESTION };
	struct buf packed = { 0 };
	bool is_good;

	binary_encode(&work_question_message, &work, &packed);
	part.body = buf_slice(&packed);
	is_good = part_write(file, &part, err);
	buf_close(&packed);
	return is_good;
}

static bool
write_protected(struct run *run, int file, struct err *err)
{
	const char *next = NULL;

	do {
		struct protected_page page;
		struct part part = { .kind = PART_PROTECTED };
		const char *target =
		    page_target(run, "/internal/protected", next);

		if (!ask_json(run, target, &protected_page_message, &page,
			&part.body, err) ||
		    !part_write(file, &part, err))
			return false;
		next = NULL;
		if (page.next != NULL)
			next = arena_copy(&run->arena, page.next);
		arena_reset(&run->w->arena);
	} while (next != NULL);
	return true;
}

static bool
write_champion(struct run *run, int file, struct err *err)
{
	struct part part = { .kind = PART_CHAMPION };
	struct db_result result = { 0 };
	bool is_good;

	if (run->champion == NULL)
		return true;
	if (!work_begin(run->w, run->tenant, err) ||
	    !db_query(run->w->db, &query_model_bytes,
		DB_ARGS(db_text(run->tenant), db_text(run->champion)), &result,
		err))
		return false;
	part.body = db_get_bytes(&result, 0, 0);
	is_good = part_write(file, &part, err);
	db_result_close(&result);
	return work_commit(run->w, err) && is_good;
}

static bool
find_champion(struct run *run, struct err *err)
{
	struct alias alias;

	if (!work_begin(run->w, run->tenant, err))
		return false;
	run->champion = NULL;
	if (alias_find(run->w, run->tenant, "champion", &alias, err))
		run->champion = arena_copy(&run->arena, alias.version);
	return err->code == ERR_NONE && work_commit(run->w, err);
}

static bool
note_test(struct run *run, struct err *err)
{
	return work_begin(run->w, run->tenant, err) &&
	    looks_note(run->w, run->tenant, run->job_id, &run->plan.test,
		&run->earlier_looks, err) &&
	    work_commit(run->w, err);
}

bool
run_gather(struct run *run, int file, struct err *err)
{
	bool is_good = read_plan(run, err) && note_test(run, err) &&
	    find_champion(run, err) && write_question(run, file, err) &&
	    run_gather_samples(run, file, err) &&
	    write_protected(run, file, err) && write_champion(run, file, err);

	arena_reset(&run->w->arena);
	mem_trim();
	return is_good;
}
