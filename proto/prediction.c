/* prediction.c - the tables of prediction.def. */
#include "proto/prediction.h"

#define PROTO_DEF "proto/prediction.def"
#include "proto/as_messages.h"
