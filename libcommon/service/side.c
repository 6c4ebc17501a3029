/*
 * side.c - the side thread: what is done beside everything else.
 *
 * It is nice to the others by 10, so that they get some nine tenths of a core
 * that they want too.  Not less than that: it holds locks now and then, for a
 * moment, and a thread that never runs would not give them back.
 */
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"
#include "service/inside.h"

enum { NICENESS = 10 };

static void
run_side(struct worker *w, const struct side_kind *side)
{
	struct err err = { 0 };

	if (!side->run(w, &err)) {
		must(err.code != ERR_NONE);
		log_warn("side work failed: work=%s error=%s", side->name,
		    err.detail);
	}
	db_rollback(w->db);
	w->said = false;
	needs_note(w->service, &err);
	worker_clear(w);
}

void *
side_thread(void *user)
{
	struct service *service = user;
	const struct side_kind *side = service->kind->side;
	bool is_last = false;
	struct worker w;

	/* Of the thread alone, as Linux has it. */
	if (setpriority(PRIO_PROCESS, (id_t)gettid(), NICENESS) != 0)
		log_warn("side work has the priority of all: work=%s",
		    side->name);
	worker_init(&w, service);
	while (!is_last) {
		is_last = service_is_stopping(service);
		run_side(&w, side);
	}
	worker_close(&w);
	thread_ended(service);
	return NULL;
}
