/* training.c - the tables of training.def. */
#include "proto/training.h"

#define PROTO_DEF "proto/training.def"
#include "proto/as_messages.h"
