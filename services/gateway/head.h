/*
 * head.h - what of a request's head goes on to a service, or decides who asks.
 *
 * A header that has one meaning is given once: of two, this program might read
 * the first and one before it the last.  What goes on over the bus is UTF-8
 * and as short as a bus_head takes it, because a question whose head cannot be
 * read is answered by nobody.
 */
#ifndef GATEWAY_HEAD_H
#define GATEWAY_HEAD_H

#include "io/http_server.h"

enum { TRACEPARENT_SIZE = 56 };

/* MALFORMED, naming the header. */
MUST_CHECK bool head_check(const struct http_request *request, struct err *err);

/* How much of the body is JSON, tensors behind it, if the caller says so
 * (Inference-Header-Content-Length of the Open Inference Protocol); of a
 * request that head_check has passed. */
bool head_json_size(const struct http_request *request, int64_t *size);

/* The caller's traceparent when it is one (W3C Trace Context, 3.2.2), else a
 * new one. */
void head_trace(const struct http_request *request,
    char traceparent[TRACEPARENT_SIZE]);

#endif
