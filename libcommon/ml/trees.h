/*
 * trees.h - boosted regression trees (Friedman 2001), as they are served.
 *
 *	logit = bias + sum over trees of the value of the leaf that is reached
 *
 * A node asks of one input whether it is below a threshold: then left, else
 * right; what is missing (NaN) goes to the side that the node names, because
 * a missing value is a value to trees (Chen and Guestrin 2016, 3.4).  The sum
 * is taken in float, tree by tree, from the bias on: so are XGBoost's, and
 * its trees give its own bits here.
 *
 * Shapley values (Shapley 1953) against one other student are exact: of every
 * leaf that can be reached when some inputs are this student's and all others
 * the typical one's, let n inputs have to be this one's and m the typical
 * one's; those n get value * (n - 1)! m! / (n + m)! each, and those m lose
 * value * n! (m - 1)! / (n + m)! each.  A tree costs at most its leaves times
 * its depth (Lundberg et al. 2020, Nature Machine Intelligence 2, algorithm 3,
 * "interventional", with one background sample).  They add up to the distance
 * of the two logits.
 */
#ifndef ML_TREES_H
#define ML_TREES_H

#include <stdbool.h>

enum {
	TREES_MAX = 2000,
	TREES_NODES_MAX = 200000,
	TREES_DEPTH_MAX = 12, /* questions on the way to a leaf */
	TREES_INPUTS_MAX = 64,
	TREES_STAGES = 32,
	TREE_LEAF = -1
};

struct tree_node {
	int input;         /* which is asked for, or TREE_LEAF */
	float value;       /* threshold; of a leaf what it adds */
	bool missing_left; /* of a leaf false */
	int left;          /* place of the left child, the right one is the
			      next; of a leaf 0 */
};

struct trees {
	int count;
	int node_count;
	float bias;
	int *root;               /* owned, (count): places, ascending */
	struct tree_node *nodes; /* owned, (node_count) */
};

/* Room for so many; nothing is sound before it is filled. */
struct trees *trees_new(int count, int node_count);
void trees_free(struct trees *trees); /* NULL is nothing */

/* What cannot be in trees over so many inputs, or NULL.  Each tree's nodes
 * stand together, its root first, each child behind its parent and of one
 * parent alone; inputs and depth are within bounds, values finite. */
const char *trees_fault(const struct trees *trees, int inputs);

/* The logit of one row of inputs, finite or NaN.  `stages` NULL, or
 * (TREES_STAGES): what each of as many equal parts of the trees, in their
 * order, adds to the bias; together the logit, but for rounding. */
float trees_logit(const struct trees *trees, const float *inputs,
    float *stages);

/* Add to `shares` (inputs) what each input's difference to `typical` makes of
 * the difference of the two logits. */
void trees_shapley(const struct trees *trees, const float *inputs,
    const float *typical, double *shares);

#endif
