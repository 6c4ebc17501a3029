/*
 * onnx.c - the risk network, node by node, in the order of network.h.
 */
#include "ml/onnx.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ml/onnx_graph.h"

enum { NAME_SIZE = 96, INPUTS_MOST = 16 /* of a group */ };

/* Of the GRUs' tensors in network_tensor order. */
enum { GRU_INPUT, GRU_HIDDEN, GRU_INPUT_BIAS, GRU_HIDDEN_BIAS, GRU_TENSORS };

struct writer {
	struct onnx_graph graph;
	const struct model *model; /* borrowed */
	int hidden, wide, heads, head, fusion;
};

static const float *
known(const struct writer *w, enum network_tensor tensor)
{
	return network_known(w->model->network)->tensor[tensor];
}

static void
node(struct writer *w, const char *operator, const char * inputs,
    const char *output, const char *attributes)
{
	onnx_node(&w->graph, operator, inputs, output, attributes);
}

/* A node whose names are made with `scope` in place of %. */
static void
scoped_node(struct writer *w, const char *scope, const char *operator,
    const char * inputs, const char *output, const char *attributes)
{
	struct buf in = { 0 }, out = { 0 };

	for (; *inputs; inputs++)
		if (*inputs == '%')
			buf_text(&in, scope);
		else
			buf_byte(&in, *inputs);
	for (; *output; output++)
		if (*output == '%')
			buf_text(&out, scope);
		else
			buf_byte(&out, *output);
	node(w, operator, in.data, out.data, attributes);
	buf_close(&in);
	buf_close(&out);
}

static void
scoped_floats(struct writer *w, const char *scope, const char *name,
    const float *values, const int *shape)
{
	struct buf text = { 0 };

	buf_printf(&text, "%s.%s", scope, name);
	onnx_floats(&w->graph, text.data, values, shape);
	buf_close(&text);
}

/* `scope` becomes `scope`.x: standardised, 0 where it was not known.  Of the
 * `count` inputs from `first` on. */
static void
standardise(struct writer *w, const char *scope, int first, int count)
{
	const struct network_standard *standard = &w->model->standard;
	float scale[MODEL_INPUTS];

	for (int i = 0; i < count; i++) {
		float deviation = standard->deviation[first + i];

		scale[i] = deviation == 0 ? 1 : 1 / deviation;
	}
	scoped_floats(w, scope, "mean", standard->mean + first,
	    (int[]){ count, 0 });
	scoped_floats(w, scope, "scale", scale, (int[]){ count, 0 });
	scoped_node(w, scope, "Sub", "% %.mean", "%.centred", "");
	scoped_node(w, scope, "Mul", "%.centred %.scale", "%.scaled", "");
	scoped_node(w, scope, "IsNaN", "%.scaled", "%.unknown", "");
	scoped_node(w, scope, "Where", "%.unknown zero %.scaled", "%.x", "");
}

/* Rows in the order r, z, n become z, r, n. */
static void
swap_gates(const float *from, int rows, int columns, float *to)
{
	size_t gate = (size_t)rows * (size_t)columns;

	memcpy(to, from + gate, gate * sizeof(float));
	memcpy(to + gate, from, gate * sizeof(float));
	memcpy(to + 2 * gate, from + 2 * gate, gate * sizeof(float));
}

static void
write_gru(struct writer *w, const char *scope, int group, int inputs)
{
	int first = group * GRU_TENSORS, hidden = w->hidden, rows = 3 * hidden;
	float *to = mem_alloc((size_t)rows * (size_t)(hidden + INPUTS_MOST),
	    sizeof(*to));
	char attributes[NAME_SIZE];

	swap_gates(known(w, first + GRU_INPUT), hidden, inputs, to);
	scoped_floats(w, scope, "W", to, (int[]){ 1, rows, inputs, 0 });
	swap_gates(known(w, first + GRU_HIDDEN), hidden, hidden, to);
	scoped_floats(w, scope, "R", to, (int[]){ 1, rows, hidden, 0 });
	swap_gates(known(w, first + GRU_INPUT_BIAS), hidden, 1, to);
	swap_gates(known(w, first + GRU_HIDDEN_BIAS), hidden, 1, to + rows);
	scoped_floats(w, scope, "B", to, (int[]){ 1, 2 * rows, 0 });
	free(to);
	snprintf(attributes, sizeof(attributes),
	    "hidden_size=%d linear_before_reset=1", hidden);
	scoped_node(w, scope, "GRU", "% %.W %.R %.B lengths", "%.all %.end",
	    attributes);
	scoped_node(w, scope, "Squeeze", "%.all one", "%.states", "");
	scoped_node(w, scope, "Squeeze", "%.end zeroth", "%.last", "");
}

