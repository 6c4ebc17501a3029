/* training.c - asks training. */
#include "proto/client/training.h"

#include <string.h>

#include "proto/training.h"

enum { FETCH_SECONDS = 30 };

bool
training_aliases(struct worker *w, const char *tenant,
    struct alias_list *aliases, struct err *err)
{
	struct ask request = { .peer = "training",
		.method = "GET",
		.target = "/internal/aliases",
		.tenant = tenant };

	return ask_message(w, &request, &alias_list_message, aliases, err);
}

bool
training_champion(struct worker *w, const char *tenant, const char **version,
    struct err *err)
{
	struct alias_list aliases;

	*version = NULL;
	if (!training_aliases(w, tenant, &aliases, err))
		return false;
	for (size_t i = 0; i < aliases.items_count; i++)
		if (strcmp(aliases.items[i].alias, "champion") == 0)
			*version = aliases.items[i].version;
	return true;
}

bool
training_model(struct worker *w, const char *tenant, const char *version,
    struct model_row *model, struct err *err)
{
	struct ask request = { .peer = "training",
		.method = "GET",
		.target =
		    arena_printf(&w->arena, "/internal/models/%s", version),
		.tenant = tenant };

	return ask_message(w, &request, &model_row_message, model, err);
}

bool
training_model_file(struct worker *w, const char *tenant, const char *version,
    struct slice *file, struct err *err)
{
	struct answer answer;
	struct ask request = { .peer = "training",
		.method = "GET",
		.target = arena_printf(&w->arena, "/internal/models/%s/file",
		    version),
		.tenant = tenant,
		.seconds = FETCH_SECONDS };

	if (!ask(w, &request, &answer, err))
		return false;
	*file = answer.body;
	return true;
}

bool
training_model_signatures(struct worker *w, const char *tenant,
    const char *version, struct model_signature_list *signatures,
    struct err *err)
{
	struct ask request = { .peer = "training",
		.method = "GET",
		.target = arena_printf(&w->arena,
		    "/internal/models/%s/signatures", version),
		.tenant = tenant };

	return ask_message(w, &request, &model_signature_list_message,
	    signatures, err);
}
