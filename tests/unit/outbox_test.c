/*
 * outbox_test.c - pages of events, bounded by number and by size, over a real
 * database.
 */
#include <stdlib.h>
#include <string.h>

#include "libcommon/service/migrations.h"
#include "service/inside.h"
#include "tests/support/database.h"
#include "tests/support/test.h"
#include "wire/json.h"

static const struct route route = { .method = "GET",
	.request = &event_query_message };

struct rig {
	struct worker w;
	struct service service;
	struct buf answer;
};

static void
open_rig(struct rig *rig)
{
	static const struct service_kind kind = { .name = "alpha" };
	struct err err = { 0 };
	size_t applied;

	memset(rig, 0, sizeof(*rig));
	rig->w.db = database_open("outbox_test", NULL);
	if (!migrate(rig->w.db, &service_migrations, 1, &applied, &err))
		fail_msg("%s", err.detail);
	rig->service.kind = &kind;
	rig->w.service = &rig->service;
	arena_init(&rig->w.arena, 65536);
}

static void
close_rig(struct rig *rig)
{
	arena_close(&rig->w.arena);
	buf_close(&rig->answer);
	db_free(rig->w.db);
}

/* The page behind a cursor; until the next call. */
static struct event_page
read_page(struct rig *rig, const char *after)
{
	struct call call = { .route = &route,
		.arena = &rig->w.arena,
		.answer_body = &rig->answer };
	struct event_page page;
	struct err err = { 0 };

	call.query =
	    slice_of(arena_printf(&rig->w.arena, "after=%s&limit=100", after));
	buf_clear(&rig->answer);
	if (!work_begin(&rig->w, NULL, &err) ||
	    !service_events(&rig->w, &call, &err) ||
	    !work_commit(&rig->w, &err) ||
	    !json_decode(&event_page_message, buf_slice(&rig->answer),
		JSON_LENIENT, &rig->w.arena, &page, &err))
		fail_msg("%s", err.detail);
	return page;
}

static void
a_page_of_large_events_ends_at_8_mib(void **state)
{
	struct rig rig;
	struct event_page page = { .next = "0.0.0", .more = true };
	size_t events = 0, pages = 0;

	(void)state;
	open_rig(&rig);
	database_run(rig.w.db,
	    "INSERT INTO outbox (epoch, tenant_id, topic, data) "
	    "SELECT 1, 'north', 'large', '\"' || repeat('x', 1000000) || '\"' "
	    "FROM generate_series(1, 20)");
	while (page.more) {
		page = read_page(&rig, page.next);
		/* 8 MiB are 8,388,608 bytes. */
		assert_int_equal(page.items_count, pages < 2 ? 8 : 4);
		events += page.items_count;
		pages++;
	}
	assert_int_equal(events, 20);
	close_rig(&rig);
}

static void
an_event_that_is_larger_than_a_page_stands_alone(void **state)
{
	struct rig rig;
	struct event_page page;
	struct err err = { 0 };
	struct call call = { .route = &route };

	(void)state;
	open_rig(&rig);
	database_run(rig.w.db,
	    "INSERT INTO outbox (epoch, tenant_id, topic, data) "
	    "SELECT 1, 'north', 'large', '\"' || repeat('x', 9000000) || '\"' "
	    "FROM generate_series(1, 2)");
	call.arena = &rig.w.arena;
	call.answer_body = &rig.answer;
	call.query = slice_of("limit=100");
	assert_true(work_begin(&rig.w, NULL, &err));
	assert_true(service_events(&rig.w, &call, &err));
	assert_true(work_commit(&rig.w, &err));
	/* A reader refuses so large an event and says so; the page goes out. */
	assert_true(rig.answer.size > 9000000 && rig.answer.size < 9100000);
	assert_false(json_decode(&event_page_message, buf_slice(&rig.answer),
	    JSON_LENIENT, &rig.w.arena, &page, &err));
	close_rig(&rig);
}

static void
small_events_fill_a_page_by_number(void **state)
{
	struct rig rig;
	struct event_page page;

	(void)state;
	open_rig(&rig);
	database_run(rig.w.db,
	    "INSERT INTO outbox (epoch, tenant_id, topic, data) "
	    "SELECT 1, 'north', 'small', '1' FROM generate_series(1, 130)");
	page = read_page(&rig, "0.0.0");
	assert_int_equal(page.items_count, 100);
	assert_true(page.more);
	page = read_page(&rig, page.next);
	assert_int_equal(page.items_count, 30);
	assert_false(page.more);
	close_rig(&rig);
}

RUN_TESTS(cmocka_unit_test(a_page_of_large_events_ends_at_8_mib),
    cmocka_unit_test(an_event_that_is_larger_than_a_page_stands_alone),
    cmocka_unit_test(small_events_fill_a_page_by_number))
