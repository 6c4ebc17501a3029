/*
 * command.c - what the command line may ask for instead of serving: --help,
 * --version, --check, --migrate and --work.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "libcommon/service/migrations.h"
#include "service/child.h"
#include "service/inside.h"

#define CHECK_US (5 * SECOND_US)

static const struct {
	const char *option;
	enum command command;
} options[] = {
	{ "--help", COMMAND_HELP },
	{ "--version", COMMAND_VERSION },
	{ "--check", COMMAND_CHECK },
	{ "--migrate", COMMAND_MIGRATE },
	{ "--work", COMMAND_WORK },
};

static enum command
command_of(const char *argument)
{
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if (strcmp(options[i].option, argument) == 0)
			return options[i].command;
	return COMMAND_SERVE;
}

bool
command_read(int argc, char **argv, enum command *command, const char **work,
    struct err *err)
{
	*command = COMMAND_SERVE;
	*work = NULL;
	for (int i = 1; i < argc; i++) {
		enum command here = command_of(argv[i]);

		if (here != COMMAND_SERVE)
			*command = here;
		else if (strcmp(argv[i], "--settings") == 0)
			i++;
		else if (strchr(argv[i], '=') == NULL)
			return err_set(err, ERR_INVALID,
			    "%s is no argument of %s; try --help", argv[i],
			    argv[0]);
		if (here == COMMAND_WORK && i + 1 < argc)
			*work = argv[++i];
	}
	if (*command == COMMAND_WORK && *work == NULL)
		return err_set(err, ERR_INVALID, "--work wants a name");
	return true;
}

int
command_help(const struct service_kind *kind)
{
	struct buf text = { 0 };

	printf("Usage: %s [--settings FILE] [--setting=value ...] "
	       "[--help | --version | --check | --migrate]\n\n"
	       "  --check    are the settings valid and is everything "
	       "reachable?\n"
	       "  --migrate  bring the database schema up to date, and "
	       "leave\n\n",
	    kind->name);
	setting_help(&common_settings_table, &text);
	if (kind->settings != NULL)
		setting_help(kind->settings, &text);
	fwrite(text.data, 1, text.size, stdout);
	buf_close(&text);
	return 0;
}

int
command_work(const struct service_kind *kind, const char *work)
{
	if (kind->work == NULL) {
		fprintf(stderr, "%s has no work to do alone\n", kind->name);
		return 2;
	}
	return kind->work(work, CHILD_INPUT, CHILD_REPORT);
}

size_t
migration_sets(const struct service *service, struct migrations sets[2])
{
	sets[0] = service_migrations;
	sets[1] = *service->kind->migrations;
	return 2;
}

void
database_settings(const struct service *service, bool as_owner,
    struct db_settings *settings)
{
	const struct common_settings *common = service->common;

	*settings = (struct db_settings){
		.conninfo = common->database,
		.role = as_owner ? service->owner : service->role,
		.password_file = as_owner ? common->owner_password_file
					  : common->database_password_file,
		.schema = service->schema,
	};
}

int
command_migrate(struct service *service)
{
	struct migrations sets[2];
	struct db_settings settings;
	struct err err = { 0 };
	size_t applied = 0;
	struct db *db;
	bool is_good;

	if (service->kind->migrations == NULL)
		return 0;
	database_settings(service, true, &settings);
	db = db_new(&settings);
	is_good =
	    migrate(db, sets, migration_sets(service, sets), &applied, &err);
	db_free(db);
	if (!is_good) {
		fprintf(stderr, "%s: migration failed: %s\n",
		    service->kind->name, err.detail);
		return 1;
	}
	printf("%s: %zu migrations applied\n", service->kind->name, applied);
	return 0;
}

static bool
say_checked(const char *what, bool is_good, const struct err *err)
{
	printf("%-12s %s%s%s\n", what, is_good ? "ok" : "missing",
	    is_good ? "" : ": ", is_good ? "" : err->detail);
	return is_good;
}

static bool
check_database(struct worker *w)
{
	struct migrations sets[2];
	struct err err = { 0 };

	if (w->db == NULL)
		return true;
	db_deadline(w->db, clock_ticks() + CHECK_US);
	return say_checked("database", db_connect(w->db, &err), &err) &&
	    say_checked("migrations",
		migrate_check(w->db, sets, migration_sets(w->service, sets),
		    &err),
		&err);
}

static bool
check_cache(struct worker *w)
{
	struct err err = { 0 };

	if (w->service->common->cache[0] == '\0')
		return true;
	err_set(&err, ERR_UNAVAILABLE, "%s does not answer",
	    w->service->common->cache);
	return say_checked("cache", cache_is_alive(w->cache), &err);
}

static bool
check_peers(struct worker *w)
{
	bool is_good = true;

	for (size_t i = 0; i < w->service->reader_count; i++) {
		struct ask question = {
			.peer = w->service->readers[i].kind->publisher,
			.method = "GET",
			.target = "/internal/status",
			.seconds = 5
		};
		struct answer answer;
		struct err err = { 0 };

		is_good = say_checked(question.peer,
			      ask(w, &question, &answer, &err), &err) &&
		    is_good;
	}
	return is_good;
}

int
command_check(struct service *service)
{
	struct worker w;
	bool is_good;

	printf("%-12s ok\n", "settings");
	worker_init(&w, service);
	is_good = check_database(&w);
	is_good = check_cache(&w) && is_good;
	is_good = check_peers(&w) && is_good;
	worker_close(&w);
	return is_good ? 0 : 1;
}
