/*
 * facts_of_log.c - adds records to the packed facts of their blocks.
 *
 * An entry touches the block of its own enrollment and week, and when it
 * corrects another entry, that one's block too.  The touches are put in order
 * by block; the blocks as they are come from the database in the same order,
 * a group at a time; each is unpacked, changed, packed and staged; one
 * statement writes all.
 */
#include <stdlib.h>

#include "db/copy.h"
#include "services/prediction/prediction.h"
#include "services/prediction/project.h"
#include "services/prediction/queries.h"

/* Blocks that are read and staged together: a week of one enrollment may have
 * thousands of facts, so this bounds the memory of a page. */
enum { BLOCKS_TOGETHER = 256 };

struct touch {
	int64_t enrollment_id;
	int32_t week;
	int64_t position; /* of the entry that touches */
	const struct log_entry *entry;
	bool corrects; /* the block holds what the entry corrects */
};

struct touches {
	struct touch *rows; /* by block */
	size_t count;
};

/* Corrections that were read before what they correct. */
struct early {
	const int64_t *pairs; /* (count, 2): position, day; by position */
	size_t count;
};

/* What one tenant's part of a page is applied with; all of it in the worker's
 * arena. */
struct change {
	struct worker *w;
	const char *tenant;
	struct touches touches;
	struct early early;
	struct db_result blocks; /* of a group: those that exist, by block */
	size_t next_block;       /* the first of them not yet passed */
	struct copy copy;        /* into staged_block */
	/* Entries that correct what has not been read yet. */
	const struct log_entry **missed;
	size_t missed_count;
};

static int
compare_touches(const void *a, const void *b)
{
	const struct touch *left = a, *right = b;

	if (left->enrollment_id != right->enrollment_id)
		return left->enrollment_id < right->enrollment_id ? -1 : 1;
	if (left->week != right->week)
		return left->week < right->week ? -1 : 1;
	/* What is corrected goes in before it is corrected. */
	if (left->corrects != right->corrects)
		return left->corrects ? 1 : -1;
	if (left->position != right->position)
		return left->position < right->position ? -1 : 1;
	return 0;
}

static bool
is_same_block(const struct touch *a, const struct touch *b)
{
	return a->enrollment_id == b->enrollment_id && a->week == b->week;
}

static struct touches
collect_touches(struct arena *arena, const struct log_entry *const *entries,
    size_t count)
{
	struct touches touches = { 0 };

	touches.rows = arena_array(arena, 2 * count, sizeof(struct touch));
	for (size_t i = 0; i < count; i++) {
		const struct log_entry *entry = entries[i];
		struct fact fact;

		if (entry->has_enrollment_id && fact_of_entry(entry, &fact))
			touches.rows[touches.count++] =
			    (struct touch){ entry->enrollment_id,
				    week_of_day(entry->occurred_on),
				    entry->position, entry, false };
		if (entry->has_supersedes &&
		    entry->has_superseded_enrollment_id)
			touches.rows[touches.count++] =
			    (struct touch){ entry->superseded_enrollment_id,
				    week_of_day(entry->superseded_on),
				    entry->position, entry, true };
	}
	qsort(touches.rows, touches.count, sizeof(struct touch),
	    compare_touches);
	return touches;
}

/* Where the group of blocks that begins at `start` ends. */
static size_t
end_of_group(const struct touches *touches, size_t start)
{
	size_t blocks = 0, end = start;

	for (; end < touches->count; end++)
		if ((end == start ||
			!is_same_block(&touches->rows[end],
			    &touches->rows[end - 1])) &&
		    ++blocks > BLOCKS_TOGETHER)
			break;
	return end;
}

static bool
read_blocks(struct change *change, size_t start, size_t end, struct err *err)
{
	const struct touch *rows = change->touches.rows;
	int64_t enrollments[BLOCKS_TOGETHER], weeks[BLOCKS_TOGETHER];
	size_t count = 0;

	for (size_t i = start; i < end; i++) {
		if (i > start && is_same_block(&rows[i], &rows[i - 1]))
			continue;
		enrollments[count] = rows[i].enrollment_id;
		weeks[count++] = rows[i].week;
	}
	change->next_block = 0;
	return db_query(change->w->db, &query_touched_blocks,
	    DB_ARGS(db_integers(enrollments, count), db_integers(weeks, count),
		db_text(change->tenant)),
	    &change->blocks, err);
}

static int
compare_positions(const void *a, const void *b)
{
	const int64_t *left = a, *right = b;

	return *left < *right ? -1 : *left > *right;
}

/* Early corrections of the entries at hand: they are taken out of the table,
 * since they are about to be applied. */
static bool
take_early(struct change *change, struct err *err)
{
	const struct touches *touches = &change->touches;
	struct early *early = &change->early;
	struct arena *arena = &change->w->arena;
	int64_t *wanted = arena_array(arena, touches->count, sizeof(int64_t));
	struct db_result result = { 0 };
	int64_t *rows; /* pairs of position and day, by position */

	for (size_t i = 0; i < touches->count; i++)
		wanted[i] = touches->rows[i].position;
	if (!db_query(change->w->db, &query_take_early_corrections,
		DB_ARGS(db_text(change->tenant),
		    db_integers(wanted, touches->count)),
		&result, err))
		return false;
	early->count = result.row_count;
	rows = arena_array(arena, early->count, 2 * sizeof(int64_t));
	for (size_t i = 0; i < early->count; i++) {
		rows[2 * i] = db_get_integer(&result, i, 0);
		rows[2 * i + 1] = db_get_day(&result, i, 1);
	}
	db_result_close(&result);
	qsort(rows, early->count, 2 * sizeof(int64_t), compare_positions);
	early->pairs = rows;
	return true;
}

