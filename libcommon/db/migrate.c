/* migrate.c - what is missing of the migrations, in order, once. */
#include "db/migrate.h"

#include <string.h>

#include "base/log.h"
#include "db/flight.h"
#include "libcommon/db/queries.h"

/* One flag, in the first column. */
static bool
ask_flag(struct db *db, const struct query *query, bool *flag, struct err *err)
{
	struct db_result result;

	if (!db_query(db, query, DB_NO_ARGS, &result, err))
		return false;
	*flag = db_get_flag(&result, 0, 0);
	db_result_close(&result);
	return true;
}

static bool
make_table(struct db *db, struct err *err)
{
	bool exists;

	if (!ask_flag(db, &query_migration_table_exists, &exists, err))
		return false;
	return exists ||
	    (db_exec(db, &query_migration_table_make, DB_NO_ARGS, NULL, err) &&
		db_exec(db, &query_migration_table_show, DB_NO_ARGS, NULL,
		    err));
}

static bool
is_ours(const char *set_name, const char *name, const struct migrations *sets,
    size_t set_count)
{
	for (size_t i = 0; i < set_count; i++) {
		if (strcmp(sets[i].name, set_name) != 0)
			continue;
		for (size_t j = 0; j < sets[i].count; j++)
			if (strcmp(sets[i].rows[j].name, name) == 0)
				return true;
	}
	return false;
}

/* Nothing has been applied that this program does not know. */
static bool
check_age(struct db *db, const struct migrations *sets, size_t set_count,
    struct err *err)
{
	struct db_result result;
	struct arena arena;
	bool ok = true;

	if (!db_query(db, &query_migrations_applied, DB_NO_ARGS, &result, err))
		return false;
	arena_init(&arena, 4096);
	for (size_t i = 0; i < result.row_count && ok; i++) {
		const char *set_name = db_get_text(&result, i, 0, &arena);
		const char *name = db_get_text(&result, i, 1, &arena);

		if (!is_ours(set_name, name, sets, set_count))
			ok = err_set(err, ERR_CONFLICT,
			    "the schema is newer than this program: it has "
			    "migration %s of %s",
			    name, set_name);
	}
	arena_close(&arena);
	db_result_close(&result);
	return ok;
}

static struct slice
text_of(const struct migration *migration)
{
	return (struct slice){ migration->text, migration->size };
}

enum migration_state { MIGRATION_MISSING, MIGRATION_APPLIED, MIGRATION_OTHER };

static bool
find(struct db *db, const struct migrations *set,
    const struct migration *migration, enum migration_state *state,
    struct err *err)
{
	struct db_result result;

	if (!db_query(db, &query_migration_find,
		DB_ARGS(db_text(set->name), db_text(migration->name),
		    db_bytes(text_of(migration))),
		&result, err))
		return false;
	*state = MIGRATION_MISSING;
	if (result.row_count == 1)
		*state = db_get_flag(&result, 0, 0) ? MIGRATION_APPLIED
						    : MIGRATION_OTHER;
	db_result_close(&result);
	return true;
}

static bool
apply(struct db *db, const struct migrations *set,
    const struct migration *migration, struct err *err)
{
	if (!db_begin(db, NULL, err))
		return false;
	if (flight_script(db, migration->name, migration->text,
		PGRES_COMMAND_OK, err) &&
	    db_exec(db, &query_migration_add,
		DB_ARGS(db_text(set->name), db_text(migration->name),
		    db_bytes(text_of(migration))),
		NULL, err) &&
	    db_commit(db, err)) {
		log_info("migration applied: set=%s name=%s", set->name,
		    migration->name);
		return true;
	}
	db_rollback(db);
	return err_in(err, "migration %s of %s", migration->name, set->name);
}

static bool
apply_if_missing(struct db *db, const struct migrations *set,
    const struct migration *migration, size_t *applied, struct err *err)
{
	enum migration_state state;

	if (!find(db, set, migration, &state, err))
		return false;
	if (state == MIGRATION_OTHER)
		return err_set(err, ERR_CONFLICT,
		    "migration %s of %s was changed after it had been applied",
		    migration->name, set->name);
	if (state == MIGRATION_APPLIED)
		return true;
	if (!apply(db, set, migration, err))
		return false;
	++*applied;
	return true;
}

static bool
apply_all(struct db *db, const struct migrations *sets, size_t set_count,
    size_t *applied, struct err *err)
{
	if (!make_table(db, err) || !check_age(db, sets, set_count, err))
		return false;
	for (size_t i = 0; i < set_count; i++)
		for (size_t j = 0; j < sets[i].count; j++)
			if (!apply_if_missing(db, &sets[i], &sets[i].rows[j],
				applied, err))
				return false;
	return true;
}

bool
migrate(struct db *owner, const struct migrations *sets, size_t set_count,
    size_t *applied, struct err *err)
{
	struct err ignored = { 0 };
	bool flag, ok;

	*applied = 0;
	if (!ask_flag(owner, &query_migration_lock, &flag, err))
		return false;
	ok = apply_all(owner, sets, set_count, applied, err);
	/* Failing here, the connection is gone and the lock with it. */
	if (!ask_flag(owner, &query_migration_unlock, &flag, &ignored))
		link_drop(owner);
	return ok;
}

static bool
missing(const char *name, struct err *err)
{
	err_set(err, ERR_UNAVAILABLE,
	    "migration %s is missing: run the program with --migrate", name);
	err->retry_after = 5;
	return false;
}

bool
migrate_check(struct db *db, const struct migrations *sets, size_t set_count,
    struct err *err)
{
	enum migration_state state;
	bool exists;

	if (!ask_flag(db, &query_migration_table_exists, &exists, err))
		return false;
	for (size_t i = 0; i < set_count; i++) {
		for (size_t j = 0; j < sets[i].count; j++) {
			const struct migration *row = &sets[i].rows[j];

			if (!exists)
				return missing(row->name, err);
			if (!find(db, &sets[i], row, &state, err))
				return false;
			if (state == MIGRATION_MISSING)
				return missing(row->name, err);
		}
	}
	return true;
}
