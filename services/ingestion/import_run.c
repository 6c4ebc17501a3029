/* import_run.c - chunks, and files through steps. */
#include "services/ingestion/import_run.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "services/ingestion/queries.h"

/* LISTEN: bytes read before a cancel is looked for again. */
enum { PIECE = 65536, LISTEN = 4 * 1024 * 1024, REFUSED_MOST = 100000 };

bool
chunk_begin(struct import_run *run, struct err *err)
{
	arena_reset(&run->arena);
	run->rows = run->stored = 0;
	run->is_derived = false;
	run->in = (struct intake){ .db = run->w->db,
		.cache = run->w->scratch,
		.arena = &run->arena,
		.tenant = run->tenant,
		.source = run->source,
		.import_id = run->id };
	run->is_chunk_open = true;
	return work_begin(run->w, run->tenant, err) &&
	    intake_begin(&run->in, true, err);
}

static bool
count_rows(struct import_run *run, const char *file, struct err *err)
{
	/* Derived entries come from no row: they count as records alone. */
	int64_t refused = run->is_derived ? 0 : (int64_t)run->in.refused;
	int64_t stored =
	    run->is_derived ? 0 : run->stored + run->in.appended.rows_stored;
	int64_t merged = run->rows - stored - refused;

	must(merged >= 0);
	if (run->rows == 0 && run->in.appended.stored == 0)
		return true;
	return db_exec(run->w->db, &query_count_import_rows,
	    DB_ARGS(db_text(run->id), db_text(run->tenant), db_text(file),
		db_integer(run->rows), db_integer(stored), db_integer(merged),
		db_integer(refused), db_integer(run->in.appended.stored)),
	    NULL, err);
}

static bool
move(struct import_run *run, struct import_place to, struct err *err)
{
	size_t moved;

	if (!db_exec(run->w->db, &query_move_import_task,
		DB_ARGS(db_text(run->id), db_integer(run->place.step),
		    db_integer(run->place.slice), db_integer(run->place.line),
		    db_integer(to.step), db_integer(to.slice),
		    db_integer(to.line)),
		&moved, err))
		return false;
	return moved == 1 ||
	    err_set(err, ERR_UNAVAILABLE, "another copy works on the import");
}

static bool
note_progress(struct import_run *run, uint64_t bytes_done, struct err *err)
{
	double progress = run->bytes_total == 0
	    ? 0
	    : (double)(run->bytes_before + bytes_done) /
		(double)run->bytes_total;
	struct db_result result = { 0 };

	if (!db_query(run->w->db, &query_note_import_progress,
		DB_ARGS(db_text(run->tenant), db_text(run->id),
		    db_real(progress < 1 ? progress : 1), db_integer(run->rows),
		    db_integer((int64_t)run->in.refused)),
		&result, err))
		return false;
	run->is_stopped =
	    db_get_flag(&result, 0, 0) || service_is_stopping(run->w->service);
	if (db_get_integer(&result, 0, 1) > REFUSED_MOST)
		(void)err_set(err, ERR_INVALID,
		    "more than 100,000 rows are refused; correct the files "
		    "and import them again");
	db_result_close(&result);
	return err->code == ERR_NONE;
}

bool
chunk_end(struct import_run *run, const char *file, struct import_place behind,
    uint64_t bytes_done, struct err *err)
{
	run->in.file = file;
	if (!intake_settle(&run->in, err) || !intake_store(&run->in, err) ||
	    !count_rows(run, file, err) || !move(run, behind, err) ||
	    !note_progress(run, bytes_done, err))
		return false;
	run->w->said = true;
	if (!work_commit(run->w, err))
		return false;
	run->place = behind;
	run->is_chunk_open = false;
	return true;
}

void
import_refuse(struct import_run *run, const struct csv_row *row,
    const struct err *fault)
{
	intake_refuse(&run->in, row->raw, row->line,
	    fault->place_count > 0 ? fault->places[0].pointer : NULL,
	    fault->place_count > 0 ? fault->places[0].message : fault->detail);
}

struct registers
import_registers(struct import_run *run)
{
	return (struct registers){ .db = run->w->db,
		.arena = &run->arena,
		.tenant = run->tenant,
		.source = run->source,
		.today = run->in.rules.today };
}

bool
row_occurrence(struct import_run *run, uint64_t hash, bool *is_mine,
    unsigned int *number, struct err *err)
{
	*is_mine = (hash >> 32) % run->slices == run->slice;
	if (!*is_mine || occurrences_add(&run->seen, hash, number))
		return true;
	return err_set(err, ERR_INVALID,
	    "the file has more rows than its size allows for");
}

/* One pass over a file. */
struct pass {
	struct import_run *run;
	const struct file_step *step;
	void *form;
	const struct bundle_file *file;
	struct bundle_reader reader;
	struct csv csv;
	char *piece; /* owned */
	bool has_header;
	bool is_scan;
	struct csv_row row;
};

static bool
flush(struct pass *pass, struct import_place behind, uint64_t bytes,
    struct err *err)
{
	struct import_run *run = pass->run;

	if (!run->is_chunk_open && !chunk_begin(run, err))
		return false;
	if (pass->step->flush != NULL && !pass->step->flush(pass->form, err))
		return false;
	return chunk_end(run, pass->step->file, behind,
	    run->slice * pass->file->size + bytes, err);
}

