/*
 * mlflow.c - calls to a tracking server, in the order in which a run needs
 * them.
 */
#include "services/training/mlflow.h"

#include <string.h>

#include "base/base64.h"
#include "io/transfer.h"
#include "wire/json.h"

#define PROTO_DEF "services/training/mlflow.def"
#include "proto/as_messages.h"

enum {
	STALL_SECONDS = 20,
	CALL_SECONDS = 300, /* a model file over a slow line */
	ANSWER_MOST = 16 * 1024 * 1024,
	WORDS_MOST = 200, /* of the server's, in an error */
	DOUBLES_MOST = 10,
	/* Of log-batch, each by itself; together 1,000. */
	METRICS_MOST = 1000,
	PARAMS_MOST = 100,
	TAGS_MOST = 100
};

#define API "/api/2.0/mlflow/"

bool
mlflow_is_on(const struct training_settings *settings)
{
	return settings->mlflow_tracking_uri[0] != '\0';
}

bool
mlflow_check(const struct training_settings *settings, struct err *err)
{
	static const char *const schemes[2] = { "http", "https" };

	if (!mlflow_is_on(settings))
		return true;
	return transfer_check(settings->mlflow_tracking_uri, schemes,
		   "tracking server", err) ||
	    err_in(err, "mlflow_tracking_uri (or MLFLOW_TRACKING_URI)");
}

/* As MLflow's own client chooses: user and password before the token. */
static const char *
authorization_of(const struct training_settings *settings, struct arena *arena)
{
	struct buf plain = { 0 }, text = { 0 };
	const char *header = NULL;

	if (settings->mlflow_tracking_username[0] != '\0' &&
	    settings->mlflow_tracking_password[0] != '\0') {
		buf_printf(&plain, "%s:%s", settings->mlflow_tracking_username,
		    settings->mlflow_tracking_password);
		base64_encode(&text, buf_slice(&plain));
		header =
		    arena_printf(arena, "Authorization: Basic %s", text.data);
	} else if (settings->mlflow_tracking_token[0] != '\0') {
		header = arena_printf(arena, "Authorization: Bearer %s",
		    settings->mlflow_tracking_token);
	}
	buf_close(&plain);
	buf_close(&text);
	return header;
}

void
mlflow_init(struct mlflow *m, struct worker *w)
{
	*m = (struct mlflow){ .w = w,
		.settings = w->settings,
		.line = http_line_new() };
	m->authorization = authorization_of(m->settings, &w->arena);
}

void
mlflow_close(struct mlflow *m)
{
	http_line_free(m->line);
}

/* One call ----------------------------------------------------------------- */

static bool
is_over(void *user)
{
	const struct worker *w = user;

	return service_is_stopping(w->service);
}

static const char *
url_of(struct mlflow *m, const char *target)
{
	const char *base = m->settings->mlflow_tracking_uri;
	size_t size = strlen(base);

	while (size > 0 && base[size - 1] == '/')
		size--;
	return arena_printf(&m->w->arena, "%.*s%s", (int)size, base, target);
}

