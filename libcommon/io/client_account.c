/*
 * client_account.c - where the client finds address and key, and keeps them.
 *
 * The file has two lines, `url = ...` and `key = ...`, and is readable by its
 * owner alone.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/client.h"
#include "secure/digest.h"

enum { FILE_MOST = 4096, KEY_MOST = 256 };

const char *
client_file(struct client *client)
{
	const char *file = getenv("EDUPULSE_CONFIG");
	const char *folder = getenv("XDG_CONFIG_HOME");
	const char *home = getenv("HOME");

	if (file != NULL && file[0] != '\0')
		return file;
	if (folder != NULL && folder[0] != '\0')
		return arena_printf(&client->arena, "%s/edupulse/client.conf",
		    folder);
	return arena_printf(&client->arena, "%s/.config/edupulse/client.conf",
	    home != NULL ? home : ".");
}

/* The value of `name = value` in the text; NULL when there is none. */
static char *
find_line(const char *text, const char *name)
{
	size_t size = strlen(name);

	for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
		line += *line == '\n' ? 1 : 0;
		if (strncmp(line, name, size) == 0 &&
		    strncmp(line + size, " = ", 3) == 0) {
			char *value = mem_text(line + size + 3);

			value[strcspn(value, "\r\n")] = '\0';
			return value;
		}
		if (*line == '\0')
			return NULL;
	}
	return NULL;
}

/* What a variable says, else a line of the file; NULL: neither does. */
static char *
find(const char *variable, const char *text, const char *name)
{
	const char *set = getenv(variable);

	if (set != NULL && set[0] != '\0')
		return mem_text(set);
	return find_line(text, name);
}

static bool
check(struct client *client, struct err *err)
{
	size_t size;

	if (client->url == NULL)
		client->url = mem_text("http://127.0.0.1:8080");
	size = strlen(client->url);
	while (size > 0 && client->url[size - 1] == '/')
		client->url[--size] = '\0';
	if (client->key != NULL && client->key[0] != '\0')
		return true;
	return err_set(err, ERR_UNAUTHENTICATED,
	    "no API key: run `edupulse login --url URL --key-file FILE`");
}

static void
replace(char **text, const char *with)
{
	free(*text);
	*text = mem_text(with);
}

bool
client_take(struct client *client, const struct client_account *given,
    struct err *err)
{
	struct buf key = { 0 };

	if (given->key != NULL && given->key_file != NULL)
		return err_set(err, ERR_MALFORMED,
		    "--key or --key-file: one of them");
	if (given->key_file != NULL) {
		if (!secret_read(given->key_file, KEY_MOST, &key, err))
			return false;
		replace(&client->key, key.size > 0 ? key.data : "");
	}
	buf_close(&key);
	if (given->key != NULL)
		replace(&client->key, given->key);
	if (given->url != NULL)
		replace(&client->url, given->url);
	return check(client, err);
}

bool
client_init(struct client *client, const struct client_account *given,
    struct err *err)
{
	struct buf text = { 0 };
	bool is_read;

	arena_init(&client->arena, 64 * 1024);
	client->line = http_line_new();
	is_read = access(client_file(client), F_OK) != 0 ||
	    secret_read(client_file(client), FILE_MOST, &text, err);
	if (is_read) {
		const char *lines = text.data != NULL ? text.data : "";

		client->url = find("EDUPULSE_URL", lines, "url");
		client->key = find("EDUPULSE_KEY", lines, "key");
	}
	buf_close(&text);
	return is_read && client_take(client, given, err);
}

void
client_close(struct client *client)
{
	http_line_free(client->line);
	arena_close(&client->arena);
	free(client->url);
	free(client->key);
}

/* Make the folders that the file stands in. */
static bool
make_folders(struct client *client, const char *file, struct err *err)
{
	char *path = arena_copy(&client->arena, file);

	for (char *slash = strchr(path + 1, '/'); slash != NULL;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, 0700) != 0 && errno != EEXIST)
			return err_os(err, "make the folder %s", path);
		*slash = '/';
	}
	return true;
}

bool
client_remember(struct client *client, struct err *err)
{
	const char *file = client_file(client);
	bool done;
	int fd;

	if (!make_folders(client, file, err))
		return false;
	fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd == -1 || fchmod(fd, 0600) != 0) {
		err_os(err, "write %s", file);
		if (fd != -1)
			close(fd);
		return false;
	}
	done =
	    dprintf(fd, "url = %s\nkey = %s\n", client->url, client->key) > 0;
	if (close(fd) != 0 || !done)
		return err_os(err, "write %s", file);
	return true;
}
