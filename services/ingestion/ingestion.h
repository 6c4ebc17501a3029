/*
 * ingestion.h - what the files of the daemon share.
 *
 *	batch.c		POST ingest/batch, ingest/stream (batch_read.c)
 *	quarantine.c	what was refused: list, retry
 *	registers.c	courses, students, enrollments, the tenant's rules
 *	feed.c		the record log for readers; internal lists; statistics
 *	uploads.c	parts of long bodies
 *	imports.c	POST/GET imports, cancel
 *	import_job.c	works imports off, one after another
 *	form_csv.c	in our own form (form_registers.c, csv.c, csv_rows.c)
 *	form_oulad.c	in the form of the OULAD (oulad*.c)
 *	intake.c	many records: check, resolve, append or refuse
 *	check.c entry.c append.c enrollments.c
 */
#ifndef INGESTION_H
#define INGESTION_H

#include "proto/ingestion.h"
#include "service/call.h"
#include "services/ingestion/enrollments.h"

#define PROTO_DEF "proto/ingestion.def"
#include "proto/as_handlers.h"

/* Who may tell of days gone by as known then, and of days to come. */
static inline bool
may_tell_history(const struct bus_head *head)
{
	return head->role == ROLE_ADMIN || head->role == ROLE_OPERATOR;
}

/* Where an error says that a query found nothing: that there is no such thing,
 * in the caller's words.  Returns false. */
bool tell_missing(struct err *err, const char *what, const char *id);

/* jobs */
bool run_imports(struct worker *w, bool *again, struct err *err);
bool keep_house(struct worker *w, bool *again, struct err *err);

#endif
