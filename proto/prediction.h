/* prediction.h - risk: questions, answers, samples (prediction.def), as C. */
#ifndef PROTO_PREDICTION_H
#define PROTO_PREDICTION_H

#include "proto/common.h"

#define PROTO_DEF "proto/prediction.def"
#include "proto/as_structs.h"

#define PROTO_NAME prediction
#define PROTO_DEF "proto/prediction.def"
#include "proto/as_settings.h"

#define PROTO_NAME prediction
#define PROTO_DEF "proto/prediction.def"
#include "proto/as_metrics.h"

#endif
