/*
 * link.c - making a connection, keeping to deadlines on it, giving it up.
 *
 * Finding the server's address is libpq's and may block as long as the
 * resolver does; everything behind it is bounded.
 */
#include "db/link.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

enum {
	CONNECT_US = 5000000, /* the most that connecting may take */
	BACKOFF_LEAST_US = 50000,
	BACKOFF_MOST_US = 2000000,
	PASSWORD_SIZE = 512
};

/* The longest single wait: poll counts in int milliseconds. */
#define HOUR_US (INT64_C(3600) * SECOND_US)

void
link_drop(struct db *db)
{
	PQfinish(db->conn);
	db->conn = NULL;
	db->timeout_ms = 0;
	db->prepared_count = 0;
	if (db->prepared != NULL)
		memset(db->prepared, 0,
		    db->prepared_room * sizeof(*db->prepared));
}

bool
link_lost(struct db *db, struct err *err)
{
	link_drop(db);
	snprintf(db->sqlstate, SQLSTATE_SIZE, "08006");
	err_set(err, ERR_UNAVAILABLE, "the connection to the database broke");
	err->retry_after = 1;
	return false;
}

/* Until one of `events` on the socket or `until` (ticks; 0: for ever). */
static bool
wait_for(const struct db *db, short events, int64_t until)
{
	struct pollfd fd = { .fd = PQsocket(db->conn), .events = events };

	for (;;) {
		int64_t left = until == 0 ? 0 : until - clock_ticks();
		int timeout_ms = -1;
		int ready;

		if (until != 0 && left <= 0)
			return false;
		if (left > 0)
			timeout_ms = left < HOUR_US ? (int)(left / 1000) + 1
						    : (int)(HOUR_US / 1000);
		ready = poll(&fd, 1, timeout_ms);
		if (ready > 0)
			return true;
		must(ready == 0 || errno == EINTR);
	}
}

/* As wait_for, for a statement: the server is given up when it is too late. */
static bool
wait_or_drop(struct db *db, short events, struct err *err)
{
	int64_t until = db->deadline == 0 ? 0 : db->deadline + LINK_GRACE_US;

	if (wait_for(db, events, until))
		return true;
	link_drop(db);
	snprintf(db->sqlstate, SQLSTATE_SIZE, "57014");
	return err_set(err, ERR_DEADLINE,
	    "the database did not answer in time");
}

bool
link_flush(struct db *db, struct err *err)
{
	for (;;) {
		int flushed = PQflush(db->conn);

		if (flushed == 0)
			return true;
		if (flushed < 0)
			return link_lost(db, err);
		/* The server may want to be read before it reads. */
		if (!wait_or_drop(db, POLLIN | POLLOUT, err))
			return false;
		if (!PQconsumeInput(db->conn))
			return link_lost(db, err);
	}
}

bool
link_await(struct db *db, struct err *err)
{
	if (!link_flush(db, err))
		return false;
	while (PQisBusy(db->conn)) {
		if (!wait_or_drop(db, POLLIN, err))
			return false;
		if (!PQconsumeInput(db->conn))
			return link_lost(db, err);
	}
	return true;
}

/* Notices may quote values: nobody hears them. */
static void
ignore_notice(void *user, const PGresult *notice)
{
	(void)user;
	(void)notice;
}

/* The first line of the file.  None configured is an empty password. */
static bool
read_password(const char *path, char password[PASSWORD_SIZE], struct err *err)
{
	FILE *file;

	password[0] = '\0';
	if (path[0] == '\0')
		return true;
	file = fopen(path, "re");
	if (file == NULL)
		return err_os(err, "open the database password %s", path);
	if (fgets(password, PASSWORD_SIZE, file) == NULL)
		password[0] = '\0';
	fclose(file);
	password[strcspn(password, "\r\n")] = '\0';
	return true;
}

/* NULL where a setting is empty: libpq then takes its default. */
static const char *
or_null(const char *text)
{
	return text[0] != '\0' ? text : NULL;
}

