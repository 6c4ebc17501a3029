/*
 * trees_file.h - trees as tensors of a model file (ml/model_file.h).
 *
 *	trees.bias  (1)
 *	trees.root  (T)     place of each tree's first node
 *	trees.node  (N, 4)  a node a row: the input it asks for (-1: a leaf),
 *	                    threshold or leaf value, whether missing goes left
 *	                    (0, 1), place of the left child, behind which the
 *	                    right one stands (of a leaf 0)
 */
#ifndef ML_TREES_FILE_H
#define ML_TREES_FILE_H

#include "ml/safetensors.h"
#include "ml/trees.h"

enum { TREES_TENSORS = 3 };

/* Whole numbers as floats, which hold them exactly up to 2^24. */
struct tree_tensors {
	float *root; /* owned, (count) */
	float *node; /* owned, (node_count, 4) */
};

/* Zeros where `trees` is NULL. */
void tree_tensors_init(struct tree_tensors *tensors, const struct trees *trees);
void tree_tensors_close(struct tree_tensors *tensors);

/* Borrowed by `file`, all of them. */
void trees_write(const struct trees *trees, const struct tree_tensors *tensors,
    struct safetensors *file);

/* Sound trees over so many inputs, the caller's; NULL with `*fault` saying
 * what the tensors are not. */
struct trees *trees_read(const struct safetensors *file, int inputs,
    const char **fault);

#endif
