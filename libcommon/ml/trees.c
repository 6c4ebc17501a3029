/*
 * trees.c - walk down, and count who decided.
 */
#include "ml/trees.h"

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/must.h"

struct trees *
trees_new(int count, int node_count)
{
	struct trees *trees = mem_alloc(1, sizeof(*trees));

	must(count >= 1 && count <= TREES_MAX);
	must(node_count >= count && node_count <= TREES_NODES_MAX);
	trees->count = count;
	trees->node_count = node_count;
	trees->root = mem_alloc((size_t)count, sizeof(*trees->root));
	trees->nodes = mem_alloc((size_t)node_count, sizeof(*trees->nodes));
	return trees;
}

void
trees_free(struct trees *trees)
{
	if (trees == NULL)
		return;
	free(trees->root);
	free(trees->nodes);
	free(trees);
}

static int
end_of(const struct trees *trees, int tree)
{
	return tree + 1 < trees->count ? trees->root[tree + 1]
				       : trees->node_count;
}

/* Of a node and, if it asks, of its two children's depths (0: no parent has
 * been seen yet; a root's is 1). */
static const char *
node_fault(const struct trees *trees, int at, int end, int inputs,
    uint8_t *depth)
{
	const struct tree_node *node = &trees->nodes[at];

	if (depth[at] == 0)
		return "have a node without a parent";
	if (!isfinite(node->value))
		return "hold what is not finite";
	if (node->input == TREE_LEAF)
		return NULL;
	if (node->input < 0 || node->input >= inputs)
		return "ask for an input that is not there";
	if (node->left <= at || node->left + 1 >= end)
		return "have a child that is not there";
	if (depth[node->left] != 0 || depth[node->left + 1] != 0)
		return "have a node with two parents";
	if (depth[at] > TREES_DEPTH_MAX)
		return "are too deep";
	depth[node->left] = depth[node->left + 1] = (uint8_t)(depth[at] + 1);
	return NULL;
}

static const char *
tree_fault(const struct trees *trees, int tree, int inputs, uint8_t *depth)
{
	int from = trees->root[tree], end = end_of(trees, tree);
	const char *fault = NULL;

	if ((tree == 0 && from != 0) || from < 0 || end <= from ||
	    end > trees->node_count)
		return "do not lie one behind the other";
	depth[from] = 1;
	for (int at = from; fault == NULL && at < end; at++)
		fault = node_fault(trees, at, end, inputs, depth);
	return fault;
}

const char *
trees_fault(const struct trees *trees, int inputs)
{
	uint8_t *depth = mem_alloc((size_t)trees->node_count, 1);
	const char *fault =
	    isfinite(trees->bias) ? NULL : "hold what is not finite";

	must(inputs <= TREES_INPUTS_MAX);
	for (int i = 0; fault == NULL && i < trees->count; i++)
		fault = tree_fault(trees, i, inputs, depth);
	free(depth);
	return fault;
}

/* The child that a row's answer leads to. */
static int
child_of(const struct tree_node *node, const float *inputs)
{
	float value = inputs[node->input];
	bool is_left = isnan(value) ? node->missing_left : value < node->value;

	return node->left + !is_left;
}

float
trees_logit(const struct trees *trees, const float *inputs, float *stages)
{
	float logit = trees->bias;

	if (stages != NULL)
		memset(stages, 0, TREES_STAGES * sizeof(*stages));
	for (int i = 0; i < trees->count; i++) {
		const struct tree_node *node = &trees->nodes[trees->root[i]];

		while (node->input != TREE_LEAF)
			node = &trees->nodes[child_of(node, inputs)];
		logit += node->value;
		if (stages != NULL)
			stages[i * TREES_STAGES / trees->count] += node->value;
	}
	return logit;
}

/* Two walks down one tree at once: where they part, either may be taken, and
 * then the input is of the one that was. */
struct parting {
	const struct trees *trees;
	const float *inputs;
	const float *typical;
	double *shares;
	uint64_t ours;   /* bits: inputs that are this student's */
	uint64_t theirs; /* bits: inputs that are the typical one's */
};

/* (few - 1)! many! / (few + many)!, 0 where few is 0. */
static double
weight(int few, int many)
{
	double ways = few;

	for (int i = 1; i <= many; i++)
		ways *= (double)(few + i) / i;
	return few == 0 ? 0 : 1 / ways;
}

static void
share_out(const struct parting *p, double value)
{
	int ours = __builtin_popcountll(p->ours);
	int theirs = __builtin_popcountll(p->theirs);
	double gain = value * weight(ours, theirs);
	double loss = value * weight(theirs, ours);

	for (uint64_t left = p->ours; left != 0; left &= left - 1)
		p->shares[__builtin_ctzll(left)] += gain;
	for (uint64_t left = p->theirs; left != 0; left &= left - 1)
		p->shares[__builtin_ctzll(left)] -= loss;
}

/* As deep as the tree: TREES_DEPTH_MAX at most. */
static void
descend(struct parting p, int at)
{
	const struct tree_node *node = &p.trees->nodes[at];
	struct parting other = p;
	uint64_t bit;
	int our_child, their_child;

	if (node->input == TREE_LEAF) {
		share_out(&p, (double)node->value);
		return;
	}
	bit = UINT64_C(1) << node->input;
	our_child = child_of(node, p.inputs);
	their_child = child_of(node, p.typical);
	if (our_child == their_child || (p.ours & bit) != 0) {
		descend(p, our_child);
	} else if ((p.theirs & bit) != 0) {
		descend(p, their_child);
	} else {
		p.ours |= bit;
		descend(p, our_child);
		other.theirs |= bit;
		descend(other, their_child);
	}
}

void
trees_shapley(const struct trees *trees, const float *inputs,
    const float *typical, double *shares)
{
	struct parting p = { trees, inputs, typical, shares, 0, 0 };

	for (int i = 0; i < trees->count; i++)
		descend(p, trees->root[i]);
}
