/*
 * service.c - service_main: from the command line to a daemon that serves,
 * and back down again.
 *
 * A service comes up without its database, its peers or Redis, and becomes
 * ready when they are there; only wrong settings and addresses in use keep it
 * from starting.
 */
#include "service/service.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "secure/digest.h"
#include "service/inside.h"

enum { KEY_MOST = 4096, ARENA_BLOCK = 16 * 1024, WRONG_SETTINGS = 2 };

static const char *const level_names[] = { "debug", "info", "warn", "error" };

static bool
find_level(const char *name, enum log_level *level, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(level_names); i++)
		if (strcmp(level_names[i], name) == 0) {
			*level = (enum log_level)i;
			return true;
		}
	return err_at(err, "log_level",
	    "%s is none of debug, info, warn, error", name);
}

/* Schema and roles: the name up to its first hyphen. */
static void
name_roles(struct service *service)
{
	size_t size = strcspn(service->kind->name, "-");

	must(size < NEED_TEXT / 2);
	snprintf(service->schema, sizeof(service->schema), "%.*s", (int)size,
	    service->kind->name);
	snprintf(service->role, sizeof(service->role), "edupulse_%.*s",
	    (int)size, service->kind->name);
	snprintf(service->owner, sizeof(service->owner), "edupulse_%.*s_owner",
	    (int)size, service->kind->name);
}

static bool
load_settings(struct service *service, int argc, char **argv, struct err *err)
{
	const struct service_kind *kind = service->kind;
	struct common_settings *common =
	    arena_alloc(&service->arena, sizeof(*common));
	struct setting_set sets[2] = { { &common_settings_table, common } };
	struct setting_sources sources = { .service = kind->name,
		.argc = argc,
		.argv = argv,
		.environment = environ };
	enum log_level level = LOG_INFO;

	if (kind->settings != NULL)
		sets[1] = (struct setting_set){ kind->settings,
			arena_alloc(&service->arena, kind->settings->size) };
	if (!setting_load(&sources, sets, kind->settings != NULL ? 2 : 1,
		&service->arena, err) ||
	    !find_level(common->log_level, &level, err))
		return false;
	if (kind->migrations != NULL && common->database[0] == '\0')
		return err_at(err, "database", "is not set");
	service->common = common;
	service->settings = sets[1].values;
	log_init(kind->name, level);
	return true;
}

static bool
open_bus(struct service *service, struct err *err)
{
	const struct common_settings *common = service->common;
	struct bus_settings settings = { .service = service->kind->name,
		.run_folder = common->run_folder,
		.address = common->bus_address,
		.bell = common->bell_address,
		.peers = common->peers };
	struct buf key = { 0 };

	if (!secret_read(common->cluster_key_file, KEY_MOST, &key, err)) {
		buf_close(&key);
		return err_in(err, "cluster_key_file");
	}
	settings.key = buf_slice(&key);
	service->bus = bus_new(&settings, err);
	explicit_bzero(key.data, key.size);
	buf_close(&key);
	return service->bus != NULL;
}

