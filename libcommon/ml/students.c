/* students.c - sort by id, number what differs. */
#include "ml/students.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/must.h"

struct seat {
	uint64_t id;
	size_t row;
};

static int
compare(const void *left, const void *right)
{
	const struct seat *a = left, *b = right;

	return (a->id > b->id) - (a->id < b->id);
}

void
students_init(struct students *students, const uint64_t *id, size_t samples)
{
	struct seat *seats = mem_alloc(samples, sizeof(*seats));

	must(samples < UINT32_MAX);
	for (size_t i = 0; i < samples; i++)
		seats[i] = (struct seat){ id[i], i };
	qsort(seats, samples, sizeof(*seats), compare);
	students->count = 0;
	students->id = mem_alloc(samples, sizeof(*students->id));
	students->of = mem_alloc(samples, sizeof(*students->of));
	for (size_t i = 0; i < samples; i++) {
		if (i == 0 || seats[i].id != seats[i - 1].id)
			students->id[students->count++] = seats[i].id;
		students->of[seats[i].row] = (uint32_t)(students->count - 1);
	}
	free(seats);
}

void
students_close(struct students *students)
{
	free(students->id);
	free(students->of);
	*students = (struct students){ 0 };
}
