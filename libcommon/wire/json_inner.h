/* json_inner.h - what the files of the JSON codec share. */
#ifndef WIRE_JSON_INNER_H
#define WIRE_JSON_INNER_H

#include "wire/json.h"
#include "wire/slot.h"

struct json_decoder {
	enum json_manner manner;
	struct arena *arena; /* borrowed */
	const char *origin;  /* faults count bytes from here */
	struct err *err;
};

/* json_decode() of a part: `place` says which, NULL for the whole. */
MUST_CHECK bool json_decode_at(struct json_decoder *decoder,
    const struct message *message, struct slice text,
    const struct place *place, void *value);

#endif
