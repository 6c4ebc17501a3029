/* risk.c - `edupulse risk` and `edupulse predict`: lists and one student. */
#include <stdio.h>
#include <string.h>

#include "proto/prediction.h"
#include "services/edupulse/commands.h"
#include "services/edupulse/screen.h"

enum { REASONS_SHOWN = 3 };

/* "?a=1&b=2" grows by one pair; NULL values are left out. */
static void
add_query(struct buf *path, const char *name, const char *value)
{
	if (value == NULL)
		return;
	buf_byte(path, memchr(path->data, '?', path->size) == NULL ? '?' : '&');
	buf_printf(path, "%s=", name);
	http_escape(path, value);
}

static void
print_reasons(struct client *client, const struct prediction *prediction)
{
	size_t shown = prediction->explanations_count;

	if (shown > REASONS_SHOWN)
		shown = REASONS_SHOWN;
	for (size_t i = 0; i < shown; i++) {
		const struct reason *reason = &prediction->explanations[i];

		printf("        %s %s", reason->weight >= 0 ? "+" : "-",
		    text_shown(&client->arena, reason->label));
		if (reason->has_value)
			printf(": %.3g", reason->value);
		if (reason->has_typical_value)
			printf(" (typical %.3g)", reason->typical_value);
		printf("\n");
	}
	if (prediction->has_unexplained)
		printf("        Roughly: they miss %.3g of the logit\n",
		    prediction->unexplained);
	if (prediction->next_step != NULL)
		printf("        Next: %s\n",
		    text_shown(&client->arena, prediction->next_step));
}

/* "  (arm new)" where an experiment's arm has scored, else nothing. */
static const char *
words_of_arm(struct client *client, const struct prediction *one)
{
	if (strcmp(one->arm, "champion") == 0)
		return "";
	return arena_printf(&client->arena, "  (arm %s)",
	    text_shown(&client->arena, one->arm));
}

static void
print_list(struct client *client, const struct risk_list *list)
{
	char day[DAY_TEXT_SIZE];

	day_print(list->reference_date, day);
	printf("%lld students scored of %lld active on %s\n\n",
	    (long long)list->scored, (long long)list->active, day);
	if (list->active == 0)
		printf("Nobody you may see is active then: do --course, --term "
		       "and --date say what was meant?\n");
	for (size_t i = 0; i < list->items_count; i++) {
		const struct prediction *one = &list->items[i];

		printf("%4zu. %-16s %-16s %5.1f %%  %s%s\n", i + 1,
		    text_shown(&client->arena, one->student_id),
		    text_shown(&client->arena, one->course_id),
		    one->risk_score * 100,
		    risk_level_choice.names[one->risk_category],
		    words_of_arm(client, one));
		print_reasons(client, one);
	}
}

bool
run_risk(struct client *client, struct words words, struct err *err)
{
	const char *top = "10", *course = NULL, *term = NULL;
	const char *category = NULL, *date = NULL;
	const struct option_row rows[] = {
		{ "top", &top, NULL },
		{ "course", &course, NULL },
		{ "term", &term, NULL },
		{ "category", &category, NULL },
		{ "date", &date, NULL },
	};
	enum risk_level level;
	struct buf path = { 0 };
	struct risk_list list;
	int64_t number;
	int32_t day;
	size_t none;
	bool done;

	if (!options_read(words, rows, ARRAY_SIZE(rows), NULL, 0, &none, err) ||
	    !option_integer("top", top, 1, 500, &number, err) ||
	    !option_category(category, &level, err) ||
	    !option_day("date", date, &day, err))
		return false;
	buf_text(&path, "risk");
	add_query(&path, "top", top);
	add_query(&path, "course_id", course);
	add_query(&path, "term", term);
	add_query(&path, "category", category);
	add_query(&path, "reference_date", date);
	done = client_ask(client, "GET", path.data, NULL, NULL,
	    &risk_list_message, &list, err);
	buf_close(&path);
	if (done && !client->is_json)
		print_list(client, &list);
	return done;
}

static void
print_prediction(struct client *client, const struct prediction *one)
{
	char day[DAY_TEXT_SIZE], review[DAY_TEXT_SIZE];

	day_print(one->reference_date, day);
	day_print(one->next_review_date, review);
	printf("%s in %s on %s\n", text_shown(&client->arena, one->student_id),
	    text_shown(&client->arena, one->course_id), day);
	printf("  risk       %.1f %% (%s), 90 %% interval %.1f to %.1f\n",
	    one->risk_score * 100, risk_level_choice.names[one->risk_category],
	    one->confidence->low * 100, one->confidence->high * 100);
	printf("  review     %s\n  trend     ", review);
	for (size_t i = 0; i < one->trend_count; i++)
		printf(" %.0f", one->trend[i].risk_score * 100);
	printf("\n  model      %.12s%s\n  id         %s\n",
	    text_shown(&client->arena, one->model_version),
	    words_of_arm(client, one),
	    text_shown(&client->arena, one->prediction_id));
	print_reasons(client, one);
}

bool
run_predict(struct client *client, struct words words, struct err *err)
{
	const char *course = NULL, *date = NULL, *student;
	const struct option_row rows[] = {
		{ "course", &course, NULL },
		{ "date", &date, NULL },
	};
	struct predict_question question = { 0 };
	struct prediction prediction;
	size_t count;

	if (!options_read(words, rows, ARRAY_SIZE(rows), &student, 1, &count,
		err))
		return false;
	if (count != 1)
		return err_set(err, ERR_MALFORMED,
		    "predict wants a student's id");
	question.student_id = student;
	question.course_id = course;
	question.has_reference_date = date != NULL;
	if (!option_day("date", date, &question.reference_date, err) ||
	    !client_ask(client, "POST", "predict", &predict_question_message,
		&question, &prediction_message, &prediction, err))
		return false;
	if (!client->is_json)
		print_prediction(client, &prediction);
	return true;
}
