/*
 * main.c - edupulse, the command-line client.
 *
 *	edupulse [--url URL] [--key-file FILE | --key KEY] [--json]
 *	         COMMAND [WORDS...]
 *
 * Tables for people, --json for programs.  Exit status: 0 done, 1 failed,
 * 2 wrong words, 3 the platform does not answer, 4 not allowed.
 */
#include <stdio.h>
#include <string.h>

#include "io/transfer.h"
#include "services/edupulse/commands.h"
#include "services/edupulse/screen.h"

struct command {
	const char *name;
	bool (*run)(struct client *client, struct words words, struct err *err);
	const char *words;
	const char *help;
};

static const struct command commands[] = {
	{ "login", run_login, "--url URL (--key-file FILE | --key KEY)",
	    "remember address and API key for this user" },
	{ "import", run_import, "FOLDER|FILE, or --watch ID",
	    "send a folder, zip or CSV file and watch it go in" },
	{ "predict", run_predict, "STUDENT [--course ID] [--date DAY]",
	    "one student's risk with its reasons" },
	{ "risk", run_risk,
	    "[--top N] [--course ID] [--term ID] [--category C] [--date DAY]",
	    "the students most at risk" },
	{ "train", run_train,
	    "[--train-term T,..] [--test-term T,..] [--train-course C,..] "
	    "[--test-course C,..] [--seed N] [--candidates N] [--isotonic] "
	    "[--grades-sooner DAYS] [--promote] [--no-wait]",
	    "train challengers, test them on a later cohort" },
	{ "models", run_models,
	    "[report VERSION | performance VERSION | approve VERSION "
	    "--why TEXT | promote VERSION --why TEXT [--despite-gate] "
	    "[--as ALIAS] | shadow [VERSION] [--champion VERSION] "
	    "[--course ID] | rollback --why TEXT | history [ALIAS] | "
	    "export VERSION --onnx FILE]",
	    "the registry, a model's report, promotion, roll-back, audit" },
	{ "experiments", run_experiments,
	    "[create NAME --arms control=champion:5000,new=challenger:5000 "
	    "--why TEXT | start NAME --why TEXT [--despite-gate] | "
	    "end NAME --why TEXT | shares NAME --shares control=4000,new=6000 "
	    "--why TEXT | show NAME | report NAME | history NAME | delete NAME]",
	    "models that serve side by side, and how each does" },
	{ "drift", run_drift,
	    "[check [--date DAY] [--days N] | reports | report ID]",
	    "what the model sees against what it learned from" },
	{ "keys", run_keys,
	    "[create --name NAME --role ROLE [--schools A,..] "
	    "[--sections A,..] [--tenant T] | revoke ID]",
	    "API keys: list, make, revoke" },
	{ "inbox", run_inbox, "[--all | read ID]",
	    "what you were told and have not read; --all: read ones too" },
	{ "recipients", run_recipients,
	    "[add --name NAME --role ROLE [--email ADDRESS] [--key ID] "
	    "[--schools A,B] [--sections A,B] | remove ID | test ID]",
	    "who can be told; test: send a mail now" },
	{ "rules", run_rules,
	    "[add --name NAME --kind KIND [--category C] [--quiet-days N] "
	    "[--courses A,B] [--schools A,B] [--sections A,B] [--roles R,S] "
	    "[--recipients ID,ID] | on ID | off ID | remove ID]",
	    "when something is told, and to whom" },
	{ "status", run_status, "[--wait SECONDS]",
	    "how each daemon is doing; --wait: once no reader lags" },
};

static void
print_command(FILE *out, const struct command *command)
{
	fprintf(out, "  %-11s %s\n              %s\n", command->name,
	    command->help, command->words);
}

static void
print_help(FILE *out)
{
	fputs("edupulse [--url URL] [--key-file FILE | --key KEY] [--json] "
	      "COMMAND ...\n\n",
	    out);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		print_command(out, &commands[i]);
	fputs("\nExit status: 0 done, 1 failed, 2 wrong words, 3 the platform "
	      "does not\nanswer, 4 not allowed.\n",
	    out);
}

