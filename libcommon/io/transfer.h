/*
 * transfer.h - what everything shares that reaches out of the platform through
 * libcurl (smtp.h, http_ask.h): its start, and what an address may be.
 */
#ifndef IO_TRANSFER_H
#define IO_TRANSFER_H

#include <stdbool.h>

#include "base/err.h"

/* Once, before threads start, and at the end. */
MUST_CHECK bool transfers_start(struct err *err);
void transfers_stop(void);

/* Is `url` an address of one of two schemes, without user and password?
 * ERR_INVALID says what is wrong; `whose` is for the words: "mail server". */
MUST_CHECK bool transfer_check(const char *url, const char *const schemes[2],
    const char *whose, struct err *err);

/* Does the way stay on this machine: localhost, 127.0.0.0/8, ::1? */
bool transfer_is_local(const char *url);

#endif
