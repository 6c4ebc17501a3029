/* json_lines.c - lines out of parts, with bounded memory. */
#include "wire/json_lines.h"

#include <string.h>

void
json_lines_init(struct json_lines *lines, size_t most)
{
	*lines = (struct json_lines){ .most = most, .line = 1 };
}

void
json_lines_close(struct json_lines *lines)
{
	buf_close(&lines->partial);
}

static bool
is_blank(struct slice text)
{
	for (size_t i = 0; i < text.size; i++)
		if (memchr(" \t\r", text.data[i], 3) == NULL)
			return false;
	return true;
}

static bool
give(struct json_lines *lines, struct slice text, json_line_take *take,
    void *user, struct err *err)
{
	if (text.size > 0 && text.data[text.size - 1] == '\r')
		text.size--;
	return is_blank(text) || take(user, lines->line, text, NULL, err);
}

static bool
refuse(struct json_lines *lines, json_line_take *take, void *user,
    struct err *err)
{
	struct err fault;

	lines->is_skipping = true;
	buf_close(&lines->partial);
	err_set(&fault, ERR_TOO_LARGE, "line %zu is longer than %zu bytes",
	    lines->line, lines->most);
	return take(user, lines->line, (struct slice){ "", 0 }, &fault, err);
}

/* More of the line in hand. */
static bool
extend(struct json_lines *lines, struct slice piece, json_line_take *take,
    void *user, struct err *err)
{
	if (lines->is_skipping)
		return true;
	if (piece.size > lines->most - lines->partial.size)
		return refuse(lines, take, user, err);
	buf_add(&lines->partial, piece.data, piece.size);
	return true;
}

/* The line in hand is whole with `piece`, which is not copied when nothing
 * came before it. */
static bool
end_line(struct json_lines *lines, struct slice piece, json_line_take *take,
    void *user, struct err *err)
{
	bool goes_on = true;

	if (lines->partial.size == 0 && !lines->is_skipping &&
	    piece.size <= lines->most) {
		goes_on = give(lines, piece, take, user, err);
	} else {
		goes_on = extend(lines, piece, take, user, err);
		if (goes_on && !lines->is_skipping)
			goes_on = give(lines, buf_slice(&lines->partial), take,
			    user, err);
	}
	buf_clear(&lines->partial);
	lines->is_skipping = false;
	lines->line++;
	return goes_on;
}

bool
json_lines_feed(struct json_lines *lines, struct slice part,
    json_line_take *take, void *user, struct err *err)
{
	const char *at = part.data, *end = part.data + part.size;

	while (at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		struct slice piece = { at,
			(size_t)((stop != NULL ? stop : end) - at) };

		if (stop == NULL)
			return extend(lines, piece, take, user, err);
		if (!end_line(lines, piece, take, user, err))
			return false;
		at = stop + 1;
	}
	return true;
}

bool
json_lines_finish(struct json_lines *lines, json_line_take *take, void *user,
    struct err *err)
{
	if (lines->partial.size == 0 && !lines->is_skipping)
		return true;
	return end_line(lines, (struct slice){ "", 0 }, take, user, err);
}
