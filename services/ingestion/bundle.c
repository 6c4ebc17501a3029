/* bundle.c - files out of a zip, by libzip over a byte_source. */
#include "services/ingestion/bundle.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <zip.h>

static zip_int64_t
read_source(struct bundle *bundle, void *to, zip_uint64_t size)
{
	zip_uint64_t done = 0;

	while (done < size) {
		size_t got;

		if (!bundle->source.read_at(bundle->source.user, bundle->at,
			(char *)to + done, (size_t)(size - done), &got))
			return -1;
		if (got == 0)
			break;
		bundle->at += got;
		done += got;
	}
	return (zip_int64_t)done;
}

static zip_int64_t
seek_source(struct bundle *bundle, void *data, zip_uint64_t size)
{
	zip_int64_t at = zip_source_seek_compute_offset(bundle->at,
	    bundle->source.size, data, size, NULL);

	if (at < 0)
		return -1;
	bundle->at = (uint64_t)at;
	return 0;
}

static zip_int64_t
stat_source(const struct bundle *bundle, void *data)
{
	zip_stat_t *stat = data;

	zip_stat_init(stat);
	stat->valid = ZIP_STAT_SIZE;
	stat->size = bundle->source.size;
	return (zip_int64_t)sizeof(*stat);
}

/* What libzip asks of a source; the names are its own. */
static zip_int64_t
answer_zip(void *user, void *data, zip_uint64_t size, zip_source_cmd_t command)
{
	struct bundle *bundle = user;
	zip_error_t error;

	if (command == ZIP_SOURCE_READ)
		return read_source(bundle, data, size);
	if (command == ZIP_SOURCE_SEEK)
		return seek_source(bundle, data, size);
	if (command == ZIP_SOURCE_TELL)
		return (zip_int64_t)bundle->at;
	if (command == ZIP_SOURCE_STAT)
		return stat_source(bundle, data);
	if (command == ZIP_SOURCE_OPEN) {
		bundle->at = 0;
		return 0;
	}
	if (command == ZIP_SOURCE_SUPPORTS)
		return zip_source_make_command_bitmap(ZIP_SOURCE_OPEN,
		    ZIP_SOURCE_READ, ZIP_SOURCE_CLOSE, ZIP_SOURCE_STAT,
		    ZIP_SOURCE_ERROR, ZIP_SOURCE_FREE, ZIP_SOURCE_SEEK,
		    ZIP_SOURCE_TELL, -1);
	if (command == ZIP_SOURCE_ERROR) {
		zip_error_init(&error);
		zip_error_set(&error, ZIP_ER_READ, 0);
		return zip_error_to_data(&error, data, size);
	}
	return 0;
}

/* The plain name behind the last slash; false: it has none. */
static bool
clean_name(const char *path, char name[BUNDLE_NAME_SIZE])
{
	const char *slash = strrchr(path, '/');
	const char *base = slash != NULL ? slash + 1 : path;

	if (base[0] == '\0' || strlen(base) >= BUNDLE_NAME_SIZE)
		return false;
	for (const char *p = base; *p != '\0'; p++)
		if (!isascii((unsigned char)*p) ||
		    (!isalnum((unsigned char)*p) && strchr("._- ", *p) == NULL))
			return false;
	snprintf(name, BUNDLE_NAME_SIZE, "%s", base);
	return true;
}

static bool
is_passed_over(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash != NULL ? slash + 1 : path;

	return base[0] == '\0' || base[0] == '.' ||
	    strncmp(path, "__MACOSX/", 9) == 0;
}

static bool
check_file(const zip_stat_t *stat, const struct bundle_limits *limits,
    struct err *err)
{
	zip_uint64_t wanted = ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE |
	    ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;

	if ((stat->valid & wanted) != wanted)
		return err_at(err, stat->name, "the zip tells no size of it");
	if (stat->encryption_method != ZIP_EM_NONE)
		return err_at(err, stat->name, "is encrypted");
	if (stat->comp_method != ZIP_CM_STORE &&
	    stat->comp_method != ZIP_CM_DEFLATE)
		return err_at(err, stat->name,
		    "is packed by a method other than deflate");
	if (stat->size > 65536 &&
	    stat->size / limits->ratio_most > stat->comp_size)
		return err_at(err, stat->name,
		    "unpacks to more than %" PRIu64 " times its size",
		    limits->ratio_most);
	return true;
}

static bool
add_file(struct bundle *bundle, const zip_stat_t *stat,
    const struct bundle_limits *limits, uint64_t *total, struct err *err)
{
	struct bundle_file *file = &bundle->files[bundle->file_count];

	if (!check_file(stat, limits, err))
		return false;
	if (bundle->file_count == BUNDLE_FILES_MOST)
		return err_set(err, ERR_INVALID,
		    "the zip holds more than %d files", BUNDLE_FILES_MOST);
	if (!clean_name(stat->name, file->name))
		return err_set(err, ERR_INVALID,
		    "file %" PRIu64 " of the zip has a name that is not plain",
		    (uint64_t)stat->index);
	if (bundle_find(bundle, file->name) != NULL)
		return err_at(err, file->name, "stands in the zip twice");
	if (stat->size > limits->unpacked_most - *total)
		return err_set(err, ERR_INVALID,
		    "the zip unpacks to more than %" PRIu64 " bytes",
		    limits->unpacked_most);
	*total += stat->size;
	file->size = stat->size;
	file->index = stat->index;
	bundle->file_count++;
	return true;
}

