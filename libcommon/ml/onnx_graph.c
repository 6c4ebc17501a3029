/*
 * onnx_graph.c - field by field; the numbers are those of onnx.proto.
 */
#include "ml/onnx_graph.h"

#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "wire/protobuf.h"

enum {
	MODEL_IR = 1,
	MODEL_PRODUCER = 2,
	MODEL_PRODUCER_VERSION = 3,
	MODEL_GRAPH = 7,
	MODEL_OPSET = 8
};
enum { OPSET_VERSION = 2 };
enum {
	GRAPH_NODE = 1,
	GRAPH_NAME = 2,
	GRAPH_TENSOR = 5,
	GRAPH_INPUT = 11,
	GRAPH_OUTPUT = 12
};
enum { NODE_INPUT = 1, NODE_OUTPUT = 2, NODE_OPERATOR = 4, NODE_ATTRIBUTE = 5 };
enum {
	ATTRIBUTE_NAME = 1,
	ATTRIBUTE_INTEGER = 3,
	ATTRIBUTE_INTEGERS = 8,
	ATTRIBUTE_TYPE = 20,
	TYPE_INTEGER = 2,
	TYPE_INTEGERS = 7
};
enum { TENSOR_DIM = 1, TENSOR_TYPE = 2, TENSOR_NAME = 8, TENSOR_RAW = 9 };
enum {
	VALUE_NAME = 1,
	VALUE_TYPE = 2,
	VALUE_TENSOR = 1,
	ELEMENT_TYPE = 1,
	TENSOR_SHAPE = 2,
	SHAPE_DIM = 1,
	DIM_VALUE = 1,
	DIM_NAME = 2
};

void
onnx_graph_close(struct onnx_graph *graph)
{
	buf_close(&graph->nodes);
	buf_close(&graph->tensors);
	buf_close(&graph->inputs);
	buf_close(&graph->outputs);
}

/* The next word of a list, without the blanks before it. */
static bool
next_word(const char **list, struct slice *word)
{
	*list += strspn(*list, " ");
	*word = (struct slice){ *list, strcspn(*list, " ") };
	*list += word->size;
	return word->size > 0;
}

static void
add_names(struct buf *node, uint32_t field, const char *names)
{
	struct slice name;

	while (next_word(&names, &name))
		protobuf_bytes(node, field, name);
}

/* name=number or name=[number,number] */
static void
add_attribute(struct buf *node, struct slice text)
{
	const char *equals = memchr(text.data, '=', text.size);
	struct buf attribute = { 0 };
	const char *number;
	bool is_list;

	must(equals != NULL);
	is_list = equals[1] == '[';
	number = equals + (is_list ? 2 : 1);
	protobuf_bytes(&attribute, ATTRIBUTE_NAME,
	    (struct slice){ text.data, (size_t)(equals - text.data) });
	while (number < text.data + text.size) {
		char *end;

		protobuf_integer(&attribute,
		    is_list ? ATTRIBUTE_INTEGERS : ATTRIBUTE_INTEGER,
		    strtol(number, &end, 10));
		must(end > number);
		number = end + 1; /* behind the comma or the bracket */
	}
	protobuf_integer(&attribute, ATTRIBUTE_TYPE,
	    is_list ? TYPE_INTEGERS : TYPE_INTEGER);
	protobuf_message(node, NODE_ATTRIBUTE, &attribute);
	buf_close(&attribute);
}

void
onnx_node(struct onnx_graph *graph, const char *operator, const char * inputs,
    const char *outputs, const char *attributes)
{
	struct buf node = { 0 };
	struct slice attribute;

	add_names(&node, NODE_INPUT, inputs);
	add_names(&node, NODE_OUTPUT, outputs);
	protobuf_text(&node, NODE_OPERATOR, operator);
	while (next_word(&attributes, &attribute))
		add_attribute(&node, attribute);
	protobuf_message(&graph->nodes, GRAPH_NODE, &node);
	buf_close(&node);
}

static void
add_tensor(struct onnx_graph *graph, const char *name, enum onnx_type type,
    const void *values, const int *shape)
{
	struct buf tensor = { 0 };
	size_t size = type == ONNX_FLOAT ? sizeof(float) : sizeof(int64_t);

	for (; *shape > 0; shape++) {
		protobuf_integer(&tensor, TENSOR_DIM, *shape);
		size *= (size_t)*shape;
	}
	protobuf_integer(&tensor, TENSOR_TYPE, type);
	protobuf_text(&tensor, TENSOR_NAME, name);
	protobuf_bytes(&tensor, TENSOR_RAW, (struct slice){ values, size });
	protobuf_message(&graph->tensors, GRAPH_TENSOR, &tensor);
	buf_close(&tensor);
}

void
onnx_floats(struct onnx_graph *graph, const char *name, const float *values,
    const int *shape)
{
	add_tensor(graph, name, ONNX_FLOAT, values, shape);
}

void
onnx_integers(struct onnx_graph *graph, const char *name, const int64_t *values,
    const int *shape)
{
	add_tensor(graph, name, ONNX_INT64, values, shape);
}

static void
add_value(struct buf *out, uint32_t field, const char *name,
    enum onnx_type type, const int *shape)
{
	struct buf dim = { 0 }, dims = { 0 }, tensor = { 0 }, value = { 0 };

	protobuf_text(&dim, DIM_NAME, "batch");
	protobuf_message(&dims, SHAPE_DIM, &dim);
	for (; *shape > 0; shape++) {
		protobuf_integer(&dim, DIM_VALUE, *shape);
		protobuf_message(&dims, SHAPE_DIM, &dim);
	}
	protobuf_integer(&tensor, ELEMENT_TYPE, type);
	protobuf_message(&tensor, TENSOR_SHAPE, &dims);
	protobuf_message(&dim, VALUE_TENSOR, &tensor);
	protobuf_text(&value, VALUE_NAME, name);
	protobuf_message(&value, VALUE_TYPE, &dim);
	protobuf_message(out, field, &value);
	buf_close(&dim);
	buf_close(&dims);
	buf_close(&tensor);
	buf_close(&value);
}

void
onnx_input(struct onnx_graph *graph, const char *name, enum onnx_type type,
    const int *shape)
{
	add_value(&graph->inputs, GRAPH_INPUT, name, type, shape);
}

void
onnx_output(struct onnx_graph *graph, const char *name, enum onnx_type type,
    const int *shape)
{
	add_value(&graph->outputs, GRAPH_OUTPUT, name, type, shape);
}

static void
move(struct buf *to, struct buf *from)
{
	buf_add(to, from->data, from->size);
	buf_clear(from);
}

void
onnx_finish(struct onnx_graph *graph, const char *name, struct buf *out)
{
	struct buf inner = { 0 };

	protobuf_integer(out, MODEL_IR, ONNX_IR);
	protobuf_text(out, MODEL_PRODUCER, "edupulse");
	protobuf_text(out, MODEL_PRODUCER_VERSION, EDUPULSE_VERSION);
	protobuf_integer(&inner, OPSET_VERSION, ONNX_OPSET);
	protobuf_message(out, MODEL_OPSET, &inner);
	move(&inner, &graph->nodes);
	protobuf_text(&inner, GRAPH_NAME, name);
	move(&inner, &graph->tensors);
	move(&inner, &graph->inputs);
	move(&inner, &graph->outputs);
	protobuf_message(out, MODEL_GRAPH, &inner);
	buf_close(&inner);
}
