/*
 * kernels_scalar.c - the network's inner loops in plain C, for any machine.
 */
#include "ml/kernels.h"

#include <math.h>
#include <string.h>

#include "ml/lanes_scalar.h"

#include "ml/kernels_curves.h"

#include "ml/kernels_forward.h"

#include "ml/kernels_int8.h"

#include "ml/kernels_backward.h"

const struct kernels KERNELS_SCALAR = KERNELS_TABLE("scalar");
