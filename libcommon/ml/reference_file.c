/*
 * reference_file.c - seven tensors, named once.
 */
#include "ml/reference_file.h"

#include <math.h>
#include <string.h>

/* One tensor: where its values are, and its shape; columns 0: a vector. */
struct part {
	const char *name;
	float *values;
	int rows, columns;
	bool may_miss; /* NaN is a value */
};

/* The values may be written to where the reference may. */
static void
name_parts(const struct reference *r, struct part parts[REFERENCE_TENSORS])
{
	const struct part all[REFERENCE_TENSORS] = {
		{ "drift.week", r->week, r->weeks, 0, false },
		{ "drift.rows", r->rows, r->weeks, 0, false },
		{ "drift.edges", r->edges, REFERENCE_COLUMNS,
		    REFERENCE_BINS - 1, true },
		{ "drift.range", r->range, REFERENCE_COLUMNS, 2, true },
		{ "drift.counts", r->counts, r->weeks,
		    REFERENCE_COLUMNS * REFERENCE_SLOTS, false },
		{ "drift.moments", r->moments, r->weeks,
		    REFERENCE_COLUMNS * REFERENCE_MOMENTS, true },
		{ "drift.sample", r->sample, r->weeks,
		    REFERENCE_COLUMNS * REFERENCE_SAMPLE, true },
	};

	memcpy(parts, all, sizeof(all));
}

void
reference_write(const struct reference *reference, struct safetensors *file)
{
	struct part parts[REFERENCE_TENSORS];

	name_parts(reference, parts);
	for (int i = 0; i < REFERENCE_TENSORS; i++)
		safetensors_add(file, parts[i].name, parts[i].values,
		    parts[i].rows, parts[i].columns);
}

bool
reference_is_there(const struct safetensors *file)
{
	return safetensors_find(file, "drift.week") != NULL;
}

static bool
take(const struct safetensors *file, const struct part *part)
{
	const struct safetensor *t = safetensors_find(file, part->name);

	if (t == NULL || t->dims != (part->columns > 0 ? 2 : 1) ||
	    t->shape[0] != (uint32_t)part->rows ||
	    (part->columns > 0 && t->shape[1] != (uint32_t)part->columns))
		return false;
	memcpy(part->values, t->data, t->count * sizeof(float));
	for (size_t i = 0; i < t->count; i++)
		if (!part->may_miss && !isfinite(part->values[i]))
			return false;
	return true;
}

static const char *
take_all(const struct safetensors *file, struct reference *reference)
{
	struct part parts[REFERENCE_TENSORS];

	name_parts(reference, parts);
	for (int i = 0; i < REFERENCE_TENSORS; i++)
		if (!take(file, &parts[i]))
			return "is not whole, of another shape or not finite";
	return reference_fault(reference);
}

struct reference *
reference_read(const struct safetensors *file, const char **fault)
{
	const struct safetensor *week = safetensors_find(file, "drift.week");
	struct reference *reference;

	*fault = "has no week, or too many";
	if (week == NULL || week->shape[0] < 1 ||
	    week->shape[0] > REFERENCE_WEEKS)
		return NULL;
	reference = reference_new((int)week->shape[0]);
	*fault = take_all(file, reference);
	if (*fault == NULL)
		return reference;
	reference_free(reference);
	return NULL;
}
