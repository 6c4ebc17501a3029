/* experiments.c - `edupulse experiments`: make, start, share out, end, and how
 * the arms did. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "proto/prediction.h"
#include "services/edupulse/commands.h"
#include "services/edupulse/screen.h"
#include "services/edupulse/tagged.h"
#include "services/edupulse/verbs.h"

enum { ARMS_MOST = 8, SHARE_MOST = 10000 };

struct experiment_words {
	const char *arms;   /* control=champion:5000,new=challenger:5000 */
	const char *shares; /* control=4000,new=6000 */
	const char *why;
	bool despite_gate;
};

static const char folder[] = "experiments";

static const char *
words_of_arms(struct client *client, const struct experiment *experiment)
{
	const char *text = "";

	for (size_t i = 0; i < experiment->arms_count; i++)
		text = arena_printf(&client->arena, "%s%s%s %.1f %%", text,
		    i > 0 ? ", " : "", experiment->arms[i].arm,
		    (double)experiment->arms[i].share * 100 / SHARE_MOST);
	return text;
}

static bool
list_experiments(struct client *client, const char *word, const void *said,
    struct err *err)
{
	struct table table = TABLE("name", "state", "started", "ended", "arms");
	struct experiment_list list;

	(void)word;
	(void)said;
	if (!client_ask(client, "GET", folder, NULL, NULL,
		&experiment_list_message, &list, err))
		return false;
	if (client->is_json)
		return true;
	for (size_t i = 0; i < list.items_count; i++) {
		const struct experiment *one = &list.items[i];

		table_cell(&table, "%s", one->name);
		table_cell(&table, "%s",
		    experiment_state_choice.names[one->state]);
		table_day(&table, one->has_started_at, one->started_at);
		table_day(&table, one->has_ended_at, one->ended_at);
		table_cell(&table, "%s", words_of_arms(client, one));
	}
	table_print(&table);
	return true;
}

static void
print_arms(const struct experiment *experiment)
{
	struct table table = TABLE("arm", "model", "version", ">share");

	for (size_t i = 0; i < experiment->arms_count; i++) {
		const struct experiment_arm *arm = &experiment->arms[i];

		table_cell(&table, "%s", arm->arm);
		table_cell(&table, "%.12s", arm->model);
		table_cell(&table, "%.12s",
		    arm->version != NULL ? arm->version : "-");
		table_cell(&table, "%.2f %%",
		    (double)arm->share * 100 / SHARE_MOST);
	}
	table_print(&table);
}

static bool
show(struct client *client, const char *name, const void *said, struct err *err)
{
	struct experiment experiment;

	(void)said;
	if (!client_ask(client, "GET", tagged_path(client, folder, name), NULL,
		NULL, &experiment_message, &experiment, err))
		return false;
	if (client->is_json)
		return true;
	printf("%s is %s\n", text_shown(&client->arena, experiment.name),
	    experiment_state_choice.names[experiment.state]);
	print_arms(&experiment);
	return true;
}

/* "NAME=REST": cuts the copy at its sign. */
static bool
cut(struct client *client, const char *text, char sign, const char **first,
    const char **rest, struct err *err)
{
	char *copy = arena_copy(&client->arena, text);
	char *at = strchr(copy, sign);

	if (at == NULL || at == copy || at[1] == '\0')
		return err_set(err, ERR_MALFORMED,
		    "%s: arms are said as control=champion:5000,new=VERSION:"
		    "2500, shares as control=4000,new=6000",
		    text);
	*at = '\0';
	*first = copy;
	*rest = at + 1;
	return true;
}

static bool
read_arm(struct client *client, const char *text, struct arm_plan *arm,
    struct err *err)
{
	const char *rest, *share;

	return cut(client, text, '=', &arm->arm, &rest, err) &&
	    cut(client, rest, ':', &arm->model, &share, err) &&
	    option_integer("arms", share, 0, SHARE_MOST, &arm->share, err);
}

static bool
check_why(const struct experiment_words *said, struct err *err)
{
	return said->why != NULL ||
	    err_set(err, ERR_MALFORMED,
		"this wants --why TEXT: it is kept in the audit");
}

static bool
told(struct client *client, const struct experiment *experiment)
{
	if (!client->is_json)
		printf("%s is %s: %s\n",
		    text_shown(&client->arena, experiment->name),
		    experiment_state_choice.names[experiment->state],
		    text_shown(&client->arena,
			words_of_arms(client, experiment)));
	return true;
}

