/* sample.h - the messages of sample.def, as C. */
#ifndef TESTS_SAMPLE_H
#define TESTS_SAMPLE_H

#define PROTO_DEF "tests/support/sample.def"
#include "proto/as_structs.h"

#define PROTO_NAME sample
#define PROTO_DEF "tests/support/sample.def"
#include "proto/as_settings.h"

#define PROTO_NAME sample
#define PROTO_DEF "tests/support/sample.def"
#include "proto/as_metrics.h"

#endif
