/*
 * train.c - `edupulse train`: POST train/update, then GET train/jobs/{id}
 * until it has ended, then the winner's report; a new champion is waited
 * for until predictions come from it.  With --no-wait the job's id is all.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "proto/prediction.h"
#include "proto/training.h"
#include "services/edupulse/commands.h"
#include "services/edupulse/report.h"
#include "services/edupulse/screen.h"
#include "wire/json.h"

enum { LOOK_EVERY_MS = 250, SERVED_SECONDS = 60 };

struct train_words {
	const char *train_terms, *test_terms, *train_courses, *test_courses;
	const char *seed, *hidden, *epochs, *candidates, *grades_sooner;
	bool isotonic, promote, no_wait;
};

static bool
read_words(struct words words, struct train_words *given, struct err *err)
{
	const struct option_row rows[] = {
		{ "train-term", &given->train_terms, NULL },
		{ "test-term", &given->test_terms, NULL },
		{ "train-course", &given->train_courses, NULL },
		{ "test-course", &given->test_courses, NULL },
		{ "seed", &given->seed, NULL },
		{ "hidden", &given->hidden, NULL },
		{ "epochs", &given->epochs, NULL },
		{ "candidates", &given->candidates, NULL },
		{ "grades-sooner", &given->grades_sooner, NULL },
		{ "isotonic", NULL, &given->isotonic },
		{ "promote", NULL, &given->promote },
		{ "no-wait", NULL, &given->no_wait },
	};
	size_t none;

	return options_read(words, rows, ARRAY_SIZE(rows), NULL, 0, &none, err);
}

static bool
make_question(struct client *client, const struct train_words *given,
    struct train_question *question, struct err *err)
{
	question->has_seed = given->seed != NULL;
	question->has_hidden = given->hidden != NULL;
	question->has_epochs = given->epochs != NULL;
	question->has_candidates = given->candidates != NULL;
	question->has_grades_sooner = given->grades_sooner != NULL;
	question->has_calibration = given->isotonic;
	question->calibration = CALIBRATION_ISOTONIC;
	question->has_promote = given->promote;
	question->promote = given->promote;
	return option_integer("seed", given->seed, 0, UINT32_MAX,
		   &question->seed, err) &&
	    option_integer("hidden", given->hidden, 8, 256, &question->hidden,
		err) &&
	    option_integer("epochs", given->epochs, 1, 500, &question->epochs,
		err) &&
	    option_integer("candidates", given->candidates, 1, 64,
		&question->candidates, err) &&
	    option_integer("grades-sooner", given->grades_sooner, 1, 365,
		&question->grades_sooner, err) &&
	    option_names(client, given->train_terms, &question->train_terms,
		&question->train_terms_count, err) &&
	    option_names(client, given->test_terms, &question->test_terms,
		&question->test_terms_count, err) &&
	    option_names(client, given->train_courses, &question->train_courses,
		&question->train_courses_count, err) &&
	    option_names(client, given->test_courses, &question->test_courses,
		&question->test_courses_count, err);
}

static bool
has_ended(const struct train_job *job)
{
	return job->state == JOB_SUCCEEDED || job->state == JOB_FAILED ||
	    job->state == JOB_CANCELLED;
}

static void
draw(const struct train_job *job)
{
	char rest[128];

	snprintf(rest, sizeof(rest), "%s",
	    job->phase != NULL ? job->phase : "");
	if (job->has_epoch && job->has_validation_loss)
		snprintf(rest, sizeof(rest), "%s, epoch %lld, loss %.4f",
		    job->phase != NULL ? job->phase : "", (long long)job->epoch,
		    job->validation_loss);
	bar_draw("Training", job->progress, rest);
}

static bool
watch(struct client *client, struct train_job *job, struct err *err)
{
	const struct timespec pause = { 0, LOOK_EVERY_MS * 1000000L };
	const char *path =
	    arena_printf(&client->arena, "train/jobs/%s", job->job_id);

	while (!has_ended(job)) {
		nanosleep(&pause, NULL);
		if (!client_ask(client, "GET", path, NULL, NULL,
			&train_job_message, job, err))
			return false;
		draw(job);
	}
	bar_end();
	return true;
}

/* Prediction fetches a new champion by itself; look until it has. */
static bool
wait_until_served(struct client *client, const char *version, struct err *err)
{
	const struct timespec pause = { 0, LOOK_EVERY_MS * 1000000L };
	int64_t until = clock_ticks() + SERVED_SECONDS * SECOND_US;
	struct risk_list list;

	do {
		err_clear(err);
		if (client_ask(client, "GET", "risk?top=1", NULL, NULL,
			&risk_list_message, &list, err) &&
		    list.model_version != NULL &&
		    strcmp(list.model_version, version) == 0)
			return true;
		nanosleep(&pause, NULL);
	} while (clock_ticks() < until);
	return err_set(err, ERR_UNAVAILABLE,
	    "the new champion is not served after %d seconds: `edupulse "
	    "status` tells more",
	    SERVED_SECONDS);
}

static bool
has_succeeded(const struct train_job *job, struct err *err)
{
	return job->state == JOB_SUCCEEDED ||
	    err_set(err, ERR_CONFLICT, "training %s: %s",
		job_state_choice.names[job->state],
		job->error != NULL ? job->error : "no reason was given");
}

static bool
tell_end(struct client *client, const struct train_job *job, struct err *err)
{
	const char *promoted = job->promoted_version;
	const char *winner = job->winner_version;

	if (!has_succeeded(job, err))
		return false;
	if (job->verdict != NULL)
		printf("%s\n", text_shown(&client->arena, job->verdict));
	return report_print(client,
		   winner != NULL ? winner : job->model_version, "adverse",
		   err) &&
	    (promoted == NULL || wait_until_served(client, promoted, err));
}

bool
run_train(struct client *client, struct words words, struct err *err)
{
	struct train_question question = { 0 };
	struct train_words given = { 0 };
	struct train_job job;
	bool is_json = client->is_json, done;

	if (!read_words(words, &given, err) ||
	    !make_question(client, &given, &question, err))
		return false;
	client->is_json = is_json && given.no_wait;
	done = client_ask(client, "POST", "train/update",
	    &train_question_message, &question, &train_job_message, &job, err);
	if (done && given.no_wait && !is_json)
		printf("%s\n", text_shown(&client->arena, job.job_id));
	if (!done || given.no_wait)
		return done;
	if (!watch(client, &job, err))
		return false;
	client->is_json = is_json;
	if (!is_json)
		return tell_end(client, &job, err);
	return client_ask(client, "GET",
		   arena_printf(&client->arena, "train/jobs/%s", job.job_id),
		   NULL, NULL, &train_job_message, &job, err) &&
	    has_succeeded(&job, err);
}
