/*
 * import.c - `edupulse import`: POST imports, then GET imports/{id} until it
 * has ended.
 *
 * A folder is packed into a zip first.  The import goes on in the platform
 * when the client is interrupted; its id is printed, and `edupulse import
 * --watch ID` looks again.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "proto/ingestion.h"
#include "services/edupulse/commands.h"
#include "services/edupulse/pack.h"
#include "services/edupulse/screen.h"
#include "wire/json.h"

enum { LOOK_EVERY_MS = 250, SHOWN_MOST = 10 };

static void
tell_upload(void *user, double sent, double total)
{
	(void)user;
	bar_draw("Sending", sent / total, "");
}

/* NULL: the file is nothing that an import reads. */
static const char *
content_type_of(const char *path)
{
	static const char zip[] = { 'P', 'K' };
	size_t size = strlen(path);
	char start[sizeof(zip)];
	FILE *file;
	bool is_zip;

	if (size > 4 && strcmp(path + size - 4, ".csv") == 0)
		return "text/csv";
	file = fopen(path, "rb");
	if (file == NULL)
		return NULL;
	is_zip = fread(start, sizeof(start), 1, file) == 1 &&
	    memcmp(start, zip, sizeof(zip)) == 0;
	fclose(file);
	return is_zip ? "application/zip" : NULL;
}

static bool
send_file(struct client *client, const char *path, const char *name,
    struct import *import, struct err *err)
{
	struct client_body body = { .content_type = content_type_of(path),
		.file = path,
		.progress = tell_upload };
	struct buf target = { 0 }, answer = { 0 };
	bool done;

	if (body.content_type == NULL)
		return err_set(err, ERR_INVALID,
		    "%s is no file to import: that is a folder, a zip file or "
		    "a table named *.csv",
		    path);
	buf_text(&target, "imports?file_name=");
	http_escape(&target, name);
	done = client_call(client, "POST", target.data, &body, &answer, err) &&
	    json_decode(&import_message, buf_slice(&answer), JSON_LENIENT,
		&client->arena, import, err);
	bar_end();
	buf_close(&target);
	buf_close(&answer);
	return done;
}

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL && slash[1] != '\0' ? slash + 1 : path;
}

/* A folder goes as a zip, a file as it is. */
static bool
send_path(struct client *client, const char *path, struct import *import,
    struct err *err)
{
	const char *packed = NULL;
	struct stat facts;
	bool done;

	if (stat(path, &facts) != 0)
		return err_os(err, "look at %s", path);
	if (!S_ISDIR(facts.st_mode))
		return send_file(client, path, base_name(path), import, err);
	done = pack_folder(path, &client->arena, &packed, err) &&
	    send_file(client, packed, "folder.zip", import, err);
	if (packed != NULL)
		unlink(packed);
	return done;
}

static bool
has_ended(const struct import *import)
{
	return import->state == IMPORT_DONE || import->state == IMPORT_FAILED ||
	    import->state == IMPORT_CANCELLED;
}

static bool
look(struct client *client, const char *id, struct import *import,
    struct err *err)
{
	bool is_json = client->is_json;
	bool done;

	client->is_json = false;
	done = client_ask(client, "GET",
	    arena_printf(&client->arena, "imports/%s", id), NULL, NULL,
	    &import_message, import, err);
	client->is_json = is_json;
	return done;
}

static bool
watch(struct client *client, const char *id, struct import *import,
    struct err *err)
{
	const struct timespec pause = { 0, LOOK_EVERY_MS * 1000000L };
	char rows[32], rest[64];

	for (;;) {
		if (!look(client, id, import, err))
			return false;
		text_count(import->rows, rows, sizeof(rows));
		snprintf(rest, sizeof(rest), "%s rows", rows);
		bar_draw("Importing", import->progress, rest);
		if (has_ended(import))
			break;
		nanosleep(&pause, NULL);
	}
	bar_end();
	return true;
}

static void
count_cell(struct table *table, int64_t count)
{
	char text[32];

	text_count(count, text, sizeof(text));
	table_cell(table, "%s", text);
}

