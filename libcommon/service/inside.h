/*
 * inside.h - what the files of the skeleton share; no service includes it.
 *
 *	service.c	service_main: settings, start, stop
 *	command.c	--help, --check, --migrate, --work
 *	loop.c		the main thread: signals, ticks, stopping
 *	ops.c		healthz, readyz, metrics, version
 *	needs.c		what readiness needs
 *	status.c	/internal/status
 *	worker.c	a thread's tools
 *	calls.c		call threads: from a question to its answer
 *	call.c		what a handler uses: parameters, request, replies
 *	condition.c	entity tags
 *	problem.c	errors as problem+json
 *	idempotency.c	doing it once
 *	locks.c		advisory locks of a session
 *	ask.c		asking others, and the order of it
 *	outbox.c	say, transactions, /internal/events
 *	readers.c	the event thread
 *	hearings.c	events by topic
 *	jobs.c		the job thread
 *	side.c		the side thread
 */
#ifndef SERVICE_INSIDE_H
#define SERVICE_INSIDE_H

#include <pthread.h>
#include <stdatomic.h>
#include <uv.h>

#include "proto/common.h"
#include "service/call.h"
#include "service/service.h"

/* Handlers of the skeleton's own routes. */
#define PROTO_DEF "proto/common.def"
#include "proto/as_handlers.h"

enum {
	NEEDS_MOST = 16,
	NEED_TEXT = 64,
	NEED_DETAIL = ERR_DETAIL_SIZE,
	RATE_SECONDS = 10
};

struct need {
	char name[NEED_TEXT];
	bool is_met;
	char detail[NEED_DETAIL];
	int64_t since;
};

/* What the event thread knows of one reader; `lock` guards what others see. */
struct reader {
	const struct reader_kind *kind; /* borrowed */
	char *cursor;     /* owned; NULL: load it from the database */
	int64_t due;      /* clock_ticks */
	int64_t pause;    /* after an error or another copy, microseconds: no
			 * bell is heard */
	bool stands_back; /* guarded: the pause is for another copy */
	int64_t lag;      /* guarded: entries */
	int64_t oldest;   /* guarded: time of the oldest not applied; 0: none */
	int64_t looked; /* guarded: clock_ticks before the latest page was asked
			 * for; 0: not yet */
	char error[NEED_DETAIL]; /* guarded: why it stands still */
};

struct service {
	const struct service_kind *kind; /* borrowed */
	const struct common_settings *common;
	const void *settings; /* of the kind */
	struct arena arena;   /* owned: settings, readers, texts */
	char schema[NEED_TEXT];
	char role[NEED_TEXT], owner[NEED_TEXT];
	struct bus *bus; /* owned */
	void *state;     /* what kind->start returned */
	int64_t began;   /* clock_ticks */
	atomic_bool is_stopping;
	atomic_bool is_database_away; /* as needs_watch has found it */

	/* The main thread's. */
	uv_loop_t loop;
	uv_async_t changed; /* a thread ended, or service_loop_done */
	uv_timer_t tick;
	uv_timer_t last_moment; /* of stopping */
	uv_signal_t terminate, interrupt;
	struct http_server *ops; /* owned */
	atomic_int threads;      /* running */
	atomic_bool is_loop_done;

	pthread_mutex_t lock; /* guards all below */
	struct need needs[NEEDS_MOST];
	size_t need_count;
	uint64_t calls;                      /* answered */
	uint64_t calls_at[RATE_SECONDS + 1]; /* one a second, a ring */
	size_t ticks;
	bool read_now;
	uint64_t job_wakes; /* how often jobs were to look at once */
	pthread_cond_t reader_wake, job_wake;
	pthread_cond_t need_changed;
	pthread_cond_t reader_looked; /* some `looked` or `error` is new */
	int64_t asked; /* clock_ticks: when readers_look was last called */

	struct reader *readers; /* in the arena */
	size_t reader_count;
};

/* worker.c.  One that is watched, a call thread's, does not ask a database
 * that is known not to answer. */
