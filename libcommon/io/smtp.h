/*
 * smtp.h - hand a mail to a mail server (RFC 5321), through libcurl.
 *
 * TLS is a must: from the first byte with smtps://, by STARTTLS with smtp://,
 * with the server's certificate checked.  Only smtp:// to this machine itself
 * (localhost, 127.0.0.0/8, ::1) goes without.  transfers_start comes first
 * (transfer.h).
 */
#ifndef IO_SMTP_H
#define IO_SMTP_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

/* Where and as whom; texts are borrowed, "" for none. */
struct smtp {
	const char *url; /* smtp://HOST[:PORT] or smtps://HOST[:PORT] */
	const char *from;
	const char *user;
	const char *password_file; /* read for each mail */
	const char *ca_file;       /* "": the system's certificates */
};

enum smtp_outcome {
	SMTP_TAKEN,  /* the server has it and answers for it */
	SMTP_LATER,  /* not reached, not now, or ours to mend: try again */
	SMTP_REFUSED /* this mail will never be taken: a lasting 5xx */
};

struct smtp_answer {
	enum smtp_outcome outcome;
	int code; /* the server's last reply code; 0: there was none */
	/* Its words, or why it was not reached: one line. */
	char detail[ERR_DETAIL_SIZE];
};

/* Is the address one that can be used?  ERR_INVALID says what is wrong. */
MUST_CHECK bool smtp_check(const struct smtp *smtp, struct err *err);

/* Send one mail, header and text with lines that end in CRLF, to one address.
 * Lasts 30 seconds at most; `is_over` (may be NULL) is asked now and then and
 * breaks off.  A mail that was broken off may have been taken all the same. */
void smtp_send(const struct smtp *smtp, const char *to, struct slice mail,
    bool (*is_over)(void *user), void *user, struct smtp_answer *answer);

#endif
