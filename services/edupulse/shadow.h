/* shadow.h - a shadow beside the champion, as people read it. */
#ifndef EDUPULSE_SHADOW_H
#define EDUPULSE_SHADOW_H

#include "io/client.h"

struct shadow_words {
	const char *champion;  /* beside which; NULL: the latest */
	const char *course_id; /* NULL: all */
};

/* `version`: the alias `shadow`, a version, or the beginning of one. */
MUST_CHECK bool shadow_page(struct client *client, const char *version,
    const struct shadow_words *words, struct err *err);

#endif
