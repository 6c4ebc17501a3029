/* play.c - plays the district over several connections. */
#include "services/simulator/play.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/uuid.h"
#include "services/simulator/sender.h"
#include "services/simulator/truth.h"

enum { LIVE_BATCHES_A_SECOND = 10 };

static volatile sig_atomic_t was_interrupted;

/* One connection's part of the play. */
struct part {
	const struct play *play;   /* borrowed */
	const struct world *world; /* borrowed */
	struct sender sender;      /* owned */
	struct chaos chaos;        /* owned */
	pthread_t thread;
	int number;
	const struct pupil *pupil; /* whose life is being told */
	atomic_uint_fast64_t told; /* records, for the bar */
};

/* What is said of a pupil on a day is one thing, whoever says it how often:
 * history that is told again is known already, and there once. */
static const char *
thing_of(const struct happening *happening)
{
	switch (happening->kind) {
	case ROLL_CALL:
		return "roll";
	case GRADED:
		return subjects[happening->subject].id;
	case INCIDENT:
		return "incident";
	case ENDED:
		return "end";
	}
	return "";
}

static void
tell(void *user, const struct happening *happening)
{
	struct part *part = user;
	char day[DAY_TEXT_SIZE], id[128];

	day_print(happening->day, day);
	snprintf(id, sizeof(id), "%s/%s/%s", part->pupil->id, day,
	    thing_of(happening));
	sender_tell(&part->sender, part->pupil, happening, id);
	atomic_fetch_add(&part->told, 1);
}

static void *
tell_history(void *user)
{
	struct part *part = user;
	const struct world *world = part->world;

	for (size_t i = (size_t)part->number; i < world->pupil_count;
	     i += (size_t)part->play->connections) {
		if (was_interrupted || part->sender.has_failed)
			break;
		part->pupil = &world->pupils[i];
		pupil_live(world, part->pupil, tell, part);
	}
	sender_flush(&part->sender);
	return NULL;
}

static void
sleep_until(int64_t ticks)
{
	int64_t left = ticks - clock_ticks();
	const struct timespec pause = { left / SECOND_US,
		left % SECOND_US * 1000 };

	if (left > 0)
		nanosleep(&pause, NULL);
}

/* Records of the cohort under way, each with an id of its own. */
static void *
tell_live(void *user)
{
	struct part *part = user;
	const struct play *play = part->play;
	const struct world *world = part->world;
	size_t first = world->pupil_count / COHORTS * (COHORTS - 1);
	uint64_t share = (uint64_t)play->connections;
	uint64_t mine = play->records / share +
	    ((uint64_t)part->number < play->records % share ? 1 : 0);
	double each = (double)SECOND_US * (double)share / play->rate;
	int64_t began = clock_ticks();
	struct random random;

	random_init(&random, play->plan.seed, 1000 + (uint64_t)part->number);
	sender_batch(&part->sender,
	    (size_t)play->rate / share / LIVE_BATCHES_A_SECOND + 1);
	for (uint64_t i = 0; play->records == 0 || i < mine; i++) {
		size_t left = world->pupil_count - first;
		const struct pupil *pupil = &world->pupils[first +
		    random_below(&random, (uint32_t)left)];
		struct happening happening;
		char id[128];

		if (was_interrupted || part->sender.has_failed)
			break;
		pupil_moment(world, pupil, &random, &happening);
		snprintf(id, sizeof(id), "%s-%llu", part->sender.name,
		    (unsigned long long)i);
		sender_tell(&part->sender, pupil, &happening, id);
		atomic_fetch_add(&part->told, 1);
		if (part->sender.parcel.records == 0)
			sleep_until(began + (int64_t)((double)i * each));
	}
	sender_flush(&part->sender);
	return NULL;
}

static void
draw(const char *what, const struct part *parts, int count, int64_t began)
{
	uint64_t told = 0;
	double seconds;

	for (int i = 0; i < count; i++)
		told += atomic_load(&parts[i].told);
	seconds = (double)(clock_ticks() - began) / (double)SECOND_US;
	if (isatty(STDERR_FILENO) == 1)
		fprintf(stderr, "\r%s %llu records, %.0f a second\033[K", what,
		    (unsigned long long)told,
		    seconds > 0 ? (double)told / seconds : 0);
}

/* All parts do the same at once; the caller's thread draws. */
static void
together(const char *what, struct part *parts, int count, void *(*run)(void *))
{
	const struct timespec tick = { 0, 200000000 };
	int64_t began = clock_ticks();
	int running = count;

	for (int i = 0; i < count; i++)
		must(pthread_create(&parts[i].thread, NULL, run, &parts[i]) ==
		    0);
	while (running > 0) {
		struct timespec until;

		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += tick.tv_nsec;
		until.tv_sec += until.tv_nsec / 1000000000;
		until.tv_nsec %= 1000000000;
		draw(what, parts, count, began);
		if (pthread_timedjoin_np(parts[running - 1].thread, NULL,
			&until) != ETIMEDOUT)
			running--;
	}
	draw(what, parts, count, began);
	if (isatty(STDERR_FILENO) == 1)
		fputs("\n", stderr);
}