static bool
create(struct client *client, const char *name, const void *words,
    struct err *err)
{
	const struct experiment_words *said = words;
	struct arm_plan arms[ARMS_MOST] = { 0 };
	struct experiment_plan plan = { .name = name,
		.arms = arms,
		.why = said->why };
	struct experiment experiment;
	const char **texts;

	if (!check_why(said, err) ||
	    !option_names(client, said->arms, &texts, &plan.arms_count, err))
		return false;
	if (plan.arms_count < 2 || plan.arms_count > ARMS_MOST)
		return err_set(err, ERR_MALFORMED,
		    "say --arms with 2 to %d arms", ARMS_MOST);
	for (size_t i = 0; i < plan.arms_count; i++)
		if (!read_arm(client, texts[i], &arms[i], err))
			return false;
	return client_ask(client, "POST", folder, &experiment_plan_message,
		   &plan, &experiment_message, &experiment, err) &&
	    told(client, &experiment);
}

static bool
step(struct client *client, const char *name, const char *verb,
    const struct experiment_words *said, struct err *err)
{
	struct experiment_step step = { .why = said->why,
		.has_despite_gate = said->despite_gate,
		.despite_gate = said->despite_gate };
	struct experiment experiment;
	const char *path = arena_printf(&client->arena, "%s/%s",
	    tagged_path(client, folder, name), verb);

	return check_why(said, err) &&
	    client_ask(client, "POST", path, &experiment_step_message, &step,
		&experiment_message, &experiment, err) &&
	    told(client, &experiment);
}

static bool
start(struct client *client, const char *name, const void *said,
    struct err *err)
{
	return step(client, name, "start", said, err);
}

static bool
end(struct client *client, const char *name, const void *said, struct err *err)
{
	return step(client, name, "end", said, err);
}

static bool
share_out(struct client *client, const char *name, const void *words,
    struct err *err)
{
	const struct experiment_words *said = words;
	struct arm_share shares[ARMS_MOST] = { 0 };
	struct experiment_shares wish = { .shares = shares, .why = said->why };
	struct tagged tagged;
	const char **texts, *number;

	if (!check_why(said, err) ||
	    !option_names(client, said->shares, &texts, &wish.shares_count,
		err))
		return false;
	if (wish.shares_count < 1 || wish.shares_count > ARMS_MOST)
		return err_set(err, ERR_MALFORMED,
		    "say --shares control=4000,new=6000");
	for (size_t i = 0; i < wish.shares_count; i++)
		if (!cut(client, texts[i], '=', &shares[i].arm, &number, err) ||
		    !option_integer("shares", number, 0, SHARE_MOST,
			&shares[i].share, err))
			return false;
	if (!tagged_read(client, folder, name, NULL, NULL, &tagged, err))
		return false;
	tagged.path = arena_printf(&client->arena, "%s/shares", tagged.path);
	if (!tagged_put(client, &tagged, &experiment_shares_message, &wish,
		err))
		return false;
	return client->is_json || show(client, name, said, err);
}

static bool
history(struct client *client, const char *name, const void *said,
    struct err *err)
{
	struct table table =
	    TABLE("when", "what", "who", "why", "despite the gate");
	struct experiment_change_list list;
	const char *path = arena_printf(&client->arena, "%s/changes",
	    tagged_path(client, folder, name));

	(void)said;
	if (!client_ask(client, "GET", path, NULL, NULL,
		&experiment_change_list_message, &list, err))
		return false;
	if (client->is_json)
		return true;
	for (size_t i = 0; i < list.items_count; i++) {
		const struct experiment_change *one = &list.items[i];

		table_day(&table, true, one->changed_at);
		table_cell(&table, "%s", one->change);
		table_cell(&table, "%s", one->changed_by);
		table_cell(&table, "%s", one->why);
		table_cell(&table, "%s",
		    one->despite_gate != NULL ? one->despite_gate : "-");
	}
	table_print(&table);
	return true;
}

static void
figure_cell(struct table *table, const struct arm_figure *figure)
{
	if (figure == NULL)
		table_cell(table, "-");
	else if (!figure->has_low || !figure->has_high)
		table_cell(table, "%.3f", figure->value);
	else
		table_cell(table, "%.3f (%.3f to %.3f)", figure->value,
		    figure->low, figure->high);
}

