/*
 * kernels_avx512.c - the network's inner loops in AVX-512 without VNNI.
 */
#include "ml/kernels.h"

#include <math.h>

#include "ml/lanes_avx512.h"

#include "ml/kernels_curves.h"

#include "ml/kernels_forward.h"

#include "ml/kernels_int8.h"

#include "ml/kernels_backward.h"

const struct kernels KERNELS_AVX512 = KERNELS_TABLE("avx512");
