/* gateway.c - the tables of gateway.def. */
#include "proto/gateway.h"

#define PROTO_DEF "proto/gateway.def"
#include "proto/as_messages.h"
