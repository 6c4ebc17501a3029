/*
 * first_key.c - the job that makes the first admin key, when there is no key
 * at all and the setting first_key_file says where it should be written.
 *
 * The file is there, whole and only for its owner, before the row is
 * committed: a crash between the two leaves a file that opens nothing, and
 * the next turn writes another one over it.  The other way round nobody could
 * ever come in.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "services/gateway/gateway.h"
#include "services/gateway/keys.h"
#include "services/gateway/queries.h"

static const char need[] = "first key";

void
first_key_is_needed(struct gateway *gateway)
{
	const struct gateway_settings *settings =
	    service_settings(gateway->service);

	if (settings->first_key_file[0] == '\0')
		atomic_store(&gateway->has_first_key, true);
	else
		service_need(gateway->service, need, false, "not asked yet");
}

/* Write beside, then rename: the file is old or new, never half. */
static bool
write_file(struct worker *w, const char *path, const char *key, struct err *err)
{
	const char *beside = arena_printf(&w->arena, "%s.new", path);
	const char *line = arena_printf(&w->arena, "%s\n", key);
	bool is_written;
	int file;

	if (unlink(beside) != 0 && errno != ENOENT)
		return err_os(err, "remove %s", beside);
	file = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (file == -1)
		return err_os(err, "create %s", beside);
	is_written = file_write(file, slice_of(line), beside, err);
	if (is_written && fsync(file) != 0)
		is_written = err_os(err, "fsync %s", beside);
	if (close(file) != 0 && is_written)
		is_written = err_os(err, "close %s", beside);
	if (is_written && rename(beside, path) != 0)
		is_written = err_os(err, "rename %s", beside);
	return is_written;
}

static bool
has_keys(struct worker *w, bool *has, struct err *err)
{
	struct db_result result = { 0 };

	if (!db_query(w->db, &query_has_keys, DB_NO_ARGS, &result, err))
		return false;
	*has = db_get_flag(&result, 0, 0);
	db_result_close(&result);
	return true;
}

static bool
make_key(struct worker *w, const char *path, struct err *err)
{
	struct api_key key = { .name = "first key", .role = ROLE_ADMIN };

	if (!work_begin(w, service_tenant(w->service), err) ||
	    !key_insert(w, service_tenant(w->service), &key, err) ||
	    !write_file(w, path, key.key, err) || !work_commit(w, err))
		return false;
	log_info("first key was made: key_id=%s file=%s", key.key_id, path);
	return true;
}

bool
make_first_key(struct worker *w, bool *again, struct err *err)
{
	const struct gateway_settings *settings = w->settings;
	struct gateway *gateway = w->state;
	bool has = false;

	*again = false;
	if (atomic_load(&gateway->has_first_key))
		return true;
	if (!has_keys(w, &has, err) ||
	    (!has && !make_key(w, settings->first_key_file, err))) {
		service_need(w->service, need, false, err->detail);
		return false;
	}
	atomic_store(&gateway->has_first_key, true);
	service_need(w->service, need, true, "");
	return true;
}
