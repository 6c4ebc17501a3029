/*
 * db.h - one connection to PostgreSQL, owned by one thread.
 *
 * Queries are rows of a queries.sql; the build turns each into a
 * `const struct query query_NAME` (build/.../gen/services/X/queries.h).  A
 * query is prepared on a connection when it is first run there.  Results come
 * in the binary format and are read by typed getters, or whole rows by the
 * table of a message (row.h).
 *
 * Transactions: db_begin sets the tenant that row-level security sees; every
 * query that touches tenant data runs inside one.  A query outside of a
 * transaction runs in its own, without a tenant.
 *
 * Errors: ERR_UNAVAILABLE (retry_after set) when the server cannot be reached
 * or the connection broke - the next call connects anew; ERR_DEADLINE when the
 * statement timeout struck; ERR_CONFLICT for unique, foreign key and
 * serialisation failures (db_sqlstate tells which); ERR_FORBIDDEN for 42501;
 * ERR_UNAVAILABLE for a full disk; ERR_INTERNAL for the rest.  Values never
 * stand in an error's text, only the query's name, the SQLSTATE and, for class
 * 42 (syntax, unknown names), the server's words about the query.
 *
 * A connection that broke inside a transaction makes everything fail until
 * db_rollback or db_commit; db_commit ends the transaction also when it fails.
 */
#ifndef DB_DB_H
#define DB_DB_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

enum query_kind {
	QUERY_ONE,    /* exactly one row, or ERR_NOT_FOUND */
	QUERY_MANY,   /* any number of rows */
	QUERY_EXEC,   /* no rows; db_affected tells how many were touched */
	QUERY_COPY,   /* COPY ... FROM STDIN; see copy.h */
	QUERY_COMMAND /* utility statements that cannot be prepared */
};

struct query {
	const char *name;
	enum query_kind kind;
	const char *text;
	int parameter_count;
};

struct db;

struct db_settings {
	const char *conninfo; /* host, port, dbname: no user, no password */
	const char *role;     /* user name to log in as; NULL or "": conninfo's */
	const char *password_file; /* NULL or "": none; read at each connect */
	const char *schema;   /* becomes search_path, alone; [a-z0-9_]; also the
			       * application_name */
	/* Borrowed; NULL: nobody tells.  While it is true no transaction
	 * begins and no query is asked outside of one: ERR_UNAVAILABLE. */
	const atomic_bool *is_away;
};

/* Does not connect yet: the first use does. */
struct db *db_new(const struct db_settings *settings);
void db_free(struct db *db);

/* Connect now if there is no connection. */
MUST_CHECK bool db_connect(struct db *db, struct err *err);
/* Is there a working connection, as far as is known without asking? */
bool db_is_connected(const struct db *db);

/* Give the connection up, and with it what its session holds; the next use
 * makes another.  Outside of a transaction. */
void db_drop(struct db *db);

/* Deadline (clock_ticks microseconds; 0: none) for what follows: becomes the
 * statement timeout, and bounds connecting.  A server that does not keep it is
 * given up a second later. */
void db_deadline(struct db *db, int64_t deadline_ticks);

/* A parameter.  Texts and bytes are borrowed until the call returns. */
struct db_value {
	enum {
		DB_NULL,
		DB_TEXT,
		DB_BYTES,
		DB_INTEGER,
		DB_REAL,
		DB_FLAG,
		DB_TIME,
		DB_DAY,
		DB_TEXTS,
		DB_INTEGERS
	} type;
	union {
		struct slice slice;
		int64_t integer;
		double real;
		bool flag;
		struct {
			const char *const *items;
			size_t count;
		} texts;
		struct {
			const int64_t *items;
			size_t count;
		} integers;
	};
};

struct db_value db_null(void);
struct db_value db_text(const char *text); /* NULL gives null */
struct db_value db_slice(struct slice text);
struct db_value db_bytes(struct slice bytes);
struct db_value db_integer(int64_t value); /* bigint */
struct db_value db_real(double value);	   /* NaN gives null */
struct db_value db_flag(bool value);
struct db_value db_time(int64_t time);
struct db_value db_day(int32_t day);
struct db_value db_texts(const char *const *items, size_t count); /* text[] */
struct db_value db_integers(const int64_t *items, size_t count); /* bigint[] */

struct db_args {
	const struct db_value *values;
	size_t count;
};
#define DB_ARGS(...)                                              \
	((struct db_args) { (const struct db_value[]) { __VA_ARGS__ }, \
	    sizeof((const struct db_value[]) { __VA_ARGS__ }) /   \
		sizeof(struct db_value) })
#define DB_NO_ARGS ((struct db_args) { NULL, 0 })

/* Rows of an answer.  `db_result_close` gives it back; it may be called on a
 * zeroed struct and more than once. */
struct db_result {
	void *rows; /* owned: a PGresult */
	size_t row_count;
};
void db_result_close(struct db_result *result);

/* QUERY_MANY (or QUERY_ONE: then not found is an error).  On success the
 * caller closes `result`. */
MUST_CHECK bool db_query(struct db *db, const struct query *query,
    struct db_args args, struct db_result *result, struct err *err);
/* The same, as the first question of a transaction and perhaps the only one:
 * it is asked in a transaction of its own, with the same tenant, that goes out
 * and ends in one round trip; the one in hand has still to begin and costs
 * nothing until then.  In one that has begun it is asked there. */
MUST_CHECK bool db_query_alone(struct db *db, const struct query *query,
    struct db_args args, struct db_result *result, struct err *err);
/* QUERY_EXEC, QUERY_COMMAND; `affected` may be NULL. */
MUST_CHECK bool db_exec(struct db *db, const struct query *query,
    struct db_args args, size_t *affected, struct err *err);

/* Getters: `column` counts from 0; a null or a column of another type is a
 * bug of the query unless the name says otherwise.  int2, int4, int8 and xid8
 * are integers; float4 and float8 reals; text, varchar, jsonb, json, name,
 * uuid texts. */
bool db_is_null(const struct db_result *result, size_t row, int column);
int64_t db_get_integer(const struct db_result *result, size_t row, int column);
double db_get_real(const struct db_result *result, size_t row, int column);
	/* null gives NaN */
bool db_get_flag(const struct db_result *result, size_t row, int column);
int64_t db_get_time(const struct db_result *result, size_t row, int column);
int32_t db_get_day(const struct db_result *result, size_t row, int column);
/* Copied into the arena; null gives NULL. */
const char *db_get_text(const struct db_result *result, size_t row, int column,
    struct arena *arena);
/* Borrowed from the result; null gives an empty slice. */
struct slice db_get_bytes(const struct db_result *result, size_t row,
    int column);

/* The SQLSTATE of the last failure on this connection; "" when none. */
const char *db_sqlstate(const struct db *db);

/* Transactions.  `tenant` NULL: machinery that crosses tenants.  db_begin asks
 * nothing of the server and always succeeds: BEGIN goes out with the first
 * statement, and a transaction without one costs nothing. */
MUST_CHECK bool db_begin(struct db *db, const char *tenant, struct err *err);
MUST_CHECK bool db_commit(struct db *db, struct err *err);
void db_rollback(struct db *db); /* does nothing outside of one */
bool db_in_transaction(const struct db *db);

#endif
