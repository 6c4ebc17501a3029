/* gateway.h - the public door: API keys, status (gateway.def), as C. */
#ifndef PROTO_GATEWAY_H
#define PROTO_GATEWAY_H

#include "proto/common.h"

#define PROTO_DEF "proto/gateway.def"
#include "proto/as_structs.h"

#define PROTO_NAME gateway
#define PROTO_DEF "proto/gateway.def"
#include "proto/as_settings.h"

#define PROTO_NAME gateway
#define PROTO_DEF "proto/gateway.def"
#include "proto/as_metrics.h"

#endif
