/*
 * bus_test.c - questions, answers and bells between buses of this process and
 * of a forked one that is killed.
 */
#include "io/bus.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "tests/support/echo_server.h"

static const char KEY[] = "0123456789abcdef0123456789abcdef";
static const char OTHER_KEY[] = "another key of thirty-two bytes!!";

static char folder[64];

static int
make_folder(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/epbus.XXXXXX");
	return mkdtemp(folder) != NULL ? 0 : -1;
}

static int
remove_folder(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

static struct bus_head
head_for(const char *method, const char *target, int64_t microseconds)
{
	return (struct bus_head){ .method = method,
		.target = target,
		.request_id = "test",
		.tenant = "default",
		.principal = "service:test",
		.role = ROLE_INTERNAL,
		.deadline = clock_now() + microseconds };
}

static bool
ask_text(struct bus *bus, const char *method, const char *target,
    int64_t microseconds, const char *text, struct err *err)
{
	struct bus_head head = head_for(method, target, microseconds);
	struct answer answer;
	struct arena arena;
	bool is_good;

	arena_init(&arena, 4096);
	err_clear(err);
	is_good =
	    bus_ask(bus, "server", &head, slice_of(text), &arena, &answer, err);
	if (is_good) {
		assert_int_equal(answer.head.status, 200);
		assert_true(slice_is(answer.body, text));
	}
	arena_close(&arena);
	return is_good;
}

static void
a_question_comes_back_as_its_answer(void **state)
{
	struct server server;
	struct bus *bus = open_bus(folder, "client", KEY);
	struct err err = { 0 };

	(void)state;
	start_server(&server, folder, KEY);
	for (int i = 0; i < 100; i++)
		assert_true(ask_text(bus, "POST", "/echo", 5 * SECOND_US,
		    "hello", &err));
	assert_int_equal(atomic_load(&server.calls), 100);
	bus_free(bus);
	stop_server(&server);
}

static void
a_body_of_eight_megabytes_comes_back(void **state)
{
	struct server server;
	struct bus *bus = open_bus(folder, "client", KEY);
	size_t size = 8 << 20;
	char *text = malloc(size + 1);
	struct err err = { 0 };

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < size; i++)
		text[i] = (char)('a' + i % 23);
	text[size] = '\0';
	start_server(&server, folder, KEY);
	assert_true(ask_text(bus, "POST", "/echo", 20 * SECOND_US, text, &err));
	free(text);
	bus_free(bus);
	stop_server(&server);
}

static void
a_question_signed_with_another_key_is_not_worked_on(void **state)
{
	struct server server;
	struct bus *bus = open_bus(folder, "client", OTHER_KEY);
	struct err err = { 0 };

	(void)state;
	start_server(&server, folder, KEY);
	assert_false(
	    ask_text(bus, "POST", "/echo", SECOND_US / 2, "hello", &err));
	assert_int_equal(err.code, ERR_DEADLINE);
	assert_int_equal(atomic_load(&server.calls), 0);
	bus_free(bus);
	stop_server(&server);
}

static void
a_key_of_less_than_32_bytes_is_refused(void **state)
{
	struct bus_settings settings = { .service = "x",
		.run_folder = folder,
		.address = "",
		.bell = "",
		.peers = "",
		.key = slice_of("short") };
	struct err err = { 0 };

	(void)state;
	assert_null(bus_new(&settings, &err));
	assert_int_equal(err.code, ERR_INVALID);
}

static void
an_absent_peer_is_unavailable_and_then_left_alone(void **state)
{
	struct bus *bus = open_bus(folder, "client", KEY);
	struct err err = { 0 };

	(void)state;
	for (int i = 0; i < 5; i++) {
		assert_false(ask_text(bus, "POST", "/echo", 20 * SECOND_US,
		    "hello", &err));
		assert_int_equal(err.code, ERR_UNAVAILABLE);
		assert_non_null(strstr(err.detail, "cannot be reached"));
	}
	assert_false(
	    ask_text(bus, "POST", "/echo", 20 * SECOND_US, "hello", &err));
	assert_int_equal(err.code, ERR_UNAVAILABLE);
	assert_non_null(strstr(err.detail, "left alone"));
	bus_free(bus);
}

