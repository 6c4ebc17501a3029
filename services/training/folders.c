/*
 * folders.c - a job's folder, and what becomes of it.
 */
#include "services/training/folders.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "services/training/queries.h"

static const char *
data_folder(const struct worker *w)
{
	const struct training_settings *settings = w->settings;

	return settings->data_folder[0] != '\0' ? settings->data_folder : NULL;
}

const char *
folder_of(struct run *run)
{
	const char *data = data_folder(run->w);

	return data == NULL
	    ? NULL
	    : arena_printf(&run->arena, "%s/%s", data, run->job_id);
}

static bool
is_queued(struct worker *w, const char *job_id, bool *queued, struct err *err)
{
	struct db_result result = { 0 };

	if (!work_begin(w, NULL, err) ||
	    !db_query(w->db, &query_queue_find, DB_ARGS(db_text(job_id)),
		&result, err))
		return false;
	*queued = result.row_count > 0;
	db_result_close(&result);
	return work_commit(w, err);
}

/* Files alone: there is nothing else in it. */
static void
empty(DIR *folder)
{
	struct dirent *entry;

	while ((entry = readdir(folder)) != NULL)
		if (entry->d_name[0] != '.' &&
		    unlinkat(dirfd(folder), entry->d_name, 0) == -1)
			log_warn("a checkpoint was not removed: error=%s",
			    strerror(errno));
}

static DIR *
open_folder(int at, const char *path, int flags)
{
	int file = openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | flags);
	DIR *folder = file != -1 ? fdopendir(file) : NULL;

	if (file != -1 && folder == NULL)
		close(file);
	return folder;
}

static void
remove_folder(int data, const char *name)
{
	DIR *folder = open_folder(data, name, O_NOFOLLOW);

	if (folder != NULL) {
		empty(folder);
		closedir(folder);
	}
	if (unlinkat(data, name, AT_REMOVEDIR) == 0)
		log_info("checkpoints were removed: job=%s", name);
	else
		log_warn("checkpoints were not removed: job=%s error=%s", name,
		    strerror(errno));
}

static bool
sweep(struct worker *w, DIR *data, struct err *err)
{
	struct dirent *entry;
	bool queued;

	while ((entry = readdir(data)) != NULL) {
		if (!uuid_is_valid(entry->d_name))
			continue;
		if (!is_queued(w, entry->d_name, &queued, err))
			return false;
		if (!queued)
			remove_folder(dirfd(data), entry->d_name);
	}
	return true;
}

bool
folders_sweep(struct worker *w, struct err *err)
{
	const char *path = data_folder(w);
	DIR *data = path != NULL ? open_folder(AT_FDCWD, path, 0) : NULL;
	bool is_good;

	if (data == NULL)
		return true; /* a child that wants one says what is amiss */
	is_good = sweep(w, data, err);
	closedir(data);
	return is_good;
}