static bool
take_header(struct pass *pass, struct err *err)
{
	if (pass->row.fault != NULL)
		return err_at(err, pass->step->file,
		    "the header cannot be read: %s", pass->row.fault);
	pass->has_header = true;
	return pass->step->head(pass->form, &pass->row, err) ||
	    err_in(err, "%s", pass->step->file);
}

static bool
take_row(struct pass *pass, struct err *err)
{
	struct import_run *run = pass->run;
	const struct csv_row *row = &pass->row;
	bool is_done = pass->is_scan || row->line <= run->place.line;

	if (!pass->has_header)
		return take_header(pass, err);
	if (!is_done && !run->is_chunk_open && !chunk_begin(run, err))
		return false;
	if (row->fault == NULL) {
		if (!pass->step->take(pass->form, row, is_done, err))
			return false;
	} else if (!is_done && run->slice == 0) {
		run->rows++;
		intake_refuse(&run->in, row->raw, row->line, NULL, row->fault);
	}
	if (is_done || run->rows < (int64_t)pass->step->chunk_rows)
		return true;
	return flush(pass,
	    (struct import_place){ run->place.step, run->slice, row->line },
	    (uint64_t)row->end, err);
}

/* Was the import cancelled, or does the service stop?  A pass over rows that
 * are done already, or are only read, commits nothing that would tell. */
static bool
listen(struct import_run *run, size_t bytes, struct err *err)
{
	bool is_begun = run->is_chunk_open;
	struct db_result result = { 0 };

	run->bytes_unheard += bytes;
	run->is_stopped =
	    run->is_stopped || service_is_stopping(run->w->service);
	if (run->is_stopped || run->bytes_unheard < LISTEN)
		return true;
	run->bytes_unheard = 0;
	if ((!is_begun && !work_begin(run->w, run->tenant, err)) ||
	    !db_query(run->w->db, &query_is_import_cancelled,
		DB_ARGS(db_text(run->tenant), db_text(run->id)), &result, err))
		return false;
	run->is_stopped = db_get_flag(&result, 0, 0);
	db_result_close(&result);
	return is_begun || work_commit(run->w, err);
}

static bool
take_pieces(struct pass *pass, struct err *err)
{
	size_t got = 1;

	while (got > 0 && !pass->run->is_stopped) {
		if (!bundle_read(&pass->reader, pass->piece, PIECE, &got,
			err) ||
		    !listen(pass->run, got, err))
			return false;
		csv_feed(&pass->csv, (struct slice){ pass->piece, got },
		    got == 0);
		while (
		    !pass->run->is_stopped && csv_next(&pass->csv, &pass->row))
			if (!take_row(pass, err))
				return false;
	}
	if (!pass->has_header && !pass->run->is_stopped)
		return err_at(err, pass->step->file, "is empty");
	return true;
}

static bool
run_pass(struct pass *pass, struct err *err)
{
	bool is_good;

	if (!bundle_reader_open(&pass->reader, &pass->run->bundle, pass->file,
		err))
		return false;
	csv_init(&pass->csv);
	pass->piece = mem_alloc(1, PIECE);
	pass->has_header = false;
	is_good = take_pieces(pass, err);
	free(pass->piece);
	csv_close(&pass->csv);
	bundle_reader_close(&pass->reader);
	return is_good;
}

/* Where a pass over slice `slice` leaves off. */
static struct import_place
behind_pass(const struct import_run *run)
{
	if (run->slice + 1 < run->slices)
		return (
		    struct import_place){ run->place.step, run->slice + 1, 0 };
	return (struct import_place){ run->place.step + 1, 0, 0 };
}

unsigned int
step_slices(const struct file_step *step, uint64_t file_bytes)
{
	if (step->slice_bytes == 0)
		return 1;
	return (unsigned int)(file_bytes / step->slice_bytes) + 1;
}

uint64_t
step_bytes(const struct import_run *run, const struct file_step *step)
{
	const struct bundle_file *file = bundle_find(&run->bundle, step->file);

	return file == NULL ? 0 : file->size * step_slices(step, file->size);
}

bool
import_read(struct import_run *run, const struct file_step *step, void *form,
    struct err *err)
{
	struct pass pass = { .run = run,
		.step = step,
		.form = form,
		.file = bundle_find(&run->bundle, step->file) };

	if (pass.file == NULL)
		return chunk_begin(run, err) &&
		    chunk_end(run, step->file,
			(struct import_place){ run->place.step + 1, 0, 0 }, 0,
			err);
	run->slices = step_slices(step, pass.file->size);
	for (run->slice = (unsigned int)run->place.slice;
	     run->slice < run->slices && !run->is_stopped; run->slice++) {
		if (step->slice_bytes > 0)
			occurrences_clear(&run->seen);
		if (!run_pass(&pass, err))
			return false;
		if (!run->is_stopped &&
		    !flush(&pass, behind_pass(run), pass.file->size, err))
			return false;
	}
	run->bytes_before += run->slices * pass.file->size;
	return true;
}

bool
import_scan(struct import_run *run, const struct file_step *step, void *form,
    struct err *err)
{
	struct pass pass = { .run = run,
		.step = step,
		.form = form,
		.file = bundle_find(&run->bundle, step->file),
		.is_scan = true };

	run->slices = 1;
	run->slice = 0;
	return pass.file == NULL || run_pass(&pass, err);
}
