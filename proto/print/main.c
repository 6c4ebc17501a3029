/*
 * main.c - prints the documents that are readings of proto/.
 *
 *	print-docs FOLDER		write the documents there
 *	print-docs --check FOLDER	name those that are stale; exit 1 if any
 *	print-docs --example MESSAGE	a filled message
 *	print-docs --golden FOLDER	write those of messages that have none
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "proto/print/print.h"
#include "proto/registry.h"

static const struct document {
	const char *name;
	void (*print)(struct buf *out);
} documents[] = {
	{ "openapi.json", print_openapi },
	{ "asyncapi.json", print_asyncapi },
	{ "settings.md", print_settings },
	{ "metrics.md", print_metrics },
};

static bool
write_file(const char *path, struct slice text)
{
	FILE *file = fopen(path, "we");
	bool is_written;

	if (file == NULL)
		return false;
	is_written = fwrite(text.data, 1, text.size, file) == text.size;
	return fclose(file) == 0 && is_written;
}

static bool
is_fresh(const char *path, struct slice text)
{
	FILE *file = fopen(path, "re");
	struct buf old = { 0 };
	char part[4096];
	size_t size;
	bool is_same;

	if (file == NULL)
		return false;
	while ((size = fread(part, 1, sizeof(part), file)) > 0)
		buf_add(&old, part, size);
	(void)fclose(file);
	is_same = old.size == text.size &&
	    memcmp(buf_slice(&old).data, text.data, text.size) == 0;
	buf_close(&old);
	return is_same;
}

static bool
do_document(const struct document *document, const char *folder, bool is_check)
{
	struct buf path = { 0 }, text = { 0 };
	bool is_good;

	buf_printf(&path, "%s/%s", folder, document->name);
	document->print(&text);
	is_good = is_check ? is_fresh(path.data, buf_slice(&text))
			   : write_file(path.data, buf_slice(&text));
	if (!is_good && is_check)
		fprintf(stderr, "%s is stale: run make docs\n", path.data);
	else if (!is_good)
		fprintf(stderr, "print-docs: write %s: %s\n", path.data,
		    strerrordesc_np(errno));
	buf_close(&path);
	buf_close(&text);
	return is_good;
}

/* An example in place of a golden file that is missing. */
static bool
begin_golden(const struct message *message, const char *folder)
{
	struct buf path = { 0 }, text = { 0 };
	bool is_good = true;

	buf_printf(&path, "%s/%s.json", folder, message->name);
	print_example(message, &text);
	if (access(path.data, F_OK) == -1) {
		is_good = write_file(path.data, buf_slice(&text));
		printf("%s: %s\n", path.data,
		    is_good ? "begun, make it true to life" : "not written");
	}
	buf_close(&path);
	buf_close(&text);
	return is_good;
}

static int
begin_all_golden(const char *folder)
{
	size_t count;
	const struct proto_service *services = proto_services(&count);
	int status = 0;

	for (size_t i = 0; i < count; i++) {
		const struct message *const *messages =
		    services[i].proto->messages;

		for (; *messages != NULL; messages++)
			if (!begin_golden(*messages, folder))
				status = 1;
	}
	return status;
}

static const struct message *
find_message(const char *name)
{
	size_t count;
	const struct proto_service *services = proto_services(&count);

	for (size_t i = 0; i < count; i++) {
		const struct message *const *messages =
		    services[i].proto->messages;

		for (; *messages != NULL; messages++)
			if (strcmp((*messages)->name, name) == 0)
				return *messages;
	}
	return NULL;
}

static int
show_example(const char *name)
{
	const struct message *message = find_message(name);
	struct buf out = { 0 };

	if (message == NULL) {
		fprintf(stderr, "print-docs: there is no message %s\n", name);
		return 1;
	}
	print_example(message, &out);
	(void)fwrite(out.data, 1, out.size, stdout);
	buf_close(&out);
	return 0;
}

int
main(int argc, char **argv)
{
	bool is_check = argc == 3 && strcmp(argv[1], "--check") == 0;
	int status = 0;

	if (argc == 3 && strcmp(argv[1], "--example") == 0)
		return show_example(argv[2]);
	if (argc == 3 && strcmp(argv[1], "--golden") == 0)
		return begin_all_golden(argv[2]);
	if (argc != 2 && !is_check) {
		fputs("print-docs [--check | --golden] FOLDER | "
		      "--example MESSAGE\n",
		    stderr);
		return 2;
	}
	for (size_t i = 0; i < ARRAY_SIZE(documents); i++)
		if (!do_document(&documents[i], argv[argc - 1], is_check))
			status = 1;
	return status;
}
