/*
 * hearings.c - events by topic: one reader for each publisher that is heard,
 * and its pages handed out event by event.  Also sets up all readers.
 */
#include <string.h>

#include "service/inside.h"
#include "wire/json.h"

enum { EVENTS_A_PAGE = 200 };

static bool
hand_out(struct worker *w, const struct event *event, struct err *err)
{
	const struct service_kind *kind = w->service->kind;

	for (size_t i = 0; i < kind->hearing_count; i++) {
		const struct hearing *hearing = &kind->hearings[i];

		if (strcmp(hearing->publisher, event->source) != 0 ||
		    strcmp(hearing->topic, event->type) != 0)
			continue;
		if (!work_tenant(w, event->tenant, err) ||
		    !hearing->hear(w, event, err))
			return err_in(err, "event %s %s", event->type,
			    event->id);
	}
	return true;
}

bool
apply_events(struct worker *w, struct reader_page *page, struct err *err)
{
	struct event_page events;

	if (!json_decode(&event_page_message, page->body, JSON_LENIENT,
		&w->arena, &events, err))
		return false;
	for (size_t i = 0; i < events.items_count; i++)
		if (!hand_out(w, &events.items[i], err))
			return false;
	page->next = events.next;
	page->count = events.items_count;
	page->more = events.more;
	page->remaining = events.has_remaining ? events.remaining : 0;
	if (events.items_count > 0)
		page->oldest = events.items[events.items_count - 1].time;
	return true;
}

static bool
is_heard_before(const struct service_kind *kind, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (strcmp(kind->hearings[i].publisher,
			kind->hearings[index].publisher) == 0)
			return true;
	return false;
}

static void
add_reader(struct service *service, const struct reader_kind *kind)
{
	service->readers[service->reader_count++].kind = kind;
}

static void
add_publisher(struct service *service, const char *publisher)
{
	struct reader_kind *kind = arena_alloc(&service->arena, sizeof(*kind));

	kind->name = arena_printf(&service->arena, "%s.events", publisher);
	kind->publisher = publisher;
	kind->target = "/internal/events";
	kind->limit = EVENTS_A_PAGE;
	kind->apply = apply_events;
	add_reader(service, kind);
}

void
readers_init(struct service *service)
{
	const struct service_kind *kind = service->kind;

	service->readers = arena_array(&service->arena,
	    kind->reader_count + kind->hearing_count,
	    sizeof(*service->readers));
	for (size_t i = 0; i < kind->reader_count; i++)
		add_reader(service, &kind->readers[i]);
	for (size_t i = 0; i < kind->hearing_count; i++)
		if (!is_heard_before(kind, i))
			add_publisher(service, kind->hearings[i].publisher);
	must(service->reader_count == 0 || kind->migrations != NULL);
}
