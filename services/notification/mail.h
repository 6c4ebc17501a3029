/*
 * mail.h - a mail as text: header, encoding, and the few words that mails of
 * ours say.
 *
 * The format is RFC 5322 with MIME (RFC 2045): text/plain in UTF-8, quoted-
 * printable.  What is not plain ASCII in a header becomes encoded-words (RFC
 * 2047), so nothing that a person has entered can end a line of it.
 *
 * A mail leaves the platform's keys and row-level security behind.  So it
 * holds no student's id, name or mark, and no text of an event: how many
 * messages of each kind wait, and where to read them.
 */
#ifndef NOTIFICATION_MAIL_H
#define NOTIFICATION_MAIL_H

#include "base/buf.h"
#include "proto/notification.h"

struct mail {
	const char *from;    /* address */
	const char *to_name; /* UTF-8 */
	const char *to;      /* address */
	const char *subject; /* UTF-8 */
	const char *id;      /* Message-ID: what stands before the @ */
	int64_t date;
	struct slice text; /* UTF-8, lines end in LF */
};

/* Lines end in CRLF.  Addresses must be valid (address.h). */
void mail_print(struct buf *out, const struct mail *mail);

enum { MAIL_KINDS = RULE_DRIFT + 1 };

/* What a mail says: so many messages of each kind, and where to read them
 * (`url` "": not known). */
void mail_subject(struct buf *out, const int64_t counts[MAIL_KINDS]);
void mail_text(struct buf *out, const int64_t counts[MAIL_KINDS],
    const char *url);

#endif