/* Layer norm of the last axis of `scope` to `scope`.normed. */
static void
write_norm(struct writer *w, const char *scope, const char *gain_and_bias)
{
	char inputs[NAME_SIZE];

	scoped_node(w, scope, "ReduceMean", "%", "%.middle", "axes=[-1]");
	scoped_node(w, scope, "Sub", "% %.middle", "%.off", "");
	scoped_node(w, scope, "Mul", "%.off %.off", "%.squared", "");
	scoped_node(w, scope, "ReduceMean", "%.squared", "%.variance",
	    "axes=[-1]");
	scoped_node(w, scope, "Add", "%.variance epsilon", "%.held", "");
	scoped_node(w, scope, "Sqrt", "%.held", "%.deviation", "");
	scoped_node(w, scope, "Div", "%.off %.deviation", "%.even", "");
	snprintf(inputs, sizeof(inputs), "%%.even %s.weight", gain_and_bias);
	scoped_node(w, scope, "Mul", inputs, "%.gained", "");
	snprintf(inputs, sizeof(inputs), "%%.gained %s.bias", gain_and_bias);
	scoped_node(w, scope, "Add", inputs, "%.normed", "");
}

static void
write_norm_weights(struct writer *w, const char *scope,
    enum network_tensor gain)
{
	const int shape[] = { w->wide, 0 };

	scoped_floats(w, scope, "weight", known(w, gain), shape);
	scoped_floats(w, scope, "bias", known(w, gain + 1), shape);
}

static void
write_constants(struct writer *w)
{
	static const float zero = 0, epsilon = 1e-5f, lowest = -1e30f;
	static const int one_number[] = { 1, 0 };
	const int64_t sizes[] = { NETWORK_ATTENDANCE, NETWORK_GRADES,
		NETWORK_DISCIPLINE };
	int64_t places[NETWORK_MAX_STEPS];

	for (int i = 0; i < NETWORK_MAX_STEPS; i++)
		places[i] = i;
	onnx_floats(&w->graph, "zero", &zero, one_number);
	onnx_floats(&w->graph, "epsilon", &epsilon, one_number);
	onnx_floats(&w->graph, "lowest", &lowest, one_number);
	onnx_integers(&w->graph, "zeroth", (int64_t[]){ 0 }, one_number);
	onnx_integers(&w->graph, "one", (int64_t[]){ 1 }, one_number);
	onnx_integers(&w->graph, "one.two", (int64_t[]){ 1, 2 },
	    (int[]){ 2, 0 });
	onnx_integers(&w->graph, "sizes", sizes, (int[]){ NETWORK_GROUPS, 0 });
	onnx_integers(&w->graph, "places", places,
	    (int[]){ 1, 1, NETWORK_MAX_STEPS, 0 });
}

/* The last step of each row, as it goes to the logit: its place among all is
 * where the row ends, so all others are multiplied by 0. */
static void
write_last_step(struct writer *w)
{
	node(w, "Cast", "lengths", "lengths.long", "to=7");
	node(w, "Unsqueeze", "lengths.long one.two", "ends", "");
	node(w, "Sub", "ends one", "lasts", "");
	node(w, "Equal", "places lasts", "is_last", "");
	node(w, "Cast", "is_last", "picked", "to=1");
	node(w, "MatMul", "picked steps.x", "steps.picked", "");
	node(w, "Squeeze", "steps.picked one", "steps.last", "");
}

/* To steps.normed (batch, 40, wide) and last.normed (batch, wide). */
static void
write_states(struct writer *w)
{
	standardise(w, "steps", 0, NETWORK_INPUTS);
	write_last_step(w);
	node(w, "Transpose", "steps.x", "by_step", "perm=[1,0,2]");
	node(w, "Split", "by_step sizes", "attendance grades discipline",
	    "axis=2");
	write_gru(w, "attendance", 0, NETWORK_ATTENDANCE);
	write_gru(w, "grades", 1, NETWORK_GRADES);
	write_gru(w, "discipline", 2, NETWORK_DISCIPLINE);
	node(w, "Concat", "attendance.states grades.states discipline.states",
	    "wide", "axis=2");
	node(w, "Transpose", "wide", "states", "perm=[1,0,2]");
	node(w, "Concat", "attendance.last grades.last discipline.last", "last",
	    "axis=1");
	write_norm_weights(w, "norm", TENSOR_NORM_GAIN);
	write_norm(w, "states", "norm");
	write_norm(w, "last", "norm");
}

