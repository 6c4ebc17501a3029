/* training.h - jobs that learn, and the registry of models (training.def), as C. */
#ifndef PROTO_TRAINING_H
#define PROTO_TRAINING_H

#define PROTO_DEF "proto/training.def"
#include "proto/as_structs.h"

#define PROTO_NAME training
#define PROTO_DEF "proto/training.def"
#include "proto/as_settings.h"

#define PROTO_NAME training
#define PROTO_DEF "proto/training.def"
#include "proto/as_metrics.h"

#endif
