/*
 * sample_model.h - small models of all kinds with every part filled.
 */
#ifndef TESTS_SAMPLE_MODEL_H
#define TESTS_SAMPLE_MODEL_H

#include "ml/model.h"

/* hidden 8, heads 4, fusion 8, 20 rows of spread, 3 golden rows, a reference
 * of the weeks 4 and 8, fit for int8.  The logistic one and the trees
 * (sample_trees.h) have no reference. */
struct model *sample_network_model(unsigned seed);
struct model *sample_logistic_model(unsigned seed);
struct model *sample_trees_model(unsigned seed);

#endif