static void
init(struct service *service, const struct service_kind *kind)
{
	pthread_condattr_t monotonic;

	*service = (struct service){ .kind = kind, .began = clock_ticks() };
	arena_init(&service->arena, ARENA_BLOCK);
	pthread_mutex_init(&service->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&service->reader_wake, &monotonic);
	pthread_cond_init(&service->reader_looked, &monotonic);
	pthread_cond_init(&service->job_wake, &monotonic);
	pthread_cond_init(&service->need_changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	name_roles(service);
	readers_init(service);
	if (kind->migrations != NULL) {
		service_need(service, "database", false, "not asked yet");
		service_need(service, "migrations", false, "not asked yet");
	}
}

static void
close_all(struct service *service)
{
	if (service->bus != NULL)
		bus_free(service->bus);
	pthread_cond_destroy(&service->reader_wake);
	pthread_cond_destroy(&service->reader_looked);
	pthread_cond_destroy(&service->job_wake);
	pthread_cond_destroy(&service->need_changed);
	pthread_mutex_destroy(&service->lock);
	arena_close(&service->arena);
}

static bool
start_state(struct service *service, struct err *err)
{
	struct worker w;
	bool is_good = true;

	if (service->kind->start == NULL)
		return true;
	worker_init(&w, service);
	is_good = service->kind->start(&w, &service->state, err);
	worker_close(&w);
	return is_good;
}

struct threads {
	pthread_t *ids;          /* owned */
	struct job_apart *apart; /* owned: one for each job that is */
	size_t count;            /* of ids */
	size_t apart_count;
};

static void
start_thread(struct threads *threads, void *(*body)(void *), void *user)
{
	must(pthread_create(&threads->ids[threads->count++], NULL, body,
		 user) == 0);
}

static void
find_apart(struct service *service, struct threads *threads)
{
	const struct service_kind *kind = service->kind;

	threads->apart =
	    mem_alloc(kind->job_count + 1, sizeof(*threads->apart));
	for (size_t i = 0; i < kind->job_count; i++)
		if (kind->jobs[i].is_apart)
			threads->apart[threads->apart_count++] =
			    (struct job_apart){ service, &kind->jobs[i] };
}

static void
start_threads(struct service *service, struct threads *threads)
{
	size_t calls = (size_t)service->common->call_threads;
	bool has_side = service->kind->side != NULL;
	size_t count;

	*threads = (struct threads){ 0 };
	find_apart(service, threads);
	count = calls + 2 + threads->apart_count + has_side;
	threads->ids = mem_alloc(count, sizeof(*threads->ids));
	atomic_store(&service->threads, (int)count);
	for (size_t i = 0; i < calls; i++)
		start_thread(threads, call_thread, service);
	start_thread(threads, event_thread, service);
	start_thread(threads, job_thread, service);
	for (size_t i = 0; i < threads->apart_count; i++)
		start_thread(threads, job_apart_thread, &threads->apart[i]);
	if (has_side)
		start_thread(threads, side_thread, service);
}

static void
run_threads(struct service *service)
{
	struct threads threads;

	start_threads(service, &threads);
	log_info("service started: version=%s pid=%d", EDUPULSE_VERSION,
	    (int)getpid());
	uv_run(&service->loop, UV_RUN_DEFAULT);
	for (size_t i = 0; i < threads.count; i++)
		pthread_join(threads.ids[i], NULL);
	free(threads.ids);
	free(threads.apart);
}

/* Up, until stopped, and down again. */
static bool
serve(struct service *service, struct err *err)
{
	bool is_good = start_state(service, err);

	if (!is_good)
		return false;
	is_good = loop_open(service, err) && bus_listen(service->bus, err) &&
	    readers_listen(service, err);
	if (is_good)
		run_threads(service);
	bus_free(service->bus);
	service->bus = NULL;
	loop_close(service);
	if (service->kind->stop != NULL)
		service->kind->stop(service->state);
	return is_good;
}

static int
run_command(struct service *service, enum command command)
{
	struct err err = { 0 };

	if (command == COMMAND_MIGRATE)
		return command_migrate(service);
	if (!open_bus(service, &err)) {
		fprintf(stderr, "%s: %s\n", service->kind->name, err.detail);
		return WRONG_SETTINGS;
	}
	if (command == COMMAND_CHECK)
		return command_check(service);
	if (serve(service, &err)) {
		log_info("service stopped: service=%s", service->kind->name);
		return 0;
	}
	log_error("service did not start: error=%s", err.detail);
	return 1;
}

static void
show_wrong_settings(const char *name, const struct err *err)
{
	if (err->place_count == 0)
		fprintf(stderr, "%s: %s\n", name, err->detail);
	for (size_t i = 0; i < err->place_count && i < ERR_PLACES; i++)
		fprintf(stderr, "%s: %s: %s\n", name, err->places[i].pointer,
		    err->places[i].message);
}

int
service_main(int argc, char **argv, const struct service_kind *kind)
{
	struct service service;
	struct err err = { 0 };
	enum command command;
	const char *work;
	int status;

	mem_return_freed();
	signal(SIGPIPE, SIG_IGN);
	if (!command_read(argc, argv, &command, &work, &err)) {
		fprintf(stderr, "%s: %s\n", kind->name, err.detail);
		return WRONG_SETTINGS;
	}
	if (command == COMMAND_HELP)
		return command_help(kind);
	if (command == COMMAND_VERSION)
		return printf("%s %s\n", kind->name, EDUPULSE_VERSION) < 0;
	if (command == COMMAND_WORK)
		return command_work(kind, work);
	init(&service, kind);
	if (load_settings(&service, argc, argv, &err)) {
		status = run_command(&service, command);
	} else {
		show_wrong_settings(kind->name, &err);
		status = WRONG_SETTINGS;
	}
	close_all(&service);
	return status;
}

const char *
service_tenant(const struct service *service)
{
	return service->common->tenant;
}

struct bus *
service_bus(struct service *service)
{
	return service->bus;
}

const void *
service_settings(const struct service *service)
{
	return service->settings;
}

const struct common_settings *
service_common_settings(const struct service *service)
{
	return service->common;
}