/* Keys (heads, head, wide), with the scores' scale; values (heads, wide,
 * head). */
static void
write_folded_weights(struct writer *w)
{
	size_t count = (size_t)w->wide * (size_t)w->wide;
	float *to = mem_alloc(count, sizeof(*to));
	const float *key = known(w, TENSOR_KEY);
	const float *value = known(w, TENSOR_VALUE);
	float scale = (float)(1 / sqrt(w->head));
	int wide = w->wide, head = w->head;

	for (size_t i = 0; i < count; i++)
		to[i] = scale * key[i];
	onnx_floats(&w->graph, "key", to, (int[]){ w->heads, head, wide, 0 });
	for (int h = 0; h < w->heads; h++)
		for (int k = 0; k < wide; k++)
			for (int i = 0; i < head; i++)
				to[(h * wide + k) * head + i] =
				    value[(h * head + i) * wide + k];
	onnx_floats(&w->graph, "value", to, (int[]){ w->heads, wide, head, 0 });
	free(to);
}

/* A linear layer: `name`.weight (rows, columns), `name`.bias. */
static void
write_linear(struct writer *w, const char *name, enum network_tensor weight,
    enum network_tensor bias)
{
	const struct network_shape *shape = network_shape(w->model->network);
	struct network_tensor_row row = network_tensor(shape, weight);

	scoped_floats(w, name, "weight", known(w, weight),
	    (int[]){ row.rows, row.columns, 0 });
	scoped_floats(w, name, "bias", known(w, bias), (int[]){ row.rows, 0 });
}

/* The last step asks all steps of the row. */
static void
write_attention(struct writer *w)
{
	const int64_t by_head[] = { -1, w->heads, 1, w->head };
	const int64_t folded[] = { -1, w->heads, w->wide };
	const int64_t apart[] = { -1, w->heads, 1, w->wide };
	const int64_t joined[] = { -1, w->wide };

	onnx_integers(&w->graph, "by_head", by_head, (int[]){ 4, 0 });
	onnx_integers(&w->graph, "folded", folded, (int[]){ 3, 0 });
	onnx_integers(&w->graph, "apart", apart, (int[]){ 4, 0 });
	onnx_integers(&w->graph, "side_by_side", joined, (int[]){ 2, 0 });
	write_folded_weights(w);
	write_linear(w, "query", TENSOR_QUERY, TENSOR_QUERY_BIAS);
	write_linear(w, "out", TENSOR_OUT, TENSOR_OUT_BIAS);
	onnx_floats(&w->graph, "value.bias", known(w, TENSOR_VALUE_BIAS),
	    (int[]){ w->wide, 0 });
	node(w, "Gemm", "last.normed query.weight query.bias", "query",
	    "transB=1");
	node(w, "Reshape", "query by_head", "query.heads", "");
	node(w, "MatMul", "query.heads key", "u.apart", "");
	node(w, "Reshape", "u.apart folded", "u", "");
	node(w, "Transpose", "states.normed", "turned", "perm=[0,2,1]");
	node(w, "MatMul", "u turned", "scores", "");
	node(w, "Less", "places ends", "is_step", "");
	node(w, "Where", "is_step scores lowest", "scores.own", "");
	node(w, "Softmax", "scores.own", "attention", "axis=-1");
	node(w, "MatMul", "attention states.normed", "pooled", "");
	node(w, "Reshape", "pooled apart", "pooled.apart", "");
	node(w, "MatMul", "pooled.apart value", "values.apart", "");
	node(w, "Reshape", "values.apart side_by_side", "values.bare", "");
	node(w, "Add", "values.bare value.bias", "values", "");
	node(w, "Gemm", "values out.weight out.bias", "projected", "transB=1");
	node(w, "Add", "projected last.normed", "attended", "");
	write_norm_weights(w, "attention_norm", TENSOR_SECOND_NORM_GAIN);
	write_norm(w, "attended", "attention_norm");
}

/* isotonic_apply as a sum, so that nothing is looked up: what lies below the
 * first knot, then of each stretch behind a knot the part that was gone
 * through, times its slope; behind the last knot that part has no end. */
