/* schema.h - messages as JSON Schema 2020-12, for OpenAPI 3.1 and
 * AsyncAPI 3.0. */
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
/* All that were named, as the members of an object. */
void schemas_print(struct buf *out, const struct schemas *schemas);

#endif
