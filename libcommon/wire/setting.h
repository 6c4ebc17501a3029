/*
 * setting.h - settings: rows of a .def, read into a struct.
 *
 * A value comes from the last of these that has one:
 *	the row's default
 *	the file: `name = value`, then `service.name = value`
 *	the environment: the row's own variable, if it has one, then
 *		EDUPULSE_NAME
 *	the command line: --name=value
 * The file is `--settings FILE` or EDUPULSE_SETTINGS.  It is shared by all
 * services: a line `name = value` is for all and must name a setting that
 * every service has (common.def); `service.name = value` is for one.  Lines
 * that begin with # and empty lines are passed over; blanks around names and
 * values do not count; a value is the rest of its line, without quotes.
 *
 * A service has two tables, the common one and its own, each with its struct.
 */
#ifndef WIRE_SETTING_H
#define WIRE_SETTING_H

#include "base/arena.h"
#include "base/err.h"
#include "wire/message.h"

enum setting_kind {
	SETTING_KIND_TEXT,    /* const char *, never NULL */
	SETTING_KIND_INTEGER, /* int64_t */
	SETTING_KIND_REAL,    /* double */
	SETTING_KIND_FLAG     /* bool; true or false, yes or no */
};

struct setting {
	const char *name;
	enum setting_kind kind;
	enum field_privacy privacy; /* PRIVATE values are never printed */
	size_t offset;		    /* in the struct of its table */
	const char *text;	    /* default of a TEXT */
	double number;		    /* default of the others */
	double least, most;	    /* INTEGER, REAL */
	const char *help;
	/* Other programs know it by this one too: MLFLOW_TRACKING_URI. */
	const char *variable; /* NULL: none */
};

struct setting_table {
	const char *owner; /* "common" or the service that has them */
	size_t size;	   /* of the struct */
	const struct setting *rows;
	size_t count;
};

/* A table and the struct to fill. */
struct setting_set {
	const struct setting_table *table;
	void *values;
};

/* Where values come from besides the defaults. */
struct setting_sources {
	const char *service;	  /* "prediction" */
	int argc;		  /* as main() has them; arguments without */
	char *const *argv;	  /* = are passed over: they are main's */
	char *const *environment; /* NAME=VALUE ... NULL; NULL for none */
};

/* Fill each set's struct; texts live in the arena.  INVALID: places name
 * where a value came from (`edupulse.conf:12: call_threads`), messages what
 * is wanted. */
MUST_CHECK bool setting_load(const struct setting_sources *sources,
    const struct setting_set *sets, size_t count, struct arena *arena,
    struct err *err);

/* What a value must be: "a whole number from 1 to 64". */
void setting_wanted(const struct setting *row, struct buf *out);
/* The default, as it would be written in a file. */
void setting_fallback(const struct setting *row, struct buf *out);

/* Every setting with its help, range and default, for --help. */
void setting_help(const struct setting_table *table, struct buf *out);

#endif
