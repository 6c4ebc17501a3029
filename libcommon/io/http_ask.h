/*
 * http_ask.h - ask an HTTP server outside of the platform, through libcurl: a
 * question, its answer, and no redirect followed.
 *
 * https:// is TLS 1.2 at least, with the server's certificate checked.  To this
 * machine itself no question goes through a proxy, whatever the environment
 * says: what a header holds is nobody else's to read.
 */
#ifndef IO_HTTP_ASK_H
#define IO_HTTP_ASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/err.h"

enum { HTTP_ASK_HEADERS = 8 };

struct http_question {
	const char *method;
	const char *url; /* encoded */
	/* "Name: value"; the first NULL ends them. */
	const char *headers[HTTP_ASK_HEADERS];
	/* By a connection of its own: where one that was kept open turns out
	 * to be dead, libcurl asks again, and cannot know whether the question
	 * was worked on. */
	bool is_once;
	struct slice body;   /* data NULL: none */
	FILE *file;          /* instead: all of it, from its start */
	const char *ca_file; /* NULL or "": the system's certificates */
	long stall_seconds;  /* given up when no byte moves for so long */
	long most_seconds;   /* given up then in any case; 0: never */
	size_t answer_most;  /* bytes of the answer's body; 0: any number */
	/* Each may be NULL.  Bytes sent and in all; and shall it be broken
	 * off?  Asked now and then. */
	void (*progress)(void *user, double sent, double total);
	bool (*is_over)(void *user);
	void *user;
};

struct http_answer {
	long status;
	char etag[256];   /* "" when it had none */
	struct buf *body; /* borrowed: bytes are added to it */
};

/* What questions to one server share: connections stay open between them. */
struct http_line;
struct http_line *http_line_new(void);
void http_line_free(struct http_line *line);

/* ERR_UNAVAILABLE, the detail saying why, when there was no whole answer; the
 * question may have been worked on all the same.  Any status is an answer. */
MUST_CHECK bool http_ask(struct http_line *line,
    const struct http_question *question, struct http_answer *answer,
    struct err *err);

/* Add `text` percent-encoded, as one segment of a path or one value. */
void http_escape(struct buf *out, const char *text);

#endif