void worker_init(struct worker *w, struct service *service);
void worker_init_watched(struct worker *w, struct service *service);
void worker_close(struct worker *w);
/* Between two pieces of work. */
void worker_clear(struct worker *w);

/* calls.c, readers.c, jobs.c, side.c: bodies of threads; `user` is the
 * service. */
void *call_thread(void *user);
void *event_thread(void *user);
void *job_thread(void *user);
/* The body of a thread for a job that is apart; `user` is a job_apart. */
struct job_apart {
	struct service *service;
	const struct job_kind *kind;
};
void *job_apart_thread(void *user);
void *side_thread(void *user);
/* A thread's last words. */
void thread_ended(struct service *service);

/* readers.c, hearings.c */
void readers_init(struct service *service);
bool readers_listen(struct service *service, struct err *err);
/* Have every reader look now, and wait until it has, or is known to lag, or it
 * takes too long; `deadline` is the caller's.  Returns the moment of the call
 * (both clock_ticks).  Not for the event thread. */
int64_t readers_look(struct service *service, int64_t deadline);
/* Under the lock: may something have come in before `asked` of which the
 * reader does not know? */
bool reader_is_unsure(const struct reader *reader, int64_t asked);
bool apply_events(struct worker *w, struct reader_page *page, struct err *err);

/* loop.c: open before threads start, run, close after they have ended. */
bool loop_open(struct service *service, struct err *err);
void loop_close(struct service *service);

/* ops.c */
bool ops_listen(struct service *service, struct err *err);

/* needs.c */
bool is_ready(struct service *service);
bool need_is_met(struct service *service, const char *name);
/* The same, but a service that has just begun is given a second to find
 * what it needs: who asks it is not turned away for having come early. */
bool need_is_met_soon(struct service *service, const char *name);
size_t needs_copy(struct service *service, struct arena *arena,
    struct need_status **needs);
/* Look at database, migrations and cache; on the event thread. */
void needs_watch(struct worker *w);
/* What a failure says about needs: want of room is one until there is some. */
void needs_note(struct service *service, const struct err *err);

/* status.c */
void rate_count(struct service *service);
void rate_tick(struct service *service);

/* problem.c */
void problem_answer(const struct err *err, const struct call *call,
    struct bus_answer *answer, struct buf *body);
void problem_read(const char *peer, const struct answer *answer,
    struct arena *arena, struct err *err);

/* idempotency.c */
struct once {
	bool is_wanted; /* the call has a key */
	bool is_replay; /* the answer stands in the call already */
	bool is_locked; /* the session holds `lock` */
	int64_t lock;
	unsigned char content_hash[32];
};
bool once_begin(struct worker *w, struct call *call, struct once *once,
    struct err *err);
bool once_end(struct worker *w, struct call *call, const struct once *once,
    struct err *err);
/* When the transaction has ended, in whatever way, and before the answer. */
void once_close(struct worker *w, const struct once *once);

/* locks.c */
int64_t lock_number(const char *name);
/* `*is_ours` false: another session has it. */
MUST_CHECK bool lock_take(struct worker *w, int64_t number, bool *is_ours,
    struct err *err);
/* Outside of a transaction; `what` is for the log.  Whatever happens, this
 * session does not hold it afterwards. */
void lock_give(struct worker *w, int64_t number, const char *what);

/* ask.c: may a call of `asker` ask `asked`? */
bool may_ask(const char *asker, const char *asked);

/* command.c: what the command line asks for; all but SERVE give the exit
 * status. */
enum command {
	COMMAND_SERVE,
	COMMAND_HELP,
	COMMAND_VERSION,
	COMMAND_CHECK,
	COMMAND_MIGRATE,
	COMMAND_WORK
};
bool command_read(int argc, char **argv, enum command *command,
    const char **work, struct err *err);
int command_help(const struct service_kind *kind);
int command_work(const struct service_kind *kind, const char *work);
int command_check(struct service *service);
int command_migrate(struct service *service);
size_t migration_sets(const struct service *service, struct migrations sets[2]);
void database_settings(const struct service *service, bool as_owner,
    struct db_settings *settings);

#endif
