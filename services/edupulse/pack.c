/* pack.c - a folder's data files as one zip, through libzip. */
#include "services/edupulse/pack.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zip.h>

#include "services/edupulse/screen.h"

/* A file of 400 MB packs in seconds at this level, to a tenth of its size. */
enum { LEVEL = 1 };

static bool
is_data(const char *name)
{
	size_t size = strlen(name);

	return size > 4 && strcmp(name + size - 4, ".csv") == 0;
}

static bool
fail(zip_t *zip, const char *what, struct err *err)
{
	return err_set(err, ERR_INTERNAL, "pack %s: %s", what,
	    zip_strerror(zip));
}

static bool
add_file(zip_t *zip, const char *path, const char *name, struct err *err)
{
	zip_source_t *source = zip_source_file(zip, path, 0, -1);
	zip_int64_t index;

	if (source == NULL)
		return fail(zip, name, err);
	index = zip_file_add(zip, name, source, ZIP_FL_ENC_UTF_8);
	if (index < 0) {
		zip_source_free(source);
		return fail(zip, name, err);
	}
	if (zip_set_file_compression(zip, (zip_uint64_t)index, ZIP_CM_DEFLATE,
		LEVEL) != 0)
		return fail(zip, name, err);
	return true;
}

static bool
add_files(zip_t *zip, DIR *dir, const char *folder, struct arena *arena,
    struct err *err)
{
	const struct dirent *entry;
	int count = 0;

	while ((entry = readdir(dir)) != NULL) {
		if (!is_data(entry->d_name))
			continue;
		if (!add_file(zip,
			arena_printf(arena, "%s/%s", folder, entry->d_name),
			entry->d_name, err))
			return false;
		count++;
	}
	return count > 0 ||
	    err_set(err, ERR_INVALID,
		"%s holds no .csv file: docs/data-formats.md lists what is "
		"read",
		folder);
}

static void
tell(zip_t *zip, double share, void *user)
{
	(void)zip;
	(void)user;
	bar_draw("Packing", share, "");
}

static bool
fill(zip_t *zip, const char *folder, struct arena *arena, struct err *err)
{
	DIR *dir = opendir(folder);
	bool done;

	if (dir == NULL)
		return err_os(err, "open the folder %s", folder);
	done = add_files(zip, dir, folder, arena, err);
	closedir(dir);
	return done;
}

bool
pack_folder(const char *folder, struct arena *arena, const char **path,
    struct err *err)
{
	const char *tmp = getenv("TMPDIR");
	char *name = arena_printf(arena, "%s/edupulse-XXXXXX",
	    tmp != NULL && tmp[0] != '\0' ? tmp : "/tmp");
	int fd = mkstemp(name), code = 0;
	zip_t *zip;

	*path = NULL;
	if (fd == -1)
		return err_os(err, "make a temporary file like %s (TMPDIR)",
		    name);
	close(fd);
	*path = name;
	zip = zip_open(name, ZIP_CREATE | ZIP_TRUNCATE, &code);
	if (zip == NULL)
		return err_set(err, ERR_INTERNAL, "open %s: zip error %d", name,
		    code);
	zip_register_progress_callback_with_state(zip, 0.01, tell, NULL, NULL);
	if (!fill(zip, folder, arena, err)) {
		zip_discard(zip);
		return false;
	}
	if (zip_close(zip) != 0) {
		fail(zip, folder, err);
		zip_discard(zip);
		return false;
	}
	bar_end();
	return true;
}
