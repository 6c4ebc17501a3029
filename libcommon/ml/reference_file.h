/*
 * reference_file.h - a reference (ml/reference.h) as tensors of a model file.
 *
 *	drift.week, drift.rows  (W)
 *	drift.edges             (43, 9)
 *	drift.range             (43, 2)
 *	drift.counts            (W, 43 * 13)
 *	drift.moments           (W, 43 * 2)
 *	drift.sample            (W, 43 * 200)
 */
#ifndef ML_REFERENCE_FILE_H
#define ML_REFERENCE_FILE_H

#include "ml/reference.h"
#include "ml/safetensors.h"

enum { REFERENCE_TENSORS = 7 };

/* Borrowed by `file`, all of it. */
void reference_write(const struct reference *reference,
    struct safetensors *file);

/* Is there any? */
bool reference_is_there(const struct safetensors *file);

/* A reference without a fault, the caller's; NULL with `*fault` saying what
 * the tensors are not. */
struct reference *reference_read(const struct safetensors *file,
    const char **fault);

#endif