/* The first, and how to see the others; the platform tells 100 of them with
 * the import. */
static void
print_faults(struct client *client, const struct import *import)
{
	const char *id = text_shown(&client->arena, import->id);
	size_t shown = import->errors_count;
	char more[32];

	if (shown > SHOWN_MOST)
		shown = SHOWN_MOST;
	for (size_t i = 0; i < shown; i++)
		printf("  %s: %s\n",
		    text_shown(&client->arena, import->errors[i].pointer),
		    text_shown(&client->arena, import->errors[i].message));
	if (import->refused <= (int64_t)shown)
		return;
	text_count(import->refused - (int64_t)shown, more, sizeof(more));
	printf("  ... and %s more: edupulse import --watch %s --json has the "
	       "first 100,\n  GET %s/api/v1/quarantine?import_id=%s all\n",
	    more, id, client->url, id);
}

static void
print_import(struct client *client, const struct import *import)
{
	struct table table = TABLE("file", ">rows", ">stored", ">merged",
	    ">quarantined", ">log records");

	for (size_t i = 0; i < import->files_count; i++) {
		const struct import_file *file = &import->files[i];

		table_cell(&table, "%s", file->name);
		count_cell(&table, file->rows);
		count_cell(&table, file->stored);
		count_cell(&table, file->merged);
		count_cell(&table, file->quarantined);
		count_cell(&table, file->records);
	}
	table_print(&table);
	print_faults(client, import);
}

static bool
has_rows_of(const struct import *import, const char *name)
{
	for (size_t i = 0; i < import->files_count; i++)
		if (strcmp(import->files[i].name, name) == 0)
			return true;
	return false;
}

/* A hidden file is nobody's table. */
static int
is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* What lies in the folder and gave the import nothing: most likely its name is
 * not the one that the table should have. */
static void
print_left_out(struct client *client, const char *folder,
    const struct import *import)
{
	struct dirent **entries;
	int count = scandir(folder, &entries, is_visible, alphasort);
	size_t left_out = 0;

	for (int i = 0; i < count; i++) {
		const char *name = entries[i]->d_name;

		if (!has_rows_of(import, name) && ++left_out <= SHOWN_MOST)
			printf("%s%s", left_out == 1 ? "Left out: " : ", ",
			    text_shown(&client->arena, name));
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	if (left_out > SHOWN_MOST)
		printf(" and %zu more", left_out - SHOWN_MOST);
	if (left_out > 0)
		printf(" (no rows, or no name of a table: "
		       "docs/data-formats.md lists them)\n");
}

static bool
has_succeeded(const struct import *import, struct err *err)
{
	if (import->state != IMPORT_DONE)
		return err_set(err, ERR_CONFLICT, "the import %s: %s",
		    import_state_choice.names[import->state],
		    import->error != NULL ? import->error
					  : "no reason was given");
	if (import->refused > 0 && import->refused == import->rows)
		return err_set(err, ERR_CONFLICT,
		    "nothing was imported: every row was refused");
	return true;
}

bool
run_import(struct client *client, struct words words, struct err *err)
{
	const char *path = NULL, *watched = NULL;
	const struct option_row rows[] = {
		{ "watch", &watched, NULL },
	};
	struct import import = { 0 };
	size_t count;

	if (!options_read(words, rows, ARRAY_SIZE(rows), &path, 1, &count, err))
		return false;
	if ((count == 1) == (watched != NULL))
		return err_set(err, ERR_MALFORMED,
		    "import wants a folder or file, or --watch ID");
	if (watched == NULL) {
		if (!send_path(client, path, &import, err))
			return false;
		watched = import.id;
		if (!client->is_json)
			printf("Import %s\n",
			    text_shown(&client->arena, watched));
	}
	if (!watch(client, watched, &import, err))
		return false;
	if (client->is_json) {
		struct buf json = { 0 };

		json_encode(&import_message, &import, &json);
		printf("%s\n", json.data);
		buf_close(&json);
	} else {
		print_import(client, &import);
		if (path != NULL && import.state == IMPORT_DONE)
			print_left_out(client, path, &import);
	}
	return has_succeeded(&import, err);
}
