/*
 * paths.h - the public routes of all services in one table, and by whom each
 * is answered.  Paths below /internal/ are not in it: from outside they do
 * not exist.
 */
#ifndef GATEWAY_PATHS_H
#define GATEWAY_PATHS_H

#include "base/buf.h"
#include "wire/route.h"

struct paths {
	struct route *rows;   /* owned; texts borrowed from the registry */
	const char **peers;   /* owned: by row, borrowed names */
	struct routes routes; /* of the rows */
};

void paths_init(struct paths *paths);
void paths_close(struct paths *paths);

/* The row for a request; HEAD finds GET's.  When there is none, `allow`
 * is given what the path does answer ("GET, HEAD, PUT"), and stays empty
 * when the path is not known. */
const struct route *paths_find(const struct paths *paths, const char *method,
    const char *path, const char **peer, struct buf *allow);

#endif
