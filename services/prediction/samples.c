/*
 * samples.c - POST /internal/samples: what training learns from.
 *
 * An enrollment gives a sample for each wanted reference week in which it was
 * active and whose outcome is known by `known_by`; `scorable` says whether a
 * prediction on that day would have been given.  Features are those of the
 * reference day, exactly as that prediction would have had them; the label is
 * that of ending.h.
 *
 * `grades_sooner` asks how things would look if grades had been known so many
 * days sooner: for training's report, never for a model that serves.
 *
 * A page ends early when it has become large: `next` says where to go on.
 */
#include "services/prediction/ending.h"
#include "services/prediction/prediction.h"
#include "services/prediction/subject.h"
#include "wire/binary.h"

/* Enrollments between two looks at the page's size, and when it is full. */
enum { CHUNK = 64, PAGE_BYTES = 2 * 1024 * 1024 };

static struct slice
copy_floats(struct arena *arena, const float *values, size_t count)
{
	return (struct slice){ arena_text(arena, (const char *)values,
				   count * sizeof(float)),
		count * sizeof(float) };
}

static void
fill_sample(struct arena *arena, const struct subject *subject,
    const struct fact *ending, const struct feature_sequence *sequence,
    struct sample *sample)
{
	bool is_adverse = ending->detail == OUTCOME_ADVERSE;

	sample->enrollment_id = subject->enrollment_id;
	sample->student_id = subject->student_id;
	sample->course_id = subject->course_id;
	sample->term = subject->term;
	sample->label = is_adverse;
	sample->result = ending->code;
	sample->has_result = true;
	sample->has_outcome_after = is_adverse;
	if (is_adverse)
		sample->outcome_after =
		    ending->occurred_day - sample->reference_day;
	sample->scorable = sequence->status == FEATURES_READY;
	sample->has_scorable = true;
	sample->step_count = (int64_t)sequence->step_count;
	sample->steps = copy_floats(arena, sequence->steps,
	    sequence->step_count * FEATURE_COUNT);
	sample->context = copy_floats(arena, sequence->context, CONTEXT_COUNT);
}

/* A page in the making. */
struct page {
	struct worker *w;
	const struct sample_question *question;
	struct sample_page answer;
	size_t bytes; /* of the sequences */
};

/* The enrollment seen from one week.  False: it gives no sample. */
static bool
make_sample(struct page *page, const struct subject *subject,
    struct sample *sample)
{
	struct tools *tools = page->w->scratch;
	struct feature_sequence sequence;
	const struct fact *ending;

	arena_reset(&tools->look);
	features_build(&subject->features, subject->facts.facts,
	    subject->facts.count, sample->reference_day, &tools->look,
	    &sequence);
	if (sequence.status == FEATURES_NOT_ACTIVE)
		return false;
	page->answer.active++;
	page->answer.scorable += sequence.status == FEATURES_READY;
	ending = ending_find(subject, page->question->known_by,
	    sample->reference_day);
	if (ending == NULL || sequence.step_count == 0)
		return false;
	fill_sample(&page->w->arena, subject, ending, &sequence, sample);
	page->bytes += sample->steps.size;
	return true;
}

/* A day on which something about a fact became known, brought forward. */
static int32_t
bring_forward(const struct fact *fact, int32_t day, int32_t days)
{
	int32_t sooner =
	    day - days > fact->occurred_day ? day - days : fact->occurred_day;

	return day == FACT_DAY_NEVER || sooner > day ? day : sooner;
}

/* A grade and what corrects it were earned on one day, so both days move
 * alike. */
static void
know_grades_sooner(struct subject *subject, int32_t days)
{
	for (size_t i = 0; i < subject->facts.count; i++) {
		struct fact *fact = &subject->facts.facts[i];

		if (fact->kind != FACT_GRADE)
			continue;
		fact->known_day = bring_forward(fact, fact->known_day, days);
		fact->superseded_day =
		    bring_forward(fact, fact->superseded_day, days);
	}
}

static bool
add_samples(void *user, struct subject *subject, struct err *err)
{
	struct page *page = user;
	const struct sample_question *question = page->question;
	struct sample_page *answer = &page->answer;

	(void)err;
	if (question->has_grades_sooner)
		know_grades_sooner(subject, (int32_t)question->grades_sooner);
	for (size_t i = 0; i < question->weeks_count; i++) {
		struct sample *sample = &answer->samples[answer->samples_count];
		int week = (int)question->weeks[i];
		int32_t day = subject->features.course_start_day + 7 * week - 1;

		if (day > subject->features.course_end_day)
			continue;
		*sample = (struct sample){ .week = week, .reference_day = day };
		if (make_sample(page, subject, sample))
			answer->samples_count++;
	}
	return true;
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
add_chunk(struct page *page, struct subject *rows, size_t count,
    struct err *err)
{
	struct worker *w = page->w;
	struct subjects chunk = { &w->arena, rows, count };

	page->answer.enrollments += (int64_t)count;
	return endings_load(w, w->call->head->tenant, &chunk, err) &&
	    subjects_visit(w, w->call->head->tenant, &chunk, add_samples, page,
		err);
}

static bool
fill_page(struct page *page, const struct subjects *subjects, struct err *err)
{
	struct sample_page *answer = &page->answer;
	size_t done = 0;

	answer->samples = arena_array(&page->w->arena,
	    subjects->count * page->question->weeks_count,
	    sizeof(struct sample));
	while (done < subjects->count && page->bytes < PAGE_BYTES) {
		size_t rest = subjects->count - done;
		size_t count = rest < CHUNK ? rest : CHUNK;

		if (!add_chunk(page, subjects->rows + done, count, err))
			return false;
		done += count;
	}
	if (done > 0 &&
	    (done < subjects->count ||
		subjects->count == (size_t)page->question->limit))
		answer->next = subjects->rows[done - 1].enrollment_id;
	return true;
}

static bool
read_subjects(struct worker *w, struct page *page, struct subjects *subjects,
    struct err *err)
{
	const struct sample_question *question = page->question;
	const char *tenant = w->call->head->tenant;
	struct subject_filter filter = { question->terms, question->terms_count,
		question->courses, question->courses_count };
	struct rules rules;

	return rules_load(w, tenant, &w->arena, &rules, err) &&
	    subjects_count(w, tenant, &filter, &page->answer.total, err) &&
	    subjects_after(w, tenant, &rules, &filter, question->after,
		(size_t)question->limit, subjects, err);
}

bool
get_samples(struct worker *w, struct call *call, struct err *err)
{
	struct sample_question question;
	struct page page = { .w = w,
		.question = &question,
		.answer = { .has_scorable = true } };
	struct subjects subjects = { .arena = &w->arena };
	struct buf packed = { 0 };

	if (!call_read(call, &question, err) || !check_weeks(&question, err) ||
	    !read_subjects(w, &page, &subjects, err) ||
	    !fill_page(&page, &subjects, err))
		return false;
	binary_encode(&sample_page_message, &page.answer, &packed);
	reply_bytes(call, 200, "application/octet-stream", buf_slice(&packed));
	buf_close(&packed);
	return true;
}
