/*
 * samples.c - POST /internal/samples: what training learns from.
 *
 * An enrollment gives a sample for each wanted reference week in which it was
 * active and whose outcome is known by `known_by`; `scorable` says whether a
 * prediction on that day would have been given.  Features are those of the
 * reference day, exactly as that prediction would have had them.
 * The label is 1 when an adverse outcome happened after the reference day and
 * by the end of the course.
 */
#include <string.h>

#include "services/prediction/prediction.h"
#include "services/prediction/subject.h"
#include "wire/binary.h"

/* How an enrollment ended, as far as it was known by a day. */
struct ending {
	bool is_known;
	bool is_adverse;
	int32_t day; /* when it happened */
	int64_t result;
};

static struct ending
find_ending(const struct subject *subject, int32_t known_by)
{
	struct ending ending = { 0 };

	for (size_t i = 0; i < subject->facts.count; i++) {
		const struct fact *fact = &subject->facts.facts[i];

		if (fact->kind != FACT_OUTCOME ||
		    !fact_is_known(fact, known_by) ||
		    fact->detail == OUTCOME_CENSORED)
			continue;
		ending.is_known = true;
		ending.is_adverse = fact->detail == OUTCOME_ADVERSE;
		ending.day = fact->occurred_day;
		ending.result = fact->code;
	}
	return ending;
}

static struct slice
copy_floats(struct arena *arena, const float *values, size_t count)
{
	return (struct slice){ arena_text(arena, (const char *)values,
				   count * sizeof(float)),
		count * sizeof(float) };
}

static void
fill_sample(struct arena *arena, const struct subject *subject,
    const struct ending *ending, const struct feature_sequence *sequence,
    struct sample *sample)
{
	sample->enrollment_id = subject->enrollment_id;
	sample->student_id = subject->student_id;
	sample->course_id = subject->course_id;
	sample->term = subject->term;
	sample->label = ending->is_adverse;
	sample->result = ending->result;
	sample->has_result = true;
	sample->has_outcome_after = ending->is_adverse;
	sample->outcome_after = ending->day - sample->reference_day;
	sample->scorable = sequence->status == FEATURES_READY;
	sample->has_scorable = true;
	sample->step_count = (int64_t)sequence->step_count;
	sample->steps = copy_floats(arena, sequence->steps,
	    sequence->step_count * FEATURE_COUNT);
	sample->context = copy_floats(arena, sequence->context, CONTEXT_COUNT);
}

/* The enrollment seen from one week.  False: it gives no sample. */
static bool
make_sample(struct arena *arena, const struct subject *subject,
    const struct ending *ending, struct sample_page *page,
    struct sample *sample)
{
	struct feature_sequence sequence;

	features_build(&subject->features, subject->facts.facts,
	    subject->facts.count, sample->reference_day, arena, &sequence);
	if (sequence.status == FEATURES_NOT_ACTIVE)
		return false;
	page->active++;
	if (!ending->is_known || sequence.step_count == 0)
		return false;
	/* What has ended by the reference day is no warning any more. */
	if (ending->is_adverse && ending->day <= sample->reference_day)
		return false;
	fill_sample(arena, subject, ending, &sequence, sample);
	return true;
}

static void
add_samples(struct arena *arena, const struct sample_question *question,
    const struct subject *subject, struct sample_page *page)
{
	struct ending ending = find_ending(subject, question->known_by);

	for (size_t i = 0; i < question->weeks_count; i++) {
		struct sample *sample = &page->samples[page->samples_count];
		int week = (int)question->weeks[i];
		int32_t day = subject->features.course_start_day + 7 * week - 1;

		if (day > subject->features.course_end_day)
			continue;
		*sample = (struct sample){ .week = week, .reference_day = day };
		if (make_sample(arena, subject, &ending, page, sample))
			page->samples_count++;
	}
}

static bool
check_weeks(const struct sample_question *question, struct err *err)
{
	for (size_t i = 0; i < question->weeks_count; i++)
		if (!(question->weeks[i] >= 1 && question->weeks[i] <= 64))
			return err_at(err, "weeks",
			    "a reference week is between 1 and 64");
	return true;
}

static bool
read_page(struct worker *w, struct call *call,
    const struct sample_question *question, struct subjects *subjects,
    struct sample_page *page, struct err *err)
{
	const char *tenant = call->head->tenant;
	struct subject_filter filter = { question->terms, question->terms_count,
		question->courses, question->courses_count };
	struct rules rules;

	return rules_load(w, tenant, &w->arena, &rules, err) &&
	    subjects_count(w, tenant, &filter, &page->total, err) &&
	    subjects_after(w, tenant, &rules, &filter, question->after,
		(size_t)question->limit, subjects, err) &&
	    subjects_load_facts(w, tenant, subjects, err);
}

bool
get_samples(struct worker *w, struct call *call, struct err *err)
{
	struct sample_question question;
	struct sample_page page = { 0 };
	struct buf packed = { 0 };
	struct subjects subjects = { .arena = &w->arena };

	if (!call_read(call, &question, err) || !check_weeks(&question, err) ||
	    !read_page(w, call, &question, &subjects, &page, err))
		return false;
	page.samples = arena_array(&w->arena,
	    subjects.count * question.weeks_count, sizeof(struct sample));
	for (size_t i = 0; i < subjects.count; i++)
		add_samples(&w->arena, &question, &subjects.rows[i], &page);
	page.enrollments = (int64_t)subjects.count;
	if (subjects.count == (size_t)question.limit)
		page.next = subjects.rows[subjects.count - 1].enrollment_id;
	binary_encode(&sample_page_message, &page, &packed);
	reply_bytes(call, 200, "application/octet-stream", buf_slice(&packed));
	buf_close(&packed);
	return true;
}