/* What is not printable could end a line of ours. */
static const char *
plain_words(struct mlflow *m, const char *words)
{
	char *plain = arena_printf(&m->w->arena, "%.*s", WORDS_MOST, words);

	for (char *c = plain; *c != '\0'; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	return plain;
}

static enum err_code
code_of(long status, const char *error_code)
{
	if (strcmp(error_code, "RESOURCE_DOES_NOT_EXIST") == 0)
		return ERR_NOT_FOUND;
	if (strcmp(error_code, "RESOURCE_ALREADY_EXISTS") == 0)
		return ERR_CONFLICT;
	if (status == 401 || status == 403 || status == 408 || status == 429 ||
	    status >= 500)
		return ERR_UNAVAILABLE;
	return status >= 400 && error_code[0] != '\0' ? ERR_INVALID
						      : ERR_BAD_UPSTREAM;
}

static bool
refuse(struct mlflow *m, const char *target, long status,
    const struct buf *body, struct err *err)
{
	struct mlflow_problem problem;
	struct err unread = { 0 };

	if (!json_decode(&mlflow_problem_message, buf_slice(body), JSON_LENIENT,
		&m->w->arena, &problem, &unread))
		problem = (struct mlflow_problem){ "", NULL };
	return err_set(err, code_of(status, problem.error_code),
	    "the tracking server answered %ld to %.*s: %s %s", status,
	    (int)strcspn(target, "?"), target,
	    plain_words(m, problem.error_code),
	    plain_words(m, problem.message != NULL ? problem.message : ""));
}

/* Send `bytes` (data NULL: none) and have the answer's. */
static bool
send(struct mlflow *m, const char *method, const char *target,
    struct slice bytes, struct buf *body, struct err *err)
{
	struct http_question question = { .method = method,
		.url = url_of(m, target),
		.headers = { strcmp(method, "PUT") == 0
			? "Content-Type: application/octet-stream"
			: "Content-Type: application/json",
		    m->authorization },
		.is_once = strcmp(method, "POST") == 0,
		.body = bytes,
		.ca_file = m->settings->mlflow_tracking_server_cert_path,
		.stall_seconds = STALL_SECONDS,
		.most_seconds = CALL_SECONDS,
		.answer_most = ANSWER_MOST,
		.is_over = is_over,
		.user = m->w };
	struct http_answer answer = { .body = body };

	if (!http_ask(m->line, &question, &answer, err))
		return err_in(err, "the tracking server was not reached");
	return (answer.status >= 200 && answer.status < 300) ||
	    refuse(m, target, answer.status, body, err);
}

/* Have the answer of a call; `message` NULL: it does not matter. */
static bool
have_answer(struct mlflow *m, const char *method, const char *target,
    struct slice bytes, const struct message *message, void *value,
    struct err *err)
{
	struct buf body = { 0 };
	struct err unread = { 0 };
	bool is_good = send(m, method, target, bytes, &body, err);

	if (is_good && message != NULL &&
	    !json_decode(message, buf_slice(&body), JSON_LENIENT, &m->w->arena,
		value, &unread))
		is_good = err_set(err, ERR_BAD_UPSTREAM,
		    "the tracking server's answer to %.*s is none of MLflow's: "
		    "%s",
		    (int)strcspn(target, "?"), target,
		    plain_words(m, unread.detail));
	buf_close(&body);
	return is_good;
}

static bool
post(struct mlflow *m, const char *target, const struct message *question,
    const void *asked, const struct message *message, void *value,
    struct err *err)
{
	struct buf json = { 0 };
	bool is_good;

	json_encode(question, asked, &json);
	is_good = have_answer(m, "POST", target, buf_slice(&json), message,
	    value, err);
	buf_close(&json);
	return is_good;
}

/* GET with one value in its query. */
static bool
get(struct mlflow *m, const char *target, const char *value,
    const struct message *message, void *answer, struct err *err)
{
	struct buf text = { 0 };
	const char *whole;

	http_escape(&text, value);
	whole = arena_printf(&m->w->arena, "%s%s", target, text.data);
	buf_close(&text);
	return have_answer(m, "GET", whole, (struct slice){ NULL, 0 }, message,
	    answer, err);
}

/* False without an error: there was none. */
static bool
excuse(struct err *err, enum err_code code)
{
	if (err->code == code)
		err_clear(err);
	return err->code == ERR_NONE;
}

/* Experiment and run ------------------------------------------------------- */

bool
mlflow_experiment(struct mlflow *m, const char **experiment_id, struct err *err)
{
	struct mlflow_name name = { m->settings->mlflow_experiment_name };
	struct mlflow_experiment_found found;
	struct mlflow_experiment made;

	if (get(m, API "experiments/get-by-name?experiment_name=", name.name,
		&mlflow_experiment_found_message, &found, err)) {
		*experiment_id = found.experiment->experiment_id;
		return true;
	}
	/* Made by another meanwhile: ERR_CONFLICT, found next time. */
	if (!excuse(err, ERR_NOT_FOUND) ||
	    !post(m, API "experiments/create", &mlflow_name_message, &name,
		&mlflow_experiment_message, &made, err))
		return false;
	*experiment_id = made.experiment_id;
	return true;
}

static bool
delete_run(struct mlflow *m, const struct mlflow_run *run, struct err *err)
{
	struct mlflow_run_update gone = { .run_id = run->info->run_id };

	return post(m, API "runs/delete", &mlflow_run_update_message, &gone,
	    NULL, NULL, err);
}

bool
mlflow_run_find(struct mlflow *m, const char *experiment_id,
    const struct mlflow_pair *tag, struct mlflow_run **run, struct err *err)
{
	const char *ids[] = { experiment_id };
	struct mlflow_run_search search = { .experiment_ids = ids,
		.experiment_ids_count = 1,
		.filter = arena_printf(&m->w->arena, "tags.`%s` = '%s'",
		    tag->key, tag->value),
		.max_results = DOUBLES_MOST };
	struct mlflow_run_list list;

	*run = NULL;
	if (!post(m, API "runs/search", &mlflow_run_search_message, &search,
		&mlflow_run_list_message, &list, err))
		return false;
	/* Whoever looks keeps the same one. */
	for (size_t i = 0; i < list.runs_count; i++)
		if (*run == NULL ||
		    strcmp(list.runs[i].info->run_id, (*run)->info->run_id) < 0)
			*run = &list.runs[i];
	for (size_t i = 0; i < list.runs_count; i++)
		if (&list.runs[i] != *run && !delete_run(m, &list.runs[i], err))
			return false;
	return true;
}

bool
mlflow_run_make(struct mlflow *m, const struct mlflow_run_new *run_new,
    struct mlflow_run **run, struct err *err)
{
	struct mlflow_run_made made;

	if (!post(m, API "runs/create", &mlflow_run_new_message, run_new,
		&mlflow_run_made_message, &made, err))
		return false;
	*run = made.run;
	return true;
}

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static bool
log_part(struct mlflow *m, const struct mlflow_batch *part, struct err *err)
{
	return post(m, API "runs/log-batch", &mlflow_batch_message, part, NULL,
	    NULL, err);
}

bool
mlflow_log(struct mlflow *m, const struct mlflow_batch *all, struct err *err)
{
	for (size_t i = 0; i < all->params_count; i += PARAMS_MOST) {
		struct mlflow_batch part = { .run_id = all->run_id,
			.params = all->params + i,
			.params_count =
			    least(all->params_count - i, PARAMS_MOST) };

		if (!log_part(m, &part, err))
			return false;
	}
	for (size_t i = 0; i < all->metrics_count; i += METRICS_MOST) {
		struct mlflow_batch part = { .run_id = all->run_id,
			.metrics = all->metrics + i,
			.metrics_count =
			    least(all->metrics_count - i, METRICS_MOST) };

		if (!log_part(m, &part, err))
			return false;
	}
	for (size_t i = 0; i < all->tags_count; i += TAGS_MOST) {
		struct mlflow_batch part = { .run_id = all->run_id,
			.tags = all->tags + i,
			.tags_count = least(all->tags_count - i, TAGS_MOST) };

		if (!log_part(m, &part, err))
			return false;
	}
	return true;
}

bool
mlflow_run_end(struct mlflow *m, const struct mlflow_run_update *update,
    struct err *err)
{
	return post(m, API "runs/update", &mlflow_run_update_message, update,
	    NULL, NULL, err);
}

/* Artifacts ---------------------------------------------------------------- */

/* mlflow-artifacts:/PATH is kept by the server that was asked; with a host
 * behind the slashes it would be another one, which is not told our token. */
static const char *
artifacts_of(const struct mlflow_run *run)
{
	static const char scheme[] = "mlflow-artifacts:/";
	const char *uri = run->info->artifact_uri;
	size_t size = sizeof(scheme) - 1;

	if (uri == NULL || strncmp(uri, scheme, size) != 0 || uri[size] == '/')
		return NULL;
	return uri + size;
}

bool
mlflow_takes_artifacts(const struct mlflow_run *run)
{
	return artifacts_of(run) != NULL;
}

bool
mlflow_store(struct mlflow *m, const struct mlflow_run *run, const char *path,
    struct slice bytes, struct err *err)
{
	struct buf target = { 0 };
	const char *root = artifacts_of(run);
	bool is_stored;

	must(root != NULL);
	buf_text(&target, "/api/2.0/mlflow-artifacts/artifacts/");
	while (*root != '\0') {
		size_t size = strcspn(root, "/");

		http_escape(&target, arena_text(&m->w->arena, root, size));
		buf_byte(&target, '/');
		root += size + (root[size] == '/' ? 1 : 0);
	}
	buf_text(&target, path);
	is_stored = have_answer(m, "PUT", target.data, bytes, NULL, NULL, err);
	buf_close(&target);
	return is_stored;
}

/* Registered models -------------------------------------------------------- */

bool
mlflow_model(struct mlflow *m, const char *name, struct err *err)
{
	struct mlflow_name model = { name };

	return post(m, API "registered-models/create", &mlflow_name_message,
		   &model, NULL, NULL, err) ||
	    excuse(err, ERR_CONFLICT);
}

bool
mlflow_version_find(struct mlflow *m, const struct mlflow_version_new *wanted,
    struct mlflow_version **version, struct err *err)
{
	const char *filter =
	    arena_printf(&m->w->arena, "run_id='%s'", wanted->run_id);
	struct mlflow_version_list list;

	*version = NULL;
	if (!get(m, API "model-versions/search?filter=", filter,
		&mlflow_version_list_message, &list, err))
		return false;
	for (size_t i = 0; i < list.model_versions_count; i++) {
		struct mlflow_version *one = &list.model_versions[i];

		if (strcmp(one->name, wanted->name) == 0 &&
		    one->source != NULL &&
		    strcmp(one->source, wanted->source) == 0)
			*version = one;
	}
	return true;
}

bool
mlflow_version_make(struct mlflow *m, const struct mlflow_version_new *wanted,
    struct mlflow_version **version, struct err *err)
{
	struct mlflow_version_made made;

	if (!post(m, API "model-versions/create", &mlflow_version_new_message,
		wanted, &mlflow_version_made_message, &made, err))
		return false;
	*version = made.model_version;
	return true;
}

bool
mlflow_version_tag(struct mlflow *m, const struct mlflow_version_tag *tag,
    struct err *err)
{
	return post(m, API "model-versions/set-tag",
	    &mlflow_version_tag_message, tag, NULL, NULL, err);
}

bool
mlflow_alias_set(struct mlflow *m, const struct mlflow_alias *alias,
    struct err *err)
{
	return post(m, API "registered-models/alias", &mlflow_alias_message,
	    alias, NULL, NULL, err);
}
