/*
 * service.h - what every daemon is: a table of what it answers, hears and
 * does, over one skeleton.
 *
 *	int
 *	main(int argc, char **argv)
 *	{
 *		return service_main(argc, argv, &kind);
 *	}
 *
 * The skeleton reads settings, opens log, bus, database and ops port and runs
 * five kinds of thread:
 *	main	libuv loop: ops port, timers, signals, bells, and kind->on_loop
 *		(the gateway's public server).  Never waits.
 *	call	call_threads of them: take a question, run its handler, answer.
 *	event	applies pages of what was told, each in one transaction with its
 *		cursor.
 *	job	what is scheduled or was asked for; one more for each job that
 *		is apart.
 *	side	kind->side, if there is one: with low priority, what nobody
 *		waits for.
 *
 * Command line: NAME [--settings FILE] [--setting=value ...] and one of
 *	--help      every setting with its default
 *	--check     are settings valid and everything reachable?  Exit 0 or 1
 *	--migrate   bring the schema up to date as its owner, and leave
 *	--version
 *	--work NAME internal: be a child process (child.h)
 * Exit: 0 stopped as asked, 1 could not start or work, 2 wrong settings.
 */
#ifndef SERVICE_SERVICE_H
#define SERVICE_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "db/db.h"
#include "db/migrate.h"
#include "io/bus.h"
#include "io/cache.h"
#include "observe/metrics.h"
#include "proto/common.h"
#include "wire/message.h"
#include "wire/route.h"
#include "wire/setting.h"
#include "wire/topic.h"

struct service;
struct call;
struct worker;
struct uv_loop_s;

/* One thread's tools.  Nothing in it is shared. */
struct worker {
	struct service *service; /* borrowed: the process */
	const void *settings;	 /* borrowed: kind's own settings struct */
	void *state;		 /* borrowed: what kind->start returned */
	void *scratch;		 /* owned through kind->scratch_new/free */
	struct db *db;		 /* owned */
	struct cache *cache;	 /* owned */
	struct bus *bus;	 /* borrowed: the process */
	struct arena arena;	 /* reset after each call, page and job run */
	struct call *call;	 /* the call in hand; NULL outside of calls */
	bool said;		 /* ring the bell after the next commit */
};

/* How a service follows what another one tells.  `target` is asked with
 * ?after=CURSOR&limit=N appended; apply runs inside a transaction (without
 * tenant) that also stores page->next as the reader's cursor. */
struct reader_page {
	struct slice body;  /* in: what was answered */
	const char *next;   /* out: cursor behind the page; in the arena */
	size_t count;	    /* out: entries applied */
	bool more;	    /* out: read on at once? */
	int64_t oldest;	    /* out: time of the oldest entry, for the lag; 0 */
	int64_t remaining;  /* out: entries behind this page, if known */
};
struct reader_kind {
	const char *name;      /* of the cursor: "ingestion.records" */
	const char *publisher; /* whom to ask, and whose bell to hear */
	const char *target;    /* "/internal/records" */
	int limit;	       /* entries a page */
	bool (*apply)(struct worker *w, struct reader_page *page,
	    struct err *err);
	/* Called after the commit of each page; may be NULL. */
	void (*applied)(struct worker *w);
};

/* Something done now and then, by one copy of the service at a time (an
 * advisory lock decides).  Called every `period` seconds and after
 * service_wake(); returns true in `*again` to be called again at once.  One
 * that takes long looks at service_is_stopping() now and then.  Jobs wait for
 * each other, but not for one that is apart, nor that for them: it has a thread
 * of its own. */
struct job_kind {
	const char *name;
	int period;
	bool (*run)(struct worker *w, bool *again, struct err *err);
	bool is_apart;
};

/* What is done beside everything else: unlike a job, in every copy of the
 * service and whenever there is something to do, on a thread of its own with
 * low priority.  `run` is called again and again and
 * waits itself until it has something to do; it keeps nobody waiting.  When
 * stopping has begun `wake` is called, from another thread, and then `run` once
 * more, which shall not wait any longer. */
struct side_kind {
	const char *name;
	bool (*run)(struct worker *w, struct err *err);
	void (*wake)(void *state);
};

struct service_kind {
	const char *name; /* "prediction".  Up to its first hyphen also the
			   * schema and the roles edupulse_NAME (serves) and
			   * edupulse_NAME_owner (--migrate) */
	const struct route *routes;
	size_t route_count;
	const struct migrations *migrations; /* NULL: has no schema */
	const struct setting_table *settings; /* its own; NULL: none */
	const struct metric_table *metrics;   /* its own; NULL: none */
	const struct reader_kind *readers;
	size_t reader_count;
	/* One reader a publisher decodes its pages and hands each event whose
	 * topic is listed to its function. */
	const struct hearing *hearings;
	size_t hearing_count;
	const struct job_kind *jobs;
	size_t job_count;
	const struct side_kind *side; /* NULL: none */

	/* Each may be NULL.  start runs once, before threads, with a worker
	 * of its own (database may be unreachable: then it must not fail). */
	bool (*start)(struct worker *w, void **state, struct err *err);
	void (*stop)(void *state);
	void *(*scratch_new)(struct service *service);
	void (*scratch_free)(void *scratch);
	/* On the main thread, when the loop exists and before it runs. */
	bool (*on_loop)(struct service *service, void *state,
	    struct uv_loop_s *loop, struct err *err);
	/* Stopping has begun: stop accepting; call service_loop_done when
	 * nothing is in hand any more. */
	void (*on_drain)(struct service *service, void *state);
	/* What runs as `NAME --work WORK` (child.h): exit status. */
	int (*work)(const char *work, int input, int report);
};

int service_main(int argc, char **argv, const struct service_kind *kind);

/* Names a need of readiness (beside database, migrations and bus, which the
 * skeleton watches itself); safe from any thread.  Texts are copied. */
void service_need(struct service *service, const char *name, bool met,
    const char *detail);
/* The job thread looks again now. */
void service_wake(struct service *service);
/* The event thread reads again now. */
void service_read_now(struct service *service);
void service_loop_done(struct service *service);
bool service_is_stopping(const struct service *service);
const char *service_tenant(const struct service *service); /* the default */
struct bus *service_bus(struct service *service);
const void *service_settings(const struct service *service);
const struct common_settings *service_common_settings(
    const struct service *service);
/* What GET /internal/status answers; lists are in the arena. */
void service_own_status(struct service *service, struct arena *arena,
    struct service_status *status);

#endif
