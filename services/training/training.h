/*
 * training.h - what the files of training share.
 */
#ifndef TRAINING_TRAINING_H
#define TRAINING_TRAINING_H

#include "proto/training.h"
#include "service/call.h"

#define PROTO_DEF "proto/training.def"
#include "proto/as_handlers.h"

/* The job thread: take the oldest job that nobody works on, and work on it. */
bool run_jobs(struct worker *w, bool *again, struct err *err);

/* A move of an alias, in the transaction in hand; its audit line, with what
 * the gate had said of the version, its event and what the tracking server is
 * to be told go with it. */
struct alias_move {
	const char *alias;
	const char *version;
	const char *expected; /* where it must point now; NULL: nowhere */
	const char *who;
	const char *why;
	bool is_rollback;
	bool despite_gate; /* a champion needs no leave of the gate */
};

/* Until the transaction's end nobody else moves the alias. */
MUST_CHECK bool alias_lock(struct worker *w, const char *tenant,
    const char *name, struct err *err);

/* ERR_PRECONDITION when it does not point where it was expected to,
 * ERR_CONFLICT when it points there already, and for a champion that the gate
 * did not allow against the one that it would follow; a roll-back is not asked
 * for that. */
MUST_CHECK bool alias_move(struct worker *w, const char *tenant,
    const struct alias_move *move, struct err *err);

/* What the gate said of a version last, in the worker's arena, other than that
 * it could follow itself; false without an error: nothing. */
struct judged {
	const char *outcome; /* a name of gate_outcome */
	const char *verdict;
	const char *evidence; /* JSON, for the audit */
	const char *against;  /* the champion then; NULL: there was none */
};
bool judged_find(struct worker *w, const char *tenant, const char *version,
    struct judged *judged, struct err *err);

/* ERR_NOT_FOUND unless it is champion, challenger or shadow. */
MUST_CHECK bool alias_check(const char *name, struct err *err);

/* The version that an alias must point to now, of If-Match; NULL for "none". */
MUST_CHECK bool alias_expected(const struct call *call, const char **expected,
    struct err *err);

/* Make the move and answer with where the alias points now. */
MUST_CHECK bool alias_move_and_reply(struct worker *w, struct call *call,
    const struct alias_move *move, struct err *err);

/* ERR_NOT_FOUND where there is no such job. */
MUST_CHECK bool job_find(struct worker *w, const char *tenant,
    const char *job_id, struct train_job *job, struct err *err);

/* Tell of a job's end (and have the tracking server told), in the
 * transaction that ends it, behind its row's change.  `*job` is filled with
 * the row. */
MUST_CHECK bool job_say_end(struct worker *w, const char *tenant,
    const char *job_id, struct train_job *job, struct err *err);

/* Where an alias points; false without an error: nowhere. */
bool alias_find(struct worker *w, const char *tenant, const char *name,
    struct alias *alias, struct err *err);

/* The full version that an alias, a version or at least 8 digits of one mean;
 * ERR_NOT_FOUND, or ERR_CONFLICT where several begin like that. */
MUST_CHECK bool model_version_of(struct worker *w, const char *tenant,
    const char *name, const char **version, struct err *err);

#endif
