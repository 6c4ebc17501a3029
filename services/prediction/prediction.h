/*
 * prediction.h - what the files of prediction share: the handlers' prototypes
 * and the process's state.
 */
#ifndef PREDICTION_PREDICTION_H
#define PREDICTION_PREDICTION_H

#include "proto/prediction.h"
#include "service/call.h"

#define PROTO_DEF "proto/prediction.def"
#include "proto/as_handlers.h"

#endif
