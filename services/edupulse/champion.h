/*
 * champion.h - who serves: approving, promoting, rolling back, and the audit.
 *
 * Every move names the entity tag it starts from, so nobody undoes what they
 * have not seen, and wants a reason, which the audit keeps.
 */
#ifndef EDUPULSE_CHAMPION_H
#define EDUPULSE_CHAMPION_H

#include "io/client.h"
#include "proto/training.h"

struct champion_words {
	const char *why;   /* NULL: not said */
	const char *alias; /* to promote to; NULL: the champion */
	bool despite_gate;
};

bool champion_serves(const struct model_row *model);

/* Make champion what the gate allowed, while the champion is still the one it
 * was compared with. */
MUST_CHECK bool champion_approve(struct client *client, const char *version,
    const struct champion_words *words, struct err *err);

/* Make any version champion, challenger or shadow; a champion that the gate
 * refused only when told so. */
MUST_CHECK bool champion_promote(struct client *client, const char *version,
    const struct champion_words *words, struct err *err);

MUST_CHECK bool champion_roll_back(struct client *client,
    const struct champion_words *words, struct err *err);

/* Every move of an alias, newest first. */
MUST_CHECK bool champion_history(struct client *client, const char *alias,
    struct err *err);

#endif
