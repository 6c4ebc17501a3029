/*
 * onnx.h - a risk network as an ONNX model, for other runtimes.
 *
 * Opset 14 of https://onnx.ai, IR version 7; no other operators.  Inputs:
 *	steps    float (batch, 40, 42), oldest first, as features are: not
 *	         standardised, NaN where nothing is known; past a row's length
 *	         whatever is there
 *	context  float (batch, 4)
 *	lengths  int32 (batch), 1 ... 40
 * Outputs:
 *	logit    float (batch), before calibration
 *	score    float (batch), the risk: by Platt, and isotonic where ours is
 *
 * GRUs have ONNX's gate order z, r, h and linear_before_reset = 1; the query is
 * folded as in network.h.  Logits agree with ours within 1e-5
 * (tests/bench/peers).
 */
#ifndef ML_ONNX_H
#define ML_ONNX_H

#include "base/buf.h"
#include "base/err.h"
#include "ml/model.h"

/* The same model gives the same bytes.  Fails with ERR_INVALID when the model
 * is no network. */
MUST_CHECK bool onnx_write(const struct model *model, struct buf *out,
    struct err *err);

#endif
