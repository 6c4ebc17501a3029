/*
 * main.c - simulator, a school district played through the public interface.
 *
 * Three yearly cohorts: two that have ended, one under way.  Sends the
 * district's history (unless --no-history) and, with --rate, goes on with live
 * records at so many a second, without end or up to --records.  What was not
 * acknowledged is sent again under the same batch key.  For tests: --drift and
 * --bias plant a change and a gap between groups (world.h), --truth writes all
 * that was planted (truth.h); --chaos disturbs the live records (chaos.h),
 * --expect writes what must become of each (play.h).  `usage` has all options.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "io/transfer.h"
#include "services/simulator/play.h"

static const char usage[] =
    "simulator [--students N] [--weeks N] [--seed N] [--today DAY]\n"
    "          [--connections N] [--truth FILE]\n"
    "          [--url URL] [--key-file FILE | --key KEY]\n"
    "          [--drift attendance:WEEK | --drift grading:WEEK]\n"
    "          [--bias records | --bias labels]\n"
    "          [--no-history]\n"
    "          [--rate N [--records N] [--chaos] [--expect FILE]]\n";

static bool
read_number(const char *name, const char *text, long least, long most,
    long *number)
{
	char *end;

	*number = strtol(text, &end, 10);
	if (*text != '\0' && *end == '\0' && *number >= least &&
	    *number <= most)
		return true;
	fprintf(stderr, "simulator: --%s is a whole number from %ld to %ld\n",
	    name, least, most);
	return false;
}

static const struct option options[] = {
	{ "students", required_argument, NULL, 's' },
	{ "weeks", required_argument, NULL, 'w' },
	{ "seed", required_argument, NULL, 'S' },
	{ "today", required_argument, NULL, 't' },
	{ "connections", required_argument, NULL, 'c' },
	{ "truth", required_argument, NULL, 'T' },
	{ "url", required_argument, NULL, 'u' },
	{ "key", required_argument, NULL, 'k' },
	{ "key-file", required_argument, NULL, 'K' },
	{ "rate", required_argument, NULL, 'r' },
	{ "records", required_argument, NULL, 'R' },
	{ "drift", required_argument, NULL, 'd' },
	{ "bias", required_argument, NULL, 'b' },
	{ "no-history", no_argument, NULL, 'n' },
	{ "chaos", no_argument, NULL, 'C' },
	{ "expect", required_argument, NULL, 'e' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

/* One option that is a number; false when it is none of them or wrong. */
static bool
take_number(int option, struct play *play)
{
	long number = 0;
	bool done = true;

	if (option == 's' &&
	    (done = read_number("students", optarg, 10, 500000, &number)))
		play->plan.students = (int)number;
	else if (option == 'w' &&
	    (done = read_number("weeks", optarg, 1, YEAR_WEEKS, &number)))
		play->plan.weeks = (int)number;
	else if (option == 'S' &&
	    (done = read_number("seed", optarg, 0, INT32_MAX, &number)))
		play->plan.seed = (uint64_t)number;
	else if (option == 'c' &&
	    (done = read_number("connections", optarg, 1, PLAY_CONNECTIONS,
		 &number)))
		play->connections = (int)number;
	else if (option == 'r' &&
	    (done = read_number("rate", optarg, 1, 1000000, &number)))
		play->rate = (int)number;
	else if (option == 'R' &&
	    (done = read_number("records", optarg, 1, 2000000000, &number)))
		play->records = (uint64_t)number;
	return done;
}

/* `attendance:8`: what, and from which week on. */
static bool
take_drift(const char *text, struct plan *plan)
{
	const char *colon = strchr(text, ':');
	size_t size = colon != NULL ? (size_t)(colon - text) : 0;
	struct slice name = { text, size };
	long week;

	for (int i = DRIFT_ATTENDANCE; i <= DRIFT_GRADING; i++) {
		if (!slice_is(name, drift_names[i]))
			continue;
		if (!read_number("drift's week", colon + 1, 1, YEAR_WEEKS,
			&week))
			return false;
		plan->drift = (enum drift)i;
		plan->drift_week = (int)week;
		return true;
	}
	fprintf(stderr,
	    "simulator: --drift is attendance:WEEK or "
	    "grading:WEEK\n");
	return false;
}

static bool
take_bias(const char *text, struct plan *plan)
{
	for (int i = BIAS_RECORDS; i <= BIAS_LABELS; i++)
		if (strcmp(text, bias_names[i]) == 0) {
			plan->bias = (enum bias)i;
			return true;
		}
	fprintf(stderr, "simulator: --bias is records or labels\n");
	return false;
}

static bool
take_text(int option, struct play *play)
{
	switch (option) {
	case 'd':
		return take_drift(optarg, &play->plan);
	case 'b':
		return take_bias(optarg, &play->plan);
	case 'n':
		play->is_without_history = true;
		return true;
	case 'C':
		play->is_chaotic = true;
		return true;
	case 'e':
		play->expect = optarg;
		return true;
	case 'T':
		play->truth = optarg;
		return true;
	case 'u':
		play->account.url = optarg;
		return true;
	case 'k':
		play->account.key = optarg;
		return true;
	case 'K':
		play->account.key_file = optarg;
		return true;
	case 't':
		if (day_parse(optarg, &play->plan.today))
			return true;
		fprintf(stderr,
		    "simulator: --today is a day like "
		    "2026-01-31\n");
		return false;
	default:
		return true;
	}
}

int
main(int argc, char **argv)
{
	struct play play = { .connections = 2,
		.plan = { .seed = 1,
		    .students = 600,
		    .weeks = 14,
		    .today = day_of(clock_now()),
		    .base_rate = 0.18 } };
	struct err err = { 0 };
	int option, status;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'h') {
			fputs(usage, stdout);
			return 0;
		}
		if (option == '?' || !take_number(option, &play) ||
		    !take_text(option, &play)) {
			fputs(usage, stderr);
			return 2;
		}
	}
	if (play.rate == 0 && (play.is_chaotic || play.expect != NULL)) {
		fputs("simulator: --chaos and --expect are about live records:"
		      " give a --rate\n",
		    stderr);
		return 2;
	}
	if (!transfers_start(&err)) {
		fprintf(stderr, "simulator: %s\n", err.detail);
		return 1;
	}
	status = play_district(&play);
	transfers_stop();
	return status;
}
