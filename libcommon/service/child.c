/*
 * child.c - a process of our own program, with a memory file to read and a
 * pipe to report on.
 */
#include "service/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/must.h"

#define RESULT_MARK "{\"result_bytes\":"

enum { FREE_DESCRIPTORS = 10, NOT_STARTED = 127, READ_SIZE = 64 * 1024 };

static bool
make_input(struct slice input, int *file, struct err *err)
{
	*file = memfd_create("work", MFD_CLOEXEC);
	if (*file == -1)
		return err_os(err, "make a memory file for a child");
	if (file_write(*file, input, "to a child", err))
		return true;
	close(*file);
	return false;
}

/* Between fork and exec: only what a signal handler may do, because other
 * threads may have held any lock. */
static _Noreturn void
become_child(char *const argv[], int input, int report, pid_t parent)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(NOT_STARTED);
	/* Out of the way first: one may stand where the other goes. */
	input = fcntl(input, F_DUPFD_CLOEXEC, FREE_DESCRIPTORS);
	report = fcntl(report, F_DUPFD_CLOEXEC, FREE_DESCRIPTORS);
	if (dup2(input, CHILD_INPUT) == CHILD_INPUT &&
	    dup2(report, CHILD_REPORT) == CHILD_REPORT)
		execv("/proc/self/exe", argv);
	_exit(NOT_STARTED);
}

static bool
fork_child(struct child *child, const char *work, int input, int report,
    struct err *err)
{
	char *name = program_invocation_short_name;
	char option[] = "--work";
	char *work_text = strdup(work);
	char *argv[] = { name, option, work_text, NULL };
	pid_t parent = getpid();

	must(work_text != NULL);
	child->pid = fork();
	if (child->pid == 0)
		become_child(argv, input, report, parent);
	free(work_text);
	if (child->pid == -1)
		return err_os(err, "fork a child for %s", work);
	return true;
}

bool
child_start_with(struct child *child, const char *work, int file,
    struct err *err)
{
	bool is_good = false;
	int pipe_ends[2];

	*child = (struct child){ .report = -1 };
	if (lseek(file, 0, SEEK_SET) == -1)
		return err_os(err, "wind back a memory file for a child");
	if (pipe2(pipe_ends, O_CLOEXEC) == -1)
		return err_os(err, "make a pipe for a child");
	is_good = fork_child(child, work, file, pipe_ends[1], err);
	close(pipe_ends[1]);
	if (is_good)
		child->report = pipe_ends[0];
	else
		close(pipe_ends[0]);
	return is_good;
}

bool
child_start(struct child *child, const char *work, struct slice input,
    struct err *err)
{
	bool is_good;
	int file;

	*child = (struct child){ .report = -1 };
	if (!make_input(input, &file, err))
		return false;
	is_good = child_start_with(child, work, file, err);
	close(file);
	return is_good;
}

/* What was handed out by the last call goes. */
static void
drop_used(struct child *child)
{
	if (child->used == 0)
		return;
	memmove(child->line.data, child->line.data + child->used,
	    child->line.size - child->used);
	child->line.size -= child->used;
	child->used = 0;
}

/* Is a whole line, or a whole result, there? */
static bool
take_report(struct child *child, enum child_event *event, struct slice *text)
{
	const char *data = child->line.data;
	const char *newline =
	    child->line.size == 0 ? NULL : memchr(data, '\n', child->line.size);
	size_t mark = strlen(RESULT_MARK), line_size, wanted;

	if (newline == NULL)
		return false;
	line_size = (size_t)(newline - data);
	*text = (struct slice){ data, line_size };
	*event = CHILD_LINE;
	child->used = line_size + 1;
	if (line_size < mark || memcmp(data, RESULT_MARK, mark) != 0)
		return true;
	wanted = strtoull(data + mark, NULL, 10);
	if (child->line.size - line_size - 1 < wanted) {
		child->used = 0;
		return false;
	}
	*text = (struct slice){ newline + 1, wanted };
	*event = CHILD_RESULT;
	child->used = line_size + 1 + wanted;
	return true;
}

/* Read what is there within `timeout_ms`. */
static enum child_event
read_more(struct child *child, int timeout_ms)
{
	struct pollfd poll_one = { .fd = child->report, .events = POLLIN };
	char piece[READ_SIZE];
	ssize_t size;

	if (poll(&poll_one, 1, timeout_ms) <= 0)
		return CHILD_NOTHING;
	size = read(child->report, piece, sizeof(piece));
	if (size == -1 && errno == EINTR)
		return CHILD_NOTHING;
	if (size <= 0)
		return CHILD_ENDED;
	buf_add(&child->line, piece, (size_t)size);
	return CHILD_LINE;
}

enum child_event
child_next(struct child *child, int timeout_ms, struct slice *text)
{
	int64_t until = clock_ticks() + timeout_ms * INT64_C(1000);
	enum child_event event;

	drop_used(child);
	for (;;) {
		int64_t left = until - clock_ticks();

		if (take_report(child, &event, text))
			return event;
		event = read_more(child, left > 0 ? (int)(left / 1000 + 1) : 0);
		if (event == CHILD_ENDED ||
		    (event == CHILD_NOTHING && clock_ticks() >= until))
			return event;
	}
}

void
child_cancel(struct child *child)
{
	kill(child->pid, SIGKILL);
}

bool
child_end(struct child *child, struct err *err)
{
	int status = 0;

	close(child->report);
	child->report = -1;
	buf_close(&child->line);
	while (waitpid(child->pid, &status, 0) == -1)
		if (errno != EINTR)
			return err_os(err, "wait for child %d", child->pid);
	if (WIFSIGNALED(status))
		return err_set(err, ERR_UNAVAILABLE,
		    "the child was ended by signal %d", WTERMSIG(status));
	if (WEXITSTATUS(status) != 0)
		return err_set(err, ERR_INTERNAL,
		    "the child ended with status %d", WEXITSTATUS(status));
	return true;
}

struct slice
child_input(int input)
{
	struct stat stat;
	void *data;

	must(fstat(input, &stat) == 0);
	if (stat.st_size == 0)
		return (struct slice){ "", 0 };
	data =
	    mmap(NULL, (size_t)stat.st_size, PROT_READ, MAP_PRIVATE, input, 0);
	must(data != MAP_FAILED);
	return (struct slice){ data, (size_t)stat.st_size };
}

bool
child_report(int report, struct slice line, struct err *err)
{
	struct buf text = { 0 };
	bool is_good;

	must(memchr(line.data, '\n', line.size) == NULL);
	buf_add(&text, line.data, line.size);
	buf_byte(&text, '\n');
	is_good = file_write(report, buf_slice(&text), "to the parent", err);
	buf_close(&text);
	return is_good;
}

bool
child_result(int report, struct slice bytes, struct err *err)
{
	char head[64];

	snprintf(head, sizeof(head), RESULT_MARK "%zu}\n", bytes.size);
	return file_write(report, slice_of(head), "to the parent", err) &&
	    file_write(report, bytes, "to the parent", err);
}
