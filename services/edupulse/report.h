/* report.h - a model's report as a table. */
#ifndef EDUPULSE_REPORT_H
#define EDUPULSE_REPORT_H

#include "io/client.h"

/* GET models/{version}/report and print it: network and baseline side by side
 * on the same students, by week of the course, and what the report says of
 * grades known sooner.  `target` NULL: adverse outcomes, and failing and
 * withdrawing apart. */
MUST_CHECK bool report_print(struct client *client, const char *version,
    const char *target, struct err *err);

#endif
