/* example.c - starting alpha and beta, and talking to them. */
#include "tests/support/example.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "tests/support/example_kinds.h"
#include "tests/support/open_bus.h"
#include "tests/support/test.h"
#include "wire/json.h"

static const char KEY[] = "the cluster key of the examples, long enough";

enum { PATIENCE_S = 30, PAUSE_US = 10000 };

bool
example_main(int argc, char **argv, int *status)
{
	for (size_t i = 0; i < ARRAY_SIZE(example_kinds); i++) {
		if (argc < 2 || strcmp(argv[1], example_kinds[i].name) != 0)
			continue;
		*status = service_main(argc - 1, argv + 1, &example_kinds[i]);
		return true;
	}
	return false;
}

static void
write_key(const struct example *example)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/key", example->folder);
	file = fopen(path, "we");
	assert_non_null(file);
	assert_int_equal(fchmod(fileno(file), 0600), 0);
	fputs(KEY, file);
	fclose(file);
}

void
example_open(struct example *example, const char *database)
{
	*example = (struct example){ .folder = "/tmp/epsvc.XXXXXX" };
	assert_non_null(mkdtemp(example->folder));
	if (database == NULL)
		database = "host=/nonexistent";
	snprintf(example->database, sizeof(example->database),
	    "%.*s dbname=edupulse", (int)strcspn(database, " "), database);
	write_key(example);
	arena_init(&example->arena, 65536);
	example->bus = open_bus(example->folder, "test", KEY);
}

void
example_close(struct example *example)
{
	char command[128];

	bus_free(example->bus);
	arena_close(&example->arena);
	snprintf(command, sizeof(command), "rm -rf %s", example->folder);
	assert_int_equal(system(command), 0);
}

void
example_migrate(struct example *example)
{
	const char *host = example->database + strlen("host=");
	char command[512];
	int status;

	snprintf(command, sizeof(command),
	    "PGHOST=%.*s PGUSER=edupulse deploy/local/roles.sh %s alpha beta",
	    (int)strcspn(host, " "), host, example->folder);
	assert_int_equal(system(command), 0);
	for (size_t i = 0; i < ARRAY_SIZE(example_kinds); i++) {
		pid_t pid =
		    example_start(example, example_kinds[i].name, "--migrate");

		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
	}
}

enum { WORDS_MOST = 8, WORD_SIZE = 300 };

struct words {
	char text[WORDS_MOST][WORD_SIZE];
	char *list[WORDS_MOST + 1]; /* into text, NULL behind the last */
	size_t count;
};

static void
add_word(struct words *words, const char *format, ...)
{
	char *word = words->text[words->count];
	va_list list;

	assert_true(words->count < WORDS_MOST);
	va_start(list, format);
	vsnprintf(word, WORD_SIZE, format, list);
	va_end(list);
	words->list[words->count++] = word;
}

static void
add_usual_words(struct words *words, const struct example *example,
    const char *service)
{
	add_word(words, "example");
	add_word(words, "%s", service);
	add_word(words, "--cluster_key_file=%s/key", example->folder);
	add_word(words, "--run_folder=%s", example->folder);
	add_word(words, "--database=%s", example->database);
}