static void
write_isotonic(struct writer *w)
{
	const struct isotonic *isotonic = &w->model->isotonic;
	const int count = isotonic->count;
	static const int one_number[] = { 1, 0 };
	float width[ISOTONIC_KNOTS], slope[ISOTONIC_KNOTS], offset;

	for (int i = 0; i + 1 < count; i++) {
		width[i] = isotonic->at[i + 1] - isotonic->at[i];
		slope[i] =
		    (isotonic->value[i + 1] - isotonic->value[i]) / width[i];
	}
	width[count - 1] = FLT_MAX;
	slope[count - 1] = 1;
	offset = isotonic->value[0] - isotonic->at[0];
	onnx_floats(&w->graph, "knots", isotonic->at, (int[]){ count, 0 });
	onnx_floats(&w->graph, "knots.first", isotonic->at, one_number);
	onnx_floats(&w->graph, "knots.width", width, (int[]){ count, 0 });
	onnx_floats(&w->graph, "knots.slope", slope, (int[]){ count, 1, 0 });
	onnx_floats(&w->graph, "knots.offset", &offset, one_number);
	node(w, "Min", "calibrated knots.first", "below", "");
	node(w, "Add", "below knots.offset", "start", "");
	node(w, "Unsqueeze", "calibrated one", "calibrated.column", "");
	node(w, "Sub", "calibrated.column knots", "behind", "");
	node(w, "Relu", "behind", "behind.knot", "");
	node(w, "Min", "behind.knot knots.width", "gone", "");
	node(w, "MatMul", "gone knots.slope", "risen.column", "");
	node(w, "Squeeze", "risen.column one", "risen", "");
	node(w, "Add", "start risen", "bent", "");
}

static void
write_answer(struct writer *w)
{
	const float slope = (float)w->model->calibration.slope;
	const float intercept = (float)w->model->calibration.intercept;
	static const int one_number[] = { 1, 0 };
	float row[MODEL_WIDTH_MAX + 1];

	model_last_row(w->model, row);
	standardise(w, "context", NETWORK_INPUTS, NETWORK_CONTEXT);
	write_linear(w, "fusion", TENSOR_FUSION, TENSOR_FUSION_BIAS);
	onnx_floats(&w->graph, "output.weight", row,
	    (int[]){ 1, model_width(w->model), 0 });
	onnx_floats(&w->graph, "output.bias", known(w, TENSOR_LOGIT_BIAS),
	    one_number);
	onnx_floats(&w->graph, "slope", &slope, one_number);
	onnx_floats(&w->graph, "intercept", &intercept, one_number);
	node(w, "Concat", "attended.normed context.x", "joined", "axis=1");
	node(w, "Gemm", "joined fusion.weight fusion.bias", "fusion",
	    "transB=1");
	node(w, "Sigmoid", "fusion", "fusion.gate", "");
	node(w, "Mul", "fusion fusion.gate", "fused", "");
	node(w, "Concat", "fused steps.last context.x", "read", "axis=1");
	node(w, "Gemm", "read output.weight output.bias", "output", "transB=1");
	node(w, "Squeeze", "output one", "logit", "");
	node(w, "Mul", "logit slope", "sloped", "");
	node(w, "Add", "sloped intercept", "calibrated", "");
	if (w->model->isotonic.count > 0)
		write_isotonic(w);
	node(w, "Sigmoid",
	    w->model->isotonic.count > 0 ? "bent" : "calibrated", "score", "");
}

bool
onnx_write(const struct model *model, struct buf *out, struct err *err)
{
	struct writer w = { .model = model };
	const struct network_shape *shape;

	if (model->kind != MODEL_NETWORK)
		return err_set(err, ERR_INVALID,
		    "only a network can be written as ONNX");
	shape = network_shape(model->network);
	w.hidden = shape->hidden;
	w.wide = 3 * shape->hidden;
	w.heads = shape->heads;
	w.head = w.wide / w.heads;
	w.fusion = shape->fusion;
	onnx_input(&w.graph, "steps", ONNX_FLOAT,
	    (int[]){ NETWORK_MAX_STEPS, NETWORK_INPUTS, 0 });
	onnx_input(&w.graph, "context", ONNX_FLOAT,
	    (int[]){ NETWORK_CONTEXT, 0 });
	onnx_input(&w.graph, "lengths", ONNX_INT32, (int[]){ 0 });
	onnx_output(&w.graph, "logit", ONNX_FLOAT, (int[]){ 0 });
	onnx_output(&w.graph, "score", ONNX_FLOAT, (int[]){ 0 });
	write_constants(&w);
	write_states(&w);
	write_attention(&w);
	write_answer(&w);
	onnx_finish(&w.graph, "edupulse-risk", out);
	onnx_graph_close(&w.graph);
	return true;
}
