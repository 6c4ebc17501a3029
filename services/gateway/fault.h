/*
 * fault.h - how an error is worded for whom: as a problem (RFC 9457), or below
 * /v2 as the Open Inference Protocol has it, {"error": "what happened"}.
 *
 * Inside of the platform every error is a problem.  Only here, at the door, is
 * it known who reads it.
 */
#ifndef GATEWAY_FAULT_H
#define GATEWAY_FAULT_H

#include "io/http_server.h"

/* http_handler.problem: append the body, return its media type. */
const char *fault_write(const struct http_request *request,
    const struct err *err, struct buf *body);

/* A service's answer of that media type: where it is a problem and the caller
 * wants another form, `*body` becomes that, in the request's arena.  Returns
 * the media type of `*body`. */
const char *fault_reword(struct http_request *request, const char *type,
    struct slice *body);

#endif
