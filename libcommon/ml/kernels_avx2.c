/*
 * kernels_avx2.c - the network's inner loops in AVX2 and FMA.
 */
#include "ml/kernels.h"

#include <math.h>

#include "ml/lanes_avx2.h"

#include "ml/kernels_curves.h"

#include "ml/kernels_forward.h"

#include "ml/kernels_int8.h"

#include "ml/kernels_backward.h"

const struct kernels KERNELS_AVX2 = KERNELS_TABLE("avx2");
