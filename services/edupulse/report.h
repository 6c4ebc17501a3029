/* report.h - a model's report as a table, and as a page. */
#ifndef EDUPULSE_REPORT_H
#define EDUPULSE_REPORT_H

#include "io/client.h"

/* GET models/{version}/report and print its table: the models side by side on
 * the same students, by week of the course, and what the report says of grades
 * known sooner.  `target` NULL: adverse outcomes, and failing and withdrawing
 * apart. */
MUST_CHECK bool report_print(struct client *client, const char *version,
    const char *target, struct err *err);

/* The same as a page: what the gate said, the figures of this model with their
 * intervals, plots, groups, then the table. */
MUST_CHECK bool report_page(struct client *client, const char *version,
    struct err *err);

#endif
