/* sample_trees.c - grown breadth first, by chance. */
#include "tests/support/sample_trees.h"

#include "base/random.h"

enum { COUNT = 60, DEPTH = 6, NODES = 1 << (DEPTH + 1), CUT_ONE_IN = 4 };

/* Returns the place behind the tree's last node. */
static int
grow(struct random *random, struct tree_node *nodes, int first, int inputs)
{
	int depth[NODES] = { 0 }, end = first + 1;

	for (int at = first; at < end; at++) {
		int deep = depth[at - first];
		bool is_leaf = deep == DEPTH ||
		    (deep > 0 && random_below(random, CUT_ONE_IN) == 0);

		nodes[at] = (struct tree_node){ TREE_LEAF,
			(float)random_normal(random) / 4, false, 0 };
		if (is_leaf)
			continue;
		nodes[at].input = (int)random_below(random, (uint32_t)inputs);
		nodes[at].value *= 4;
		nodes[at].missing_left = random_below(random, 2) == 0;
		nodes[at].left = end;
		depth[end++ - first] = deep + 1;
		depth[end++ - first] = deep + 1;
	}
	return end;
}

struct trees *
sample_trees(unsigned seed, int inputs)
{
	struct random random;
	struct trees *trees;
	int count, at = 0;

	random_init(&random, seed, 12);
	count = 2 + (int)random_below(&random, COUNT - 1);
	trees = trees_new(count, count * NODES);
	trees->bias = (float)random_normal(&random);
	for (int i = 0; i < count; i++) {
		trees->root[i] = at;
		at = grow(&random, trees->nodes, at, inputs);
	}
	trees->node_count = at;
	return trees;
}