static void
a_peer_that_comes_later_is_found(void **state)
{
	struct bus *bus = open_bus(folder, "client", KEY);
	struct server server;
	struct err err = { 0 };
	int tries = 0;

	(void)state;
	assert_false(
	    ask_text(bus, "POST", "/echo", 5 * SECOND_US, "hello", &err));
	start_server(&server, folder, KEY);
	while (!ask_text(bus, "POST", "/echo", 5 * SECOND_US, "hello", &err))
		assert_true(++tries < 20);
	bus_free(bus);
	stop_server(&server);
}

static void
a_question_without_answer_ends_at_its_deadline(void **state)
{
	struct server server;
	struct bus *bus = open_bus(folder, "client", KEY);
	struct err err = { 0 };

	(void)state;
	start_server(&server, folder, KEY);
	assert_false(ask_text(bus, "GET", "/drop", SECOND_US / 5, "", &err));
	assert_int_equal(err.code, ERR_DEADLINE);
	assert_true(ask_text(bus, "GET", "/echo", 5 * SECOND_US, "", &err));
	bus_free(bus);
	stop_server(&server);
}

/* Takes questions and never answers; tells each over the pipe. */
static _Noreturn void
be_a_silent_server(int report)
{
	struct bus *bus = open_bus(folder, "server", KEY);
	struct bus_seat *seat;
	struct question question;
	struct arena arena;
	struct err err = { 0 };

	if (!bus_listen(bus, &err))
		_exit(1);
	arena_init(&arena, 4096);
	seat = bus_seat_new(bus);
	while (bus_take(seat, &arena, &question, &err)) {
		if (write(report, "q", 1) != 1)
			_exit(1);
		bus_drop(seat);
	}
	_exit(0);
}

static pid_t
start_silent_server(int *report)
{
	char number[16];
	int ends[2];
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	snprintf(number, sizeof(number), "%d", ends[1]);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		execl("/proc/self/exe", "bus_test", folder, number, NULL);
		_exit(1);
	}
	close(ends[1]);
	*report = ends[0];
	return pid;
}

struct killer {
	pid_t pid;
	int report;
	struct server *next; /* started in its place */
	atomic_bool has_question;
};

/* Waits until the server has the question, then kills it. */
static void *
kill_in_the_middle(void *user)
{
	struct killer *killer = user;
	char byte;

	if (read(killer->report, &byte, 1) != 1)
		return NULL;
	atomic_store(&killer->has_question, true);
	kill(killer->pid, SIGKILL);
	waitpid(killer->pid, NULL, 0);
	start_server(killer->next, folder, KEY);
	return NULL;
}

static void
ask_while_killed(const char *method, struct server *next, bool want,
    enum err_code code)
{
	struct killer killer = { .next = next };
	struct err err = { 0 };
	struct bus *bus;
	int64_t until = clock_ticks() + 60 * SECOND_US;
	pthread_t thread;
	bool is_good;

	killer.pid = start_silent_server(&killer.report);
	bus = open_bus(folder, "client", KEY);
	assert_int_equal(
	    pthread_create(&thread, NULL, kill_in_the_middle, &killer), 0);
	/* On a busy machine the server may be long in coming. */
	do {
		assert_true(clock_ticks() < until);
		is_good = ask_text(bus, method, "/echo", 20 * SECOND_US, "",
		    &err);
	} while (!is_good && !atomic_load(&killer.has_question));
	assert_int_equal(is_good, want);
	assert_int_equal(err.code, code);
	pthread_join(thread, NULL);
	close(killer.report);
	bus_free(bus);
}

static void
a_post_whose_peer_is_killed_fails_and_is_not_sent_again(void **state)
{
	struct server next;

	(void)state;
	ask_while_killed("POST", &next, false, ERR_BAD_UPSTREAM);
	assert_int_equal(atomic_load(&next.calls), 0);
	stop_server(&next);
}

static void
a_get_whose_peer_is_killed_is_asked_again(void **state)
{
	struct server next;

	(void)state;
	ask_while_killed("GET", &next, true, ERR_NONE);
	assert_int_equal(atomic_load(&next.calls), 1);
	stop_server(&next);
}