static void
figure_cells(struct table *table, const struct arm_figures *figures)
{
	figure_cell(table, figures->brier);
	figure_cell(table, figures->log_loss);
	figure_cell(table, figures->auroc);
	figure_cell(table, figures->calibration_gap);
	figure_cell(table, figures->false_negative_rate);
	figure_cell(table, figures->alert_rate);
}

static void
print_report(struct client *client, const struct experiment_report *report)
{
	struct table counts = TABLE("arm", "version", ">share", ">enrollments",
	    ">students", ">scores", ">answers", ">known", ">adverse");
	struct table figures = TABLE("arm", "Brier", "log loss", "AUROC",
	    "calibration gap", "false negatives", "alerts");

	for (size_t i = 0; i < report->arms_count; i++) {
		const struct arm_report *arm = &report->arms[i];

		table_cell(&counts, "%s", arm->arm);
		table_cell(&counts, "%.12s", arm->version);
		table_cell(&counts, "%.2f %%",
		    (double)arm->share * 100 / SHARE_MOST);
		table_cell(&counts, "%" PRId64, arm->enrollments);
		table_cell(&counts, "%" PRId64, arm->students);
		table_cell(&counts, "%" PRId64, arm->scores);
		table_cell(&counts, "%" PRId64, arm->predictions);
		table_cell(&counts, "%" PRId64, arm->known);
		table_cell(&counts, "%" PRId64, arm->adverse_students);
		table_cell(&figures, "%s", arm->arm);
		figure_cells(&figures, arm->figures);
		if (arm->difference == NULL)
			continue;
		table_cell(&figures, "  less control");
		figure_cells(&figures, arm->difference);
	}
	table_print(&counts);
	table_print(&figures);
	for (size_t i = 0; i < report->arms_count; i++)
		if (!report->arms[i].enough)
			printf("%s: not enough data, under %" PRId64
			       " students with a known outcome\n",
			    text_shown(&client->arena, report->arms[i].arm),
			    report->least);
	printf("%s\n", text_shown(&client->arena, report->caution));
}

static bool
show_report(struct client *client, const char *name, const void *said,
    struct err *err)
{
	struct experiment_report report;
	const char *path = arena_printf(&client->arena, "%s/report",
	    tagged_path(client, folder, name));

	(void)said;
	if (!client_ask(client, "GET", path, NULL, NULL,
		&experiment_report_message, &report, err))
		return false;
	if (!client->is_json)
		print_report(client, &report);
	return true;
}

static bool
discard(struct client *client, const char *name, const void *said,
    struct err *err)
{
	struct buf answer = { 0 };
	bool done = client_call(client, "DELETE",
	    tagged_path(client, folder, name), NULL, &answer, err);

	(void)said;
	buf_close(&answer);
	if (done && !client->is_json)
		printf("Deleted experiment %s\n",
		    text_shown(&client->arena, name));
	return done;
}

static const struct verb verbs[] = {
	{ "", 0, 0, "", list_experiments },
	{ "create", 1, 1,
	    "create NAME --arms control=champion:5000,new=challenger:5000 "
	    "--why TEXT",
	    create },
	{ "start", 1, 1, "start NAME --why TEXT [--despite-gate]", start },
	{ "end", 1, 1, "end NAME --why TEXT", end },
	{ "shares", 1, 1,
	    "shares NAME --shares control=4000,new=6000 --why TEXT",
	    share_out },
	{ "show", 1, 1, "show NAME", show },
	{ "report", 1, 1, "report NAME", show_report },
	{ "history", 1, 1, "history NAME", history },
	{ "delete", 1, 1, "delete NAME", discard },
};

bool
run_experiments(struct client *client, struct words words, struct err *err)
{
	struct experiment_words said = { 0 };
	const struct option_row rows[] = {
		{ "arms", &said.arms, NULL },
		{ "shares", &said.shares, NULL },
		{ "why", &said.why, NULL },
		{ "despite-gate", NULL, &said.despite_gate },
	};
	const struct verb_table table = { "experiments", verbs,
		ARRAY_SIZE(verbs), rows, ARRAY_SIZE(rows), &said };

	return verbs_run(client, words, &table, err);
}
