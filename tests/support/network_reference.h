/*
 * network_reference.h - the risk network once more: naive, in double, straight
 * from its definition in ml/network.h (keys and values of every step, no
 * folding, no padding), to check the kernels against.
 */
#ifndef TESTS_NETWORK_REFERENCE_H
#define TESTS_NETWORK_REFERENCE_H

#include <stddef.h>

#include "ml/network.h"

/* Weights (network_weights.count) in the order of tensors.def; the row as it
 * is given to network_forward; `dropout` may be NULL, `place` is the row's
 * place in its batch. */
double reference_logit(const struct network_shape *shape, const double *weights,
    const struct network_standard *standard, const struct network_row *row,
    const struct network_dropout *dropout, size_t place);

/* Random rows: lengths 1 ... 40, some values unknown.  The memory is of
 * malloc: free() `rows[0].steps`, then `rows`. */
struct network_row *random_rows(size_t count, unsigned seed);
void random_rows_free(struct network_row *rows);

/* A network of random weights, biases and gains too, and a standardisation
 * that is not trivial. */
struct network *random_network(const struct network_shape *shape,
    unsigned seed);

#endif
