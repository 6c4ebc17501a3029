/*
 * crew.c - a counter and a few threads.
 */
#include "services/training/crew.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "base/must.h"

enum { THREADS_MOST = 16 };

struct crew {
	crew_task *run;
	void *user;
	size_t count;
	atomic_size_t next;
};

static void *
work(void *user)
{
	struct crew *crew = user;

	for (;;) {
		size_t task = atomic_fetch_add(&crew->next, 1);

		if (task >= crew->count)
			return NULL;
		crew->run(crew->user, task);
	}
}

static size_t
processors(void)
{
	cpu_set_t set;
	int count = 1;

	CPU_ZERO(&set);
	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		count = CPU_COUNT(&set);
	return count < THREADS_MOST ? (size_t)count : THREADS_MOST;
}

void
crew_run(crew_task *run, void *user, size_t count)
{
	struct crew crew = { .run = run, .user = user, .count = count };
	pthread_t threads[THREADS_MOST];
	size_t wanted = processors();

	if (wanted > count)
		wanted = count;
	for (size_t i = 1; i < wanted; i++)
		must(pthread_create(&threads[i], NULL, work, &crew) == 0);
	work(&crew);
	for (size_t i = 1; i < wanted; i++)
		pthread_join(threads[i], NULL);
}
