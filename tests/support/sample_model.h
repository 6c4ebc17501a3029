/*
 * sample_model.h - small models of both kinds with every part filled.
 */
#ifndef TESTS_SAMPLE_MODEL_H
#define TESTS_SAMPLE_MODEL_H

#include "ml/model.h"

/* hidden 8, heads 4, fusion 8, 20 rows of spread, 3 golden rows, a reference
 * of the weeks 4 and 8, fit for int8.  The logistic one has no reference. */
struct model *sample_network_model(unsigned seed);
struct model *sample_logistic_model(unsigned seed);

#endif
