/* table.c - rows side by side. */
#include "services/training/table.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static void
make_room(struct table *table, size_t count)
{
	table->count = count;
	table->rows = mem_alloc(count * MODEL_INPUTS + 1, sizeof(float));
	table->adverse = mem_alloc(count + 1, 1);
}

static void
put_row(struct table *table, size_t i, const struct cohort *cohort, size_t from)
{
	const struct network_row *row = &cohort->rows[from];
	float *to = table->rows + i * MODEL_INPUTS;

	memcpy(to, row->steps + (row->step_count - 1) * NETWORK_INPUTS,
	    NETWORK_INPUTS * sizeof(float));
	memcpy(to + NETWORK_INPUTS, row->context,
	    NETWORK_CONTEXT * sizeof(float));
	table->adverse[i] = cohort->adverse[from];
}

void
table_init(struct table *table, const struct cohort *cohort)
{
	make_room(table, cohort->count);
	for (size_t i = 0; i < cohort->count; i++)
		put_row(table, i, cohort, i);
}

void
table_of(struct table *table, const struct cohort *cohort,
    const struct subset *subset)
{
	make_room(table, subset->count);
	for (size_t i = 0; i < subset->count; i++)
		put_row(table, i, cohort, subset->row[i]);
}

void
table_take(struct table *table, const struct table *from,
    const struct subset *subset)
{
	make_room(table, subset->count);
	for (size_t i = 0; i < subset->count; i++) {
		memcpy(table->rows + i * MODEL_INPUTS,
		    from->rows + subset->row[i] * MODEL_INPUTS,
		    MODEL_INPUTS * sizeof(float));
		table->adverse[i] = from->adverse[subset->row[i]];
	}
}

void
table_close(struct table *table)
{
	free(table->rows);
	free(table->adverse);
	*table = (struct table){ 0 };
}
