/* champion.c - moves of the aliases, each on the base of an entity tag. */
#include "services/edupulse/champion.h"

#include <stdio.h>
#include <string.h>

#include "services/edupulse/screen.h"
#include "wire/json.h"

static const char champion[] = "champion";

/* In the client's arena. */
static const char *
path_of(struct client *client, const char *alias)
{
	struct buf path = { 0 };
	const char *copy;

	buf_text(&path, "models/aliases/");
	http_escape(&path, alias);
	copy = arena_copy(&client->arena, path.data);
	buf_close(&path);
	return copy;
}

static bool
check_why(const struct champion_words *words, struct err *err)
{
	return words->why != NULL ||
	    err_set(err, ERR_MALFORMED,
		"this wants --why TEXT: it is kept in the audit");
}

/* What is only asked to be used is not printed, with --json neither. */
static bool
read_silently(struct client *client, const char *path,
    const struct message *message, void *value, struct err *err)
{
	bool is_json = client->is_json, done;

	client->is_json = false;
	done = client_ask(client, "GET", path, NULL, NULL, message, value, err);
	client->is_json = is_json;
	return done;
}

/* Any unmistakable beginning of a version will do. */
static bool
read_model(struct client *client, const char *version, struct model_row *model,
    struct err *err)
{
	struct buf path = { 0 };
	bool done;

	buf_text(&path, "models/");
	http_escape(&path, version);
	done = read_silently(client, path.data, &model_row_message, model, err);
	buf_close(&path);
	return done;
}

/* The entity tag of where the alias points now; "none" before it points
 * anywhere. */
static bool
read_tag(struct client *client, const char *name, const char **tag,
    struct err *err)
{
	struct alias alias;

	*tag = "\"none\"";
	if (read_silently(client, path_of(client, name), &alias_message, &alias,
		err))
		*tag = arena_copy(&client->arena, client->etag);
	else if (err->code == ERR_NOT_FOUND)
		err_clear(err);
	return err->code == ERR_NONE;
}

/* One call, whose answer says where the alias points. */
struct move {
	const char *alias;
	const char *method;
	const char *path;
	const char *tag;
	const struct message *message;
	const void *value;
};

static bool
send_move(struct client *client, const struct move *move, struct err *err)
{
	struct client_body body = { .content_type = "application/json",
		.if_match = move->tag };
	struct buf json = { 0 }, answer = { 0 };
	struct alias alias;
	bool done;

	json_encode(move->message, move->value, &json);
	body.bytes = buf_slice(&json);
	done = client_call(client, move->method, move->path, &body, &answer,
		   err) &&
	    json_decode(&alias_message, buf_slice(&answer), JSON_LENIENT,
		&client->arena, &alias, err);
	if (done && client->is_json)
		printf("%s\n", answer.data);
	else if (done)
		printf("%s is %.12s now\n", move->alias,
		    text_shown(&client->arena, alias.version));
	buf_close(&json);
	buf_close(&answer);
	return done;
}

static bool
put_alias(struct client *client, const char *alias,
    const struct alias_change *change, const char *tag, struct err *err)
{
	struct move move = { alias, "PUT", path_of(client, alias), tag,
		&alias_change_message, change };

	return send_move(client, &move, err);
}

bool
champion_serves(const struct model_row *model)
{
	for (size_t i = 0; i < model->aliases_count; i++)
		if (strcmp(model->aliases[i], champion) == 0)
			return true;
	return false;
}

/* A verdict may be longer than an error. */
static bool
refuse(struct client *client, const struct model_row *model, struct err *err)
{
	if (model->verdict == NULL)
		return err_set(err, ERR_CONFLICT,
		    "the gate has never judged %.12s", model->version);
	fprintf(stderr, "%s\n", text_shown(&client->arena, model->verdict));
	return err_set(err, ERR_CONFLICT,
	    "the gate has not allowed %.12s; its reasons stand above",
	    model->version);
}

bool
champion_approve(struct client *client, const char *version,
    const struct champion_words *words, struct err *err)
{
	struct alias_change change = { .why = words->why };
	struct model_row model;
	const char *tag;

	if (!check_why(words, err) || !read_model(client, version, &model, err))
		return false;
	if (champion_serves(&model))
		return err_set(err, ERR_CONFLICT,
		    "%.12s is the champion already", model.version);
	if (!model.has_outcome || model.outcome != GATE_ALLOWED)
		return refuse(client, &model, err);
	change.version = model.version;
	tag = model.judged_against != NULL ? model.judged_against : "none";
	return put_alias(client, champion, &change,
	    arena_printf(&client->arena, "\"%s\"", tag), err);
}

bool
champion_promote(struct client *client, const char *version,
    const struct champion_words *words, struct err *err)
{
	struct alias_change change = { .why = words->why,
		.has_despite_gate = words->despite_gate,
		.despite_gate = words->despite_gate };
	const char *alias = words->alias != NULL ? words->alias : champion;
	struct model_row model;
	const char *tag;

	if (!check_why(words, err) ||
	    !read_model(client, version, &model, err) ||
	    !read_tag(client, alias, &tag, err))
		return false;
	change.version = model.version;
	return put_alias(client, alias, &change, tag, err);
}

bool
champion_roll_back(struct client *client, const struct champion_words *words,
    struct err *err)
{
	struct roll_back question = { words->why };
	struct move move = { champion, "POST", "models/rollback", NULL,
		&roll_back_message, &question };

	return check_why(words, err) &&
	    read_tag(client, champion, &move.tag, err) &&
	    send_move(client, &move, err);
}

static void
move_cells(struct table *table, const struct alias_moved *move)
{
	char when[CLOCK_TEXT_SIZE];

	clock_print(move->moved_at, when);
	table_cell(table, "%s", when);
	table_cell(table, "%.12s",
	    move->from_version != NULL ? move->from_version : "-");
	table_cell(table, "%.12s", move->to_version);
	table_cell(table, "%s", move->is_rollback ? "roll-back" : "move");
	table_cell(table, "%s",
	    move->has_outcome ? gate_outcome_choice.names[move->outcome] : "-");
	table_cell(table, "%s", move->moved_by);
	table_cell(table, "%s", move->why);
}

bool
champion_history(struct client *client, const char *alias, struct err *err)
{
	struct table table =
	    TABLE("when", "from", "to", "what", "gate", "by", "why");
	struct alias_moved_list list;
	bool done;

	done = client_ask(client, "GET",
	    arena_printf(&client->arena, "%s/moves?limit=500",
		path_of(client, alias)),
	    NULL, NULL, &alias_moved_list_message, &list, err);
	if (!done || client->is_json)
		return done;
	for (size_t i = 0; i < list.items_count; i++)
		move_cells(&table, &list.items[i]);
	table_print(&table);
	return true;
}