static bool
list_files(struct bundle *bundle, const struct bundle_limits *limits,
    struct err *err)
{
	zip_int64_t count = zip_get_num_entries(bundle->zip, 0);
	uint64_t total = 0;

	for (zip_int64_t i = 0; i < count; i++) {
		zip_stat_t stat;

		if (zip_stat_index(bundle->zip, (zip_uint64_t)i, 0, &stat) != 0)
			return err_set(err, ERR_INVALID,
			    "the zip's list of files is broken");
		if (!is_passed_over(stat.name) &&
		    !add_file(bundle, &stat, limits, &total, err))
			return false;
	}
	return true;
}

static bool
open_zip(struct bundle *bundle, struct err *err)
{
	zip_error_t error;
	zip_source_t *source;

	zip_error_init(&error);
	source = zip_source_function_create(answer_zip, bundle, &error);
	must(source != NULL);
	bundle->zip = zip_open_from_source(source, ZIP_RDONLY, &error);
	if (bundle->zip != NULL)
		return true;
	zip_source_free(source);
	(void)err_set(err, ERR_INVALID, "the zip cannot be read: %s",
	    zip_error_strerror(&error));
	zip_error_fini(&error);
	return false;
}

static bool
open_plain(struct bundle *bundle, const char *name, struct err *err)
{
	if (!clean_name(name, bundle->files[0].name))
		return err_set(err, ERR_INVALID,
		    "a file has to have a plain name, like grades.csv");
	bundle->files[0].size = bundle->source.size;
	bundle->file_count = 1;
	return true;
}

bool
bundle_open(struct bundle *bundle, struct byte_source source, const char *name,
    const struct bundle_limits *limits, struct err *err)
{
	char magic[4] = "";
	size_t got;

	*bundle = (struct bundle){ .source = source };
	if (!source.read_at(source.user, 0, magic, sizeof(magic), &got)) {
		*err = *source.fault;
		return false;
	}
	if (got < 4 || memcmp(magic, "PK", 2) != 0)
		return open_plain(bundle, name, err);
	if (!open_zip(bundle, err))
		return false;
	if (list_files(bundle, limits, err))
		return true;
	bundle_close(bundle);
	return false;
}

void
bundle_close(struct bundle *bundle)
{
	if (bundle->zip != NULL)
		zip_discard(bundle->zip);
	bundle->zip = NULL;
}

const struct bundle_file *
bundle_find(const struct bundle *bundle, const char *name)
{
	for (size_t i = 0; i < bundle->file_count; i++)
		if (strcmp(bundle->files[i].name, name) == 0)
			return &bundle->files[i];
	return NULL;
}

bool
bundle_reader_open(struct bundle_reader *reader, struct bundle *bundle,
    const struct bundle_file *file, struct err *err)
{
	*reader = (struct bundle_reader){ .bundle = bundle, .file = file };
	if (bundle->zip == NULL)
		return true;
	reader->handle = zip_fopen_index(bundle->zip, file->index, 0);
	if (reader->handle != NULL)
		return true;
	return err_at(err, file->name, "cannot be unpacked: %s",
	    zip_strerror(bundle->zip));
}

void
bundle_reader_close(struct bundle_reader *reader)
{
	if (reader->handle != NULL)
		zip_fclose(reader->handle);
	reader->handle = NULL;
}

static bool
read_packed(struct bundle_reader *reader, void *to, size_t size, size_t *got,
    struct err *err)
{
	zip_int64_t n = zip_fread(reader->handle, to, size);

	if (n < 0) {
		const struct err *fault = reader->bundle->source.fault;

		if (fault->code != ERR_NONE) {
			*err = *fault;
			return false;
		}
		return err_at(err, reader->file->name, "cannot be unpacked: %s",
		    zip_file_strerror(reader->handle));
	}
	*got = (size_t)n;
	return true;
}

bool
bundle_read(struct bundle_reader *reader, void *to, size_t size, size_t *got,
    struct err *err)
{
	struct bundle *bundle = reader->bundle;

	if (reader->handle != NULL) {
		if (!read_packed(reader, to, size, got, err))
			return false;
	} else if (!bundle->source.read_at(bundle->source.user, reader->at, to,
		       size, got)) {
		*err = *bundle->source.fault;
		return false;
	}
	reader->at += *got;
	if (reader->at > reader->file->size)
		return err_at(err, reader->file->name,
		    "unpacks to more than it says");
	if (*got == 0 && reader->at < reader->file->size)
		return err_at(err, reader->file->name, "is cut off");
	return true;
}
