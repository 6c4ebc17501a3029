/* training.h - jobs that learn, and the registry of models (training.def), as C. */
#ifndef PROTO_TRAINING_H
#define PROTO_TRAINING_H

#define PROTO_DEF "proto/training.def"
#include "proto/as_structs.h"

#endif
