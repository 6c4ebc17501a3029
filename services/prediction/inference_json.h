/*
 * inference_json.h - the JSON of a request, without the data of its tensors.
 */
#ifndef PREDICTION_INFERENCE_JSON_H
#define PREDICTION_INFERENCE_JSON_H

#include "services/prediction/inference.h"

enum { INFERENCE_INPUTS = 16 }; /* whose data are set aside */

struct inference_json {
	struct inference_question question;  /* data left out; in the arena */
	struct slice data[INFERENCE_INPUTS]; /* of each input, borrowed from the
					      * request; empty: none */
	size_t inputs;                       /* seen while setting aside */
	struct buf text; /* owned: what the question was decoded from */
};

/* ERR_MALFORMED.  Closed also when it fails. */
MUST_CHECK bool inference_json_read(struct slice json, struct arena *arena,
    struct inference_json *into, struct err *err);
void inference_json_close(struct inference_json *json);

/* Check an object of parameters, and give the one of that name; an empty slice
 * when it is not there. */
MUST_CHECK bool inference_parameter(struct slice parameters, const char *name,
    struct slice *found, struct err *err);
/* One that is true or false; `*flag` stays when it is not there. */
MUST_CHECK bool inference_flag(struct slice parameters, const char *name,
    bool *flag, struct err *err);

#endif
