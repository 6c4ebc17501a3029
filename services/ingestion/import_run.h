/*
 * import_run.h - an import being worked off: steps, files, rows, chunks.
 *
 * A form is a list of steps.  A step works in chunks; each chunk is one
 * transaction that holds its records, the counts of its rows and the place
 * behind it, so a killed import goes on behind its last commit.  Chunks are
 * small: a long writing transaction would hold back all readers of the log.
 */
#ifndef INGESTION_IMPORT_RUN_H
#define INGESTION_IMPORT_RUN_H

#include "service/call.h"
#include "services/ingestion/bundle.h"
#include "services/ingestion/csv.h"
#include "services/ingestion/intake.h"
#include "services/ingestion/register_write.h"
#include "services/ingestion/text_map.h"
#include "services/ingestion/uploads.h"

/* The place behind the last commit: rows of `step` up to line `line` (or
 * item, in steps that read no file) are done, in slice `slice`. */
struct import_place {
	int64_t step, slice, line;
};

struct import_run {
	struct worker *w;          /* borrowed */
	const char *id, *tenant;   /* of the import */
	const char *source;        /* of its records: ids are unique in it */
	struct upload upload;      /* owned */
	struct bundle bundle;      /* owned */
	struct import_place place; /* as committed */
	struct arena keep;         /* owned: lives as long as the run */
	struct arena arena;        /* owned: lives as long as a chunk */
	struct occurrences seen;   /* owned: rows of the slice in hand */
	unsigned int slices, slice;

	/* The chunk in hand. */
	bool is_chunk_open;
	struct intake in;
	int64_t rows, stored; /* rows read; rows that changed a register */
	bool is_derived;      /* entries come from no row of their own */

	uint64_t bytes_total, bytes_before; /* for progress */
	uint64_t bytes_unheard; /* read since a cancel was looked for */
	bool is_stopped; /* cancelled or the service stops: leave quietly */
};

/* A step that reads one file row by row. */
struct file_step {
	const char *file;
	size_t chunk_rows;
	/* A file whose rows are told apart by how often they occurred is
	 * worked off in slices, by hash, of so many bytes: what was seen is
	 * kept for one slice at a time.  0: in one go. */
	uint64_t slice_bytes;
	/* The header row.  False with a place for each column that is wrong. */
	bool (*head)(void *form, const struct csv_row *row, struct err *err);
	/* A good row.  `is_done`: an earlier run committed it. */
	bool (*take)(void *form, const struct csv_row *row, bool is_done,
	    struct err *err);
	/* Before the chunk is committed; may be NULL. */
	bool (*flush)(void *form, struct err *err);
};

/* Read a file of the bundle through a step, from the place on, and move to the
 * next step.  A file that is not there is passed over. */
MUST_CHECK bool import_read(struct import_run *run,
    const struct file_step *step, void *form, struct err *err);

/* Only read, to remember: no chunks, faults are left to import_read.  A run
 * that was stopped meanwhile has not read all. */
MUST_CHECK bool import_scan(struct import_run *run,
    const struct file_step *step, void *form, struct err *err);

/* For steps that read no file. */
MUST_CHECK bool chunk_begin(struct import_run *run, struct err *err);
/* Commits; counts go to `file`. */
MUST_CHECK bool chunk_end(struct import_run *run, const char *file,
    struct import_place behind, uint64_t bytes_done, struct err *err);

/* The row is none that can be stored: its first fault, or the detail. */
void import_refuse(struct import_run *run, const struct csv_row *row,
    const struct err *fault);

/* Where the chunk in hand changes registers; borrows from the run. */
struct registers import_registers(struct import_run *run);

/* Is this row of the slice in hand?  Then counts it: `*number` as
 * occurrences_add.  ERR_INVALID when there are too many. */
MUST_CHECK bool row_occurrence(struct import_run *run, uint64_t hash,
    bool *is_mine, unsigned int *number, struct err *err);

/* How many slices a step makes of a file, and the bytes to read for all. */
unsigned int step_slices(const struct file_step *step, uint64_t file_bytes);
uint64_t step_bytes(const struct import_run *run, const struct file_step *step);

/* The forms.  Each works off its steps from run->place on. */
bool is_oulad(const struct bundle *bundle);
MUST_CHECK bool import_oulad(struct import_run *run, struct err *err);
bool is_own_form(const struct bundle *bundle);
/* Adds the names of its files, parted by commas. */
void own_form_names(struct buf *out);
MUST_CHECK bool import_own_form(struct import_run *run, struct err *err);

#endif
