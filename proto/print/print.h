/* print.h - the documents that are printed from the rows of proto/. */
#ifndef PROTO_PRINT_H
#define PROTO_PRINT_H

#include "base/buf.h"
#include "wire/message.h"

void print_openapi(struct buf *out);
void print_asyncapi(struct buf *out);
void print_settings(struct buf *out);
void print_metrics(struct buf *out);

/* An example of a message with every field filled, as proto/golden/ has. */
void print_example(const struct message *message, struct buf *out);

#endif
