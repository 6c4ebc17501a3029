/* seen.c - last steps of the training samples, and their held-out scores. */
#include "services/training/seen.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Served scores have four decimals. */
enum { SCORE_PARTS = 10000 };

void
seen_take(struct seen *seen, const struct cohort *cohort)
{
	size_t room = cohort->count + 1;

	*seen = (struct seen){
		.sample = mem_alloc(room, sizeof(*seen->sample)),
		.week = mem_alloc(room, sizeof(*seen->week)),
		.values =
		    mem_alloc(room, REFERENCE_COLUMNS * sizeof(*seen->values)),
	};
	for (size_t i = 0; i < cohort->count; i++) {
		const struct network_row *row = &cohort->rows[i];

		if (!cohort->is_scorable[i])
			continue;
		memcpy(seen->values + seen->count * REFERENCE_COLUMNS,
		    row->steps + (row->step_count - 1) * NETWORK_INPUTS,
		    NETWORK_INPUTS * sizeof(float));
		seen->week[seen->count] = cohort->week[i];
		seen->sample[seen->count++] = i;
	}
}

void
seen_close(struct seen *seen)
{
	free(seen->sample);
	free(seen->week);
	free(seen->values);
	*seen = (struct seen){ 0 };
}

struct reference *
seen_reference(const struct seen *seen, const struct model *model,
    const double *logits, uint64_t seed)
{
	struct reference_source source = { seen->values, seen->week,
		seen->count };

	for (size_t i = 0; i < seen->count; i++) {
		double score = model_score(model, logits[seen->sample[i]]);

		seen->values[i * REFERENCE_COLUMNS + REFERENCE_SCORE] =
		    (float)(round(score * SCORE_PARTS) / SCORE_PARTS);
	}
	return reference_make(&source, seed);
}
