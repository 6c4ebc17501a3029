/*
 * play.h - the whole play: registers, history over several connections, truth,
 * live records.
 *
 * Each record of the history has an id made of pupil, day and thing: played
 * again, after an interruption or not, it is there once.
 *
 * The file of what is expected has a line `id,fate` for each live record that
 * was acknowledged; fate is `log` or `quarantine` (parcel.h).
 */
#ifndef SIMULATOR_PLAY_H
#define SIMULATOR_PLAY_H

#include "io/client.h"
#include "services/simulator/world.h"

enum { PLAY_CONNECTIONS = 16 };

struct play {
	struct plan plan;
	int connections;
	struct client_account account; /* as far as it was given */
	const char *truth;             /* file to write, NULL: none */
	bool is_without_history;       /* registers and live records alone */
	int rate;                      /* live records a second; 0: none */
	uint64_t records;              /* live records in all; 0: without end */
	bool is_chaotic;    /* the live records are disturbed (chaos.h) */
	const char *expect; /* file for what must become of them; NULL: none */
};

/* Exit status: 0 everything was told and acknowledged, and nothing refused but
 * what chaos has damaged; 1 something was not.  SIGINT and SIGTERM end the play
 * early, which is 1 too, unless it is live and without end. */
int play_district(const struct play *play);

#endif