/* A thread of nng's may still be about to leave a call when its answer is
 * there. */
static void
a_bus_may_be_freed_as_soon_as_it_has_its_answer(void **state)
{
	struct server server;
	struct err err = { 0 };

	(void)state;
	start_server(&server, folder, KEY);
	for (int i = 0; i < 200; i++) {
		struct bus *bus = open_bus(folder, "client", KEY);

		assert_true(ask_text(bus, "GET", "/echo", 20 * SECOND_US,
		    "hello", &err));
		bus_free(bus);
	}
	assert_int_equal(atomic_load(&server.calls), 200);
	stop_server(&server);
}

struct many {
	pthread_mutex_t lock;
	pthread_cond_t all;
	int answered, good;
};

static void
count_answer(void *user, const struct raw_answer *answer, const struct err *err)
{
	struct many *many = user;

	(void)err;
	pthread_mutex_lock(&many->lock);
	many->answered++;
	many->good += answer != NULL && slice_is(answer->body, "hello");
	pthread_cond_signal(&many->all);
	pthread_mutex_unlock(&many->lock);
}

static void
sixty_four_questions_at_once_are_all_answered(void **state)
{
	struct many many = { .lock = PTHREAD_MUTEX_INITIALIZER,
		.all = PTHREAD_COND_INITIALIZER };
	struct bus *bus = open_bus(folder, "client", KEY);
	struct bus_head head = head_for("POST", "/echo", 20 * SECOND_US);
	struct server server;

	(void)state;
	start_server(&server, folder, KEY);
	for (int round = 1; round <= 20; round++) {
		for (int i = 0; i < 64; i++)
			bus_ask_later(bus, "server", &head, slice_of("hello"),
			    count_answer, &many);
		pthread_mutex_lock(&many.lock);
		while (many.answered < 64 * round)
			pthread_cond_wait(&many.all, &many.lock);
		pthread_mutex_unlock(&many.lock);
	}
	assert_int_equal(many.good, 20 * 64);
	bus_free(bus);
	stop_server(&server);
}

static void
count_bell(void *user)
{
	atomic_fetch_add((atomic_int *)user, 1);
}

static void
a_bell_is_heard(void **state)
{
	struct server server;
	struct bus *bus = open_bus(folder, "client", KEY);
	atomic_int heard;
	struct err err = { 0 };
	int64_t until = clock_ticks() + 10 * SECOND_US;

	(void)state;
	atomic_init(&heard, 0);
	start_server(&server, folder, KEY);
	assert_true(bus_listen_bell(bus, "server", count_bell, &heard, &err));
	/* A bell rung before the connection stands is lost, as it may. */
	while (atomic_load(&heard) == 0 && clock_ticks() < until) {
		bus_ring(server.bus);
		sched_yield();
	}
	assert_true(atomic_load(&heard) > 0);
	bus_free(bus);
	stop_server(&server);
}

#define IN_FOLDER(test) \
	cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

/* With two arguments it is the server that will be killed: nng does not
 * survive a fork, so that is a program of its own. */
int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(
		    a_post_whose_peer_is_killed_fails_and_is_not_sent_again),
		IN_FOLDER(a_get_whose_peer_is_killed_is_asked_again),
		IN_FOLDER(a_question_comes_back_as_its_answer),
		IN_FOLDER(a_body_of_eight_megabytes_comes_back),
		IN_FOLDER(a_question_signed_with_another_key_is_not_worked_on),
		IN_FOLDER(a_key_of_less_than_32_bytes_is_refused),
		IN_FOLDER(an_absent_peer_is_unavailable_and_then_left_alone),
		IN_FOLDER(a_peer_that_comes_later_is_found),
		IN_FOLDER(a_question_without_answer_ends_at_its_deadline),
		IN_FOLDER(a_bus_may_be_freed_as_soon_as_it_has_its_answer),
		IN_FOLDER(sixty_four_questions_at_once_are_all_answered),
		IN_FOLDER(a_bell_is_heard)
	};

	if (argc == 3) {
		snprintf(folder, sizeof(folder), "%s", argv[1]);
		be_a_silent_server((int)strtol(argv[2], NULL, 10));
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
