/*
 * sender.h - batches of records on their way, sent until they are
 * acknowledged.
 *
 * A sender has one connection and one batch in hand.  The batch has a key: when
 * the answer does not come, the very same batch is sent again under the same
 * key, so that it is stored once however often it arrives.
 */
#ifndef SIMULATOR_SENDER_H
#define SIMULATOR_SENDER_H

#include "io/client.h"
#include "services/simulator/chaos.h"
#include "services/simulator/world.h"

struct sender {
	struct client client;      /* owned */
	const struct world *world; /* borrowed */
	char name[64];             /* of its batch keys */
	struct parcel parcel;      /* owned: the batch in hand */
	size_t batch_most;         /* records that make it full */
	struct chaos *chaos;       /* borrowed; NULL: all goes its way */
	int expect;                /* file of fates, borrowed; -1: none */
	uint64_t acknowledged;     /* records */
	uint64_t refused;          /* of those, into quarantine */
	int patience_seconds;      /* how long a batch is tried */
	bool has_failed;
	struct err err; /* why, when it has */
};

MUST_CHECK bool sender_init(struct sender *sender, const struct world *world,
    const struct client_account *account, const char *name, struct err *err);
void sender_close(struct sender *sender);
/* As many records a batch, but no more than ever. */
void sender_batch(struct sender *sender, size_t records);

/* Add what happened to a pupil; sends when the batch is full.  `id` may be
 * NULL: a record without an id.  After a failure nothing more is sent. */
void sender_tell(struct sender *sender, const struct pupil *pupil,
    const struct happening *happening, const char *id);
/* Send what is in hand or held back and wait for its acknowledgement. */
void sender_flush(struct sender *sender);

/* The district's rules, years, subjects, students and enrollments. */
MUST_CHECK bool send_registers(struct client *client, const struct world *world,
    struct err *err);

#endif
