/* drift.h - drift checks and their reports (drift.def), as C. */
#ifndef PROTO_DRIFT_H
#define PROTO_DRIFT_H

#define PROTO_DEF "proto/drift.def"
#include "proto/as_structs.h"

#define PROTO_NAME drift
#define PROTO_DEF "proto/drift.def"
#include "proto/as_settings.h"

#define PROTO_NAME drift
#define PROTO_DEF "proto/drift.def"
#include "proto/as_metrics.h"

#endif