static pid_t
start_with(struct words *words)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		/* What a failed test leaves behind ends with it. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execv("/proc/self/exe", words->list);
		_exit(127);
	}
	return pid;
}

pid_t
example_start(struct example *example, const char *service, const char *option)
{
	struct words words = { 0 };

	add_usual_words(&words, example, service);
	if (option != NULL)
		add_word(&words, "%s", option);
	return start_with(&words);
}

pid_t
example_start_copy(struct example *example, const char *service,
    const char *copy)
{
	struct words words = { 0 };

	add_usual_words(&words, example, service);
	add_word(&words, "--bus_address=ipc://%s/%s.0.sock", example->folder,
	    copy);
	add_word(&words, "--bell_address=ipc://%s/%s.bell.sock",
	    example->folder, copy);
	add_word(&words, "--ops_listen=unix:%s/%s.ops", example->folder, copy);
	return start_with(&words);
}

static bool
is_ready(struct example *example, const char *service)
{
	struct bus_head head = { .method = "GET",
		.target = "/internal/status",
		.request_id = "ready",
		.tenant = "default",
		.principal = "service:test",
		.role = ROLE_INTERNAL,
		.deadline = clock_now() + SECOND_US };
	struct service_status status;
	struct answer answer;
	struct err err = { 0 };
	bool is_answered = bus_ask(example->bus, service, &head, slice_of(""),
			       &example->arena, &answer, &err) &&
	    answer.head.status == 200 &&
	    json_decode(&service_status_message, answer.body, JSON_STRICT,
		&example->arena, &status, &err);

	return is_answered && status.ready;
}

void
example_wait_ready(struct example *example, const char *service)
{
	int64_t until = clock_ticks() + PATIENCE_S * SECOND_US;

	while (!is_ready(example, service)) {
		if (clock_ticks() > until)
			fail_msg("%s does not become ready", service);
		/* A service that was killed may have left a dead line. */
		bus_watch(example->bus);
		usleep(PAUSE_US);
	}
}

int
example_stop(pid_t pid)
{
	int status = -1;

	kill(pid, SIGTERM);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

struct answer
example_ask(struct example *example, struct example_call call)
{
	bool is_internal = strncmp(call.target, "/internal/", 10) == 0;
	struct bus_head head = { .method = call.method,
		.target = call.target,
		.request_id = "request-of-test",
		.tenant = "default",
		.principal = "key:test",
		.role = call.role != 0 ? call.role
		    : is_internal      ? ROLE_INTERNAL
				       : ROLE_EDUCATOR,
		.idempotency_key = call.key,
		.if_match = call.if_match,
		.deadline = clock_now() +
		    (call.deadline_us != 0 ? call.deadline_us
					   : 10 * SECOND_US) };
	struct answer answer;
	struct err err = { 0 };

	if (!bus_ask(example->bus, call.service, &head,
		slice_of(call.body != NULL ? call.body : ""), &example->arena,
		&answer, &err))
		fail_msg("%s %s: %s", call.method, call.target, err.detail);
	return answer;
}

const char *
example_problem(struct example *example, const struct answer *answer)
{
	struct problem problem;
	struct err err = { 0 };

	assert_string_equal(answer->head.content_type,
	    "application/problem+json");
	if (!json_decode(&problem_message, answer->body, JSON_STRICT,
		&example->arena, &problem, &err))
		fail_msg("%s", err.detail);
	assert_int_equal(problem.status, answer->head.status);
	assert_string_equal(problem.request_id, "request-of-test");
	assert_int_equal(strncmp(problem.type, "/problems/", 10), 0);
	return problem.type + 10;
}

static int
connect_ops(const struct example *example, const char *service)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int64_t until = clock_ticks() + PATIENCE_S * SECOND_US;
	int file = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s.ops",
	    example->folder, service);
	while (connect(file, (struct sockaddr *)&address, sizeof(address)) != 0)
		if (clock_ticks() > until)
			fail_msg("%s does not listen", address.sun_path);
	return file;
}

int
example_ops(struct example *example, const char *service, const char *path,
    struct buf *body)
{
	int file = connect_ops(example, service);
	struct buf text = { 0 };
	char piece[4096];
	ssize_t size;
	int status;

	snprintf(piece, sizeof(piece),
	    "GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", path);
	assert_int_equal(write(file, piece, strlen(piece)),
	    (ssize_t)strlen(piece));
	while ((size = read(file, piece, sizeof(piece))) > 0)
		buf_add(&text, piece, (size_t)size);
	close(file);
	assert_int_equal(sscanf(text.data, "HTTP/1.1 %d", &status), 1);
	buf_clear(body);
	buf_text(body, strstr(text.data, "\r\n\r\n") + 4);
	buf_close(&text);
	return status;
}
