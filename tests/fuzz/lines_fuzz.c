/*
 * lines_fuzz.c - lines must be the same however they arrive, in the reader of
 * NDJSON and in the gateway's cutter: the first byte says how long the pieces
 * are, and how soon the cutter's parts are taken.
 */
#include <string.h>

#include "services/gateway/cutter.h"
#include "wire/json_lines.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LINE_MOST = 20, PART_MOST = 24 };

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
read_lines(struct slice text, size_t step, struct buf *out)
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

static void
take_parts(struct cutter *cutter, enum cut cut, struct buf *out)
{
	struct slice part;

	while (cutter_next(cutter, cut, &part)) {
		must(part.size > 0 && part.size <= PART_MOST);
		must(cut == CUT_ALL || part.data[part.size - 1] == '\n');
		buf_add(out, part.data, part.size);
		cutter_drop(cutter, part.size);
	}
}

/* What comes out of the cutter: all, or all before the line too long. */
static bool
cut_parts(struct slice text, size_t step, enum cut cut, struct buf *out)
{
	struct cutter cutter;
	struct err err;
	bool is_good = true;

	cutter_init(&cutter, PART_MOST);
	for (size_t i = 0; i < text.size && is_good; i += step) {
		size_t left = text.size - i;

		is_good = cutter_add(&cutter,
		    (struct slice){ text.data + i, left < step ? left : step },
		    &err);
		if (!is_good)
			break;
		take_parts(&cutter, cut, out);
		must(!cutter_is_full(&cutter));
	}
	take_parts(&cutter, is_good ? CUT_ALL : CUT_LINES, out);
	cutter_close(&cutter);
	return is_good;
}

static bool
is_same(const struct buf *a, const struct buf *b)
{
	return a->size == b->size &&
	    memcmp(buf_slice(a).data, buf_slice(b).data, a->size) == 0;
}

static void
check_cutter(struct slice text, size_t step, enum cut cut)
{
	struct buf out = { 0 }, other = { 0 };
	bool is_good = cut_parts(text, step, cut, &out);

	must(is_good == cut_parts(text, 1, CUT_FULL, &other));
	must(is_same(&out, &other));
	must(out.size <= text.size && (!is_good || out.size == text.size));
	must(out.size == 0 || memcmp(out.data, text.data, out.size) == 0);
	buf_close(&out);
	buf_close(&other);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = { (const char *)data, size };
	struct buf whole = { 0 }, pieces = { 0 };
	size_t step;

	if (size == 0)
		return 0;
	step = data[0] % 16 + 1u;
	read_lines(text, size, &whole);
	read_lines(text, step, &pieces);
	must(is_same(&whole, &pieces));
	check_cutter(text, step, (data[0] & 16) != 0 ? CUT_LINES : CUT_FULL);
	buf_close(&whole);
	buf_close(&pieces);
	return 0;
}
