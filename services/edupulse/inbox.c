/* inbox.c - `edupulse inbox`: what one was told, and reading it. */
#include <stdio.h>
#include <string.h>

#include "proto/notification.h"
#include "services/edupulse/commands.h"
#include "services/edupulse/screen.h"
#include "services/edupulse/tagged.h"
#include "services/edupulse/verbs.h"

static void
print_inbox(const struct inbox_list *list)
{
	struct table table = TABLE("id", "told", "about", "what", "read");
	char time[CLOCK_TEXT_SIZE], day[DAY_TEXT_SIZE];

	for (size_t i = 0; i < list->items_count; i++) {
		const struct inbox_item *item = &list->items[i];

		clock_print(item->created_at / SECOND_US * SECOND_US, time);
		table_cell(&table, "%s", item->message_id);
		table_cell(&table, "%s", time);
		table_cell(&table, "%s", rule_kind_choice.names[item->kind]);
		table_cell(&table, "%s", item->title);
		if (item->has_read_at) {
			day_print(day_of(item->read_at), day);
			table_cell(&table, "%s", day);
		} else {
			table_cell(&table, "-");
		}
	}
	table_print(&table);
	printf("\n%lld not read yet%s\n", (long long)list->unread,
	    list->next != NULL ? "; there is more" : "");
}

static bool
list_inbox(struct client *client, const char *word, const void *said,
    struct err *err)
{
	const bool *all = said;
	struct inbox_list list;

	(void)word;
	if (!client_ask(client, "GET",
		*all ? "inbox?limit=100" : "inbox?limit=100&unread=true", NULL,
		NULL, &inbox_list_message, &list, err))
		return false;
	if (!client->is_json)
		print_inbox(&list);
	return true;
}

static bool
read_message(struct client *client, const char *id, const void *said,
    struct err *err)
{
	struct inbox_item item;

	(void)said;
	if (!tagged_do(client, "inbox", id, "read", &inbox_item_message, &item,
		err))
		return false;
	if (!client->is_json)
		printf("%s\n\n%s\n", item.title, item.body);
	if (!client->is_json && item.link != NULL)
		printf("See %s%s\n", client->url, item.link);
	return true;
}

static const struct verb verbs[] = {
	{ "", 0, 0, "[--all]", list_inbox },
	{ "read", 1, 1, "read ID", read_message },
};

bool
run_inbox(struct client *client, struct words words, struct err *err)
{
	bool all = false;
	const struct option_row rows[] = { { "all", NULL, &all } };
	const struct verb_table table = { "inbox", verbs, ARRAY_SIZE(verbs),
		rows, ARRAY_SIZE(rows), &all };

	return verbs_run(client, words, &table, err);
}
