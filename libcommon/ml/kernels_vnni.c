/*
 * kernels_vnni.c - the network's inner loops in AVX-512 with VNNI.
 */
#include "ml/kernels.h"

#include <math.h>

#define LANES_VNNI 1
#include "ml/lanes_avx512.h"

#include "ml/kernels_curves.h"

#include "ml/kernels_forward.h"

#include "ml/kernels_int8.h"

#include "ml/kernels_backward.h"

const struct kernels KERNELS_VNNI = KERNELS_TABLE("avx512_vnni");
