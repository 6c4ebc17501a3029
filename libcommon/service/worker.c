/* worker.c - a thread's tools: made once, closed when the thread ends. */
#include "base/mem.h"
#include "service/inside.h"

enum { ARENA_BLOCK = 64 * 1024, MUCH_BYTES = 1024 * 1024 };

static void
init(struct worker *w, struct service *service, const atomic_bool *is_away)
{
	struct db_settings database;

	*w = (struct worker){ .service = service,
		.settings = service->settings,
		.state = service->state,
		.bus = service->bus };
	arena_init(&w->arena, ARENA_BLOCK);
	if (service->kind->migrations != NULL) {
		database_settings(service, false, &database);
		database.is_away = is_away;
		w->db = db_new(&database);
	}
	w->cache = cache_new(service->common->cache);
	if (service->kind->scratch_new != NULL)
		w->scratch = service->kind->scratch_new(service);
}

void
worker_init(struct worker *w, struct service *service)
{
	init(w, service, NULL);
}

void
worker_init_watched(struct worker *w, struct service *service)
{
	init(w, service, &service->is_database_away);
}

void
worker_clear(struct worker *w)
{
	bool had_much = w->arena.used_bytes > MUCH_BYTES;

	arena_reset(&w->arena);
	if (had_much)
		mem_trim();
}

void
worker_close(struct worker *w)
{
	if (w->service->kind->scratch_free != NULL && w->scratch != NULL)
		w->service->kind->scratch_free(w->scratch);
	cache_free(w->cache);
	if (w->db != NULL)
		db_free(w->db);
	arena_close(&w->arena);
}
