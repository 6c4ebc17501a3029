/* ingestion.c - the tables of ingestion.def. */
#include "proto/ingestion.h"

#define PROTO_DEF "proto/ingestion.def"
#include "proto/as_messages.h"
