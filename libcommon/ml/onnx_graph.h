/*
 * onnx_graph.h - writes a graph of ONNX operators as the messages of onnx.proto
 * (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto, IR version 7).
 *
 *	onnx_floats(&graph, "gain", gain, (int[]){ 192, 0 });
 *	onnx_node(&graph, "Mul", "centred gain", "scaled", "");
 *	onnx_node(&graph, "Transpose", "scaled", "turned", "perm=[1,0]");
 *
 * Shapes end with 0.
 */
#ifndef ML_ONNX_GRAPH_H
#define ML_ONNX_GRAPH_H

#include <stdint.h>

#include "base/buf.h"

enum onnx_type { ONNX_FLOAT = 1, ONNX_INT32 = 6, ONNX_INT64 = 7 };

enum { ONNX_OPSET = 14, ONNX_IR = 7 };

struct onnx_graph {
	struct buf nodes, tensors, inputs, outputs; /* owned */
};

void onnx_graph_close(struct onnx_graph *graph);

/* Names are parted by blanks, and so are attributes: name=number, or
 * name=[number,number]. */
void onnx_node(struct onnx_graph *graph, const char *operator,
    const char * inputs, const char *outputs, const char *attributes);

/* A tensor that is known. */
void onnx_floats(struct onnx_graph *graph, const char *name,
    const float *values, const int *shape);
void onnx_integers(struct onnx_graph *graph, const char *name,
    const int64_t *values, const int *shape);

/* What goes in and comes out; its first axis, any number of rows, comes before
 * `shape`. */
void onnx_input(struct onnx_graph *graph, const char *name, enum onnx_type type,
    const int *shape);
void onnx_output(struct onnx_graph *graph, const char *name,
    enum onnx_type type, const int *shape);

/* The whole model; the graph is emptied. */
void onnx_finish(struct onnx_graph *graph, const char *name, struct buf *out);

#endif
