/*
 * child.h - long arithmetic in a process of its own.
 *
 * The program starts itself anew (NAME --work WORK) with two descriptors: the
 * input, a memory file that holds what to work on, and the report, a pipe.
 * The child shares nothing with the service: it can be cancelled, it cannot
 * take the service with it, and its memory goes back when it ends.  It dies
 * with the thread that started it (PR_SET_PDEATHSIG), so with its parent.
 *
 * A report is a line of JSON ending with a newline; the last thing a child
 * writes may be a large result: `{"result_bytes":N}` and N bytes.
 */
#ifndef SERVICE_CHILD_H
#define SERVICE_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

struct child {
	pid_t pid;
	int report;      /* owned: read end */
	struct buf line; /* owned: bytes read and not yet dropped */
	size_t used;     /* bytes of `line` that were handed out */
};

/* Where a child finds its input and its report. */
enum { CHILD_INPUT = 3, CHILD_REPORT = 4 };

/* Start; `input` is copied into the memory file. */
MUST_CHECK bool child_start(struct child *child, const char *work,
    struct slice input, struct err *err);
/* The same with a memory file that the caller has filled (memfd_create) and
 * goes on to own: for input that should not pass through our own memory. */
MUST_CHECK bool child_start_with(struct child *child, const char *work,
    int file, struct err *err);

enum child_event { CHILD_LINE, CHILD_RESULT, CHILD_NOTHING, CHILD_ENDED };

/* Wait up to `timeout_ms` for the next report.  CHILD_LINE: `*text` is one
 * line without its newline, valid until the next call.  CHILD_RESULT: `*text`
 * is the result.  CHILD_ENDED: no more will come; call child_end. */
enum child_event child_next(struct child *child, int timeout_ms,
    struct slice *text);

void child_cancel(struct child *child); /* SIGKILL */
/* Reap.  False with what ended it in err: ERR_UNAVAILABLE and the signal, so
 * it may be worth trying again, or ERR_INTERNAL and a status other than 0. */
MUST_CHECK bool child_end(struct child *child, struct err *err);

/* In the child: map the input, write a line, write the result. */
struct slice child_input(int input);
MUST_CHECK bool child_report(int report, struct slice line, struct err *err);
MUST_CHECK bool child_result(int report, struct slice bytes, struct err *err);

#endif
