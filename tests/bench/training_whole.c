/*
 * training_whole.c - a training's child from its input to its result, once:
 * 30,000 enrollments at 10 reference weeks to learn from, 6,000 later ones at
 * weeks 4, 8, 12 and 16 to test on, 20 epochs at most, all else as a job has
 * it that asks for nothing.
 *
 *	training_whole [ENROLLMENTS]	so many to learn from, a fifth to test
 *
 * The samples are noise (incompressible, so the input is larger than a
 * school's) from which an outcome is drawn that a look back can tell.  Of each
 * phase is said as it ends: its minutes, and the most memory that the
 * child has had until then (VmHWM; it starts no process).  What a job does
 * besides is not in it: asking prediction for samples, checkpoints, storing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/must.h"
#include "base/random.h"
#include "ml/logistic.h"
#include "ml/network.h"
#include "proto/ingestion.h"
#include "proto/prediction.h"
#include "service/child.h"
#include "services/training/learn.h"
#include "services/training/work.h"
#include "tests/bench/line.h"
#include "wire/binary.h"
#include "wire/json.h"

enum {
	ENROLLMENTS = 30000,
	PAGE = 100, /* enrollments */
	EVERY = 4,  /* weeks */
	TRAIN_WEEKS = 10,
	TEST_WEEKS = 4,
	STEPS = EVERY * TRAIN_WEEKS,
	ROW = STEPS * NETWORK_INPUTS,
	PHASE_SIZE = 64
};

#define GIB 1073741824.0

/* A page in the making: the enrollments from `first` on. */
struct maker {
	int file;
	int first, count;
	float *steps;  /* (PAGE, ROW) */
	bool *adverse; /* (PAGE) */
	char (*ids)[16];
	struct sample *samples;
};

/* Weeks are alike within a student, and their mean tells. */
static void
fill_students(struct maker *m)
{
	for (int i = 0; i < m->count; i++) {
		float *own = m->steps + (size_t)i * ROW;
		struct random random;
		double level;

		random_init(&random, 1, (uint64_t)(m->first + i));
		level = random_normal(&random);
		for (int k = 0; k < ROW; k++)
			own[k] = (float)random_normal(&random);
		for (int t = 0; t < STEPS; t++)
			own[t * NETWORK_INPUTS] += (float)level;
		m->adverse[i] =
		    random_unit(&random) < logistic_probability(level - 1);
		snprintf(m->ids[i], sizeof(m->ids[i]), "s%d", m->first + i);
	}
}

static struct sample
make_sample(const struct maker *m, int i, int week)
{
	static const float context[NETWORK_CONTEXT];
	int number = m->first + i;

	return (struct sample){
		.enrollment_id = number + 1,
		.student_id = m->ids[i],
		.course_id = "C",
		.week = week,
		.label = m->adverse[i],
		.has_result = true,
		.result = !m->adverse[i] ? RESULT_PASS
		    : number % 2         ? RESULT_FAIL
					 : RESULT_WITHDRAWN,
		.has_outcome_after = m->adverse[i],
		.outcome_after = 30 + number % 60,
		.step_count = week,
		.steps = { (const char *)(m->steps + (size_t)i * ROW),
		    (size_t)(week * NETWORK_INPUTS) * sizeof(float) },
		.context = { (const char *)context, sizeof(context) },
	};
}

static void
write_part(const struct maker *m, const struct part *part)
{
	struct err err = { 0 };

	must(part_write(m->file, part, &err));
}

/* These enrollments at each of some weeks: of a test, a page is one week's. */
static void
write_page(struct maker *m, enum part_kind kind, uint32_t tag, int from,
    int until)
{
	struct sample_page page = { .samples = m->samples };
	struct buf packed = { 0 };

	for (int i = 0; i < m->count; i++)
		for (int week = from; week <= until; week += EVERY)
			page.samples[page.samples_count++] =
			    make_sample(m, i, week);
	page.active = (int64_t)page.samples_count;
	binary_encode(&sample_page_message, &page, &packed);
	write_part(m,
	    &(struct part){ .kind = kind,
		.tag = tag,
		.body = buf_slice(&packed) });
	buf_close(&packed);
}

static void
write_genders(const struct maker *m)
{
	struct buf page = { 0 };

	buf_text(&page, "{\"items\":[");
	for (int i = 0; i < m->count; i++)
		buf_printf(&page,
		    "%s{\"student_id\":\"%s\",\"attributes\":"
		    "{\"gender\":\"%s\"}}",
		    i > 0 ? "," : "", m->ids[i], i % 2 ? "male" : "female");
	buf_text(&page, "]}");
	write_part(m,
	    &(struct part){ .kind = PART_PROTECTED, .body = buf_slice(&page) });
	buf_close(&page);
}

static void
write_question(const struct maker *m)
{
	static const char *train_terms[] = { "2013" },
			  *test_terms[] = { "2014" };
	double weeks[TRAIN_WEEKS];
	struct work_question question = { .seed = 1,
		.folds = 5,
		.epochs = 20,
		.train_terms = train_terms,
		.train_terms_count = 1,
		.test_terms = test_terms,
		.test_terms_count = 1,
		.train_weeks = weeks,
		.train_weeks_count = TRAIN_WEEKS,
		.test_weeks = weeks,
		.test_weeks_count = TEST_WEEKS,
		.train_known_by = 16000,
		.test_known_by = 16400 };
	struct buf packed = { 0 };

	for (int i = 0; i < TRAIN_WEEKS; i++)
		weeks[i] = EVERY * (i + 1);
	binary_encode(&work_question_message, &question, &packed);
	write_part(m,
	    &(struct part){ .kind = PART_QUESTION,
		.body = buf_slice(&packed) });
	buf_close(&packed);
}

