/* json_lines_fuzz.c - lines must be the same however they arrive: the first
 * byte says how long the parts are. */
#include <string.h>

#include "wire/json_lines.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LINE_MOST = 20 };

static bool
note(void *user, size_t line, struct slice text, const struct err *fault,
    struct err *err)
{
	(void)err;
	must(text.size <= LINE_MOST);
	buf_printf(user, "%zu%s", line, fault != NULL ? "!" : ":");
	buf_add(user, text.data, text.size);
	return true;
}

static void
cut(struct slice text, size_t step, struct buf *out)
{
	struct json_lines lines;
	struct err err;

	json_lines_init(&lines, LINE_MOST);
	for (size_t i = 0; i < text.size; i += step) {
		size_t left = text.size - i;

		must(json_lines_feed(&lines,
		    (struct slice){ text.data + i, left < step ? left : step },
		    note, out, &err));
		must(lines.partial.size <= LINE_MOST);
	}
	must(json_lines_finish(&lines, note, out, &err));
	json_lines_close(&lines);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = { (const char *)data, size };
	struct buf whole = { 0 }, parts = { 0 };

	if (size > 0) {
		cut(text, size, &whole);
		cut(text, data[0] % 16 + 1u, &parts);
	}
	must(whole.size == parts.size &&
	    memcmp(buf_slice(&whole).data, buf_slice(&parts).data,
		whole.size) == 0);
	buf_close(&whole);
	buf_close(&parts);
	return 0;
}
