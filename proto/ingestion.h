/* ingestion.h - what comes in (ingestion.def), as C. */
#ifndef PROTO_INGESTION_H
#define PROTO_INGESTION_H

#include "proto/common.h"

#define PROTO_DEF "proto/ingestion.def"
#include "proto/as_structs.h"

#define PROTO_NAME ingestion
#define PROTO_DEF "proto/ingestion.def"
#include "proto/as_settings.h"

#define PROTO_NAME ingestion
#define PROTO_DEF "proto/ingestion.def"
#include "proto/as_metrics.h"

#endif