/* A file for us alone that begins with `text`. */
static bool
create_file(const char *path, const char *text, int *fd, struct err *err)
{
	size_t size = strlen(text);

	*fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC,
	    0600);
	if (*fd != -1 && write(*fd, text, size) == (ssize_t)size)
		return true;
	err_os(err, "write %s", path);
	if (*fd != -1)
		close(*fd);
	return false;
}

static bool
write_truth(const struct world *world, const char *path, struct err *err)
{
	struct buf text = { 0 };
	int fd;
	bool done;

	truth_print(world, &text);
	done = create_file(path, text.data, &fd, err);
	if (done)
		close(fd);
	buf_close(&text);
	return done;
}

/* Print what came of it; an error when not all of it is in the log. */
static bool
tell_sum(const char *what, const struct part *parts, int count, struct err *err)
{
	uint64_t acknowledged = 0, refused = 0;
	const struct play *play = parts[0].play;

	for (int i = 0; i < count; i++) {
		const struct sender *sender = &parts[i].sender;

		acknowledged += sender->acknowledged;
		refused += sender->refused;
		if (sender->has_failed)
			*err = sender->err;
	}
	printf("%s: %llu records acknowledged, %llu of them refused\n", what,
	    (unsigned long long)acknowledged, (unsigned long long)refused);
	if (err->code != ERR_NONE)
		return err_in(err, "%s", what);
	if (refused > 0 && !play->is_chaotic)
		return err_set(err, ERR_INVALID,
		    "%s: records were refused: GET /api/v1/quarantine tells why",
		    what);
	return true;
}

static void
close_part(struct part *part)
{
	sender_close(&part->sender);
	chaos_close(&part->chaos);
}

/* Keys of another run of the same world must be other keys: its batches need
 * not be cut in the same places. */
static bool
open_parts(const struct play *play, const struct world *world,
    struct part *parts, struct err *err)
{
	char run[UUID_TEXT_SIZE], name[64];

	uuid_make(run);
	for (int i = 0; i < play->connections; i++) {
		parts[i] =
		    (struct part){ .play = play, .world = world, .number = i };
		chaos_init(&parts[i].chaos, play->plan.seed,
		    2000 + (uint64_t)i);
		snprintf(name, sizeof(name), "%s-%d", run, i);
		if (!sender_init(&parts[i].sender, world, &play->account, name,
			err)) {
			while (i >= 0)
				close_part(&parts[i--]);
			return false;
		}
	}
	return true;
}

static bool
play_history(struct part *parts, int count, struct err *err)
{
	together("History", parts, count, tell_history);
	if (!tell_sum("history", parts, count, err))
		return false;
	return !was_interrupted ||
	    err_set(err, ERR_CONFLICT,
		"interrupted before the end of the history: the same command "
		"goes on with it");
}

static bool
play_live(const struct play *play, struct part *parts, int count,
    struct err *err)
{
	int expect = -1;
	bool done;

	if (play->expect != NULL &&
	    !create_file(play->expect, "id,fate\n", &expect, err))
		return false;
	for (int i = 0; i < count; i++) {
		struct sender *sender = &parts[i].sender;

		sender->acknowledged = 0;
		sender->refused = 0;
		sender->expect = expect;
		sender->chaos = play->is_chaotic ? &parts[i].chaos : NULL;
		atomic_store(&parts[i].told, 0);
	}
	together("Live", parts, count, tell_live);
	done = tell_sum("live", parts, count, err);
	/* A stream without end has no other one. */
	if (done && was_interrupted && play->records > 0)
		done = err_set(err, ERR_CONFLICT,
		    "interrupted before the last live record");
	if (expect != -1)
		close(expect);
	return done;
}

static bool
perform(const struct play *play, const struct world *world, struct err *err)
{
	static struct part parts[PLAY_CONNECTIONS];
	int count = play->connections;
	bool done;

	if (!open_parts(play, world, parts, err))
		return false;
	done = send_registers(&parts[0].sender.client, world, err) &&
	    (play->is_without_history || play_history(parts, count, err)) &&
	    (play->rate == 0 || play_live(play, parts, count, err));
	for (int i = 0; i < count; i++)
		close_part(&parts[i]);
	return done;
}

static void
interrupted(int number)
{
	(void)number;
	was_interrupted = 1;
}

int
play_district(const struct play *play)
{
	struct world world;
	struct err err = { 0 };
	bool done;

	signal(SIGINT, interrupted);
	signal(SIGTERM, interrupted);
	signal(SIGPIPE, SIG_IGN);
	world_init(&world, &play->plan);
	done =
	    (play->truth == NULL || write_truth(&world, play->truth, &err)) &&
	    perform(play, &world, &err);
	world_close(&world);
	if (!done)
		fprintf(stderr, "simulator: %s\n", err.detail);
	return done ? 0 : 1;
}
