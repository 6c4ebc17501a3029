/* common.h - what every service shares (common.def), as C. */
#ifndef PROTO_COMMON_H
#define PROTO_COMMON_H

#define PROTO_DEF "proto/common.def"
#include "proto/as_structs.h"

#define PROTO_NAME common
#define PROTO_DEF "proto/common.def"
#include "proto/as_settings.h"

#define PROTO_NAME common
#define PROTO_DEF "proto/common.def"
#include "proto/as_metrics.h"

#endif
