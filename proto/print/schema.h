/* schema.h - messages as JSON Schema 2020-12, for OpenAPI 3.1. */
#ifndef PROTO_PRINT_SCHEMA_H
#define PROTO_PRINT_SCHEMA_H

#include "base/buf.h"
#include "wire/message.h"

enum { SCHEMAS_MOST = 512 };

/* The messages that a document names. */
struct schemas {
	const struct message *named[SCHEMAS_MOST];
	size_t count;
};

/* Name a message and all that it holds. */
void schema_name(struct schemas *schemas, const struct message *message);

/* `{"$ref":...}` */
void schema_reference(struct buf *out, const struct message *message);
/* The schema of one field, as an object. */
void schema_field(struct buf *out, const struct field *field);
/* The schema of a message, as an object. */
void schema_message(struct buf *out, const struct message *message);

#endif
