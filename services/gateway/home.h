/* home.h - the gateway's few pages for people, as HTML without scripts. */
#ifndef GATEWAY_HOME_H
#define GATEWAY_HOME_H

#include "base/buf.h"
#include "base/err.h"
#include "proto/common.h"

/* The start page; `status` NULL: not known at the moment.  It says of each
 * daemon what it waits for by name only: details are for operators. */
void home_print(struct buf *out, const struct system_status *status);

void home_print_problem(struct buf *out, enum err_code code);

#endif