static void
write_input(int file, int enrollments)
{
	int all = enrollments + enrollments / 5;
	struct maker m = { .file = file,
		.steps = mem_alloc((size_t)PAGE * ROW, sizeof(float)),
		.adverse = mem_alloc(PAGE, sizeof(bool)),
		.ids = mem_alloc(PAGE, sizeof(*m.ids)),
		.samples =
		    mem_alloc((size_t)PAGE * TRAIN_WEEKS, sizeof(*m.samples)) };

	write_question(&m);
	for (m.first = 0; m.first < all; m.first += m.count) {
		bool is_test = m.first >= enrollments;

		m.count = PAGE;
		fill_students(&m);
		if (!is_test)
			write_page(&m, PART_TRAIN, 0, EVERY, STEPS);
		for (int week = EVERY; is_test && week <= EVERY * TEST_WEEKS;
		     week += EVERY)
			write_page(&m, PART_TEST, (uint32_t)week, week, week);
		if (is_test)
			write_genders(&m);
	}
	free(m.steps);
	free(m.adverse);
	free(m.ids);
	free(m.samples);
}

/* VmHWM of a process, in GiB; 0: it has ended. */
static double
most_memory(pid_t process)
{
	char path[64], line[256];
	double most = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)process);
	file = fopen(path, "r");
	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		if (strncmp(line, "VmHWM:", 6) == 0)
			most = strtod(line + 6, NULL) * 1024 / GIB;
	if (file != NULL)
		fclose(file);
	return most;
}

static double
processor_minutes(const struct rusage *usage)
{
	return (double)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) / 60;
}

static double
minutes_since(int64_t ticks)
{
	return (double)(clock_ticks() - ticks) / (double)SECOND_US / 60;
}

/* What the child is at, from when on. */
struct watch {
	char phase[PHASE_SIZE];
	int64_t since;
	int64_t began;
};

static void
phase_ended(const struct watch *watch, pid_t child)
{
	fprintf(stderr, "%s: %.1f minutes, at most %.2f GiB so far\n",
	    watch->phase, minutes_since(watch->since), most_memory(child));
}

static void
hear(struct watch *watch, struct slice text, pid_t child, struct arena *arena)
{
	struct work_progress progress;
	struct err err = { 0 };

	must(json_decode(&work_progress_message, text, JSON_LENIENT, arena,
	    &progress, &err));
	if (strcmp(progress.phase, watch->phase) == 0)
		return;
	if (watch->phase[0] != '\0')
		phase_ended(watch, child);
	snprintf(watch->phase, sizeof(watch->phase), "%s", progress.phase);
	watch->since = clock_ticks();
}

static void
run_child(struct watch *watch, int file)
{
	enum child_event event = CHILD_NOTHING;
	struct work_result result;
	struct child child;
	struct slice text;
	struct arena arena;
	struct err err = { 0 };

	arena_init(&arena, 1 << 20);
	watch->began = watch->since = clock_ticks();
	must(child_start_with(&child, WORK_TRAIN, file, &err));
	while (event != CHILD_ENDED) {
		event = child_next(&child, 1000, &text);
		if (event == CHILD_LINE)
			hear(watch, text, child.pid, &arena);
		if (event != CHILD_RESULT)
			continue;
		phase_ended(watch, child.pid);
		must(binary_decode(&work_result_message, text, &arena, &result,
		    &err));
		must(result.error == NULL);
		fprintf(stderr, "%s\n", work_winner(&result)->verdict);
	}
	must(child_end(&child, &err));
	arena_close(&arena);
}

int
main(int count, char **words)
{
	int enrollments = ENROLLMENTS, file;
	struct watch watch = { 0 };
	struct rusage usage;
	char name[96];

	if (count == 3 && strcmp(words[1], "--work") == 0)
		return learn_work(words[2], CHILD_INPUT, CHILD_REPORT);
	if (count == 2)
		enrollments = (int)strtol(words[1], NULL, 10) / PAGE * PAGE;
	must(enrollments >= 5 * PAGE);
	file = memfd_create("samples", MFD_CLOEXEC);
	must(file >= 0);
	write_input(file, enrollments);
	run_child(&watch, file);
	close(file);
	must(getrusage(RUSAGE_CHILDREN, &usage) == 0);
	snprintf(name, sizeof(name),
	    "whole training, %d enrollments x 10 weeks, 20 epochs",
	    enrollments);
	print_line((struct line){ name, "minutes", "an hour",
	    minutes_since(watch.began), 60 });
	print_line((struct line){ "whole training, processors' time",
	    "minutes", "an hour", processor_minutes(&usage), 60 });
	print_line((struct line){ "whole training, largest memory", "GiB",
	    "1 GiB", (double)usage.ru_maxrss * 1024 / GIB, 1 });
	return 0;
}
