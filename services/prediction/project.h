/*
 * project.h - from the record log to the projection: registers and packed
 * facts by enrollment and week.
 */
#ifndef PREDICTION_PROJECT_H
#define PREDICTION_PROJECT_H

#include "ml/facts.h"
#include "proto/ingestion.h"
#include "service/service.h"

/* Applies one page of ingestion's log (reader_kind.apply); runs inside the
 * skeleton's transaction, which also moves the cursor: a page is applied once
 * or not at all. */
bool project_page(struct worker *w, struct reader_page *page, struct err *err);

/* The register entries of one tenant, in the order of the log. */
MUST_CHECK bool project_register(struct worker *w,
    const struct log_entry *entry, struct err *err);

/* The records of one tenant, in any order. */
MUST_CHECK bool project_facts(struct worker *w, const char *tenant,
    const struct log_entry *const *entries, size_t count, struct err *err);

/* The fact that an entry of the log stands for.  False: the entry is of a kind
 * that features do not read. */
bool fact_of_entry(const struct log_entry *entry, struct fact *fact);

/* The 7-day block of a day. */
int32_t week_of_day(int32_t day);

#endif
