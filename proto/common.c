/* common.c - the tables of common.def. */
#include "proto/common.h"

#define PROTO_DEF "proto/common.def"
#include "proto/as_messages.h"
