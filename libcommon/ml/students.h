/*
 * students.h - which samples belong together, as small whole numbers.
 *
 * Students are numbered in ascending order of their ids, so the numbering does
 * not depend on the order of rows.
 */
#ifndef ML_STUDENTS_H
#define ML_STUDENTS_H

#include <stddef.h>
#include <stdint.h>

struct students {
	size_t count; /* different students */
	uint64_t *id; /* owned, (count), ascending */
	uint32_t *of; /* owned, (samples): number of the sample's student */
};

/* id: (samples), at most 2^32 - 1 of them. */
void students_init(struct students *students, const uint64_t *id,
    size_t samples);
void students_close(struct students *students);

#endif
