/*
 * trees_file.c - nodes to floats and back.
 */
#include "ml/trees_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { NODE_INPUT, NODE_VALUE, NODE_MISSING_LEFT, NODE_LEFT, NODE_COLUMNS };
enum { WHOLE_MAX = 1 << 24, NOT_WHOLE = -2 };

void
tree_tensors_init(struct tree_tensors *tensors, const struct trees *trees)
{
	*tensors = (struct tree_tensors){ 0 };
	if (trees == NULL)
		return;
	tensors->root = mem_alloc((size_t)trees->count, sizeof(float));
	tensors->node =
	    mem_alloc((size_t)trees->node_count, NODE_COLUMNS * sizeof(float));
	for (int i = 0; i < trees->count; i++)
		tensors->root[i] = (float)trees->root[i];
	for (int i = 0; i < trees->node_count; i++) {
		const struct tree_node *node = &trees->nodes[i];
		float *row = tensors->node + i * NODE_COLUMNS;

		row[NODE_INPUT] = (float)node->input;
		row[NODE_VALUE] = node->value;
		row[NODE_MISSING_LEFT] = node->missing_left;
		row[NODE_LEFT] = (float)node->left;
	}
}

void
tree_tensors_close(struct tree_tensors *tensors)
{
	free(tensors->root);
	free(tensors->node);
}

void
trees_write(const struct trees *trees, const struct tree_tensors *tensors,
    struct safetensors *file)
{
	safetensors_add(file, "trees.bias", &trees->bias, 1, 0);
	safetensors_add(file, "trees.root", tensors->root, trees->count, 0);
	safetensors_add(file, "trees.node", tensors->node, trees->node_count,
	    NODE_COLUMNS);
}

/* A whole number from -1 on, or NOT_WHOLE, which no place and no input is. */
static int
whole(float value)
{
	return value >= -1 && value <= WHOLE_MAX && value == floorf(value)
	    ? (int)value
	    : NOT_WHOLE;
}

/* One value of a tensor, at whatever alignment. */
static float
value_of(const struct safetensor *tensor, int i)
{
	float value;

	memcpy(&value, tensor->data + (size_t)i * sizeof(value), sizeof(value));
	return value;
}

static const char *
take_nodes(const struct safetensor *node, struct trees *trees)
{
	for (int i = 0; i < trees->node_count; i++) {
		int at = i * NODE_COLUMNS;
		float side = value_of(node, at + NODE_MISSING_LEFT);

		if (side != 0 && side != 1)
			return "hold a side that is none";
		trees->nodes[i] = (struct tree_node){
			.input = whole(value_of(node, at + NODE_INPUT)),
			.value = value_of(node, at + NODE_VALUE),
			.missing_left = side == 1,
			.left = whole(value_of(node, at + NODE_LEFT)),
		};
	}
	return NULL;
}

struct trees *
trees_read(const struct safetensors *file, int inputs, const char **fault)
{
	const struct safetensor *bias = safetensors_find(file, "trees.bias");
	const struct safetensor *root = safetensors_find(file, "trees.root");
	const struct safetensor *node = safetensors_find(file, "trees.node");
	struct trees *trees;

	*fault = "are missing or of another shape";
	if (bias == NULL || bias->dims != 1 || bias->count != 1 ||
	    root == NULL || root->dims != 1 || node == NULL ||
	    node->dims != 2 || node->shape[1] != NODE_COLUMNS)
		return NULL;
	*fault = "are too few or too many";
	if (root->count < 1 || root->count > TREES_MAX ||
	    node->shape[0] < root->count || node->shape[0] > TREES_NODES_MAX)
		return NULL;
	trees = trees_new((int)root->count, (int)node->shape[0]);
	trees->bias = value_of(bias, 0);
	for (int i = 0; i < trees->count; i++)
		trees->root[i] = whole(value_of(root, i));
	*fault = take_nodes(node, trees);
	if (*fault == NULL)
		*fault = trees_fault(trees, inputs);
	if (*fault == NULL)
		return trees;
	trees_free(trees);
	return NULL;
}
