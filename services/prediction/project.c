/*
 * project.c - applies a page of the record log.
 *
 * A page crosses tenants: its entries are put in order by tenant, and each
 * tenant's rows are written under that tenant's row-level security.  Registers
 * come first, then facts.
 */
#include "services/prediction/project.h"

#include <stdlib.h>
#include <string.h>

#include "services/prediction/queries.h"
#include "wire/binary.h"

/* By tenant; entries of one tenant stay in the order of the log, because they
 * lie in one array. */
static int
compare_tenants(const void *a, const void *b)
{
	const struct log_entry *const *left = a, *const *right = b;
	int order = strcmp((*left)->tenant, (*right)->tenant);

	if (order != 0)
		return order;
	return *left < *right ? -1 : *left > *right;
}

static bool
is_register(const struct log_entry *entry)
{
	return entry->kind == RECORD_COURSE ||
	    entry->kind == RECORD_ENROLLMENT || entry->kind == RECORD_TENANT;
}

/* The entries of one tenant: they lie side by side. */
static bool
project_tenant(struct worker *w, const struct log_entry **entries, size_t count,
    struct err *err)
{
	const char *tenant = entries[0]->tenant;
	struct db_result result = { 0 };
	size_t records = 0;

	if (!db_query(w->db, &query_set_tenant, DB_ARGS(db_text(tenant)),
		&result, err))
		return false;
	db_result_close(&result);
	if (!db_exec(w->db, &query_put_tenant_change, DB_ARGS(db_text(tenant)),
		NULL, err))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!is_register(entries[i]))
			entries[records++] = entries[i];
		else if (!project_register(w, entries[i], err))
			return false;
	return project_facts(w, tenant, entries, records, err);
}

static bool
project_entries(struct worker *w, const struct log_page *page, struct err *err)
{
	const struct log_entry **entries = arena_array(&w->arena,
	    page->entries_count, sizeof(const struct log_entry *));
	size_t start = 0;

	for (size_t i = 0; i < page->entries_count; i++)
		entries[i] = &page->entries[i];
	qsort(entries, page->entries_count, sizeof(const struct log_entry *),
	    compare_tenants);
	while (start < page->entries_count) {
		size_t end = start + 1;

		while (end < page->entries_count &&
		    strcmp(entries[end]->tenant, entries[start]->tenant) == 0)
			end++;
		if (!project_tenant(w, entries + start, end - start, err))
			return false;
		start = end;
	}
	return true;
}

bool
project_page(struct worker *w, struct reader_page *page, struct err *err)
{
	struct log_page log;

	if (!binary_decode(&log_page_message, page->body, &w->arena, &log, err))
		return err_in(err, "page of the record log");
	if (!project_entries(w, &log, err))
		return false;
	page->next = log.next;
	page->count = log.entries_count;
	page->more = log.more;
	page->remaining = log.remaining;
	page->oldest = log.entries_count > 0 ? log.entries[0].received_at : 0;
	return true;
}
