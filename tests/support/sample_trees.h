/*
 * sample_trees.h - random trees: 2 to 60 of them, 1 to 6 questions deep, the
 * same input as often as it comes on one way.
 */
#ifndef TESTS_SAMPLE_TREES_H
#define TESTS_SAMPLE_TREES_H

#include "ml/trees.h"

struct trees *sample_trees(unsigned seed, int inputs);

#endif
