/*
 * play.h - the whole play: registers, history over several connections, truth,
 * live records.
 */
#ifndef SIMULATOR_PLAY_H
#define SIMULATOR_PLAY_H

#include "services/simulator/world.h"

enum { PLAY_CONNECTIONS = 16 };

struct play {
	struct plan plan;
	int connections;
	const char *url;   /* NULL: as the client finds it */
	const char *key;   /* NULL: as the client finds it */
	const char *truth; /* file to write, NULL: none */
	int rate;          /* live records a second; 0: none */
	uint64_t records;  /* live records in all; 0: without end */
};

/* Exit status: 0 everything was acknowledged, 1 something was not. */
int play_district(const struct play *play);

#endif
