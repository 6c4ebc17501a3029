/* settings_fuzz.c - any bytes as a settings file, the environment, and one
 * argument. */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "proto/common.h"
#include "tests/support/sample.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int file = memfd_create("settings", MFD_CLOEXEC);
	struct common_settings common;
	struct sample_settings own;
	struct setting_set sets[] = { { &common_settings_table, &common },
		{ &sample_settings_table, &own } };
	struct arena arena;
	struct err err;

	arena_init(&arena, 4096);
	if (file != -1 && write(file, data, size) == (ssize_t)size) {
		char *text = arena_text(&arena, (const char *)data, size);
		char *argv[] = { arena_copy(&arena, "sample"),
			arena_printf(&arena, "--settings=/proc/self/fd/%d",
			    file),
			text };
		char *environment[] = { text, NULL };
		struct setting_sources sources = { "sample", 3, argv,
			environment };

		if (setting_load(&sources, sets, 2, &arena, &err))
			must(own.size >= 1 && own.size <= 100 &&
			    own.share >= 0 && own.share <= 1 &&
			    own.place != NULL && common.call_threads >= 1);
		else
			must(err.detail[0] != '\0');
	}
	(void)close(file);
	arena_close(&arena);
	return 0;
}