static PGconn *
start_connecting(const struct db *db, const char *password)
{
	static const char *const keys[] = { "dbname", "user", "password",
		"application_name", "options", "client_encoding", "keepalives",
		"keepalives_idle", "keepalives_interval", "keepalives_count",
		"tcp_user_timeout", NULL };
	char options[320];
	const char *const values[] = { db->conninfo, or_null(db->role),
		or_null(password), or_null(db->schema), options, "UTF8", "1",
		"30", "10", "3", "30000", NULL };

	snprintf(options, sizeof(options),
	    "-c search_path=%s -c timezone=UTC -c synchronous_commit=on "
	    "-c jit=off -c plan_cache_mode=auto -c statement_timeout=0 "
	    "-c idle_in_transaction_session_timeout=%ds",
	    db->schema[0] != '\0' ? db->schema : "pg_catalog", LINK_IDLE_S);
	return PQconnectStartParams(keys, values, 1);
}

/* From started to connected; false: db->conn tells why, or time is up. */
static bool
finish_connecting(const struct db *db)
{
	PostgresPollingStatusType status = PGRES_POLLING_WRITING;
	int64_t until = clock_ticks() + CONNECT_US;

	if (db->deadline != 0 && db->deadline < until)
		until = db->deadline;
	if (PQstatus(db->conn) == CONNECTION_BAD)
		return false;
	while (status != PGRES_POLLING_OK) {
		short events =
		    status == PGRES_POLLING_READING ? POLLIN : POLLOUT;

		if (!wait_for(db, events, until))
			return false;
		status = PQconnectPoll(db->conn);
		if (status == PGRES_POLLING_FAILED)
			return false;
	}
	return PQsetnonblocking(db->conn, 1) == 0;
}

/* Log why, once a series, and let the next attempt wait longer. */
static bool
put_off(struct db *db, struct err *err)
{
	char cause[256];

	snprintf(cause, sizeof(cause), "%s", PQerrorMessage(db->conn));
	for (char *c = cause; *c != '\0'; c++)
		if (iscntrl((unsigned char)*c))
			*c = ' ';
	if (db->backoff == 0)
		log_warn("database could not be reached: schema=%s cause=%s",
		    db->schema, cause[0] != '\0' ? cause : "no answer in time");
	link_lost(db, err);
	db->backoff = db->backoff == 0 ? BACKOFF_LEAST_US : 2 * db->backoff;
	if (db->backoff > BACKOFF_MOST_US)
		db->backoff = BACKOFF_MOST_US;
	db->retry_at = clock_ticks() + db->backoff;
	err_set(err, ERR_UNAVAILABLE, "the database cannot be reached");
	err->retry_after = 1;
	return false;
}

static bool
connect_anew(struct db *db, struct err *err)
{
	char password[PASSWORD_SIZE];

	if (clock_ticks() < db->retry_at) {
		err_set(err, ERR_UNAVAILABLE, "the database cannot be reached");
		err->retry_after = 1;
		return false;
	}
	if (!read_password(db->password_file, password, err))
		return false;
	db->conn = start_connecting(db, password);
	explicit_bzero(password, sizeof(password));
	must(db->conn != NULL);
	if (!finish_connecting(db))
		return put_off(db, err);
	PQsetNoticeReceiver(db->conn, ignore_notice, NULL);
	if (db->backoff != 0)
		log_info("database reached again: schema=%s", db->schema);
	db->backoff = 0;
	db->retry_at = 0;
	return true;
}

/* A server that went away while we were idle has said so, or just closed. */
static void
drop_if_closed(struct db *db)
{
	struct pollfd fd = { .events = POLLIN };

	while (db->conn != NULL) {
		fd.fd = PQsocket(db->conn);
		if (poll(&fd, 1, 0) <= 0)
			return;
		if (!PQconsumeInput(db->conn))
			link_drop(db);
	}
}

bool
link_ready(struct db *db, struct err *err)
{
	if (db->deadline != 0 && clock_ticks() >= db->deadline)
		return err_set(err, ERR_DEADLINE,
		    "the deadline passed before the database was asked");
	if (db->is_begun)
		return db->conn != NULL || link_lost(db, err);
	if (db->is_away != NULL && atomic_load(db->is_away)) {
		err_set(err, ERR_UNAVAILABLE, "the database does not answer");
		err->retry_after = 2;
		return false;
	}
	drop_if_closed(db);
	return db->conn != NULL || connect_anew(db, err);
}