static void
insert_fact(struct fact_list *list, const struct log_entry *entry,
    const struct early *early)
{
	const int64_t *pair;
	struct fact fact;

	if (!fact_of_entry(entry, &fact))
		return;
	facts_insert(list, &fact);
	pair = bsearch(&entry->position, early->pairs, early->count,
	    2 * sizeof(int64_t), compare_positions);
	if (pair != NULL)
		facts_supersede(list, fact.position, (int32_t)pair[1]);
}

static void
apply_touch(struct change *change, const struct touch *touch,
    struct fact_list *list)
{
	const struct log_entry *entry = touch->entry;

	if (!touch->corrects)
		insert_fact(list, entry, &change->early);
	else if (!facts_supersede(list, (uint64_t)entry->supersedes,
		     entry->known_on))
		change->missed[change->missed_count++] = entry;
}

/* The facts of the block as the database has them; none when it is new. */
static bool
load_block(struct change *change, const struct touch *block,
    struct fact_list *list, struct err *err)
{
	const struct db_result *blocks = &change->blocks;
	size_t row = change->next_block;

	if (row >= blocks->row_count ||
	    db_get_integer(blocks, row, 0) != block->enrollment_id ||
	    db_get_integer(blocks, row, 1) != block->week)
		return true;
	change->next_block++;
	return facts_unpack(db_get_bytes(blocks, row, 2), list, err);
}

static void
stage_block(struct change *change, const struct touch *block, int64_t position,
    const struct fact_list *list)
{
	struct copy *copy = &change->copy;
	struct buf packed = { 0 };

	facts_pack(list, &packed);
	copy_row(copy);
	copy_int8(copy, block->enrollment_id);
	copy_int4(copy, block->week);
	copy_int8(copy, position);
	copy_bytes(copy, buf_slice(&packed));
	buf_close(&packed);
}

/* Stage the block that begins at `start`; returns where the next begins. */
static bool
change_block(struct change *change, size_t start, size_t *next, struct err *err)
{
	const struct touch *block = &change->touches.rows[start];
	struct tools *tools = change->w->scratch;
	struct fact_list list = { .arena = &tools->facts };
	int64_t newest = 0;
	size_t i;

	arena_reset(&tools->facts);
	if (!load_block(change, block, &list, err))
		return false;
	for (i = start; i < change->touches.count; i++) {
		const struct touch *touch = &change->touches.rows[i];

		if (!is_same_block(touch, block))
			break;
		apply_touch(change, touch, &list);
		if (touch->position > newest)
			newest = touch->position;
	}
	stage_block(change, block, newest, &list);
	*next = i;
	return true;
}

/* The blocks of the touches from `start` to `end`. */
static bool
stage_blocks(struct change *change, size_t start, size_t end, struct err *err)
{
	if (!copy_start(&change->copy, change->w->db, &query_copy_blocks, 4,
		err))
		return false;
	while (start < end)
		if (!change_block(change, start, &start, err)) {
			copy_abort(&change->copy);
			return false;
		}
	return copy_end(&change->copy, NULL, err);
}

static bool
change_blocks(struct change *change, struct err *err)
{
	bool is_good = true;

	for (size_t start = 0, end; is_good && start < change->touches.count;
	     start = end) {
		end = end_of_group(&change->touches, start);
		is_good = read_blocks(change, start, end, err) &&
		    stage_blocks(change, start, end, err);
		db_result_close(&change->blocks);
	}
	return is_good;
}

static bool
put_blocks(struct change *change, struct err *err)
{
	struct db *db = change->w->db;
	struct db_args tenant = DB_ARGS(db_text(change->tenant));

	if (!db_exec(db, &query_put_staged_blocks, tenant, NULL, err) ||
	    !db_exec(db, &query_put_staged_progress, tenant, NULL, err) ||
	    !db_exec(db, &query_clear_staging, DB_NO_ARGS, NULL, err))
		return false;
	for (size_t i = 0; i < change->missed_count; i++)
		if (!db_exec(db, &query_keep_early_correction,
			DB_ARGS(db_text(change->tenant),
			    db_integer(change->missed[i]->supersedes),
			    db_day(change->missed[i]->known_on)),
			NULL, err))
			return false;
	return true;
}

bool
project_facts(struct worker *w, const char *tenant,
    const struct log_entry *const *entries, size_t count, struct err *err)
{
	struct change change = { .w = w, .tenant = tenant };

	change.touches = collect_touches(&w->arena, entries, count);
	if (change.touches.count == 0)
		return true;
	change.missed = arena_array(&w->arena, change.touches.count,
	    sizeof(const struct log_entry *));
	return db_exec(w->db, &query_make_staging, DB_NO_ARGS, NULL, err) &&
	    take_early(&change, err) && change_blocks(&change, err) &&
	    put_blocks(&change, err);
}