static bool
wants_help(struct words words)
{
	for (int i = 0; i < words.count; i++)
		if (strcmp(words.texts[i], "--help") == 0)
			return true;
	return false;
}

static const struct command *
find_command(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

/* The detail mostly is the first place in words: it is not said twice. */
static void
print_error(const struct err *err)
{
	struct arena arena;

	arena_init(&arena, 4096);
	fprintf(stderr, "edupulse: %s\n", text_shown(&arena, err->detail));
	for (size_t i = 0; i < err->place_count && i < ERR_PLACES; i++)
		if (strstr(err->detail, err->places[i].message) == NULL)
			fprintf(stderr, "  %s: %s\n",
			    text_shown(&arena, err->places[i].pointer),
			    text_shown(&arena, err->places[i].message));
	arena_close(&arena);
	if (err->place_count > ERR_PLACES)
		fprintf(stderr, "  ... and %zu more\n",
		    err->place_count - ERR_PLACES);
}

static int
fail(const struct err *err)
{
	print_error(err);
	return err->code == ERR_MALFORMED ? 2 : client_exit_status(err);
}

/* No command, or none of that name. */
static int
fail_command(const char *name)
{
	struct err err = { 0 };

	if (name == NULL) {
		print_help(stderr);
		return 2;
	}
	err_set(&err, ERR_MALFORMED,
	    "there is no command %.40s: edupulse --help lists them", name);
	return fail(&err);
}

/* The words before the command; `*at` becomes the command's place. */
struct globals {
	struct client_account given;
	bool is_json;
};

static bool
read_globals(struct words words, struct globals *globals, int *at,
    struct err *err)
{
	struct option_row rows[] = {
		{ "url", &globals->given.url, NULL },
		{ "key", &globals->given.key, NULL },
		{ "key-file", &globals->given.key_file, NULL },
		{ "json", NULL, &globals->is_json },
	};
	int end = 0;
	size_t none;

	while (end < words.count && strncmp(words.texts[end], "--", 2) == 0) {
		bool takes_value = strcmp(words.texts[end], "--url") == 0 ||
		    strcmp(words.texts[end], "--key") == 0 ||
		    strcmp(words.texts[end], "--key-file") == 0;

		end += takes_value && end + 1 < words.count ? 2 : 1;
	}
	*at = end;
	words.count = end;
	return options_read(words, rows, ARRAY_SIZE(rows), NULL, 0, &none, err);
}

/* --json may also stand behind the command. */
static struct words
take_json(struct words words, bool *is_json)
{
	int kept = 0;

	for (int i = 0; i < words.count; i++)
		if (strcmp(words.texts[i], "--json") == 0)
			*is_json = true;
		else
			words.texts[kept++] = words.texts[i];
	words.count = kept;
	return words;
}

static int
run(const struct command *command, struct globals *globals, struct words words)
{
	struct client client = { 0 };
	struct err err = { 0 };
	bool done;

	words = take_json(words, &globals->is_json);
	client.is_json = globals->is_json;
	/* login is what makes an account: it needs none. */
	done = client_init(&client, &globals->given, &err) ||
	    (command->run == run_login && err.code == ERR_UNAUTHENTICATED);
	if (done) {
		err_clear(&err);
		done = command->run(&client, words, &err);
	}
	client_close(&client);
	return done ? 0 : fail(&err);
}

int
main(int argc, char **argv)
{
	struct words words = { argc - 1, argv + 1 };
	const struct command *command;
	struct globals globals = { 0 };
	struct err err = { 0 };
	int at, status;

	if (argc > 1 && strcmp(argv[1], "--help") == 0) {
		print_help(stdout);
		return 0;
	}
	if (!read_globals(words, &globals, &at, &err))
		return fail(&err);
	command = at < words.count ? find_command(words.texts[at]) : NULL;
	if (command == NULL)
		return fail_command(at < words.count ? words.texts[at] : NULL);
	words.texts += at + 1;
	words.count -= at + 1;
	if (wants_help(words)) {
		print_command(stdout, command);
		return 0;
	}
	if (!transfers_start(&err)) {
		fprintf(stderr, "edupulse: %s\n", err.detail);
		return 1;
	}
	status = run(command, &globals, words);
	transfers_stop();
	return status;
}
